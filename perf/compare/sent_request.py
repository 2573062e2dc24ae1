"""A request as a program sends it, byte by byte: for a peer that sends it again and again."""
import socketserver
import subprocess
import threading

HEAD = b"HTTP/1.1 200 OK\r\nETag: \"0123456789abcdef0123456789abcdef\"\r\nContent-Length: %d\r\n\r\n"
BODY = b"x" * 4096
END, LENGTH = b"\r\n\r\n", b"\r\ncontent-length:"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Connection)
        self.requests = []


def size_of(data):
    """Bytes of the first request; None: its head is not whole yet."""
    at = data.find(END)
    if at < 0:
        return None
    _, found, rest = data[:at + 2].lower().partition(LENGTH)
    return at + len(END) + (int(rest.split(b"\r\n")[0]) if found else 0)


class Connection(socketserver.BaseRequestHandler):
    """Answers every request, a GET with a body."""

    def handle(self):
        left = b""
        while data := self.request.recv(65536):
            left += data
            while (size := size_of(left)) is not None and size <= len(left):
                request, left = left[:size], left[size:]
                self.server.requests.append(request)
                body = BODY if request.startswith(b"GET ") else b""
                self.request.sendall(HEAD % len(body) + body)


def sent_request(command_of, port):
    """The last request that a command sends to the port that `command_of` is called with, with `port` in its place."""
    with Server() as server:
        here = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = command_of(here)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        server.shutdown()
    if done.returncode or not server.requests:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {(done.stdout + done.stderr)[-400:]}")
    return server.requests[-1].replace(b":%d\r\n" % here, b":%d\r\n" % port)
