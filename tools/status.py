#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/status.md: which natives of the release have no row here, which only say `notsup`, and what else is missing by subject.

Reads tests/facts/natives.tsv (the release) and the rows of every .def that src/machine/natives.def includes. Prints a summary.
`status.py --check` writes nothing and fails when docs/status.md is not what would be written."""
import os, re, sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
ROW = re.compile(r'^(BIF|NIF|OWN)(_NAMED)?\(\s*(\w+),\s*(?:"([^"]*)",\s*)?(\w+),\s*(\d+),\s*(\w+),')
NOTSUP = "return self.error(atoms::notsup);"
# Subjects and their state in words.
SUBJECTS = [
    ("Distribution", "nodes of the stock VM (25 and 27) and ours in one cluster, also over `inet_tls`; killed, stopped, cut off and healed they say what four stock nodes say"),
    ("NIF libraries", "all functions of `erl_nif.h`; `crypto.so` and `asn1rt_nif.so` of the release load unmodified; misuse is named (`ATHANOR_NIF_CHECK=1`: terms too); a process that ends beside its dirty NIF is gone at once"),
    ("Driver libraries", "all functions of `erl_driver.h` and of `erl_ddll`; requests to a port do not queue (design note 12), so `busy_limits_msgq` has no effect"),
    ("TCP and UDP (`gen_tcp`, `gen_udp`)", "all of the inet drivers' protocol; 10,000 connections at once and 19,800 WebSockets on Cowboy in under 0.4 of the stock VM's memory (`tests/load`)"),
    ("Packages of others", "25 libraries with NIFs, drivers and ports print what they print on the stock VM; Yaws, ejabberd (XMPP, MQTT, HTTP API) and Tsung run (`tests/packages`)"),
    ("RabbitMQ", "the package's broker boots, relays 100,000 messages in order with confirms, keeps durable ones over SIGKILL (`tests/rabbit`)"),
    ("SCTP", "no `sctp_inet` driver"),
    ("The module `socket`", "all natives of `prim_socket` and `prim_net` for Linux; not yet: `counter_wrap` messages; SCTP options are untried"),
    ("Child programs", "children of a helper process; `busy_limits_msgq` has no effect"),
    ("Tracing", "calls, processes, sequences, `system_monitor`; processes and ports as tracees; pids, ports and modules as tracers; `system_profile`"),
    ("Break menu, crash dumps", "all entries of the menu but the figures of allocators, which this machine has not; dumps by a text, SIGUSR1, the end of a process of the machine, read by `crashdump_viewer`; `ERL_CRASH_DUMP`, `_BYTES`, `_SECONDS`; terms cell by cell, binaries, literals, persistent terms and timers in sections of their own; a process's last calls"),
    ("ETS", "order, locks and chunks as on the stock VM, `compressed` too; inserting long lists, emptying, deleting and the end of an owner are cut into slices"),
    ("Debugger", "`int` and `debugger`: modules are interpreted, with break points and steps (`tests/erl/interpreted.erl`, OTP's suites of `debugger`)"),
    ("JIT", "functions that are called often become machine code for x86-64 (`src/engine/jit`); maps but for reading small ones, receives and most built-ins are run by the interpreter's handlers"),
    ("Schedulers", "work is evened out level by level, also where all schedulers have some; bound to processors by topologies of the system or one's own; processes bound to schedulers; blocked and offline ones told as on the stock VM (OTP's `scheduler_SUITE`: 22 to 23 of 25); not yet: several poll threads"),
    ("Seeded scheduler", "runs cannot be replayed from a seed"),
    ("Other releases", "release 25 is the one that is developed against; 26 to 29 are found, but their opcodes above 180 and new natives have no rows"),
    ("Hostile input", "17 fuzz targets (`fuzz/`): `.beam` files, external terms, frames, natives by family, the command line, crash dumps; as tests, and with libFuzzer (`./dev fuzz`)"),
    ("Generated programs", "`./dev generate` compares random modules with the stock VM; `./dev test` runs 300 of a fixed seed and the kept cases"),
    ("Limits", "out of atoms, processes, ports or memory for one binary raises `system_limit` in the process that asked; a process whose heap cannot be collected for want of memory ends with that reason; the machine goes on. Not so yet: messages and what one native builds on the heap, where the program ends as the stock VM does"),
    ("Long mixed load", "`tests/soak`: an hour each in `release` (memory within 1.3 %), `tsan` and `stress` without a wrong value or a report"),
    ("Installed package", "no `find_package(Athanor)`: embedding programs are built inside the tree"),
]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as source:
        return source.read()


def families():
    return re.findall(r'#include "([\w/]+\.def)"', read("src/machine/natives.def"))


def rows():
    """(module, name, arity) -> (kind, C++ name, family)"""
    found = {}
    for family in families():
        for line in read("src/" + family).split("\n"):
            row = ROW.match(line)
            if row:
                module, text, name, arity, kind = row.group(3), row.group(4), row.group(5), row.group(6), row.group(7)
                found[(module, text or name, int(arity))] = (kind, name, family)
    return found


def release():
    natives = []
    for line in read("tests/facts/natives.tsv").split("\n"):
        if line and not line.startswith(("#", "wave\t")):
            wave, module, name, arity, kind = line.split("\t")
            natives.append((wave, module, name, int(arity), kind))
    return natives


def sources():
    for directory, _, names in os.walk(os.path.join(ROOT, "src")):
        for name in sorted(names):
            if name.endswith(".cpp") and not name.endswith(".test.cpp"):
                yield os.path.relpath(os.path.join(directory, name), ROOT)


def notsup_bodies():
    """Sets of (module, C++ name, arity): whose body can do nothing else than fail, notsup among it; and which say it in some cases."""
    only, partly = set(), set()
    for path in sources():
        text = read(path)
        if NOTSUP not in text:
            continue
        for macro in re.findall(r"#define (\w+)\(module, name, arity\)[^\n]*\\\n[^\n]*" + re.escape(NOTSUP), text):
            for use in re.finditer(rf"^{macro}\((\w+), (\w+), (\d+)\)", text, re.M):
                only.add((use.group(1), use.group(2), int(use.group(3))))
        module = None
        lines = text.split("\n")
        for number, line in enumerate(lines):
            opened = re.match(r"namespace (\w+) \{", line)
            module = opened.group(1) if opened else module
            head = re.match(r"BifResult (?:(\w+)::)?(\w+)_(\d+)\(Process&", line)
            if not head:
                continue
            end = number
            if not line.rstrip().endswith("}"):
                while lines[end] != "}":
                    end += 1
            body = "\n".join(lines[number:end + 1])
            if NOTSUP not in body:
                continue
            returns = re.findall(r"return ([^;]*);", body)
            fails = all(re.match(r"self\.(error|badarg|badmap|badarg_because|system_limit)\(", value) for value in returns)
            (only if fails else partly).add((head.group(1) or module, head.group(2), int(head.group(3))))
    return only, partly


def by_module(items):
    grouped = {}
    for module, name in items:
        grouped.setdefault(module, []).append(name)
    return [(module, sorted(grouped[module])) for module in sorted(grouped)]


def table(items, title):
    out = [f"| module | count | {title} |", "|---|---:|---|"]
    for module, names in by_module(items):
        out.append(f"| `{module}` | {len(names)} | {' '.join('`' + name.replace('|', chr(92) + '|') + '`' for name in names)} |")
    return out


def page():
    ours, theirs = rows(), release()
    inside = [n for n in theirs if not n[4].startswith("nif of a separate")]
    outside = [n for n in theirs if n[4].startswith("nif of a separate")]
    missing = [n for n in inside if n[1:4] not in ours]
    entered = [n for n in missing if n[0] not in ("none", "ref")]
    only, partly = notsup_bodies()
    names = {(m, c, a): (m, n, a) for (m, n, a), (_, c, _) in ours.items()}
    only_rows = sorted(names[key] for key in only if key in names)
    partly_rows = sorted(names[key] for key in partly if key in names)
    extra = sorted(key for key in ours if key not in {n[1:4] for n in theirs})
    present = len(inside) - len(missing)
    out = ["# Status", "", "Written by `python3 tools/status.py`; do not edit. A row says that a native exists, not that it agrees with the stock VM in every case:",
           "that is what the tests are for.", "",
           "| natives of Erlang/OTP 25.2.3, without those of separate libraries | count |", "|---|---:|",
           f"| in the release | {len(inside)} |", f"| with a row | {present} |", f"| of these: only `notsup` | {len([k for k in only_rows if k not in extra])} |",
           f"| without a row | {len(missing)} |", f"| of these: entered by one of the real runs of `tests/facts/natives.tsv` | {len(entered)} |", "",
           "## No row", ""]
    if missing:
        out += ["In brackets the first run that enters it, where one does.", ""]
        out += table([(n[1], f"{n[2]}/{n[3]}" + (f" ({n[0]})" if n[0] not in ("none", "ref") else "")) for n in missing], "natives")
    else:
        out.append("None.")
    out += ["", "## A row, but only `notsup`", "", "Whatever the arguments, the answer is an error.", ""]
    out += table([(m, f"{n}/{a}") for m, n, a in only_rows], "natives") if only_rows else ["None."]
    out += ["", "## `notsup` in some cases", "", "Some of these as on the stock VM.", ""]
    out += table([(m, f"{n}/{a}") for m, n, a in partly_rows], "natives") if partly_rows else ["None."]
    out += ["", "## Natives of separate libraries", "",
            "The release has them in shared objects of its own, which need the NIF interface.", ""]
    counts = {}
    for n in outside:
        counts[n[1]] = counts.get(n[1], 0) + 1
    out += ["| module | count |", "|---|---:|"] + [f"| `{module}` | {counts[module]} |" for module in sorted(counts)]
    out += ["", "## By subject", "", "| subject | state |", "|---|---|"]
    for title, words in SUBJECTS:
        out.append(f"| {title} | {words} |")
    if extra:
        out += ["", "## Rows the release has not", "", "Internal natives, functions that the release has in Erlang, and those of other releases.", ""]
        out += table([(m, f"{n}/{a}") for m, n, a in extra], "natives")
    summary = f"{present} of {len(inside)} natives have a row, {len(only_rows)} rows only say notsup, {len(missing)} natives have none ({len(entered)} of them entered by real runs)"
    return "\n".join(out) + "\n", summary


def main():
    text, summary = page()
    path = os.path.join(ROOT, "docs", "status.md")
    print("status: " + summary)
    if "--check" in sys.argv:
        if not os.path.exists(path) or read("docs/status.md") != text:
            print("docs/status.md is not up to date: python3 tools/status.py")
            return 1
        return 0
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return 0


sys.exit(main())
