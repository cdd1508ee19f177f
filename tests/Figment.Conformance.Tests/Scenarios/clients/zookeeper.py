"""zookeeper.py word WORD HOST | roles HOST... | create HOST PATH TEXT | get HOST PATH (ZooKeeper's own protocol, the part that takes)."""
import collections
import socket
import struct
import sys

TIMEOUT_S = 60
CREATE, GET, SYNC, CLOSE = 1, 4, 9, -11


def four_letter_word(word, host):
    with socket.create_connection((host, 2181), timeout=TIMEOUT_S) as connection:
        connection.sendall(word.encode())
        return connection.makefile("rb").read().decode()


def roles(hosts):
    """An ensemble has one leader; which one it is differs from run to run."""
    found = collections.Counter()
    for host in hosts:
        lines = dict(line.split("\t", 1) for line in four_letter_word("mntr", host).splitlines() if "\t" in line)
        found[lines.get("zk_server_state", "none")] += 1
    return " ".join(f"{role}:{count}" for role, count in sorted(found.items()))


def text(value):
    return struct.pack(">i", len(value)) + value.encode()


class ZooKeeper:
    def __init__(self, host):
        self.connection = socket.create_connection((host, 2181), timeout=TIMEOUT_S)
        self.reader = self.connection.makefile("rb")
        self.send(struct.pack(">iqiq", 0, 0, 30000, 0) + text("\0" * 16))
        self.read()

    def send(self, packet):
        self.connection.sendall(struct.pack(">i", len(packet)) + packet)

    def read(self):
        return self.reader.read(struct.unpack(">i", self.reader.read(4))[0])

    def call(self, operation, arguments):
        self.send(struct.pack(">ii", 1, operation) + arguments)
        answer = self.read()
        error = struct.unpack(">iqi", answer[:16])[2]
        if error:
            sys.exit(f"ZooKeeper says {error}")
        return answer[16:]

    def create(self, path, value):
        # Everybody may do everything with it; flags 0: it stays.
        acl = struct.pack(">ii", 1, 31) + text("world") + text("anyone")
        answer = self.call(CREATE, text(path) + text(value) + acl + struct.pack(">i", 0))
        return answer[4:].decode()

    def get(self, path):
        # A follower may be behind; sync makes it catch up with the leader first.
        self.call(SYNC, text(path))
        answer = self.call(GET, text(path) + b"\0")
        return answer[4:4 + struct.unpack(">i", answer[:4])[0]].decode()


verb, *rest = sys.argv[1:]
if verb == "word":
    print(four_letter_word(rest[0], rest[1]).strip())
elif verb == "roles":
    print(roles(rest))
elif verb == "create":
    print(ZooKeeper(rest[0]).create(rest[1], rest[2]))
else:
    print(ZooKeeper(rest[0]).get(rest[1]))
