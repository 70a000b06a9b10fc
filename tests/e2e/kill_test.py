"""No fault outlives its drill: the tool is killed at random instants, stopped by Ctrl-C, and nothing of it remains."""

import concurrent.futures
import json
import os
import random
import re
import signal

import harness

KILLS = int(os.environ.get("BLACKSTART_KILLS", "50"))
SIDE_BY_SIDE = 4
SMALL = ("--set", "load.bids.rate=200/s", "--set", "load.watchers.count=5", "--set", "steady_state.for=2s",
         "--set", "objectives.service_level.hold=2s")


class KillTest(harness.EndToEnd):
    def kill_at(self, number, seconds):
        """One drill that is killed `seconds` after its start; says what remains."""
        out = self.scratch / f"kill-{number}"
        state = self.scratch / f"state-{number}"
        environment = dict(self.environment, BLACKSTART_STATE=str(state))
        arguments = [harness.TOOL, "run", "auction-flow/database-failure", "--out", str(out), *SMALL]
        child = harness.subprocess.Popen(arguments, env=environment, stdin=harness.subprocess.DEVNULL,
                                         stdout=harness.subprocess.DEVNULL, stderr=harness.subprocess.DEVNULL,
                                         cwd=self.scratch)
        try:
            child.wait(timeout=seconds)
        except harness.subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()

        def remains():
            mine = (str(out), str(state))
            return [f"{pid} {entry}" for pid, entry in harness.processes().items()
                    if any(path in entry[1] for path in mine) and entry[0] != "Z"]

        harness.wait_for(lambda: not remains(), 30, f"the processes of a drill killed after {seconds:.3f} s: {remains()}")
        # A drill that died before its janitor lived has done nothing: its log holds its first line alone.
        logs = [path for path in (state / "undo").glob("*") if len(path.read_text().splitlines()) > 1]
        recovered = harness.subprocess.run([harness.TOOL, "recover", "--json"], env=environment, capture_output=True,
                                           text=True, timeout=30 * harness.PATIENCE)
        return {"seconds": seconds, "status": recovered.returncode, "found": json.loads(recovered.stdout),
                "logs": [str(path) for path in logs], "after": [str(path) for path in (state / "undo").glob("*")],
                "listening": self.listening(out), "data": [str(path) for path in out.glob("data")]}

    def listening(self, out):
        """Ports of the drill's services that still take connections."""
        ports = set()
        for log in (out / "logs").glob("*.log"):
            ports.update(int(port) for port in re.findall(r"--port (\d+)", log.read_text(errors="replace")))
        taken = []
        for port in ports:
            with harness.socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    taken.append(port)
        return taken

    def test_killed_at_random_instants_nothing_remains(self):
        seed = random.SystemRandom().randrange(1 << 32)
        draw = random.Random(seed)
        jobs = [(number, draw.uniform(0.0, 14.0)) for number in range(KILLS)]
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            results = list(pool.map(lambda job: self.kill_at(*job), jobs))
        for result in results:
            with self.subTest(seed=seed, seconds=result["seconds"]):
                self.assertEqual(0, result["status"], result)
                self.assertEqual([], result["found"], result)
                self.assertEqual([], result["logs"], result)
                self.assertEqual([], result["after"], "recover leaves no log")
                self.assertEqual([], result["listening"], result)
                self.assertEqual([], result["data"], "what the services stored goes with them")

    def test_a_paused_process_is_not_left_stopped(self):
        scenario = self.write("pause.yaml", PAUSE)
        for number, late in enumerate((0.0, 0.05, 0.3)):
            with self.subTest(late=late):
                out = f"pause-{number}"
                child = self.start_drill(scenario, *SMALL[:2], out=out)
                journal = self.scratch / out / "journal.jsonl"
                harness.wait_for(lambda: journal.exists() and "fault.injecting" in journal.read_text(), 60, "the fault")
                signal.sigtimedwait([], late)
                child.kill()
                harness.wait_for(lambda: not self.own_processes(), 30, "the end of every process")
                recovered = self.tool("recover")
                self.assertEqual(0, recovered.returncode, recovered.stderr)
                self.assertIn("nothing to recover", recovered.stdout)

    def test_ctrl_c_heals_and_reports(self):
        self.stopped_by(signal.SIGINT)

    def test_sigterm_and_a_lost_terminal_heal_and_report_as_well(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                self.stopped_by(number)

    def stopped_by(self, number):
        out = f"out-{number.name}"
        child = self.start_drill("auction-flow/database-failure", *SMALL, out=out)
        journal = self.scratch / out / "journal.jsonl"
        harness.wait_for(lambda: journal.exists() and "fault.effective" in journal.read_text(), 60, "the fault")
        child.send_signal(number)
        drill = self.finish_drill(child, out)
        self.assertEqual(3, drill.status, drill.describe())
        report = drill.report
        self.assertNotEqual("pass", report["verdict"])
        self.assertIsNotNone(report["stop"]["reason"])
        self.assertEqual([], report["residual_faults"])
        self.assertGreater(report["bids"]["offered"], 0)
        self.assertIsNotNone(report["timeline_ns"]["fault"])
        self.assertIn("nothing to recover", self.tool("recover").stdout)


PAUSE = """\
blackstart: 1
title: The primary hangs
target: auction-flow
load: {bids: {rate: 200/s}}
objectives:
  rto: 1m
  service_level: {hold: 2s}
steady_state: {for: 1s}
faults:
  - name: primary hangs
    at: 0s
    pause: {service: database, role: primary}
    for: 20s
"""
