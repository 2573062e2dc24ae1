"""The head of a request as a program sends it, byte by byte: for a peer that sends it again and again."""
import socketserver
import subprocess
import threading

BODY = b"x" * 4096
RESPONSE = b"HTTP/1.1 200 OK\r\nETag: \"0123456789abcdef0123456789abcdef\"\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
END = b"\r\n\r\n"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Connection)
        self.heads = []


class Connection(socketserver.BaseRequestHandler):
    """Answers every request; none has a body."""

    def handle(self):
        left = b""
        while data := self.request.recv(65536):
            *found, left = (left + data).split(END)
            self.server.heads.extend(head + END for head in found)
            self.request.sendall(RESPONSE * len(found))


def sent_head(command_of, port):
    """The last head that a command sends to the port that `command_of` is called with, with `port` in its place."""
    with Server() as server:
        here = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = command_of(here)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        server.shutdown()
    if done.returncode or not server.heads:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {(done.stdout + done.stderr)[-400:]}")
    return server.heads[-1].replace(b":%d\r\n" % here, b":%d\r\n" % port)
