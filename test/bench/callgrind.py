#!/usr/bin/env python3
"""callgrind.py CALLGRIND.OUT BLOCKS: instructions for each block that was
delivered, by what they were for, as `name value unit' lines.

What counts is where the instruction stands, inlined or not, by its source
file; what those files call outside of the tree (libc's memset and the like)
is theirs.
"""

import collections
import os
import re
import sys

PARTS = (
    ("picker", r"picker|rarity"),
    ("sched", r"mesh_sched|mesh_request|playhead|request"),
    ("have", r"mesh_have|havemap|holders"),
    ("rescue", r"mesh_fetch|rescue|origin\w*|ramp\w*"),
    ("duty", r"mesh_duty|duty|roster"),
    ("tree", r"mesh_tree|mesh_push|tree\w*|push\w*|stripe\w*"),
    ("upload", r"mesh_act|upload|uplink|choker|ratelim"),
)
# What the bar of the scheduler's cost is about.
SCHEDULER = ("picker", "sched", "rescue", "duty", "tree")


def part_of(path):
    folder, name = os.path.split(path)
    stem = name.rsplit(".", 1)[0]
    for part, pattern in PARTS:
        if re.fullmatch(pattern, stem):
            return part
    return "rest" if os.path.basename(folder) == "swarm" else None


class Profile:
    """Costs by part; `calls' lines carry what the callee cost in all."""

    def __init__(self, path):
        self.names = collections.defaultdict(dict)
        self.cost = collections.Counter()
        self.total = 0
        self.here = self.callee = self.callee_fn = None
        self.ours = None
        self.own = None
        self.call = False
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                self.line(line)

    def name(self, kind, text):
        """(7) name, and later (7) alone."""
        m = re.match(r"\((\d+)\)(?: (.*))?", text)
        if m is None:
            return text
        if m.group(2) is not None:
            self.names[kind][m.group(1)] = m.group(2)
        return self.names[kind].get(m.group(1), "")

    def line(self, line):
        key, _, value = line.rstrip("\n").partition("=")
        if key == "ob":
            self.ours = self.name("ob", value)
        elif key == "cob":
            self.callee = self.name("ob", value)
        elif key in ("fl", "fi", "fe"):
            self.here = part_of(self.name("fl", value))
        elif key in ("cfi", "cfl"):
            self.name("fl", value)
        elif key in ("fn", "cfn"):
            self.name("fn", value)
        elif key == "calls":
            self.call = True
        elif re.match(r"[+\-*\d]", line) and " " in line:
            n = int(line.split()[1])
            if not self.call:
                self.total += n
                self.add(n)
            elif self.callee and "spate" not in self.callee:
                self.add(n)
            if self.call:
                self.call, self.callee = False, None

    def add(self, n):
        if self.here and "spate" in (self.ours or ""):
            self.cost[self.here] += n


def main():
    blocks = int(sys.argv[2])
    p = Profile(sys.argv[1])
    for name in [n for n, _ in PARTS] + ["rest"]:
        print(f"instr_{name} {p.cost[name] / blocks:.0f} instr/block")
    print(f"instr_scheduler {sum(p.cost[n] for n in SCHEDULER) / blocks:.0f}"
        " instr/block")
    print(f"instr_engine {sum(p.cost.values()) / blocks:.0f} instr/block")


main()
