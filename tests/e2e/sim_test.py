"""Drills in the virtual world, on the real binary: the same seed gives the same bytes of every file."""

import signal
import unittest

from harness import EndToEnd


class Sim(EndToEnd):
    def files(self, out):
        folder = self.scratch / out
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    def test_the_same_seed_gives_the_same_bytes_of_every_file(self):
        name, options = "auction-flow/database-failure", ("--world", "sim", "--set", "load.bids.rate=500/s")
        first = self.drill(name, *options, "--seed", 7, out="first")
        second = self.drill(name, *options, "--seed", 7, out="elsewhere/second")
        other = self.drill(name, *options, "--seed", 8, out="other")
        self.assertIn(first.status, (0, 1), first.describe())
        self.assertEqual(first.status, second.status)
        self.assertEqual(self.files("first"), self.files("elsewhere/second"))
        self.assertIn("report.json", self.files("first"))
        self.assertNotEqual(self.files("first")["journal.jsonl"], self.files("other")["journal.jsonl"])
        self.assertIsNone(first.report["generator"])
        self.assertIsNone(first.report["evidence"]["host"])
        self.assertEqual("2000-01-01T00:00:00.000Z", first.report["drill"]["started"])
        self.assertEqual("sim", other.report["drill"]["world"])

    def test_reports_come_from_the_journal_alone(self):
        run = self.drill("auction-flow/service-failure", "--world", "sim", "--set", "load.bids.rate=200/s")
        again = self.tool("report", run.folder / "journal.jsonl", "--out", self.scratch / "again")
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertEqual((run.folder / "report.json").read_bytes(), (self.scratch / "again/report.json").read_bytes())

    def test_the_clock_starts_when_it_is_told_to(self):
        run = self.drill("auction-flow/service-failure", "--world", "sim", "--set", "load.bids.rate=50/s",
                         "--start", "2026-11-20T01:59:00Z")
        self.assertEqual("2026-11-20T01:59:00.000Z", run.report["drill"]["started"], run.describe())
        bad = self.tool("run", "auction-flow/service-failure", "--world", "sim", "--start", "noon")
        self.assertEqual(254, bad.returncode)
        self.assertIn("--start noon", bad.stderr)

    def test_a_person_can_stop_it(self):
        child = self.start_drill("auction-flow/database-failure", "--world", "sim",
                                 "--set", "steady_state.for=10h", "--set", "stop_conditions.1.when=elapsed > 20h")
        line = child.stderr.readline()  # it plays
        self.assertIn("bring up", line)
        child.send_signal(signal.SIGINT)
        run = self.finish_drill(child)
        self.assertEqual(3, run.status, run.describe())
        self.assertEqual("a person stopped the drill", run.report["stop"]["reason"])


if __name__ == "__main__":
    unittest.main()
