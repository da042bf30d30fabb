# SPDX-License-Identifier: Apache-2.0
"""A start of examples/web/chat.exs on a free port of loopback, ended by its process id."""
import os, re, signal, subprocess, tempfile, time

import cowboy


class ChatServer:
    """`with ChatServer(bin, language) as server`: server.port, server.pid. Raises with the log where it does not start."""

    def __init__(self, bin_directory, language, extra=()):
        self.directory = tempfile.TemporaryDirectory()
        self.log = os.path.join(self.directory.name, "log")
        env = dict(os.environ, HOME=self.directory.name, PATH=bin_directory + ":" + os.environ["PATH"], COWBOY_PATH=cowboy.place())
        program = os.path.join(cowboy.ROOT, "examples", "web", "chat.exs")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([os.path.join(bin_directory, "athanor"), "run", program, "0", language, *extra], cwd=self.directory.name, env=env,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.pid = self.process.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def __enter__(self):
        for _ in range(1800):
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.text())
            if found:
                self.port = int(found.group(1))
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError("the server did not start\n" + self.last_text)

    def __exit__(self, *_):
        self.last_text = self.text()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)
        self.directory.cleanup()
