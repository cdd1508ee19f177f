"""memcache.py tcp|udp HOST: stores or reads by memcached's text protocol."""
import socket
import struct
import sys

TIMEOUT_S = 30
DATAGRAM_BYTES_MAX = 1400


def stream(host):
    with socket.create_connection((host, 11211), timeout=TIMEOUT_S) as connection:
        reader = connection.makefile("rb")
        connection.sendall(b"set greeting 0 0 5\r\nhello\r\n")
        print(reader.readline().decode().strip())
        connection.sendall(b"get greeting\r\n")
        for _ in range(3):
            print(reader.readline().decode().strip())


def datagram(host):
    """Each datagram has a header: request id, its number, how many there are, zero."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect((host, 11211))
        for request, text in enumerate([b"set greeting 0 0 5\r\nhello\r\n", b"get greeting\r\n"], start=1):
            connection.send(struct.pack(">HHHH", request, 0, 1, 0) + text)
            answer = connection.recv(DATAGRAM_BYTES_MAX)
            print(struct.unpack(">HHHH", answer[:8]), answer[8:].decode().split())


{"tcp": stream, "udp": datagram}[sys.argv[1]](sys.argv[2])
