"""The S3 driver (tests/support/s3_driver.c) as a child of a test, and what stores do not know of S3."""
import contextlib
import json
import os
import subprocess

import stores

DRIVER = os.path.join(os.path.dirname(stores.HEADRACE), "../tests/s3_driver")
IGNORED = "ignored"  # in a table of gaps: the store answers with success and does nothing of it


def filled(size):
    """The body that {"fill": size} means."""
    block = bytes(i * 131 % 251 for i in range(251))
    return (block * (size // 251 + 1))[:size]


class Driver:
    def __init__(self, store):
        environment = {**store.environment(), "AWS_EC2_METADATA_DISABLED": "true"}
        if not store.ca:
            environment.pop("AWS_CA_BUNDLE", None)
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def ask(self, operation, **members):
        """Performs it; what came of it, errors too."""
        line = json.dumps({"op": operation, **members})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        result = json.loads(self.process.stdout.readline())
        assert "refused" not in result, result["refused"]
        result["head"] = {name.lower(): value for name, value in result.get("fields", [])}
        return result

    def do(self, operation, **members):
        """Performs it; an error fails the test."""
        result = self.ask(operation, **members)
        assert "error" not in result, (operation, members if len(str(members)) < 300 else "…", result["error"])
        return result

    def code(self, operation, **members):
        """Performs it; the store's code of its error, or the library's, or None."""
        error = self.ask(operation, **members).get("error")
        return error and (error["code"] or error["name"])

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=stores.START_S)


@contextlib.contextmanager
def driver(store):
    child = Driver(store)
    try:
        yield child
    finally:
        stores.check(f"{store.kind}, the driver ends with 0", child.close() == 0)


def option(store, gaps, name, act, check):
    """One option: it does what `check` asserts, or the table of gaps says how this store fails at it."""
    expected = gaps.get((store.kind, name)) or gaps.get((store.kind.partition("-")[0], name))
    with stores.case(f"{store.kind}, {name}{f', a gap: {expected}' if expected else ''}"):
        result = act()
        error = result.get("error")
        code = error and (error["code"] or error["name"])
        if expected not in (None, IGNORED):
            assert code == expected, (code, error)
            return
        assert not error, error
        try:
            check(result)
        except Exception:
            if expected != IGNORED:
                raise
        else:
            assert expected != IGNORED, "the store knows this: take the gap out of the table"
