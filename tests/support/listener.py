"""Connections that come to this process."""
import socket
import threading


class Listener:
    """Takes connections at a port, which the kernel picks where it is 0. A subclass has serve(peer), which has a thread of its own each time."""

    def __init__(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.listener = socket.socket(family)
        self.listener.bind(address)
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
