"""A worker that waits, as for a slow service behind it: counts the request in the store, then holds its thread for 50 ms."""
import socket
import threading
import time

WAIT_S = 0.05
NAME = socket.gethostname()
kept = threading.local()


def count():
    if not hasattr(kept, "answers"):
        kept.connection = socket.create_connection(("store", 6379))
        kept.answers = kept.connection.makefile("rb")
    kept.connection.sendall(b"INCR requests\r\n")
    return int(kept.answers.readline()[1:])


def application(environ, start_response):
    text = f"{NAME} {count()}\n".encode()
    time.sleep(WAIT_S)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]
