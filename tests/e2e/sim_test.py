"""Drills in the virtual world, on the real binary: the same seed gives the same bytes of every file."""

import csv
import json
import re
import shlex
import signal
import unittest

from harness import TOOL, EndToEnd

QUICK = ("auction-flow/database-failure", "--set", "load.bids.rate=20/s")


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
        line = child.stderr.readline()
        while line.startswith("note: "):
            line = child.stderr.readline()
        self.assertIn("bring up", line)  # it plays
        child.send_signal(signal.SIGINT)
        run = self.finish_drill(child)
        self.assertEqual(3, run.status, run.describe())
        self.assertEqual("a person stopped the drill", run.report["stop"]["reason"])

    def test_words_of_the_target_without_effect_are_named_once(self):
        words = "unclean_election of stream has no effect in the virtual world"
        unclean = ("--set", "target.sim.stream.unclean_election=true")
        run = self.tool("run", *QUICK, *unclean, "--world", "sim", "--out", self.scratch / "noted")
        self.assertEqual(1, run.stderr.count(words), run.stderr)
        checked = self.tool("validate", QUICK[0], *unclean)
        self.assertEqual(1, checked.stderr.count(words), checked.stderr)
        self.assertEqual(0, checked.returncode)
        many = self.tool("simulate", *QUICK, *unclean, "--runs", 2, "--out", self.scratch / "noted-many")
        self.assertEqual(1, many.stderr.count(words), many.stderr)

    def test_what_a_check_expects_and_the_virtual_world_does_not_know_is_named_once(self):
        words = 'expects ($.stored: true) is taken to hold in the virtual world'
        place = re.compile(r'database-failure\.yaml:\d+:\d+: what step "Test bidding functionality" ' + re.escape(words))
        for verb, *more in (("run", "--world", "sim"), ("simulate", "--runs", 2), ("validate",)):
            options = QUICK if verb != "validate" else QUICK[:1]
            out = () if verb == "validate" else ("--out", self.scratch / ("taken-" + verb))
            run = self.tool(verb, *options, *more, *out)
            self.assertEqual(1, run.stderr.count(words), run.stderr)
            self.assertRegex(run.stderr, place)

    # ---- many runs

    def simulate(self, *arguments, out):
        run = self.tool("simulate", *arguments, "--out", self.scratch / out, timeout=120)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        return json.loads((self.scratch / out / "simulate.json").read_text())

    def test_the_number_of_jobs_decides_nothing(self):
        self.simulate(*QUICK, "--runs", 8, "--jobs", 1, "--what-if", "load.bids.timeout=1s,3s", out="one")
        self.simulate(*QUICK, "--runs", 8, "--jobs", 2, "--what-if", "load.bids.timeout=1s,3s", out="two")
        one, two = self.files("one"), self.files("two")
        self.assertEqual({"simulate.json", "runs.csv", "runs-1.csv", "runs-2.csv"}, set(one))
        self.assertEqual(one, two)

    def test_shards_of_the_seeds_are_parts_of_the_whole(self):
        self.simulate(*QUICK, "--seeds", "11..16", out="whole")
        self.simulate(*QUICK, "--seeds", "11..13", out="first")
        self.simulate(*QUICK, "--seeds", "14..16", out="second")
        whole, first, second = (list(csv.DictReader((self.scratch / part / "runs.csv").read_text().splitlines()))
                                for part in ("whole", "first", "second"))
        self.assertEqual(6, len(whole))
        self.assertEqual(whole, first + second)
        self.assertIn("rpo: age of what was restored: database_ns", whole[0])  # which no run came to

    def test_the_worst_run_is_played_again_by_its_command(self):
        worst = self.simulate(*QUICK, "--runs", 10, out="many")["worst"][0]
        verb, *arguments = shlex.split(worst["command"])[1:]
        self.assertEqual("run", verb)
        again = self.finish_drill(self.start(TOOL, verb, *arguments, "--out", self.scratch / "out"))
        self.assertEqual(worst["verdict"], again.report["verdict"], again.describe())
        self.assertEqual(worst["rto"]["ns"], again.report["rto"]["achieved_ns"])
        self.assertEqual(worst["rpo"]["ns"], again.report["rpo"]["achieved_ns"])
        self.assertEqual(worst["seed"], again.report["drill"]["seed"])

    def test_the_json_on_standard_output_is_the_file(self):
        run = self.tool("simulate", *QUICK, "--runs", 5, "--json", "--out", self.scratch / "many")
        self.assertEqual((self.scratch / "many/simulate.json").read_text(), run.stdout)
        screen = self.tool("simulate", *QUICK, "--runs", 5, "--out", self.scratch / "again")
        self.assertLessEqual(len(screen.stdout.splitlines()), 24)

    def test_what_if_compares_the_same_seeds(self):
        result = self.simulate(QUICK[0], "--set", "load.bids.rate=500/s", "--set", "observe=1m", "--runs", 5,
                               "--what-if", "target.services.database.replication=async,sync",
                               "--what-if", "load.bids.timeout=2s,3s", out="many")  # alone, a synchronous primary refuses
        cases = result["what_if"]
        self.assertEqual([{}] + [{"target.services.database.replication": mode, "load.bids.timeout": timeout}
                                 for mode in ("async", "sync") for timeout in ("2s", "3s")],
                         [case["values"] for case in cases])

        def rpo(case):
            return next(figure for figure in case["figures"] if figure["name"] == "rpo")["max_ns"]

        self.assertGreater(rpo(cases[1]), 0)
        self.assertEqual(0, rpo(cases[3]))  # what is acknowledged is on both

    def test_a_mistake_in_a_what_if_is_named_at_once(self):
        for what_if, words in (("people.asemble.p95=15m,30m", "asemble"), ("load.bids.timeout=1s,soon", "soon"),
                               ("people.assemble.p95", "expected path=value"),
                               ("target.services.database.replication=async,never", "never")):
            with self.subTest(what_if):
                run = self.tool("simulate", *QUICK, "--runs", 5, "--what-if", what_if, "--out", self.scratch / "none")
                self.assertEqual(254, run.returncode, run.stdout + run.stderr)
                self.assertIn("--what-if " + what_if.split("=")[0], run.stderr)
                self.assertIn(words, run.stderr)
                self.assertFalse((self.scratch / "none").exists())

    def test_stopped_it_says_what_it_has(self):
        for stops in (1, 2):
            with self.subTest(stops):
                out = self.scratch / f"stopped-{stops}"
                child = self.start(TOOL, "simulate", *QUICK, "--runs", 1000000, "--out", out, "--jobs", 2)
                self.assertIn("of 1,000,000 runs", child.stderr.readline())  # at least one is done
                for _ in range(stops):
                    child.send_signal(signal.SIGINT)
                stdout, stderr = child.communicate(timeout=60)
                self.assertEqual(3, child.returncode, stdout + stderr)
                self.assertTrue(stdout.startswith("STOPPED"), stdout)
                result = json.loads((out / "simulate.json").read_text())
                self.assertTrue(result["simulation"]["stopped"])
                self.assertGreater(result["runs"], 0)
                self.assertLess(result["runs"], 1000000)
                self.assertEqual(result["runs"] + 1, len((out / "runs.csv").read_text().splitlines()))

    def test_a_prediction_is_of_a_live_drill(self):
        run = self.tool("run", QUICK[0], "--world", "sim", "--predict")
        self.assertEqual(254, run.returncode)
        self.assertIn("blackstart simulate " + QUICK[0], run.stderr)


if __name__ == "__main__":
    unittest.main()
