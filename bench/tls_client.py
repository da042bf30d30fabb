#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other side of tls_handshakes.erl: tls_client.py PORT COUNT. Nothing is verified: the server's certificate is made for the run."""
import socket, ssl, sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for _ in range(int(sys.argv[2])):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) as plain, context.wrap_socket(plain) as secure:
        assert secure.version() == "TLSv1.3", secure.version()
        secure.sendall(b"x")
        assert secure.recv(1) == b"x"
