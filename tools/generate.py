#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs random Erlang modules on the stock VM and on ours, compares them line by line, and reduces what differs.

generate.py [--erl DIR_WITH_ERL] [--seed N] [--programs N | --minutes M] [--batch 200] [--keep DIR]
generate.py --saved DIR                 the kept cases only
generate.py --reduce SEED PROGRAM       a program known to differ
generate.py --show SEED PROGRAM         its source

The stock VM generates and compiles (tools/generate/*.erl), so both run the same code. Every run prints its seed; a program is named by
seed and number."""
import argparse, os, random, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..")
START_LIMIT = 1200  # seconds for a batch, on a machine that does much else


class Bench:
    """The two VMs and a folder for what they exchange."""

    def __init__(self, ours, directory):
        self.ours = os.path.join(os.path.abspath(ours), "erl")
        self.directory = directory
        sources = [os.path.join(HERE, "generate", n) for n in sorted(os.listdir(os.path.join(HERE, "generate"))) if n.endswith(".erl")]
        subprocess.run(["erlc", "-o", directory, *sources], check=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def erl(self, program, module, *arguments, capture=False):
        """Exit status (a negative signal; None over the time limit) and standard output and error."""
        command = [program, "-noshell", "+S", "1:1", "-pa", self.directory, "-run", module, "main", *map(str, arguments)]
        env = dict(os.environ, LC_ALL="C.UTF-8", HOME=self.directory)
        env.pop("ERL_FLAGS", None)
        try:
            done = subprocess.run(command, env=env, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=START_LIMIT)
            return done.returncode, done.stdout
        except subprocess.TimeoutExpired as over:
            return None, over.stdout or b""

    def make(self, *arguments):
        status, out = self.erl("erl", "gen_main", *arguments)
        if status != 0:
            sys.exit(f"generate: {' '.join(map(str, arguments))} failed: status {status}\n{out.decode(errors='replace')[-2000:]}")
        return out

    def run(self, vm, batch, indices):
        """Results of a batch as {index.test: text}. Where the VM ends early the program it was in gets one line that says so, and the rest runs in a new start."""
        output = self.path("output")
        results, start, programs = {}, min(indices), sorted(indices)
        while start is not None:
            if os.path.exists(output):
                os.unlink(output)
            status, said = self.erl(vm, "gen_run", batch, output, start)
            lines = open(output, errors="replace").read().splitlines() if os.path.exists(output) else []
            current = start
            for line in lines:
                key, _, text = line.partition(" ")
                if key == "start":
                    current = int(text)
                elif key != "end":
                    results[key] = text
            if lines and lines[-1] == "end":
                break
            results[f"{current}.ended"] = f"the machine ended: status {status} {said.decode(errors='replace')[-600:]!r}"
            start = next((i for i in programs if i > current), None)
        return results

    def differences(self, batch, indices):
        """[(index, key, stock's, ours)], how many tests were compared, how many left out for their limits."""
        stock, ours = self.run("erl", batch, indices), self.run(self.ours, batch, indices)
        found, left_out = [], 0
        # What the stock VM refuses to load, or dies of, is a fault of the compiler's or its own.
        dead = {key.split(".")[0] for key in ours if key.endswith(".ended")}
        refused = {key.split(".")[0] for key in stock if key.endswith((".loaded", ".ended"))}
        for key in sorted(set(stock) | set(ours), key=lambda k: (int(k.split(".")[0]), k)):
            expected, got = stock.get(key, "(nothing)"), ours.get(key, "(nothing)")
            if key.split(".")[0] in dead and not key.endswith(".ended"):
                continue
            if key.split(".")[0] in refused:
                if key in stock and key.endswith((".loaded", ".ended")):
                    left_out += 1
                    print(f"left out: program {key} on the stock VM: {expected[:100]}", flush=True)
                continue
            if expected.startswith("limit") or got.startswith("limit"):
                left_out += 1
            elif expected != got:
                found.append((int(key.split(".")[0]), key, expected, got))
        return found, len(stock), left_out

    def reduce(self, source, keep, deadline):
        """Cuts the source while the difference remains; returns its last form and difference."""
        current, last = source, None
        while time.time() < deadline:
            batch = self.path("shrink")
            for name in os.listdir(self.directory):
                if name.startswith("shrink"):
                    os.unlink(self.path(name))
            self.make("shrink", current, batch, 60)
            indices = [int(n.split(".")[1]) for n in os.listdir(self.directory) if n.startswith("shrink.")]
            if not indices:
                break
            found, _, _ = self.differences(batch, indices)
            if not found:
                break
            last = found[0]
            os.replace(self.path(f"shrink.{last[0]}.erl"), self.path("smaller.erl"))
            current = self.path("smaller.erl")
        with open(current) as text, open(keep, "w") as out:
            out.write(text.read())
        return last


def report(what, expected, got):
    at = next((i for i in range(min(len(expected), len(got))) if expected[i] != got[i]), min(len(expected), len(got)))
    at = max(0, at - 60)
    print(f"DIFFERENT {what}\n  stock: {expected[at:at + 300]}\n  here:  {got[at:at + 300]}", flush=True)


def saved(bench, directory):
    paths = [os.path.join(directory, n) for n in sorted(os.listdir(directory)) if n.endswith(".erl")] if os.path.isdir(directory) else []
    if not paths:
        return 0
    bench.make("compile", bench.path("saved"), *map(os.path.abspath, paths))
    found, tests, _ = bench.differences(bench.path("saved"), range(1, len(paths) + 1))
    for index, key, expected, got in found:
        report(f"{paths[index - 1]} {key}", expected, got)
    print(f"generate: {len(paths)} kept cases, {tests} tests, {len(found)} differences")
    return len(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--erl", default=os.path.join(ROOT, "build", "release", "bin"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    parser.add_argument("--programs", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--keep", help="reduce each differing program and save it here")
    parser.add_argument("--saved")
    parser.add_argument("--reduce", nargs=2, type=int)
    parser.add_argument("--show", nargs=2, type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(options.erl, directory)
        if options.show:
            sys.stdout.buffer.write(bench.make("show", *options.show))
            return 0

        def reduced(seed, index, keep):
            path = bench.path("whole.erl")
            with open(path, "wb") as out:
                out.write(bench.make("show", seed, index))
            os.makedirs(keep, exist_ok=True)
            case = os.path.join(keep, f"seed_{seed}_{index}.erl")
            last = bench.reduce(path, case, time.time() + 300)
            print(f"  reduced: {case}")
            if last:
                report(case, last[2], last[3])

        if options.reduce:
            reduced(*options.reduce, options.keep or os.path.join(ROOT, "tests", "generated"))
            return 0
        failed = saved(bench, options.saved) if options.saved else 0
        seconds = options.seconds or options.minutes * 60
        limit = time.time() + seconds if seconds else None
        wanted = options.programs or (1 << 62 if seconds else 0)
        if wanted:
            print(f"generate: seed {options.seed}", flush=True)
        programs = tests = left_out = different = refused = 0
        while programs < wanted and (limit is None or time.time() < limit):
            last = min(programs + options.batch, wanted)
            refused += bench.make("batch", options.seed, programs + 1, last, bench.path("batch")).count(b"not compiled")
            found, count, limited = bench.differences(bench.path("batch"), range(programs + 1, last + 1))
            tests, left_out, programs = tests + count, left_out + limited, last
            seen = set()
            for index, key, expected, got in found:
                report(f"seed {options.seed} program {key}", expected, got)
                if index not in seen:
                    seen.add(index)
                    different += 1
                    if options.keep:
                        reduced(options.seed, index, options.keep)
            if options.minutes:
                print(f"generate: {programs} programs, {tests} tests, {different} programs differ", flush=True)
        if programs:
            print(f"generate: seed {options.seed}: {programs - refused} programs ({refused} more not compiled), {tests} tests compared, {left_out} left out for their limits, {different} programs differ")
        return 1 if failed or different else 0


if __name__ == "__main__":
    sys.exit(main())
