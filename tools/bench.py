#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures beside the stock VM, in interleaved pairs: bench.py [--pairs N] [--erl DIR] [NAME…]

Each program of bench/ runs alternately on the stock VM and on Athanor. A program prints one line `cpu_ns N` of what it measured
itself (processor time of the measured part), or such a line with a name for each of its parts, or nothing: then the whole process's
processor time counts. Printed: median ratio (Athanor / stock; below 1 is better) with its smallest and largest, and both medians.
NAME is that of a program, or PROGRAM.PART."""
import argparse, contextlib, os, re, resource, socket, statistics, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "tests", "web"))
import cowboy

BENCH = os.path.abspath(os.path.join(HERE, "..", "bench"))
HELPERS = ["bench_nodes", "bench_parts", "bench_server", "bench_web"]     # parts of others
NEED_COWBOY = ["web_requests", "web_socket"]


def cpu_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, env, directory):
    """What a run measured, by part; a run without parts has one, whose name is empty."""
    before = cpu_children()
    done = subprocess.run(command, cwd=directory, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    cpu = cpu_children() - before
    if done.returncode != 0:
        raise RuntimeError(f"{command}: status {done.returncode}: {done.stderr[-400:]}")
    size = re.search(rb"^bytes (\d+)", done.stdout, re.M)
    if size:
        return {"": float(size.group(1))}, "bytes"
    own = {part.decode(): int(ns) / 1e9 for ns, part in re.findall(rb"^cpu_ns (\d+) ?(\S*)$", done.stdout, re.M)}
    return own or {"": cpu}, "s"


def show(name, pairs, unit):
    # A part too short for the clock of its machine has no ratio.
    ratios = sorted(ours / stock for stock, ours in pairs if stock > 0) or [float("nan")]
    scale, shown = (1, "B") if unit == "bytes" else (1000, "ms")
    print(f"{name:<28} {statistics.median(ratios):6.2f}  {ratios[0]:.2f}..{ratios[-1]:<8.2f} "
          f"{statistics.median(a for a, _ in pairs) * scale:8.1f}{shown} {statistics.median(b for _, b in pairs) * scale:8.1f}{shown}", flush=True)


def start_epmd():
    """One of our own on loopback, for programs that have a second node: the process, and its port."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    process = subprocess.Popen(["epmd", "-port", port, "-address", "127.0.0.1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, port


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--erl", default=os.path.join(HERE, "..", "build", "release", "bin"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    ours = os.path.abspath(options.erl)
    if not os.access(os.path.join(ours, "erl"), os.X_OK):
        parser.error(f"{ours} has no program erl: --erl wants the directory that has it")
    cases = {
        "start_erl": ["erl", "-noshell", "-eval", "halt()."],
        "start_elixir": ["elixir", "-e", "1"],
    }
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as ends:
        programs = sorted(name[:-4] for name in os.listdir(BENCH) if name.endswith(".erl") and name[:-4] not in HELPERS)
        programs = [name for name in programs if not options.names or name in {wanted.split(".")[0] for wanted in options.names}]
        subprocess.run(["erlc", "-o", directory, *(os.path.join(BENCH, name + ".erl") for name in HELPERS + programs)], check=True)
        for name in programs:
            paths = [directory, *(cowboy.code_paths() if name in NEED_COWBOY else [])]
            cases[name] = ["erl", "+P", "2000000", "-noshell", "-pa", *paths, "-s", name, "main", "-s", "init", "stop"]
        epmd, port = start_epmd()
        ends.callback(lambda: (epmd.kill(), epmd.wait()))
        stock_env = dict(os.environ, BENCH_DIRECTORY=BENCH, ERL_EPMD_PORT=port, ERL_EPMD_ADDRESS="127.0.0.1")
        our_env = dict(stock_env, PATH=ours + ":" + os.environ["PATH"])
        print(f"{'program':<28} {'ratio':>6}  {'min..max':<14} {'stock':>10} {'athanor':>10}")
        for name, command in cases.items():
            wanted = [n for n in options.names if n.split(".")[0] == name]
            if options.names and not wanted:
                continue
            # Whole when named so, else the parts that are named.
            parts = [] if name in wanted else [word for n in wanted for word in ("-part", n.split(".")[1])]
            pairs = {}
            try:
                for _ in range(options.pairs):
                    stock, unit = run(command + parts, stock_env, directory)
                    ours_values, _ = run(command + parts, our_env, directory)
                    for part, value in stock.items():
                        pairs.setdefault(part, []).append((value, ours_values[part]))
            except (RuntimeError, KeyError, subprocess.TimeoutExpired) as problem:
                print(f"{name:<28} failed: {str(problem)[:200]}")
                continue
            for part, values in pairs.items():
                show(f"{name}.{part}" if part else name, values, unit)


main()
