"""A server of so many processes, which take turns."""
import os
import socket
import sys

listener = socket.create_server(("0.0.0.0", 8080))
for _ in range(int(sys.argv[1]) - 1):
    if os.fork() == 0:
        break
while True:
    client, _ = listener.accept()
    client.recv(1000)
    client.sendall(b"process %d\n" % os.getpid())
    client.close()
