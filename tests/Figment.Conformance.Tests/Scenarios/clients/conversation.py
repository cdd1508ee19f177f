"""conversation.py SERVER ADDRESS FIRST [COUNT]: asks a server for the next number again and again, on one connection; the first answer is to be FIRST (0: whatever it is).

With COUNT it ends after so many answers. Else it says "begun N" after the first, goes on until its input ends, and says where it is whenever it gets a line.
At the end it says the last number, a digest of all answers and the longest wait for one in ms. An answer that is not the next number ends it with a word and code 1.
"""
import hashlib
import json
import select
import socket
import struct
import subprocess
import sys
import time

TIMEOUT_S = 30
PAUSE_S = 0.001


class Lines:
    """A server that is spoken to in lines."""

    def __init__(self, address, port):
        self.connection = socket.create_connection((address, port), timeout=TIMEOUT_S)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.connection.makefile("rb")

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def line(self):
        line = self.reader.readline().decode()
        if not line.endswith("\n"):
            raise ConnectionError(f"the connection ended after {line!r}")
        return line.strip()


class Redis(Lines):
    def __init__(self, address, is_new):
        super().__init__(address, 6379)

    def ask(self):
        self.say("INCR count")
        answer = self.line()
        return answer, int(answer.removeprefix(":"))


class Memcached(Lines):
    def __init__(self, address, is_new):
        super().__init__(address, 11211)
        if is_new:
            self.say("set count 0 0 1\r\n0")
            self.line()

    def ask(self):
        self.say("incr count 1")
        answer = self.line()
        return answer, int(answer)


class Http(Lines):
    def __init__(self, address, is_new):
        super().__init__(address, 8080)

    def ask(self):
        self.say("GET / HTTP/1.1\r\nHost: server\r\n")
        status, length, chunked = self.line(), 0, False
        while header := self.line().lower():
            if header.startswith("content-length:"):
                length = int(header.split(":")[1])
            if header == "transfer-encoding: chunked":
                chunked = True
        body = self.chunks() if chunked else self.reader.read(length).decode()
        return f"{status} {body}", self.number(body)

    def chunks(self):
        body = ""
        while length := int(self.line(), 16):
            body += self.reader.read(length).decode()
            self.line()
        self.line()
        return body

    def number(self, body):
        return int(body)


class Nginx(Http):
    """Its page tells of connections accepted and handled, and of requests."""

    def ask(self):
        answer, number = super().ask()
        return f"{answer.split()[1]} {number}", number

    def number(self, body):
        return int(body.splitlines()[2].split()[2])


class Nats(Lines):
    def __init__(self, address, is_new):
        super().__init__(address, 4222)
        self.line()
        self.say('CONNECT {"verbose":false,"pedantic":false}\r\nSUB answers.* 1')
        if is_new:
            stream = json.dumps({"name": "COUNT", "subjects": ["count"], "storage": "file"})
            self.request("$JS.API.STREAM.CREATE.COUNT", stream)

    def request(self, subject, text):
        self.say(f"PUB {subject} answers.one {len(text)}\r\n{text}")
        while not (line := self.line()).startswith("MSG "):
            if line == "PING":
                self.say("PONG")
            elif line.startswith("-ERR"):
                raise ConnectionError(line)
        answer = json.loads(self.line())
        if "error" in answer:
            raise ConnectionError(str(answer["error"]))
        return answer

    def ask(self):
        answer = self.request("count", "one more")
        return json.dumps(answer, sort_keys=True), answer["seq"]


class PostgreSql:
    """By psql, which keeps its one connection and ends when that does."""

    def __init__(self, address, is_new):
        words = ["psql", "-X", "-A", "-t", "-q", "-h", address, "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if is_new:
            self.process.stdin.write("create table count (number bigint); insert into count values (0);\n")
        self.backend = self.query("select pg_backend_pid();")

    def query(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise ConnectionError(f"psql ended with {self.process.wait()}")
        return answer.strip()

    def ask(self):
        number, backend = self.query("update count set number = number + 1 returning number, pg_backend_pid();").split("|")
        if backend != self.backend:
            raise ConnectionError(f"backend {backend} answers, and {self.backend} was asked")
        return number, int(number)


class ZooKeeper:
    """A session that sets one node again and again; its version is the number."""

    CREATE, SET = 1, 5

    def __init__(self, address, is_new):
        self.connection = socket.create_connection((address, 2181), timeout=TIMEOUT_S)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.connection.makefile("rb")
        self.transaction = 0
        self.send(struct.pack(">iqiq", 0, 0, 30000, 0) + self.text("\0" * 16))
        self.read()
        if is_new:
            acl = struct.pack(">ii", 1, 31) + self.text("world") + self.text("anyone")
            self.call(self.CREATE, self.text("/count") + self.text("") + acl + struct.pack(">i", 0))

    @staticmethod
    def text(value):
        return struct.pack(">i", len(value)) + value.encode()

    def send(self, packet):
        self.connection.sendall(struct.pack(">i", len(packet)) + packet)

    def read(self):
        length = self.reader.read(4)
        if len(length) < 4:
            raise ConnectionError("the connection ended")
        return self.reader.read(struct.unpack(">i", length)[0])

    def call(self, operation, arguments):
        self.transaction += 1
        self.send(struct.pack(">ii", self.transaction, operation) + arguments)
        answer = self.read()
        transaction, _, error = struct.unpack(">iqi", answer[:16])
        if error or transaction != self.transaction:
            raise ConnectionError(f"ZooKeeper says {error} to {transaction}")
        return answer[16:]

    def ask(self):
        # Any version; of the answer (Stat) the version stands behind two transactions and two times.
        stat = self.call(self.SET, self.text("/count") + self.text("one more") + struct.pack(">i", -1))
        version = struct.unpack(">qqqqi", stat[:36])[4]
        return str(version), version


KINDS = {"redis": Redis, "memcached": Memcached, "nginx": Nginx, "nats": Nats, "postgresql": PostgreSql, "zookeeper": ZooKeeper}


def said():
    """What stands at the input: a line, "" at its end, None while there is nothing."""
    return sys.stdin.readline() if select.select([sys.stdin], [], [], PAUSE_S)[0] else None


def main(kind, address, first, count=None):
    server = KINDS.get(kind, Http)(address, first == 1)
    digest, last, asked, longest = hashlib.sha256(), first - 1, 0, 0.0
    while True:
        begun = time.monotonic()
        answer, number = server.ask()
        longest = max(longest, time.monotonic() - begun)
        if number != last + 1 and not (first == 0 and asked == 0):
            sys.exit(f"after {last} comes {answer}")
        digest.update(answer.encode() + b"\n")
        asked, last = asked + 1, number
        if count is not None:
            if asked == count:
                break
            continue
        if asked == 1:
            print("begun", last, flush=True)
        if (line := said()) == "":
            break
        if line is not None:
            print("at", last, flush=True)
    print("ended", last, digest.hexdigest(), round(longest * 1000))


main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
