"""amqp.py HOST: publishes to a queue and gets it back (AMQP 0-9-1, the part that takes)."""
import socket
import struct
import sys

TIMEOUT_S = 60
METHOD, HEADER, BODY = 1, 2, 3
FRAME_END = b"\xce"


def short_string(text):
    return struct.pack(">B", len(text)) + text.encode()


def long_string(text):
    return struct.pack(">I", len(text)) + text


class Amqp:
    def __init__(self, host):
        self.connection = socket.create_connection((host, 5672), timeout=TIMEOUT_S)
        self.reader = self.connection.makefile("rb")
        self.connection.sendall(b"AMQP\x00\x00\x09\x01")
        self.expect(10, 10)
        self.call(0, 10, 11, long_string(b"") + short_string("PLAIN") + long_string(b"\0guest\0guest") + short_string("en_US"))
        channels, frame_bytes, _ = struct.unpack(">HIH", self.expect(10, 30))
        self.call(0, 10, 31, struct.pack(">HIH", channels, frame_bytes, 0))
        self.call(0, 10, 40, short_string("/") + short_string("") + b"\0")
        self.expect(10, 41)
        self.call(1, 20, 10, short_string(""))
        self.expect(20, 11)

    def frame(self, kind, channel, payload):
        self.connection.sendall(struct.pack(">BHI", kind, channel, len(payload)) + payload + FRAME_END)

    def call(self, channel, group, method, arguments):
        self.frame(METHOD, channel, struct.pack(">HH", group, method) + arguments)

    def read(self):
        kind, _, length = struct.unpack(">BHI", self.reader.read(7))
        payload = self.reader.read(length)
        assert self.reader.read(1) == FRAME_END
        return kind, payload

    def expect(self, group, method):
        kind, payload = self.read()
        assert kind == METHOD and struct.unpack(">HH", payload[:4]) == (group, method), payload
        return payload[4:]

    def declare(self, queue):
        self.call(1, 50, 10, struct.pack(">H", 0) + short_string(queue) + struct.pack(">B", 0) + long_string(b""))
        self.expect(50, 11)

    def publish(self, queue, body):
        self.call(1, 60, 40, struct.pack(">H", 0) + short_string("") + short_string(queue) + b"\0")
        self.frame(HEADER, 1, struct.pack(">HHQH", 60, 0, len(body), 0))
        self.frame(BODY, 1, body)

    def get(self, queue):
        self.call(1, 60, 70, struct.pack(">H", 0) + short_string(queue) + b"\1")
        self.expect(60, 71)
        self.read()
        return self.read()[1]


rabbit = Amqp(sys.argv[1])
rabbit.declare("greetings")
for word in (b"hello", b"again"):
    rabbit.publish("greetings", word)
print(rabbit.get("greetings").decode(), rabbit.get("greetings").decode())
rabbit.publish("greetings", b"left")
# Closing the channel is answered only when the server has handled what came before.
rabbit.call(1, 20, 40, struct.pack(">H", 200) + short_string("done") + struct.pack(">HH", 0, 0))
rabbit.expect(20, 41)
