"""Planted bugs that a drill must find, counted exactly, on the real binary against a server that misbehaves by script."""

import unittest

import harness

MS = 1_000_000
SECOND = 1_000 * MS

TARGET = """\
blackstart_target: 1
name: scripted
services:
  api: {{kind: api, url: "{url}"}}
load: {{protocol: bids, service: api}}
drivers:
  external: {{}}
"""

SCENARIO = """\
blackstart: 1
title: {title}
target: ./target.yaml
load:
  bids: {{rate: {rate}, arrivals: constant, timeout: {timeout}{more_load}}}
objectives:
  rto: 10s
  rpo: 10s
  service_level: {{goodput: 99%, latency: p(99)<100ms, hold: {hold}}}
steady_state: {{for: {steady}, within: 40s}}
faults:
  - name: {title}
    at: 0s
    run: {{inject: "{inject}"}}
    for: {length}
observe: {observe}
"""


class Truth(harness.EndToEnd):
    def run_act(self, title, act, rate="1000/s", hold="3s", steady="3s", observe="12s", timeout="4s", length="100ms",
                server=(), more_load="", expect=(0, 1, 2)):
        url = self.scripted_server(*server)
        self.write("target.yaml", TARGET.format(url=url))
        inject = f"{harness.BIN}/scripted_server act {url} {act}"
        scenario = self.write("scenario.yaml", SCENARIO.format(
            title=title, inject=inject, rate=rate, hold=hold, steady=steady, observe=observe, timeout=timeout,
            length=length, more_load=more_load))
        drill = self.drill(scenario, timeout=120)
        self.assertIn(drill.status, expect, drill.describe())
        return drill, harness.http("GET", url + "/truth")
