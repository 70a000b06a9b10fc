"""Drills of the embedded platform: replication decides what is lost, journals give the same reports again."""

import concurrent.futures
import json
import os

import harness

MS = 1_000_000
SYNC_RUNS = int(os.environ.get("BLACKSTART_SYNC_RUNS", "20"))
SIDE_BY_SIDE = 2
FAILOVER = """\
blackstart: 1
title: Primary killed, standby promoted
target: ./target.yaml
load: {bids: {rate: 500/s, timeout: 2s}}
objectives:
  rto: 1m
  rpo: 10s
  service_level: {goodput: 99%, hold: 2s}
steady_state: {for: 2s, within: 60s}
faults:
  - {name: primary lost, at: 0s, kill: {service: database, role: primary}, until: recovered}
detection:
  - {name: database health, tcp: {service: database, role: primary}, every: 500ms, timeout: 300ms, failures: 2}
recovery:
  after: detection
  steps:
    - {title: Promote, action: {promote: {service: database, role: standby}}, budget: 20s}
    - {title: Repoint, action: {repoint: {services: [auction-api, auction-timers], to: database}}, budget: 20s, contains: true}
    - {title: Rebuild, action: {rebuild: {service: database, role: standby}}, budget: 30s}
validation:
  - {name: bids reconcile, check: {reconcile: bids}}
observe: 40s
"""


class LiveTest(harness.EndToEnd):
    def target(self, replication):
        text = (harness.SOURCE / "scenarios/targets/auction-flow.yaml").read_text()
        self.assertIn("--replication async --lag 8ms", text)
        text = text.replace("--replication async --lag 8ms", replication)
        self.write("target.yaml", text)
        return self.write("failover.yaml", FAILOVER)

    def test_an_asynchronous_standby_misses_its_lag(self):
        drill = self.drill(self.target("--replication async --lag 200ms"))
        self.assert_passed(drill)
        report = drill.report
        self.assertGreaterEqual(report["rpo"]["achieved_ns"], 150 * MS, drill.describe())
        self.assertLessEqual(report["rpo"]["achieved_ns"], 260 * MS, drill.describe())
        bids = report["bids"]
        self.assertGreater(bids["lost"], 0)
        self.assertEqual(0, bids["lost_after_fault"])
        self.assertEqual(bids["acknowledged"], bids["kept"] + bids["lost"])
        before, after = drill.events_of("read_back.finished")[-1]["stretches"]
        self.assertEqual(bids["lost"], before["lost"] + after["lost"])
        self.assertLess(after["lost"], before["lost"])  # acknowledged while the kill was on its way, at most

    def test_a_synchronous_standby_loses_nothing(self):
        scenario = self.target("--replication sync")
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            drills = list(pool.map(lambda n: self.drill(scenario, "--seed", n, out=f"sync-{n}"), range(SYNC_RUNS)))
        for drill in drills:
            with self.subTest(drill.folder.name):
                self.assert_passed(drill)
                self.assertEqual(0, drill.report["bids"]["lost"], drill.describe())
                self.assertTrue(drill.report["bids"]["read_back"]["complete"])
                self.assertEqual(0, drill.report["rpo"]["achieved_ns"])

    def test_reports_are_made_again_byte_for_byte_and_a_flipped_byte_is_found(self):
        drill = self.drill(self.target("--replication async --lag 8ms"))
        self.assert_passed(drill)
        again = self.tool("report", drill.folder / "journal.jsonl", "--out", self.scratch / "again")
        self.assertEqual(0, again.returncode, again.stderr)
        made = sorted(path.name for path in (self.scratch / "again").iterdir())
        self.assertEqual(["junit.xml", "latency.hlog", "metrics.prom", "report.json", "report.md",
                          "scenario.resolved.yaml"], made)
        for name in made:
            self.assertEqual((drill.folder / name).read_bytes(), (self.scratch / "again" / name).read_bytes(), name)
        self.assertEqual(0, self.tool("verify", drill.folder / "journal.jsonl").returncode)
        journal = (drill.folder / "journal.jsonl").read_bytes()
        line = journal[:len(journal) // 2].count(b"\n") + 1
        for bit in (0x01, 0x20):
            spoilt = bytearray(journal)
            spoilt[len(journal) // 2] ^= bit
            (self.scratch / "spoilt.jsonl").write_bytes(spoilt)
            found = self.tool("verify", self.scratch / "spoilt.jsonl")
            self.assertNotEqual(0, found.returncode)
            self.assertIn(str(line), found.stderr)

    def test_the_json_on_standard_output_is_the_report(self):
        drill = self.drill(self.target("--replication async --lag 8ms"), "--json")
        self.assertEqual(drill.report, json.loads(drill.stdout))

    def test_a_prediction_stands_beside_what_was_measured(self):
        drill = self.drill(self.target("--replication async --lag 8ms"), "--predict", 20)
        self.assert_passed(drill)
        predicted = drill.report["predicted"]
        self.assertEqual(20, predicted["asked"])
        self.assertGreater(predicted["runs"], 0)
        figures = {figure["name"]: figure for figure in predicted["figures"]}
        self.assertEqual(drill.report["rto"]["achieved_ns"], figures["rto"]["measured_ns"])
        self.assertEqual(drill.report["latency_ns"]["steady"]["p99"], figures["latency_steady_p99"]["measured_ns"])
        self.assertLess(0, figures["rto"]["p5_ns"])
        self.assertLessEqual(figures["rto"]["p5_ns"], figures["rto"]["p95_ns"])
        self.assertIn(f"(p5..p95 of {predicted['runs']} runs)", drill.stdout)
        self.assertEqual("prediction.made", drill.events[1]["type"])
        again = self.tool("report", drill.folder / "journal.jsonl", "--out", self.scratch / "again")
        self.assertEqual(0, again.returncode, again.stderr)
        for name in ("report.json", "report.md"):
            self.assertEqual((drill.folder / name).read_bytes(), (self.scratch / "again" / name).read_bytes(), name)

    def test_show_tells_what_the_bring_up_fills_in(self):
        scenario = self.target("--replication async --lag 8ms")
        shown = self.tool("show", scenario).stdout
        self.assertRegex(shown, r"auctiond timers --port .*# target.yaml:\d+, \{\{port\}\} at bring-up, \{\{dir\}\} at bring-up\n")
        self.assertIn("#   {{port}}: a free port of 127.0.0.1", shown)
        self.assertEqual({"port", "host", "dir", "role"}, set(json.loads(self.tool("show", scenario, "--json").stdout)["at_bring_up"]))

    def test_what_cannot_be_simulated_cannot_be_predicted(self):
        scenario = self.target("--replication async --lag 8ms")
        text = (self.scratch / "target.yaml").read_text()
        self.assertIn("\nsim:\n", text)
        self.write("target.yaml", "\n".join(line for line in self.without_part(text, "sim")))
        for arguments, words in ((["--predict"], "--predict"), (["--predict", "often"], "--predict often")):
            with self.subTest(words):
                drill = self.drill(scenario, *arguments)
                self.assertEqual(254, drill.status, drill.describe())
                self.assertIn(words, drill.stderr)
                self.assertFalse(drill.folder.exists())

    @staticmethod
    def without_part(text, key):
        """The lines of a YAML file without one of its top-level parts."""
        left_out = False
        for line in text.splitlines():
            if line[:1] not in ("", " ", "#"):
                left_out = line.startswith(key + ":")
            if not left_out:
                yield line
