#!/usr/bin/env python3
"""Reads bodies and drops them, and answers each with 200 and an ETag: for what a client's PUT costs alone. One connection after the other.

usage: body_sink.py     (prints its port on 127.0.0.1; ends with SIGTERM)
"""
import socket

RESPONSE = b"HTTP/1.1 200 OK\r\nETag: \"0123456789abcdef0123456789abcdef\"\r\nContent-Length: 0\r\n\r\n"
END = b"\r\n\r\n"


def serve(connection, buffer):
    held = b""
    while True:
        while END not in held:
            data = connection.recv(65536)
            if not data:
                return
            held += data
        head, _, held = held.partition(END)
        _, found, rest = head.lower().partition(b"\r\ncontent-length:")
        left = (int(rest.split(b"\r\n")[0]) if found else 0) - len(held)
        held = b""
        while left > 0:
            size = connection.recv_into(buffer, min(left, len(buffer)))
            if not size:
                return
            left -= size
        connection.sendall(RESPONSE)


def main():
    buffer = bytearray(1 << 20)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                serve(connection, buffer)


if __name__ == "__main__":
    main()
