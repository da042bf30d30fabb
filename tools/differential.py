#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the same programs on the stock VM and on Athanor and demands the same standard output and exit status.

differential.py [--erl DIR_WITH_ERL] [--timeout S] [--filter TEXT] FILE_OR_DIR…

A program is an .exs (run by elixir), .erl or .escript (run by escript; an .erl that exports main/0 is compiled and run by erl) or .sh (run by sh, with `erl` first on PATH). It is to end with 0 on the
stock VM, or with what a comment `status: N` in its first lines says: two that miss the same library would say the same. Every run has a time
limit; a run over it fails."""
import argparse, os, re, signal, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))


def command_of(path):
    if path.endswith((".exs", ".ex")):
        return ["elixir", path]
    if path.endswith((".erl", ".escript")):
        with open(path, encoding="utf-8") as file:
            is_module = re.search(r"^-export\(\[[^]]*\bmain/0\b", file.read(), re.M)
        if is_module:
            name = os.path.splitext(os.path.basename(path))[0]
            return ["sh", "-c", f"erlc -o . '{path}' && exec erl -noshell -s {name} main -s init stop"]
        return ["escript", path]
    return ["sh", path]


def run(path, directory, timeout, extra_env):
    env = dict(os.environ, LC_ALL="C.UTF-8", ELIXIR_ERL_OPTIONS="", HOME=directory, **extra_env)
    env.pop("ERL_FLAGS", None)
    process = subprocess.Popen(command_of(path), cwd=directory, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return "time limit", out, err
    return process.returncode, out, err


def status_of(path):
    with open(path, encoding="utf-8") as file:
        said = re.search(r"^[%#]+ status: (\d+)$", "".join(next(file, "") for _ in range(5)), re.M)
    return int(said.group(1)) if said else 0


def normal(out):
    """Identifiers differ between runs of the stock VM itself."""
    out = re.sub(rb"<0\.\d+\.\d+>", b"<0.P.0>", out)
    return re.sub(rb"#Ref<[0-9.]+>", b"#Ref<R>", out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--erl", default=os.path.join(HERE, "..", "build", "release", "bin"))
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--filter", default="")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    ours = os.path.abspath(options.erl)
    files = []
    for path in options.paths:
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                if name.endswith((".exs", ".erl", ".escript", ".sh")):
                    files.append(os.path.abspath(os.path.join(path, name)))
        else:
            files.append(os.path.abspath(path))
    files = [f for f in files if options.filter in f]
    passed = failed = 0
    for path in files:
        results = []
        for env in ({}, {"PATH": ours + ":" + os.environ["PATH"], "ESCRIPT_EMULATOR": ours + "/erl", "ERLC_EMULATOR": ours + "/erl"}):
            with tempfile.TemporaryDirectory() as directory:
                started = time.time()
                result = run(path, directory, options.timeout, env)
            if result[0] == "time limit" and not env:   # the stock VM hangs now and then too: it is asked once more, we are not
                print(f"again  {os.path.relpath(path)}: the stock VM ran over the time limit")
                with tempfile.TemporaryDirectory() as directory:
                    started = time.time()
                    result = run(path, directory, 4 * options.timeout, env)   # or the machine is busy
            results.append(result + (time.time() - started,))
        (stock_status, stock_out, stock_err, stock_time), (status, out, err, seconds) = results
        name = os.path.relpath(path)
        if stock_status == "time limit":
            failed += 1
            print(f"FAILED {name}: the stock VM itself ran over the time limit")
        elif stock_status != status_of(path):
            failed += 1
            print(f"FAILED {name}: the stock VM itself ended with {stock_status}")
            print("  " + (stock_err or stock_out).decode(errors="replace")[-800:].replace("\n", "\n    "))
        elif status == stock_status and normal(out) == normal(stock_out):
            passed += 1
            print(f"ok     {name} ({stock_time:.2f} s stock, {seconds:.2f} s here)")
        else:
            failed += 1
            print(f"FAILED {name}: status {status}, stock {stock_status}")
            expected, got = normal(stock_out).splitlines(), normal(out).splitlines()
            for i in range(max(len(expected), len(got))):
                e = expected[i] if i < len(expected) else b"(end)"
                g = got[i] if i < len(got) else b"(end)"
                if e != g:
                    print(f"  line {i + 1}\n    stock: {e.decode(errors='replace')[:300]}\n    here:  {g.decode(errors='replace')[:300]}")
                    break
            if err:
                print("  standard error here: " + err.decode(errors="replace")[-800:].replace("\n", "\n    "))
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not files else 0


sys.exit(main())
