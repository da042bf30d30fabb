#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What does not fit into a check of half an hour: sanitizers, stress, OTP's and Elixir's own suites. test_all.py [STAGE…]

Each stage's output goes to build/test-all/STAGE.log; its closing line and its time are printed and written to build/test-all/results.md, with
commit and date, the table that docs/results.md keeps. Presets must be built already (./dev does that). Exit 1 if a stage failed."""
import datetime, os, re, subprocess, sys, time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
OUT = os.path.join(ROOT, "build", "test-all")
CLOSING = re.compile(r"\d+ passed, \d+ failed|\d+% tests passed, .*|.*pass \(.*%\).*|lint: .*|generate: seed .*|soak: seed .*|no finding.*|.*findings.*")


def bin_of(preset):
    return os.path.join("build", preset, "bin")


def stages():
    for preset in ("asan", "stress", "tsan"):
        yield f"units-{preset}", ["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", "--timeout", "900"], {}
        yield (f"programs-{preset}",
               [sys.executable, "tools/differential.py", "--erl", bin_of(preset), "--timeout", "1800", "tests/erl", "tests/ex", "examples"], {})
        yield f"cluster-{preset}", ["tests/cluster/run-cluster", bin_of(preset)], {}
        yield f"four-{preset}", ["tests/cluster/run-four", bin_of(preset), "--mixtures", "ours-ours-ours-ours", "--at-once", "2"], {"ATHANOR_TEST_LIMIT": "300"}
        yield f"web-{preset}", ["tests/web/run-web", bin_of(preset)], {}
    yield "four", ["tests/cluster/run-four", bin_of("release")], {}
    yield "generated", [sys.executable, "tools/generate.py", "--erl", bin_of("release"), "--minutes", "10", "--batch", "500"], {}
    yield "load", ["tests/load/run-load", bin_of("release"), "--scale", "0.2"], {}
    yield "soak", ["tests/soak/run-soak", bin_of("release"), "--minutes", "60", "--record", os.path.join(OUT, "soak.samples")], {}
    for group in ("first-light", "machine", "outside", "applications"):
        yield f"otp-{group}", ["tests/otp/run-group", bin_of("release") + "/erl", group], {}
    yield "otp-compiled", ["tests/otp/compile-same", bin_of("release")], {}
    yield "connections", ["tests/load/run-load", bin_of("release"), "--scale", "1", "--limit", "600", "connections", "websockets"], {}
    yield "web", ["tests/web/run-web", bin_of("release"), "--upload-mb", "1024"], {}
    yield "browser", ["tests/web/run-browser", bin_of("release")], {}
    yield "packages", ["tests/packages/run-packages", bin_of("release")], {}
    yield "rabbit", ["tests/rabbit/run-rabbit", bin_of("release")], {}
    yield "elixir", ["tests/elixir/run-elixir", bin_of("release")], {}


def closing_line(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        found = [line.strip() for line in log if CLOSING.fullmatch(line.strip())]
    return "; ".join(found[-2:]) if found else "no closing line"


def main():
    wanted = sys.argv[1:]
    known = [name for name, _, _ in stages()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"test_all: no stage {' '.join(unknown)}; there are {' '.join(known)}")
    os.makedirs(OUT, exist_ok=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    lines, failures = [], 0
    for name, command, extra in stages():
        if wanted and name not in wanted:
            continue
        log = os.path.join(OUT, name + ".log")
        started = time.time()
        with open(log, "w") as output:
            status = subprocess.run(command, cwd=ROOT, env=dict(os.environ, **extra), stdout=output, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL).returncode
        failures += status != 0
        line = f"| {name} | {'passed' if status == 0 else 'failed'} | {closing_line(log)} | {time.time() - started:.0f} s |"
        print(line, flush=True)
        lines.append(line)
        with open(os.path.join(OUT, "results.md"), "w") as table:
            table.write(f"Commit {commit}, {datetime.date.today().isoformat()}.\n\n| stage | | closing line | took |\n|---|---|---|---:|\n" + "\n".join(lines) + "\n")
    print(f"{len(lines) - failures} passed, {failures} failed")
    return 1 if failures or not lines else 0


sys.exit(main())
