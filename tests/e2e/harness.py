"""Runs the real binary as a user would, and looks at what it leaves: reports, processes, files.

Standard library alone. BLACKSTART_BIN is the folder with blackstart, auctiond and scripted_server.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

BIN = pathlib.Path(os.environ["BLACKSTART_BIN"])
SOURCE = pathlib.Path(os.environ["BLACKSTART_SOURCE"])
TOOL = str(BIN / "blackstart")
LATE_NS = 10_000_000  # a p99 of lateness above this, in steady state, makes latency and RTO inconclusive
# Sanitizer builds are slower by a factor; deadlines (never expectations) stretch with it.
PATIENCE = float(os.environ.get("BLACKSTART_PATIENCE", "1"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, what):
    """Polls `condition` until it is true; fails the test with `what` after `seconds`."""
    deadline = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        select_pause()
    raise AssertionError(f"gave up after {seconds * PATIENCE:.0f} s waiting for {what}")


def select_pause():
    """A short, interruptible pause between two looks at a condition."""
    signal.sigtimedwait([], 0.02)


def http(method, url, body=None, timeout=10):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        text = answer.read()
    return json.loads(text) if text.strip() else None


def processes():
    """pid -> (state, command line) of every process of this machine that can be read."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            command = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        found[int(entry)] = (state, command)
    return found


class Drill:
    """One run of the tool: its exit status, what it printed, its files."""

    def __init__(self, folder, status, stdout, stderr):
        self.folder, self.status, self.stdout, self.stderr = folder, status, stdout, stderr

    @property
    def report(self):
        return json.loads((self.folder / "report.json").read_text())

    @property
    def events(self):
        return [json.loads(line) for line in (self.folder / "journal.jsonl").read_text().splitlines()]

    def events_of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    @property
    def generator_was_starved(self):
        """Whether nothing but a machine too busy for the load generator kept a drill from its verdict.

        The report has the lateness of the whole drill, the verdict goes by that of the steady state: of both, the
        largest must be above what is allowed.
        """
        report = self.report
        bids, reasons = report["bids"], report["reasons"]
        late = report["generator"]["lateness_ns"]["max"] > LATE_NS
        unsent = bids["unsent_generator"] * 1000 > bids["offered"]
        return (self.status == 2 and (late or unsent) and bool(reasons)
                and all("the load generator" in reason for reason in reasons))

    def describe(self):
        return f"exit {self.status}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr[-6000:]}"


class EndToEnd(unittest.TestCase):
    """A scratch folder, a state folder of its own, and no process left at the end."""

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="blackstart-e2e-"))
        self.environment = dict(os.environ, BLACKSTART_STATE=str(self.scratch / "state"), NO_COLOR="1")
        self.children = []

    def tearDown(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
            for stream in (child.stdout, child.stderr):
                if stream:
                    stream.close()
        left = self.own_processes()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.assertEqual({}, left, "processes of this test are left")

    def own_processes(self):
        """Live processes whose command line names this test's folder (data, logs and undo logs are all below it)."""
        return {pid: entry for pid, entry in processes().items() if str(self.scratch) in entry[1] and entry[0] != "Z"}

    def write(self, name, text):
        path = self.scratch / name
        path.write_text(text)
        return path

    def start(self, *arguments, **options):
        child = subprocess.Popen([str(a) for a in arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.children.append(child)
        return child

    def tool(self, *arguments, timeout=60):
        """Runs a verb that ends soon."""
        return subprocess.run([TOOL, *map(str, arguments)], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout * PATIENCE, cwd=self.scratch)

    def start_drill(self, scenario, *arguments, out="out"):
        return self.start(TOOL, "run", scenario, "--out", self.scratch / out, *arguments, cwd=self.scratch)

    def finish_drill(self, child, out="out", timeout=120):
        stdout, stderr = child.communicate(timeout=timeout * PATIENCE)
        return Drill(self.scratch / out, child.returncode, stdout, stderr)

    def drill(self, scenario, *arguments, out="out", timeout=120):
        return self.finish_drill(self.start_drill(scenario, *arguments, out=out), out, timeout)

    def assert_passed(self, drill):
        """The drill passed; what it counted must hold on a busy machine too, where latency and RTO cannot be told."""
        if not (drill.status == 2 and drill.generator_was_starved):
            self.assertEqual(0, drill.status, drill.describe())
        self.assertEqual("pass", drill.report["rpo"]["verdict"], drill.describe())

    def scripted_server(self, *arguments):
        """Starts the misbehaving bid server; returns its base url."""
        port = free_port()
        self.start(BIN / "scripted_server", "--port", port, *arguments)
        url = f"http://127.0.0.1:{port}"

        def answers():
            try:
                http("GET", url + "/health", timeout=1)
                return True
            except OSError:
                return False

        wait_for(answers, 10, f"the scripted server at {url}")
        return url
