#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types the same keys into a real terminal on the stock VM and on Athanor and demands the same screen.

terminal.py [--erl DIR_WITH_ERL] FILE_OR_DIR…     a .keys file of tests/terminal; needs tmux

A .keys file: `$ COMMAND` starts a program in a terminal of 100 by 30; `> TEXT` types TEXT and Enter; `= KEY…` presses keys by tmux's names
(Up, Tab, BSpace, C-a …); `~ TEXT` types TEXT alone; `@ COLUMNS ROWS` changes the window's size; `? TEXT` waits until the screen shows TEXT.
After each line but `?` the screen must come to rest. Compared is the screen before each `$` and at the end."""
import argparse, os, re, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 30.0


class Terminal:
    def __init__(self, path, directory):
        self.count = 0
        self.env = dict(os.environ, PATH=path, LC_ALL="C.UTF-8", HOME=directory, TERM="xterm")
        self.env.pop("TMUX", None)
        self.directory = directory
        self.running = False

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null"] + list(arguments), env=self.env, cwd=self.directory,
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            sys.exit("tmux %s: %s" % (arguments[0], done.stderr.strip()))
        return done.stdout

    def start(self, command):
        self.stop()
        self.count += 1   # kill-server returns before the old server has left its socket: each program has a server of its own
        self.socket = os.path.join(self.directory, "tmux%d" % self.count)
        self.tmux("new-session", "-d", "-x", "100", "-y", "30", "sh", "-c", "trap : INT QUIT; " + command + "; echo \"[ended: $?]\"; sleep 600")
        self.running = True

    def stop(self):
        if self.running:
            self.tmux("kill-server")
        self.running = False

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def rest(self, quiet=0.6):
        last, since, end = None, time.time(), time.time() + PATIENCE
        while time.time() < end:
            now = self.screen()
            if now != last:
                last, since = now, time.time()
            elif time.time() - since > quiet:
                break
            time.sleep(0.1)
        return last

    def wait_for(self, text):
        end = time.time() + PATIENCE
        while text not in self.screen():
            if time.time() > end:
                return False
            time.sleep(0.1)
        return True


def normal(screen):
    screen = re.sub(r"\[source\].*", "", screen)
    screen = re.sub(r"<0\.\d+\.\d+>", "<0.P.0>", screen)
    screen = re.sub(r"#PID<0\.\d+\.\d+>", "#PID<0.P.0>", screen)
    return "\n".join(line.rstrip() for line in screen.rstrip().split("\n"))


def play(path, file):
    screens = []
    with tempfile.TemporaryDirectory() as directory:
        terminal = Terminal(path, directory)
        try:
            for line in open(file, encoding="utf-8"):
                kind, rest = line[:1], line.rstrip("\n")[2:]
                if kind == "$":
                    if terminal.running:
                        screens.append(normal(terminal.rest()))
                    terminal.start(rest)
                elif kind == ">":
                    terminal.tmux("send-keys", "-l", rest)
                    terminal.tmux("send-keys", "Enter")
                elif kind == "~":
                    terminal.tmux("send-keys", "-l", rest)
                elif kind == "=":
                    terminal.tmux("send-keys", *rest.split())
                elif kind == "@":
                    columns, rows = rest.split()
                    terminal.tmux("resize-window", "-x", columns, "-y", rows)
                elif kind == "?":
                    if not terminal.wait_for(rest):
                        screens.append("never shown: %s\n%s" % (rest, normal(terminal.screen())))
                        return screens
                    continue
                else:
                    continue
                terminal.rest()
            screens.append(normal(terminal.rest()))
        finally:
            terminal.stop()
    return screens


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--erl", default=os.path.join(HERE, "..", "build", "release", "bin"))
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    files = []
    for path in options.paths:
        files += [os.path.join(path, n) for n in sorted(os.listdir(path)) if n.endswith(".keys")] if os.path.isdir(path) else [path]
    passed = failed = 0
    for file in files:
        stock = play(os.environ["PATH"], file)
        ours = play(os.path.abspath(options.erl) + ":" + os.environ["PATH"], file)
        if stock == ours and not any(s.startswith("never shown") for s in stock):
            passed += 1
            print(f"ok     {os.path.relpath(file)}")
        else:
            failed += 1
            print(f"FAILED {os.path.relpath(file)}")
            for number, (a, b) in enumerate(zip(stock, ours)):
                if a != b or a.startswith("never shown"):
                    print(f"--- screen {number + 1}, stock\n{a}\n--- here\n{b}")
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not files else 0


sys.exit(main())
