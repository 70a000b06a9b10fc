"""blackstart audit on the real binary: what it looks at, how it answers, and its exit status."""

import json
import shutil
import unittest

import harness

CLEAN = harness.SOURCE / "tests/scenarios/audit"
DAY = ("--today", "2026-02-01")


class AuditTest(harness.EndToEnd):
    def runbook(self, *changes):
        folder = self.scratch / "runbook"
        shutil.copytree(CLEAN, folder, dirs_exist_ok=True)
        text = (folder / "clean.yaml").read_text()
        for old, new in changes:
            self.assertEqual(1, text.count(old), old)
            text = text.replace(old, new)
        (folder / "clean.yaml").write_text(text)
        return folder

    def findings(self, *arguments):
        result = self.tool("audit", "--json", *arguments)
        return result.returncode, json.loads(result.stdout)

    def test_a_clean_runbook_is_0_and_a_contradiction_1(self):
        folder = self.runbook()
        clean = self.tool("audit", str(folder), *DAY)
        self.assertEqual((0, "1 drill: 0 contradictions, 0 warnings, 0 notes\n"), (clean.returncode, clean.stdout))
        self.runbook(("budget: 20m", "budget: 40m"))
        over = self.tool("audit", str(folder / "clean.yaml"), *DAY)
        self.assertEqual(1, over.returncode, over.stderr)
        self.assertIn("contradiction budgets-over-rto", over.stdout)
        self.assertIn("clean.yaml:16:8: detection 20s + people 3m + steps 53m", over.stdout)

    def test_a_day_that_has_passed_is_a_warning_and_0(self):
        status, audit = self.findings(str(self.runbook()), "--today", "2026-04-16")
        self.assertEqual((0, ["review-passed"]), (status, [finding["rule"] for finding in audit["findings"]]))

    def test_without_a_scenario_the_whole_catalogue_is_looked_at(self):
        listed = [drill["name"] for drill in json.loads(self.tool("list", "--json").stdout)]
        status, audit = self.findings(*DAY)
        self.assertEqual(1, status)
        self.assertEqual(listed, audit["drills"])
        status, audit = self.findings("buildnest", *DAY)
        self.assertEqual([name for name in listed if name.startswith("buildnest/")], audit["drills"])
        reviews = [finding for finding in self.findings("buildnest")[1]["findings"] if finding["rule"] == "review-passed"]
        self.assertEqual([5], [len(finding["drills"]) for finding in reviews], "by the clock: passed, and said once")

    def test_values_can_be_tried(self):
        status, audit = self.findings(str(self.runbook() / "clean.yaml"), *DAY, "--set", "objectives.rto=36m")
        self.assertEqual(1, status)
        self.assertIn("against an RTO of 36m", audit["findings"][0]["what"])

    def test_bad_input_is_254(self):
        broken = self.write("broken.yaml", "blackstart: 1\ntitle: x\n")
        (self.scratch / "empty").mkdir()
        for arguments in (["no-such-drill"], [broken], [str(self.scratch / "empty")], ["--today", "yesterday"],
                          ["--set", "nothing"]):
            with self.subTest(arguments):
                result = self.tool("audit", *map(str, arguments))
                self.assertEqual(254, result.returncode, result.stdout)
                self.assertTrue(result.stderr.strip())

    def test_help_and_rules(self):
        self.assertIn("blackstart audit buildnest", self.tool("audit", "--help").stdout)
        self.assertIn("budgets-over-rto", self.tool("audit", "--rules").stdout)


if __name__ == "__main__":
    unittest.main()
