# SPDX-License-Identifier: Apache-2.0
"""Four nodes, each of a VM of its own, which do what they are told over their standard input; on loopback, or each in a network namespace of its
own behind a router, whose cables can be pulled. Used by run-four."""
import os, queue, re, signal, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from checking import free_port

LETTERS = "abcd"
LIMIT_S = float(os.environ.get("ATHANOR_TEST_LIMIT", "90"))


class Trouble(Exception):
    """The play cannot go on: a node that ended, or did not answer."""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


def can_make_networks():
    """None, or why not."""
    if os.geteuid() != 0:
        return "not root"
    name = f"athanor{os.getpid()}probe"
    try:
        ip("netns", "add", name)
        ip("-n", name, "link", "add", "v0", "type", "veth", "peer", "name", "v1")
        ip("-n", name, "rule", "add", "from", "10.77.1.2", "to", "10.77.2.2", "blackhole")
        return None
    except FileNotFoundError:
        return "no iproute2"
    except subprocess.CalledProcessError as problem:
        return problem.stderr.decode(errors="replace").strip()
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)


class Loopback:
    """All at 127.0.0.1, with one epmd."""

    def __init__(self, unique):
        self.unique, self.port = unique, free_port()
        self.epmds = []

    def prepare(self):
        env = dict(os.environ, ERL_EPMD_PORT=str(self.port), ERL_EPMD_ADDRESS="127.0.0.1")
        self.epmds = [start_epmd([], ["-address", "127.0.0.1"], self.port, env)]

    def prefix(self, index):
        return []

    def node_name(self, index):
        return f"{LETTERS[index]}_{self.unique}@127.0.0.1"

    def environment(self, index):
        return {"ERL_EPMD_PORT": str(self.port), "ERL_EPMD_ADDRESS": "127.0.0.1"}

    arguments = ["-kernel", "inet_dist_use_interface", "{127,0,0,1}"]

    def take_away(self):
        for epmd in self.epmds:
            epmd.kill()
            epmd.wait()


class Network:
    """Each node at 10.77.N.2 in a namespace of its own, with an epmd; a router in the middle."""
    arguments = []

    def __init__(self, unique):
        self.router = f"athanor{unique}r"
        self.spaces = [f"athanor{unique}{letter}" for letter in LETTERS]
        self.made, self.epmds = [], []

    def prepare(self):
        for space in [self.router, *self.spaces]:
            ip("netns", "add", space)
            self.made.append(space)
            ip("-n", space, "link", "set", "lo", "up")
        for index, space in enumerate(self.spaces):
            ip("-n", self.router, "link", "add", f"v{index}", "type", "veth", "peer", "name", "e0", "netns", space)
            ip("-n", self.router, "address", "add", f"10.77.{index + 1}.1/24", "dev", f"v{index}")
            ip("-n", self.router, "link", "set", f"v{index}", "up")
            ip("-n", space, "address", "add", f"10.77.{index + 1}.2/24", "dev", "e0")
            ip("-n", space, "link", "set", "e0", "up")
            ip("-n", space, "route", "add", "default", "via", f"10.77.{index + 1}.1")
            self.epmds.append(start_epmd(self.prefix(index), [], 4369, dict(os.environ)))
        ip("netns", "exec", self.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def prefix(self, index):
        return ["ip", "netns", "exec", self.spaces[index]]

    def node_name(self, index):
        return f"{LETTERS[index]}@10.77.{index + 1}.2"

    def environment(self, index):
        return {}

    def pull_cable(self, index):
        ip("-n", self.router, "link", "set", f"v{index}", "down")

    def plug_in(self, index):
        ip("-n", self.router, "link", "set", f"v{index}", "up")

    def drop(self, one, other, action="add"):
        """Packets between the two go nowhere, silently."""
        for a, b in ((one, other), (other, one)):
            ip("-n", self.router, "rule", action, "from", f"10.77.{a + 1}.2", "to", f"10.77.{b + 1}.2", "blackhole")

    def let_pass(self, one, other):
        self.drop(one, other, "del")

    def take_away(self):
        for epmd in self.epmds:
            epmd.kill()
            epmd.wait()
        for space in self.made:
            subprocess.run(["ip", "netns", "del", space], capture_output=True)


def start_epmd(prefix, arguments, port, env):
    epmd = subprocess.Popen([*prefix, "epmd", "-port", str(port), *arguments], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    end = time.time() + 20
    while time.time() < end:
        if subprocess.run([*prefix, "epmd", "-port", str(port), "-names"], env=env, capture_output=True).returncode == 0:
            return epmd
        time.sleep(0.05)
    raise Trouble("epmd does not start")


class Node:
    """A node that evaluates the lines it is given and prints what came of each after "=> "."""

    def __init__(self, gang, index, erl, more=(), name=None):
        self.gang, self.index, self.erl, self.more = gang, index, erl, more
        self.letter = LETTERS[index]
        self.name = name or gang.place.node_name(index)
        self.process = None

    def start(self):
        env = dict(os.environ, LC_ALL="C.UTF-8", HOME=self.gang.directory, **self.gang.place.environment(self.index))
        self.process = subprocess.Popen(
            [*self.gang.place.prefix(self.index), self.erl, "-noshell", "-name", self.name, "-setcookie", "four", *self.gang.place.arguments,
             "-kernel", "net_ticktime", "4", "-kernel", "net_setuptime", "3", "-kernel", "logger_level", "emergency",
             "-mnesia", "dir", f'"{self.gang.directory}/{self.letter}"', "-pa", self.gang.code, *self.gang.more, *self.more, "-s", "four_agent", "main"],
            env=env, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.gang.processes.append(self.process)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.process, self.lines), daemon=True).start()
        self.answer()
        return self

    @staticmethod
    def read(process, lines):
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    def tell(self, text):
        try:
            self.process.stdin.write(text.replace("\n", " ") + ".\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Trouble(f"{self.letter} is gone")

    def answer(self, limit_s=LIMIT_S):
        end, seen = time.time() + limit_s, []
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.time()))
            except queue.Empty:
                raise Trouble(f"{self.letter} does not answer; it said {seen[-10:]}")
            if line is None:
                raise Trouble(f"{self.letter} has ended ({self.process.wait()}); it said {seen[-20:]}")
            if line.startswith("=> "):
                return self.gang.plain(line[3:])
            seen.append(line)

    def ask(self, text, limit_s=LIMIT_S):
        self.tell(text)
        return self.answer(limit_s)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()


class Gang:
    """The four nodes of one mixture; all are gone at its end. `erls`: the program of each; `place`: Loopback or Network."""

    def __init__(self, place, erls, code, more=()):
        self.place, self.code, self.more = place, code, more
        self.processes = []
        self.scratch = tempfile.TemporaryDirectory()
        self.directory = self.scratch.name
        self.nodes = [Node(self, index, erl) for index, erl in enumerate(erls)]

    def __enter__(self):
        try:
            self.place.prepare()
            for node in self.nodes:
                node.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.place.take_away()
        self.scratch.cleanup()

    def plain(self, text):
        """Without what differs from run to run: nodes by their letters."""
        return re.sub(r"'?\b([a-d])(_\w+)?@[\d.]+'?", r"\1", text)

    def expand(self, text):
        """@a in an expression is the name of node a."""
        return re.sub(r"@([a-d])\b", lambda found: f"'{self.nodes[LETTERS.index(found.group(1))].name}'", text)

    def __getitem__(self, letter):
        return self.nodes[LETTERS.index(letter)]

    def tell(self, letter, text):
        self[letter].tell(self.expand(text))

    def ask(self, letter, text):
        return self[letter].ask(self.expand(text))

    def all(self, text, letters=LETTERS):
        """What each says, asked at the same time: lines "a: …"."""
        for letter in letters:
            self.tell(letter, text)
        return [f"{letter}: {self[letter].answer()}" for letter in letters]

    def connect(self, letters=LETTERS):
        """Everybody with everybody."""
        names = ", ".join(f"@{letter}" for letter in letters)
        return self.all(f"four_agent:connected([{names}])", letters)
