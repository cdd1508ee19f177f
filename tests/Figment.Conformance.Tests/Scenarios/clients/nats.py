"""nats.py members HOST: addresses that the server tells its clients. nats.py relay FROM TO COUNT: publishes on one server what is read on another."""
import json
import socket
import sys

TIMEOUT_S = 30


class Nats:
    def __init__(self, host):
        self.connection = socket.create_connection((host, 4222), timeout=TIMEOUT_S)
        self.reader = self.connection.makefile("rb")
        self.info = json.loads(self.line().removeprefix("INFO "))
        self.send('CONNECT {"verbose":false,"pedantic":false}')
        self.flush()

    def line(self):
        return self.reader.readline().decode().strip()

    def send(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def flush(self):
        """Returns once the server has handled all that was sent. It may tell news in between."""
        self.send("PING")
        while self.line() != "PONG":
            pass

    def message(self):
        while not (line := self.line()).startswith("MSG "):
            if line == "PING":
                self.send("PONG")
        return self.line()


if sys.argv[1] == "members":
    info = Nats(sys.argv[2]).info
    print(info["server_name"], info["cluster"], *sorted(info.get("connect_urls", [])))
else:
    publisher, subscriber = Nats(sys.argv[2]), Nats(sys.argv[3])
    subscriber.send("SUB greetings.* 1")
    subscriber.flush()
    # Interest travels to the other server on its own: repeat the first word until it comes through.
    subscriber.connection.settimeout(0.2)
    while True:
        publisher.send("PUB greetings.first 5\r\nfirst")
        publisher.flush()
        try:
            if subscriber.message() == "first":
                break
        except TimeoutError:
            subscriber.reader = subscriber.connection.makefile("rb")
    subscriber.connection.settimeout(TIMEOUT_S)
    for number in range(int(sys.argv[4])):
        publisher.send(f"PUB greetings.next 6\r\nnext-{number}")
    publisher.flush()
    seen = []
    while len(seen) < int(sys.argv[4]):
        word = subscriber.message()
        if word != "first":
            seen.append(word)
    print(*seen)
