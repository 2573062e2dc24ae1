#!/usr/bin/env python3
"""A template: copy it, put your client in place of `Client`, and name it: headrace bench s3 --beside ./mine.py. As it stands it
does nothing but count, which is the lower limit of a peer in Python. docs/peers.md has the protocol."""
import peer  # of the folder of peers, which --beside puts on PYTHONPATH


class Client:
    def __init__(self, work):
        self.size = work.size_bytes

    def do(self, name, key):
        """One operation; (bytes sent, bytes received), or an exception that says what is wrong."""
        assert key
        return (self.size, 0) if name == "put" else (0, self.size if name == "get" else 0)


def measure(work):
    client = Client(work)
    result = peer.Result({"pool": work.pool, "threads": work.concurrency}, {"template": "1"})
    return peer.in_threads(work, result, lambda name, index: client.do(name, work.key(index)))


if __name__ == "__main__":
    peer.run("template", measure)
