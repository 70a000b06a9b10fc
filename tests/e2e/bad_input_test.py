"""What goes wrong around a drill is a clear error or a counted outcome: never a crash, a hang or a lost journal."""

import os
import subprocess
import unittest

import harness
import truth_test

SECRET = "s3cr3t-of-the-test-9f1c"


class BadInputTest(harness.EndToEnd):
    def scenario(self, url, extra="", target_extra=""):
        self.write("target.yaml", truth_test.TARGET.format(url=url) + target_extra)
        text = truth_test.SCENARIO.format(inject="true", prove=truth_test.PROVEN, timeout="1s", rpo="10s", within="5s")
        return self.write("scenario.yaml", text + extra)

    def test_bad_arguments_start_nothing(self):
        for arguments in (["run"], ["run", "no-such-drill"], ["run", "auction-flow/database-failure", "--world", "mars"],
                          ["run", "auction-flow/database-failure", "--set", "load.bids.rate=fast"],
                          ["run", "auction-flow/database-failure", "--var", "unused=1"],
                          ["run", "auction-flow/database-failure", "--driver", "kubernetes"], ["fly"],
                          ["run", "auction-flow/database-failure", "--seed", "-1"],
                          ["simulate", "auction-flow/database-failure", "--runs", "-1"]):
            with self.subTest(arguments):
                result = self.tool(*arguments)
                self.assertEqual(254, result.returncode, result.stderr)
                self.assertTrue(result.stderr.strip())
                self.assertFalse((self.scratch / "drills").exists() and any((self.scratch / "drills").glob("*/journal.jsonl")))

    def test_a_folder_of_data_is_left_alone(self):
        (self.scratch / "own" / "data").mkdir(parents=True)
        mine = self.write("own/data/mine", "not the drill's")
        result = self.tool("run", "auction-flow/database-failure", "--out", self.scratch / "own")
        self.assertEqual(254, result.returncode, result.stderr)
        self.assertIn("own: it already holds a folder data, which a live drill would remove at its end. Choose another folder",
                      result.stderr)
        self.assertTrue(mine.exists())

    def test_continuous_integration_refuses_what_it_does_not_know(self):
        for arguments in (["--thorou"], ["--thorough", "more"], [""]):
            with self.subTest(arguments):
                result = subprocess.run(["bash", harness.SOURCE / ".ci/run", *arguments], capture_output=True, text=True,
                                        timeout=20)
                self.assertEqual(254, result.returncode, result.stderr)
                self.assertIn("Usage: .ci/run [--thorough]", result.stderr)

    def test_faults_in_production_need_the_targets_name_typed(self):
        url = self.scripted_server()
        scenario = self.scenario(url, target_extra="production: true\n")
        for arguments in ([], ["--allow-production", "another"]):
            with self.subTest(arguments):
                drill = self.drill(scenario, *arguments)
                self.assertEqual(254, drill.status, drill.describe())
                self.assertIn("--allow-production", drill.stderr)
                self.assertFalse(drill.folder.exists(), "nothing was started")
        name = truth_test.TARGET.split("name:")[1].split()[0]
        drill = self.drill(scenario, "--allow-production", name)
        self.assertEqual("run", drill.report["faults"][0]["kind"], drill.describe())

    def test_what_no_world_can_do_leaves_no_folder(self):
        self.scenario(self.scripted_server())
        text = (self.scratch / "scenario.yaml").read_text().replace("run: {", "pause: {service: api} # {", 1)
        drill = self.drill(self.write("refused.yaml", text))
        self.assertEqual(254, drill.status, drill.describe())
        self.assertFalse(drill.folder.exists())

    def test_a_name_that_is_nearly_right_is_suggested(self):
        result = self.tool("run", "auction-flow/databse-failure")
        self.assertIn("auction-flow/database-failure", result.stderr)
        self.assertIn('did you mean "validate"?', self.tool("valdate").stderr)
        self.assertIn("Examples:", self.tool().stderr, "without a verb: what can be done")

    def test_a_drill_goes_on_when_nobody_hears_it(self):
        for number, streams in enumerate(("2>/dev/full", "2>&-", ">&-", "<&- >&- 2>&-", "2>&1 >/dev/null | head -1")):
            out = self.scratch / f"unheard-{number}"
            command = f"{harness.TOOL} run auction-flow/database-failure --world sim --set load.bids.rate=50/s"
            with self.subTest(streams):
                ran = subprocess.run(["bash", "-c", f"set -o pipefail; {command} --out {out} {streams}"], capture_output=True, timeout=120)
                self.assertIn(ran.returncode, (0, 1, 2), ran.stderr)
                self.assertTrue((out / "report.json").exists())
                self.assertEqual(0, self.tool("verify", out).returncode, "what is said is in the journal")

    def test_what_cannot_be_printed_is_an_error_but_not_for_a_reader_who_has_left(self):
        for arguments in (["list"], ["faults"], ["doctor"], ["schema", "scenario"],
                          ["audit", "--rules"]):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                result = subprocess.run([harness.TOOL, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(255, result.returncode)
                self.assertEqual(1, result.stderr.count("cannot write to standard output"), result.stderr)
        reader, writer = os.pipe()
        os.close(reader)
        result = subprocess.run([harness.TOOL, "list"], stdout=writer, stderr=subprocess.PIPE, text=True)
        os.close(writer)
        self.assertEqual((0, ""), (result.returncode, result.stderr))

    def test_an_unreachable_target_is_inconclusive_with_a_reason(self):
        drill = self.drill(self.scenario(f"http://127.0.0.1:{harness.free_port()}"))
        self.assertEqual(2, drill.status, drill.describe())
        self.assertIn("refused", drill.stderr + drill.stdout)
        self.assertEqual("inconclusive", drill.report["verdict"])

    def test_a_missing_binary_is_named(self):
        self.write("target.yaml", LOCAL.format(run="no-such-program --port {{port}}"))
        scenario = self.write("scenario.yaml", truth_test.SCENARIO.format(
            inject="true", prove="", timeout="1s", rpo="10s", within="5s"))
        drill = self.drill(scenario)
        self.assertIn(drill.status, (2, 254), drill.describe())
        self.assertIn("no-such-program", drill.stdout + drill.stderr)

    def test_a_port_in_use_is_said(self):
        with harness.socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = subprocess.run([harness.BIN / "auctiond", "api", "--port", str(port), "--store", "http://127.0.0.1:1"],
                                    capture_output=True, text=True, timeout=20)
        self.assertNotEqual(0, result.returncode)
        self.assertIn(str(port), result.stderr)
        self.assertIn("in use", result.stderr.lower())

    def test_a_port_in_use_at_bring_up_is_told_in_the_services_own_words(self):
        with harness.socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.write("target.yaml", LOCAL.format(run=f"auctiond api --port {port} --store http://127.0.0.1:1"))
            drill = self.drill(self.write("scenario.yaml", truth_test.SCENARIO.format(
                inject="true", prove="", timeout="1s", rpo="10s", within="5s")))
        self.assertEqual(2, drill.status, drill.describe())
        self.assertIn("the target could not be brought up: start api", drill.stdout)
        self.assertIn(f"127.0.0.1:{port}: Address already in use", drill.stdout, drill.describe())

    def test_a_failed_steps_text_is_whole_and_a_killed_commands_output_is_kept(self):
        scenario = self.scenario(self.scripted_server(), FAILING)
        drill = self.drill(scenario)
        self.assertIn("the second line of it", drill.stderr, "progress shows all that went wrong")
        self.assertIn("hung after this", drill.events_of("action.output")[1]["output"])
        steps = {event["title"]: event for event in drill.events_of("step.finished")}
        self.assertEqual("over budget", steps["Hang"]["outcome"])
        self.assertFalse(steps["Hang"]["done"])

    def test_a_webhook_that_hangs_does_not_hold_the_drill(self):
        with harness.socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            hook = f"http://127.0.0.1:{deaf.getsockname()[1]}/hook"
            scenario = self.scenario(self.scripted_server(), "communications:\n  - {audience: engineering, channel: slack, "
                                     f"within: 15m, message: down, webhook: '{hook}'}}\n")
            drill = self.drill(scenario)
        sent = drill.events_of("notification.sent")[0]
        self.assertFalse(sent["delivered"])
        self.assertIn("when the observation ended", sent["detail"])
        observed_s = (sent["t"] - drill.report["timeline_ns"]["fault"]) / 1e9
        self.assertLess(observed_s, 16, "observe: 15s, and a moment")
        self.assertIn("NOT DELIVERED to engineering by slack", drill.stderr)
        told = drill.report["communications"][0]
        self.assertEqual((None, True, sent["detail"]), (told["sent_ns"], told["late"], told["why_undelivered"]))

    def test_a_run_never_overwrites_a_journal(self):
        (self.scratch / "out").mkdir()
        (self.scratch / "out" / "journal.jsonl").write_text("precious\n")
        drill = self.drill("auction-flow/database-failure")
        self.assertEqual(254, drill.status)
        self.assertEqual("precious\n", (self.scratch / "out" / "journal.jsonl").read_text())

    @unittest.skipUnless(os.geteuid() == 0, "a small file system can be mounted by root alone")
    def test_a_full_disk_under_out_heals_and_keeps_the_journal_whole(self):
        small = self.scratch / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
        try:
            url = self.scripted_server()
            drill = self.drill(self.scenario(url), out="small/out")
            self.assertEqual(255, drill.status, drill.describe())
            self.assertIn("space", drill.stderr)
            verified = self.tool("verify", small / "out" / "journal.jsonl")
            self.assertEqual(0, verified.returncode, verified.stderr)
            self.assertIn("nothing to recover", self.tool("recover").stdout)
        finally:
            subprocess.run(["umount", small], check=True)

    def test_secrets_appear_nowhere(self):
        self.environment["TEST_TOKEN"] = SECRET
        url = self.scripted_server()
        scenario = self.scenario(url, RECOVERY)
        drill = self.drill(scenario)
        self.assertIn(drill.status, (0, 1, 2), drill.describe())
        self.assertNotIn(SECRET, drill.stdout + drill.stderr)
        self.assertIn("***", (drill.folder / "journal.jsonl").read_text())
        for path in [*self.scratch.rglob("*")]:
            if path.is_file() and path.name != "leak.txt":
                self.assertNotIn(SECRET.encode(), path.read_bytes(), path)
        self.assertEqual(SECRET, (self.scratch / "leak.txt").read_text().strip(), "the command was not given the secret")


LOCAL = """\
blackstart_target: 1
name: broken
services:
  api: {{kind: api, url: "http://127.0.0.1:{{{{port}}}}"}}
load: {{protocol: bids, service: api}}
drivers:
  local:
    api: {{run: "{run}", ready: {{tcp: "{{{{port}}}}"}}}}
"""

FAILING = """\
recovery:
  after: {at: 1s}
  steps:
    - title: Fail
      action: {run: "printf 'the first line of it\\nthe second line of it\\n'; exit 3"}
      budget: 10s
      otherwise:
        - title: Hang
          action: {run: "echo hung after this; sleep 600"}
          budget: 2s
          otherwise:
            - {title: Give in, action: {run: "true"}, budget: 10s}
"""
RECOVERY = """\
recovery:
  after: {at: 1s}
  steps:
    - title: Use the secret
      action: {run: "echo token {{env.TEST_TOKEN}}; echo {{env.TEST_TOKEN}} > leak.txt"}
      budget: 10s
"""
