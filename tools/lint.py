#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The project's rules that a machine can check: layers, sizes, licences, banned calls, leftovers. Prints each breach; exit 1 on any."""
import os, re, subprocess, sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# Who may include whom directly; the arrows are transitive.
USES = {
    "base": [], "os": ["base"], "term": ["base"], "beam": ["term"], "heap": ["term", "os"], "process": ["heap"],
    "sched": ["process", "os"], "match_spec": ["heap"], "code": ["beam", "process"], "trace": ["bif"],
    "engine": ["code", "os"], "bif": ["engine", "sched", "match_spec"], "ets": ["process", "match_spec", "bif"],
    "io": ["sched", "process", "os", "bif"], "nif": ["bif", "os"], "driver": ["nif", "io"], "dist": ["io", "process"],
    "machine": ["dist", "driver", "nif", "io", "ets", "bif", "engine", "trace", "sched", "code"],
}
BANNED = [
    (r"\bsetjmp\b|\blongjmp\b", "setjmp: return a Result or BifResult"),
    (r"#include <iostream>", "iostream: use {fmt} or stdio"),
    (r"\bFIXME\b|\bXXX\b|\bTODO\b", "leftover mark: finish it or write an issue"),
    (r"\brand\(\)", "rand: base::Chance"),
]
LIMIT = 600


def reachable(layer):
    seen, rest = set(), [layer]
    while rest:
        current = rest.pop()
        if current not in seen:
            seen.add(current)
            rest += USES[current]
    return seen


def main():
    files = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    breaches = checked = 0

    def breach(path, line, text):
        nonlocal breaches
        breaches += 1
        print(f"{path}:{line}: {text}")

    for path in files:
        if not path.endswith((".cpp", ".hpp", ".def", ".inc")):
            continue
        checked += 1
        with open(os.path.join(ROOT, path), encoding="utf-8") as source:
            lines = source.read().split("\n")
        if "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
            breach(path, 1, "no SPDX line")
        if len(lines) > LIMIT and not path.endswith(".def"):
            if not any("past 600 lines" in line for line in lines[:12]):
                breach(path, LIMIT, f"{len(lines)} lines: look for the second subject (or say why in the head: 'past 600 lines because …')")
        layer = path.split("/")[1] if path.startswith("src/") else None
        allowed = reachable(layer) if layer else None
        for number, line in enumerate(lines, 1):
            include = re.match(r'#\s*include "(\w+)/', line)
            if include and allowed and include.group(1) in USES and include.group(1) not in allowed:
                breach(path, number, f"{layer}/ may not include {include.group(1)}/")
            if include and path.startswith("cli/") and include.group(1) not in ("athanor", "cli"):
                breach(path, number, "programs use nothing but include/athanor")
            if "#include <asmjit" in line and not path.startswith("src/engine/jit/"):
                breach(path, number, "asmjit is seen in engine/jit/ only")
            for pattern, why in BANNED:
                if re.search(pattern, line):
                    breach(path, number, why)
    print(f"lint: {checked} files, {breaches} breaches")
    return 1 if breaches else 0


sys.exit(main())
