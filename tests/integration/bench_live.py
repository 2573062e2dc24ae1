"""The live view of `headrace bench s3` and `bench http`: on a terminal alone, no wider than it, and gone at the end."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE


class Terminal:
    """A command whose standard error is a terminal of so many columns."""

    def __init__(self, columns, *arguments, **environment):
        self.master, slave = pty.openpty()
        self.columns, self.data = columns, b""
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        own = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.process = subprocess.Popen([HEADRACE, "bench", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave,
                                        env={**own, "TERM": "xterm", **environment})
        os.close(slave)

    def read(self, until=lambda data: False):
        """Until `until` of all that was written holds, or the end."""
        limit = time.monotonic() + 120
        while time.monotonic() < limit and not until(self.data):
            if not select.select([self.master], [], [], 1)[0]:
                continue
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            self.data += piece

    def end(self):
        self.read()
        output = self.process.stdout.read()
        self.process.stdout.close()
        os.close(self.master)
        return self.process.wait(120), output

    def screen(self):
        """The lines that stand on the terminal, and the widest one that ever did."""
        lines, row, column, widest = [""], 0, 0, 0
        for token in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[^\x1b]", self.data.decode()):
            if token == "\r":
                column = 0
            elif token == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif token.startswith("\x1b"):
                if token.endswith("K"):
                    lines[row] = lines[row][:column]
                elif token.endswith("J"):
                    lines[row] = lines[row][:column]
                    del lines[row + 1:]
                elif token.endswith("A"):
                    row -= int(token[2:-1])
                    assert row >= 0, "it goes above its first line"
            else:
                assert column < self.columns, (token, lines[row])
                lines[row] = lines[row].ljust(column)[:column] + token + lines[row][column + 1:]
                column += 1
                widest = max(widest, column)
        return lines, widest


def looks(data):
    return len(re.findall(rb"p99|no operation", data))


LOAD = ("s3", "--duration", "2500ms", "--size", "1KiB", "--concurrency", "4", "--json", "-")


def check_view():
    with stores.case("bench s3 on a terminal: a view each second, no line wraps, and it is gone at the end"):
        terminal = Terminal(100, *LOAD)
        code, output = terminal.end()
        lines, widest = terminal.screen()
        assert code == 0 and json.loads(output)["operations"]["failed"] == 0, code
        assert 2 <= looks(terminal.data) <= 4, terminal.data
        for word in (b"running: ", b" of 2 s", b"/s  ", b" operations, 0 failed", b"p50 ", b"CPU ", b" MiB", b"\x1b[1m"):
            assert word in terminal.data, (word, terminal.data)
        assert not "".join(lines).strip() and 40 < widest < 100, (lines, widest)
    with stores.case("bench s3 on a narrow terminal, without colours"):
        terminal = Terminal(20, *LOAD, NO_COLOR="1")
        code, _ = terminal.end()
        lines, widest = terminal.screen()
        assert code == 0 and looks(terminal.data) >= 1, terminal.data
        assert not re.search(rb"\x1b\[[0-9;]*m", terminal.data) and widest == 19 and not "".join(lines).strip(), (lines, widest)


def check_none():
    for title, more, environment in (("--progress none", ("--progress", "none"), {}), ("TERM=dumb", (), {"TERM": "dumb"})):
        with stores.case(f"bench s3, {title}: nothing on a terminal"):
            terminal = Terminal(80, *LOAD, *more, **environment)
            code, _ = terminal.end()
            assert code == 0 and not terminal.data, terminal.data
    with stores.case("bench s3: nothing where standard error is no terminal; --progress live: there, too"):
        done = subprocess.run([HEADRACE, "bench", *LOAD], capture_output=True, check=False, timeout=120)
        assert done.returncode == 0 and not done.stderr, done
        done = subprocess.run([HEADRACE, "bench", *LOAD, "--progress", "live"], capture_output=True, check=False, timeout=120)
        assert done.returncode == 0 and looks(done.stderr) >= 2, done


def check_signal():
    with stores.case("bench s3 on a terminal: SIGINT takes the view away, and the report comes"):
        terminal = Terminal(80, "s3", "--duration", "1h", "--size", "1KiB", "--concurrency", "4", "--json", "-")
        terminal.read(lambda data: looks(data) >= 1)
        terminal.process.send_signal(signal.SIGINT)
        code, output = terminal.end()
        lines, _ = terminal.screen()
        assert code == 130 and json.loads(output)["stopped_by"] == "SIGINT", code
        assert not "".join(lines).strip(), lines


def main():
    check_view()
    check_none()
    check_signal()
    stores.finish()


if __name__ == "__main__":
    main()
