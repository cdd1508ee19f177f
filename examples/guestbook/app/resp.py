"""The part of redis' protocol (RESP2) that the guestbook speaks."""
import socket

TIMEOUT_S = 30


class Redis:
    def __init__(self, host, port=6379):
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.reader.close()
        self.socket.close()

    def command(self, *words):
        parts = [str(word).encode() for word in words]
        lines = [b"*%d\r\n" % len(parts)] + [b"$%d\r\n%s\r\n" % (len(part), part) for part in parts]
        self.socket.sendall(b"".join(lines))
        return self.reply()

    def reply(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis closed the connection in the middle of an answer")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError("redis refused: " + rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest
