"""Shared by the peers of `bench http`, which are programs: counts that they tell."""
import peer


class Counted(peer.Result):
    """Counts that a program tells. Where some of its latencies are those of responses that count as failed here, there is no
    histogram of what succeeded."""

    failed_responses = 0
    requests = None

    def record_many(self, nanoseconds, count):
        if count:
            self.histogram.record(nanoseconds, count)

    def fail_many(self, name, count):
        if count:
            self.failed += count
            self.errors[name] = self.errors.get(name, 0) + count
            self.examples.setdefault(name, name)

    def document(self, name):
        made = super().document(name)
        succeeded = self.histogram.count
        if self.requests is not None:
            succeeded = self.requests - self.failed_responses
        if succeeded != self.histogram.count:
            made["latency_histogram"] = None
        made["operations"].update(submitted=succeeded + self.failed, succeeded=succeeded)
        return made
