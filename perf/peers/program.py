"""Shared by the peers that are programs: programs that are not there, work that they cannot do, counts without latencies."""
import json
import shutil
import sys

import peer


class Uncounted(peer.Result):
    """Counts alone: there is no latency to record."""

    succeeded = 0

    def document(self, name):
        made = super().document(name)
        made["operations"].update(submitted=self.succeeded + self.failed, succeeded=self.succeeded)
        return {**made, "latency_histogram": None}


def run(name, program, install, measure, cannot=lambda work: None):
    """`cannot` of the workload is None, or what the program cannot do and what to ask for instead."""
    text = sys.stdin.read()
    missing = None if shutil.which(program) else (f"{program} is not on PATH", install)
    missing = missing or cannot(json.loads(text))
    if missing:
        peer.say({"protocol": peer.PROTOCOL, "peer": name, "missing": missing[0], "install": missing[1]})
        sys.exit(3)
    peer.run(name, measure, text=text)
