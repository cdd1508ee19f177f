"""The part of redis' protocol (RESP2) that the guestbook speaks."""
import socket
import time

TIMEOUT_S = 30
LOADING_PAUSE_S = 0.02


class Refused(Exception):
    pass


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
        until = time.monotonic() + TIMEOUT_S
        while True:
            self.socket.sendall(b"".join(lines))
            try:
                return self.reply()
            except Refused as refusal:
                # Redis listens before it has read its file: who connects first is told to come again.
                if not str(refusal).startswith("LOADING") or time.monotonic() > until:
                    raise
                time.sleep(LOADING_PAUSE_S)

    def reply(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis closed the connection in the middle of an answer")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Refused(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest
