# SPDX-License-Identifier: Apache-2.0
"""Speaks XMPP, MQTT and HTTP to an ejabberd on loopback: what two users see of it."""
import base64, json, re, socket, urllib.request

LIMIT_S = 60


class User:
    """One session: logged in, bound and present."""

    def __init__(self, port, name, password):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(LIMIT_S)
        self.seen = ""
        self.open()
        secret = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self.say(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
        self.until("<success")
        self.seen = ""
        self.open()
        self.say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>")
        self.until("</iq>")
        self.say("<presence/>")
        self.until("<presence")

    def open(self):
        self.say("<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
        self.until("</stream:features>")

    def say(self, text):
        self.socket.sendall(text.encode())

    def until(self, text):
        while text not in self.seen:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed: " + self.seen[-300:])
            self.seen += data.decode()
        end = self.seen.index(text) + len(text)
        result, self.seen = self.seen[:end], self.seen[end:]
        return result


def api(port, command, **arguments):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{command}", data=json.dumps(arguments).encode(), headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
        return json.loads(answer.read())


def chat(ports, messages, check):
    for name in ("ana", "bea"):
        check(f"{name} is registered", "successfully registered" in api(ports["HTTP"], "register", user=name, host="localhost", password="pw"), True)
    ana, bea = User(ports["XMPP"], "ana", "pw"), User(ports["XMPP"], "bea", "pw")
    for i in range(messages):
        ana.say(f"<message to='bea@localhost' type='chat' id='m{i}'><body>hola {i} é</body></message>")
    got = [int(re.search(r"<body>hola (\d+) é", bea.until("</message>")).group(1)) for _ in range(messages)]
    check(f"{messages} messages come in order", got == list(range(messages)), True)
    room = "room@conference.localhost"
    for user, nick in ((ana, "a"), (bea, "b")):
        user.say(f"<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        user.until("<subject")
    ana.say(f"<message to='{room}' type='groupchat'><body>all</body></message>")
    check("a room hears its members", "from='room@conference.localhost/a'" in bea.until("<body>all"), True)
    check("both are connected", sorted(api(ports["HTTP"], "connected_users")), ["ana@localhost/r", "bea@localhost/r"])


def mqtt(port, check):
    text = lambda s: len(s).to_bytes(2, "big") + s.encode()
    packet = lambda kind, body: bytes([kind, len(body)]) + body
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(LIMIT_S)
        client.sendall(packet(0x10, text("MQTT") + b"\x04\xc2\x00\x3c" + text("c1") + text("ana@localhost") + text("pw")))
        check("MQTT: accepted", client.recv(4), b"\x20\x02\x00\x00")
        client.sendall(packet(0x82, b"\x00\x01" + text("t/#") + b"\x00"))
        check("MQTT: subscribed", client.recv(5), b"\x90\x03\x00\x01\x00")
        client.sendall(packet(0x30, text("t/x") + b"payload"))
        check("MQTT: published and heard", client.recv(100), packet(0x30, text("t/x") + b"payload"))
