#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other side of web_socket.erl: websocket_client.py PORT CONNECTIONS ROUNDS. Each sends a message and waits for it to come back, round after round."""
import selectors, socket, sys

PORT, COUNT, ROUNDS = map(int, sys.argv[1:])
DATA = b"0123456789" * 10
MASKED = b"\x82" + bytes([0x80 | len(DATA)]) + b"mask" + bytes(b ^ b"mask"[i % 4] for i, b in enumerate(DATA))
ANSWER = b"\x82" + bytes([len(DATA)]) + DATA
UPGRADE = (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
           b"Sec-WebSocket-Version: 13\r\n\r\n")

selector = selectors.DefaultSelector()
left = {}
for _ in range(COUNT):
    connection = socket.create_connection(("127.0.0.1", PORT), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(UPGRADE)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(4096)
    assert b" 101 " in answer[:20], answer
    selector.register(connection, selectors.EVENT_READ)
    left[connection] = ROUNDS
for connection in left:
    connection.sendall(MASKED)
while left:
    for key, _ in selector.select(60):
        connection = key.fileobj
        got = connection.recv(4096)
        while len(got) < len(ANSWER):
            got += connection.recv(4096)
        assert got == ANSWER, got
        left[connection] -= 1
        if left[connection]:
            connection.sendall(MASKED)
        else:
            selector.unregister(connection)
            connection.close()
            del left[connection]
