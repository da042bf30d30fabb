#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many connections at once to a server on loopback, from one process. clients.py PORT

Commands come as lines, each is answered by one line: `ok NUMBER`, or `failed WHY`. A group is a set of connections that have a name.

  open GROUP COUNT BYTE [RCVBUF]   connects; each sends BYTE and waits for it to come back
  upgrade GROUP COUNT PATH         the same for WebSockets
  echo GROUP ROUNDS BYTES          each sends so many bytes, all at once, and gets them back, round after round
  frames GROUP ROUNDS BYTES        the same, of a WebSocket message
  dribble GROUP BYTES              the same, but the bytes go one by one
  slow GROUP BYTES MS              each sends one byte and reads what comes: little at a time, a pause after each turn
  send GROUP BYTES                 each sends so many bytes and reads nothing
  expect GROUP BYTES               each reads so many bytes
  half GROUP BYTES                 each sends, shuts its side for writing, reads all that comes until the end
  reset GROUP BYTES                each sends, and ends by a reset (SO_LINGER 0)
  ended GROUP                      waits until the other side has ended them
  leave GROUP                      closes WebSockets as RFC 6455 has it
  close GROUP                      closes

The number is what was counted: connections, or bytes that came back and were right. Ends at the end of its input."""
import hashlib, select, socket, struct, sys, time

LIMIT_S = 240           # of one command
TOGETHER = 200          # connections under way at once while opening
PORT = int(sys.argv[1])
groups = {}
made = 0


class Failure(Exception):
    pass


def content(number, turn, size):
    """Bytes that tell whose they are."""
    seed = hashlib.md5(b"%d %d" % (number, turn)).digest()
    return (seed * (size // len(seed) + 1))[:size]


class Connection:
    def __init__(self, receive_buffer=0):
        global made
        self.number = made
        made += 1
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((f"127.0.{1 + self.number // 200 % 100}.{1 + self.number % 200}", 0))
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", PORT))
        self.socket.setblocking(False)
        self.out, self.left, self.got, self.is_done = b"", 0, [], None

    def give(self, out, is_done, piece=1 << 20):
        """To be sent now, so many bytes a call; `is_done` tells of the bytes that came whether they are all."""
        self.out, self.piece, self.got, self.is_done, self.at_end = out, piece, b"", is_done, False

    def write(self):
        while self.out:
            try:
                self.out = self.out[self.socket.send(self.out[:self.piece]):]
            except BlockingIOError:
                return

    def read(self, size=1 << 16):
        try:
            bytes_ = self.socket.recv(size)
        except BlockingIOError:
            return
        self.at_end = not bytes_
        self.got += bytes_


def run(connections, size=1 << 16, pause_s=0):
    """Until each has what it waits for."""
    deadline = time.monotonic() + LIMIT_S
    poll = select.epoll()
    waiting = {}
    for connection in connections:
        connection.write()
        waiting[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN | (select.EPOLLOUT if connection.out else 0))
    try:
        while waiting:
            if time.monotonic() > deadline:
                raise Failure(f"{len(waiting)} of {len(connections)} still wait")
            for descriptor, events in poll.poll(1, 4096):
                connection = waiting[descriptor]
                if events & select.EPOLLOUT:
                    connection.write()
                    if not connection.out:
                        poll.modify(descriptor, select.EPOLLIN)
                if events & ~select.EPOLLOUT:
                    try:
                        connection.read(size)
                    except ConnectionError as error:
                        raise Failure(f"connection {connection.number}: {error}")
                    if connection.is_done(connection.got):
                        poll.unregister(descriptor)
                        del waiting[descriptor]
                    elif connection.at_end:
                        raise Failure(f"connection {connection.number} ended after {len(connection.got)} bytes: {connection.got[-80:]!r}")
            if pause_s:
                time.sleep(pause_s)
    finally:
        poll.close()


def exchange(connections, outs, answers, **how):
    """Each sends its bytes and gets its answer, no byte more or less."""
    for connection, out, answer in zip(connections, outs, answers):
        connection.give(out, lambda got, size=len(answer): len(got) >= size, how.get("piece", 1 << 20))
    run(connections, how.get("size", 1 << 16), how.get("pause_s", 0))
    for connection, answer in zip(connections, answers):
        if connection.got != answer:
            raise Failure(f"connection {connection.number} got {connection.got[:80]!r}, not {answer[:80]!r}")
        connection.got = b""
    return sum(len(answer) for answer in answers)


def frame(opcode, data, mask=b""):
    """A WebSocket frame; masked as clients must."""
    size = len(data)
    bit = 0x80 if mask else 0
    head = bytes([0x80 | opcode, bit | size]) if size < 126 else struct.pack(">BBH", 0x80 | opcode, bit | 126, size)
    if mask:
        data = (int.from_bytes(data, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")).to_bytes(size, "big")
    return head + mask + data


# --- commands ---

def batches(group, count, receive_buffer=0):
    connections = groups.setdefault(group, [])
    for left in range(count, 0, -TOGETHER):
        batch = [Connection(receive_buffer) for _ in range(min(left, TOGETHER))]
        connections += batch
        yield batch


def open_(group, count, byte, receive_buffer="0"):
    for batch in batches(group, int(count), int(receive_buffer)):
        exchange(batch, [byte.encode()] * len(batch), [byte.encode()] * len(batch))
    return int(count)


def upgrade(group, count, path):
    text = (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n").encode()
    for batch in batches(group, int(count)):
        for connection in batch:
            connection.give(text, lambda got: got.endswith(b"\r\n\r\n"))
        run(batch)
        for connection in batch:
            if not connection.got.startswith(b"HTTP/1.1 101 "):
                raise Failure(f"no WebSocket: {connection.got!r}")
            connection.got = b""
    return int(count)


def echo(group, rounds, size):
    connections = groups[group]
    total = 0
    for turn in range(int(rounds)):
        data = [content(connection.number, turn, int(size)) for connection in connections]
        total += exchange(connections, data, data)
    return total


def frames(group, rounds, size):
    connections = groups[group]
    total = 0
    for turn in range(int(rounds)):
        data = [content(connection.number, turn, int(size)) for connection in connections]
        total += exchange(connections, [frame(2, d, b"mask") for d in data], [frame(2, d) for d in data])
    return total


def dribble(group, size):
    data = [content(connection.number, 0, int(size)) for connection in groups[group]]
    return exchange(groups[group], data, data, piece=1)


def slow(group, size, pause_ms):
    answers = [bytes(range(256)) * (int(size) // 256)] * len(groups[group])
    return exchange(groups[group], [b"!"] * len(answers), answers, size=4096, pause_s=int(pause_ms) / 1000)


def send(group, size):
    return sum(connection.socket.send(content(connection.number, 0, int(size))) for connection in groups[group])


def expect(group, size):
    for connection in groups[group]:
        connection.give(b"", lambda got: len(got) >= int(size))
    run(groups[group])
    return sum(len(connection.got) for connection in groups[group])


def half(group, size):
    total = 0
    for connection in groups[group]:
        data = content(connection.number, 0, int(size))
        connection.socket.setblocking(True)
        connection.socket.sendall(data)
        connection.socket.shutdown(socket.SHUT_WR)
        connection.socket.setblocking(False)
        connection.give(b"", lambda got, connection=connection: connection.at_end)
    run(groups[group])
    for connection in groups[group]:
        if connection.got != content(connection.number, 0, int(size)):
            raise Failure(f"connection {connection.number} got {len(connection.got)} bytes, not {size}")
        total += len(connection.got)
    return total


def reset(group, size):
    connections = groups.pop(group)
    for connection in connections:
        if int(size):
            connection.socket.send(content(connection.number, 0, int(size)))
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.close()
    return len(connections)


def ended(group):
    deadline = time.monotonic() + LIMIT_S
    for connection in groups[group]:
        connection.socket.setblocking(True)
        connection.socket.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while connection.socket.recv(1 << 16):
                pass
        except ConnectionError:
            pass
    return close(group)


def leave(group):
    bye = struct.pack(">H", 1000)
    exchange(groups[group], [frame(8, bye, b"mask")] * len(groups[group]), [frame(8, bye)] * len(groups[group]))
    return ended(group)


def close(group):
    connections = groups.pop(group)
    for connection in connections:
        connection.socket.close()
    return len(connections)


COMMANDS = {function.__name__.rstrip("_"): function
            for function in (open_, upgrade, echo, frames, dribble, slow, send, expect, half, reset, ended, leave, close)}
for line in sys.stdin:
    name, *arguments = line.split()
    try:
        print("ok", COMMANDS[name](*arguments), flush=True)
    except (Failure, OSError, KeyError) as failure:
        print("failed", name, repr(failure).replace("\n", " ")[:300], flush=True)
