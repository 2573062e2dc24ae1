"""`headrace log cat`: every form of line, filters, compressed files, rotations, and what is no record."""
import fcntl
import gzip
import json
import os
import pty
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
PATIENCE_S = 60
TEXT = "2026-11-22T10:00:00.123Z - service.part - WARNING - request done [status=200 seconds=0.0125 path=/ \"k k\"=\"a b\"]"
JSON = ('{"timestamp":"2026-11-22T10:00:00.123Z","level":"WARNING","logger":"service.part","message":"request done",'
        '"status":200,"seconds":0.0125,"path":"/","k k":"a b"}')
LOGFMT = ('ts=2026-11-22T10:00:00.123Z level=WARNING logger=service.part msg="request done" status=200 seconds=0.0125 path=/ '
          '"k k"="a b"')


def cat(data, *arguments, code=0, files=(), **options):
    """Lines of standard output for bytes (or text) on standard input."""
    data = data.encode() if isinstance(data, str) else data
    done = subprocess.run([HEADRACE, "log", "cat", *arguments, *files], input=data, capture_output=True, check=False,
                          timeout=PATIENCE_S, **options)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stdout.decode("utf-8", "surrogateescape").splitlines(), done.stderr.decode()


def check_forms():
    for name, line in (("text", TEXT), ("JSON", JSON), ("logfmt", LOGFMT)):
        with stores.case(f"log cat, {name} in: text and JSON out"):
            assert cat(line)[0] == [TEXT], cat(line)
            assert cat(line, "--json")[0] == [JSON], cat(line, "--json")
    with stores.case("log cat, each line may have another form"):
        assert cat(f"{LOGFMT}\r\n{JSON}\n{TEXT}")[0] == [TEXT] * 3
    with stores.case("log cat, the names of ECS and OpenTelemetry"):
        ecs = ('{"@timestamp":"2026-11-22T10:00:00.123Z","log.level":"ERROR","message":"m","ecs.version":"1.2.0",'
               '"log.logger":"a","x":1}')
        nested = '{"@timestamp":"2026-11-22T10:00:00.123Z","log":{"level":"ERROR","logger":"a"},"message":"m","x":1}'
        otel = ('{"timestamp":"2026-11-22T10:00:00.123Z","severity_text":"ERROR","severity_number":17,"scope":"a","body":"m",'
                '"x":1}')
        expected = "2026-11-22T10:00:00.123Z - a - ERROR - m [x=1]"
        assert cat(f"{ecs}\n{nested}\n{otel}")[0] == [expected] * 3
        assert cat(otel, "--json")[0] == [otel]
    with stores.case("log cat, objects, arrays, numbers and nulls stay what they are"):
        line = ('{"timestamp":"2026-11-22 10:00:00","level":"info","logger":"","message":"","error":{"code":"X","stack":["0x1"]},'
                '"big":18446744073709551615,"exact":1.50,"small":-1e-7,"none":null,"empty":{},"list":[1,{"a":2}]}')
        assert cat(line)[0] == ['2026-11-22 10:00:00 -  - INFO -  [error.code=X error.stack=["0x1"] big=18446744073709551615 '
                                'exact=1.50 small=-1e-7 none=null empty={} list=[1,{"a":2}]]']
        assert cat(line, "--json")[0] == [line]
    with stores.case("log cat, blanks of JSON between its tokens"):
        line = '{"timestamp" :\t"2026-11-22T10:00:00Z",\t"level":"INFO" , "a":[1,\t2]\r}\t'
        shown = cat(line, "--json")[0]
        assert len(shown) == 1 and json.loads(shown[0]) == json.loads(line), shown
        assert cat(line)[0] == ["2026-11-22T10:00:00Z -  - INFO -  [a=[1, 2]]"], cat(line)
    with stores.case("log cat, levels without a name, and source places"):
        line = "2026-11-22T10:00:00.123456789+02:00 - a - b - LEVEL_25 - [main.c:7] x - y [z=1"
        assert cat(line)[0] == [line]
        assert json.loads(cat(line, "--json")[0][0]) == {
            "timestamp": "2026-11-22T10:00:00.123456789+02:00", "level": "LEVEL_25", "logger": "a - b",
            "message": "[main.c:7] x - y [z=1"}


def check_others():
    others = ["", "Traceback (most recent call last):", '  File "x.py"', "{", '{"a":1}', "{}", "[1]", "ts=", "level=INFO msg=x",
              '{"timestamp":"yesterday","level":"INFO","message":"x"}', '{"timestamp":"2026-11-22T10:00:00Z","level":"LOUD"}',
              JSON + "}", JSON[:-1], JSON.replace("200", "0200"), JSON.replace("200", "NaN"), LOGFMT + " ", LOGFMT + " x",
              LOGFMT.replace(" level", "  level"), TEXT.replace("WARNING", "WARN"), TEXT.replace("T10:", "T25:"), "2026 - - -",
              '{"timestamp":"2026-11-22T10:00:00Z","level":"INFO","x":' + "[" * 100 + "]" * 100 + "}"]
    with stores.case("log cat, what is no record passes as it is"):
        assert cat("\n".join(others))[0] == others
    with stores.case("log cat, with a filter or --json it is counted"):
        shown, said = cat("\n".join([*others, TEXT]), "--json")
        assert shown == [JSON] and f"{len(others) - 1} lines are no records" in said, (shown, said)
        shown, said = cat("x\n" + TEXT, "--level", "info")
        assert shown == [TEXT] and "1 line is no record" in said, said
    with stores.case("log cat, binary bytes pass, and never crash it"):
        noise = random.Random(7)
        for _ in range(60):
            base = bytearray(noise.choice([TEXT, JSON, LOGFMT]).encode())
            for _ in range(noise.randrange(8)):
                base[noise.randrange(len(base))] = noise.randrange(256)
            data = bytes(base) + b"\n" + bytes(noise.randrange(256) for _ in range(noise.randrange(300)))
            cat(data)
            cat(data, "--json", "--where", "a=b")
        data = bytes(range(256)) * 3
        done = subprocess.run([HEADRACE, "log", "cat"], input=data, capture_output=True, check=True, timeout=PATIENCE_S)
        assert done.stdout == data + b"\n"
    with stores.case("log cat, lines that end at any byte"):
        for line in (TEXT, JSON, LOGFMT):
            for size in range(0, len(line), 3):
                cat(line[:size])
    with stores.case("log cat, a line of 20 MB and one of 4097 members"):
        long = JSON[:-1] + ',"x":"' + "y" * 20_000_000 + '"}'
        shown, _ = cat(long + "\n" + TEXT)
        assert "".join(shown[:-1]) == long and shown[-1] == TEXT
        many = JSON[:-1] + "".join(f',"m{i}":{i}' for i in range(5000)) + "}"
        assert cat(many)[0] == [many]
        just = JSON[:-1] + ',"x":"' + "y" * 10_000_000 + '"}'
        assert cat(just, "--json")[0] == [just]


def check_terminal(folder):
    with stores.case("log cat, no value reaches the terminal"):
        evil = 'a\\u001b[2J\\u009b31m\\u2028\\u007f\x7f\u009b'
        line = f'{{"timestamp":"2026-11-22T10:00:00Z","level":"INFO","logger":"l","message":"{evil}","k":"{evil}"}}'
        for arguments in ((), ("--json",)):
            shown = cat(line, *arguments)[0]
            assert len(shown) == 1 and not any(c < " " or "\x7f" <= c <= "\x9f" or c == "\u2028" for c in shown[0]), shown
    with stores.case("log cat, colours on a terminal only"):
        path = os.path.join(folder, "coloured")
        with open(path, "w", encoding="utf-8") as file:
            file.write(TEXT + "\n")
        assert "\x1b" not in cat("", files=[path])[0][0]
        assert "\x1b[33mWARNING\x1b[0m" in cat("", "--color", "always", files=[path])[0][0]
        master, slave = pty.openpty()
        subprocess.run([HEADRACE, "log", "cat", path], stdout=slave, check=True, timeout=PATIENCE_S)
        os.close(slave)
        assert b"\x1b[33mWARNING\x1b[0m" in os.read(master, 4096)
        os.close(master)
        coloured = cat("", "--color", "always", files=[path])[0][0]
        assert cat(coloured)[0] == [TEXT], "colours in a file are taken off"


def check_filters():
    def line(second, level, **fields):
        return json.dumps({"timestamp": f"2026-11-22T10:00:{second:02d}Z", "level": level, "logger": "l", "message": "m", **fields},
                          separators=(",", ":"))
    lines = [line(1, "DEBUG", a=1, b="x"), line(2, "INFO", a=2, b="xyz"), line(3, "ERROR", a=2, c={"d": "e=f"}), line(4, "CRITICAL")]

    def kept(*arguments):
        return [lines.index(shown) for shown in cat("\n".join(lines), "--json", *arguments)[0]]
    with stores.case("log cat, --level"):
        assert kept("--level", "INFO") == [1, 2, 3] and kept("--level", "error") == [2, 3] and kept("--level", "45") == [3]
    with stores.case("log cat, --since and --until, with zones and without what is small"):
        assert kept("--since", "2026-11-22T10:00:02Z") == [1, 2, 3]
        assert kept("--since", "2026-11-22T12:00:02+02:00", "--until", "2026-11-22 10:00:03") == [1, 2]
        assert kept("--until", "2026-11-22T10:00") == [] and kept("--since", "2026-11-22") == [0, 1, 2, 3]
        assert kept("--since", "2026-11-22T10:00:02.5Z") == [2, 3]
    with stores.case("log cat, --since with how long ago"):
        now = time.time()
        stamps = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - ago)) for ago in (7200, 1800, 5)]
        data = "\n".join(f"ts={stamp} level=INFO logger=l msg=m" for stamp in stamps)
        assert [len(cat(data, "--since", ago)[0]) for ago in ("1w", "3h", "60m", "2h")] [:3] == [3, 3, 2]
        assert len(cat(data, "--until", "1h")[0]) == 1
    with stores.case("log cat, --where"):
        assert kept("--where", "a=2") == [1, 2] and kept("--where", "a!=2") == [0, 3] and kept("--where", "b~yz") == [1]
        assert kept("--where", "c.d=e=f") == [2] and kept("--where", "b~") == [0, 1] and kept("--where", "level=ERROR") == [2]
        assert kept("--where", "a=2", "--where", "b~x") == [1] and kept("--where", "message=m", "--where", "logger!=k") == [0, 1, 2, 3]
    with stores.case("log cat, wrong filters"):
        for arguments, names in ((("--level", "loud"), "CRITICAL"), (("--where", "x"), "KEY=VALUE"), (("--where", "=x"), "KEY=VALUE"),
                                 (("--since", "soon"), "10m"), (("--since", "2026-02-30"), "2026-02-30"),
                                 (("--until", "99999999999999999999d"), "10m"), (("--color", "x"), "auto|always|never")):
            assert names in cat("", *arguments, code=2)[1], arguments


def check_files(folder):
    plain, packed, framed = (os.path.join(folder, name) for name in ("plain", "packed.gz", "framed.zst"))
    content = "\n".join(TEXT.replace("200", str(i)) for i in range(3000)) + "\n"
    with open(plain, "w", encoding="utf-8") as file:
        file.write(content)
    with gzip.open(packed, "wt", encoding="utf-8") as file:
        file.write(content)
    with open(packed, "ab") as file:
        file.write(gzip.compress(content.encode()))
    subprocess.run(["zstd", "-q", plain, "-o", framed], check=True)
    with stores.case("log cat, files in their order: plain, two gzip members, zstd, standard input"):
        shown, _ = cat("2026-11-22T10:00:00Z - l - INFO - last", files=[plain, packed, framed, "-"])
        assert len(shown) == 12001 and shown[:3000] * 4 == shown[:12000] and shown[-1].endswith("last")
    with stores.case("log cat, a pipe that is compressed"):
        with open(packed, "rb") as file:
            assert len(cat(file.read())[0]) == 6000
    with stores.case("log cat, what expands a thousand times"):
        wide = os.path.join(folder, "wide.zst")
        with open(wide, "wb") as file:
            file.write(subprocess.run(["zstd", "-q"], input=(TEXT + "\n").encode() * 200000, capture_output=True, check=True).stdout)
        assert len(cat("", files=[wide])[0]) == 200000
    with stores.case("log cat, compressed data that ends early or is damaged: what there is, and why"):
        for path, name in ((packed, "gz"), (framed, "zst")):
            broken = os.path.join(folder, "broken." + name)
            with open(path, "rb") as file:
                data = file.read()
            with open(broken, "wb") as file:
                file.write(data[:len(data) * 3 // 4 if name == "gz" else len(data) - 3])
            said = cat("", files=[broken], code=1)[1]
            assert "ends early" in said, said
            with open(broken, "wb") as file:
                file.write(data[:200] + bytes(200) + data[400:])
            said = cat("", files=[broken], code=1)[1]
            assert "damaged" in said or "ends early" in said, said
    with stores.case("log cat, a file that is not there or a folder: the others are shown"):
        shown, said = cat("", files=[os.path.join(folder, "nowhere"), folder, plain], code=1)
        assert len(shown) == 3000 and "nowhere" in said and "directory" in said.lower(), said
    with stores.case("log cat, a full standard output"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([HEADRACE, "log", "cat", plain], stdout=full, stderr=subprocess.PIPE, check=False, timeout=PATIENCE_S)
        assert done.returncode == 1 and done.stderr, done


class Following:
    """`log cat -f` with its lines as they come."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([HEADRACE, "log", "cat", "-f", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self.came = [], threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.came:
                self.lines.append(line.decode().rstrip("\n"))
                self.came.notify_all()

    def wait(self, count):
        with self.came:
            assert self.came.wait_for(lambda: len(self.lines) >= count, PATIENCE_S), (count, self.lines[-3:])
            return self.lines

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        return self.process.stderr.read().decode()


def numbered(number):
    return f"2026-11-22T10:00:00Z - l - INFO - line [n={number}]"


def check_follow(folder):
    path = os.path.join(folder, "service.log")

    def add(number, end="\n"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(numbered(number) + end)
    with stores.case("log cat -f, added, moved, cut and made anew: each line once"):
        add(0)
        following = Following(path)
        following.wait(1)
        add(1)
        following.wait(2)
        with open(path, "a", encoding="utf-8") as old:  # the writer keeps the old file for a while, as before a reopen
            os.rename(path, path + ".1")
            old.write(numbered(2) + "\n")
            old.flush()
            add(3)
        following.wait(4)
        add(4)
        following.wait(5)
        os.truncate(path, 0)  # copytruncate
        add(5)
        following.wait(6)
        os.unlink(path)
        add(6)
        following.wait(7)
        add(7)
        following.wait(8)
        os.truncate(path, 0)  # and moved before anybody looked
        add(8)
        os.rename(path, path + ".2")
        add(9)
        assert following.wait(10) == [numbered(i) for i in range(10)], following.lines
        following.end()
    with stores.case("log cat -f, a file that comes later, filtered"):
        other = os.path.join(folder, "later.log")
        following = Following("--where", "n=1", other)
        assert b"later.log is not there yet" in following.process.stderr.readline()
        with open(other, "w", encoding="utf-8") as file:
            for number in (0, 1, 2):
                file.write(numbered(number) + "\n")
        assert following.wait(1) == [numbered(1)]
        following.end()
    with stores.case("log cat -f, half a line waits for its end"):
        third = os.path.join(folder, "half.log")
        with open(third, "w", encoding="utf-8") as file:
            following = Following(third)
            file.write(numbered(1)[:30])
            file.flush()
            file.write(numbered(1)[30:] + "\n" + numbered(2) + "\n")
            file.flush()
            assert following.wait(2) == [numbered(1), numbered(2)]
        following.end()
    with stores.case("log cat -f, many files, a pipe and a compressed one among them"):
        packed = os.path.join(folder, "old.gz")
        with gzip.open(packed, "wt", encoding="utf-8") as file:
            file.write(numbered(7) + "\n")
        following = Following(third, packed, path)
        shown = following.wait(4)
        assert numbered(7) in shown and numbered(2) in shown and numbered(9) in shown, shown
        following.end()
    with stores.case("log cat -f, it ends when its reader has gone, and with its pipe"):
        process = subprocess.Popen([HEADRACE, "log", "cat", "-f", third], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        process.wait(PATIENCE_S)
        process.stderr.close()
        assert cat(TEXT, "-f")[0] == [TEXT]
    with stores.case("log cat -f, nothing is lost over fifty rotations under load"):
        busy, count = os.path.join(folder, "busy.log"), 50
        with open(busy, "w", encoding="utf-8") as file:
            following = Following(busy)
            for turn in range(count):
                for number in range(100):
                    file.write(numbered(turn * 100 + number) + "\n")
                file.flush()
                following.wait(turn * 100 + 1)  # one that is rotated twice between two looks is gone
                os.replace(busy, busy + ".1")
                file.close()
                file = open(busy, "w", encoding="utf-8")  # noqa: SIM115
        shown = following.wait(count * 100)
        following.end()
        assert shown == [numbered(i) for i in range(count * 100)], len(shown)


def check_large(folder):
    with stores.case("log cat, a pipe that nobody reads for a while"):
        path = os.path.join(folder, "large")
        with open(path, "w", encoding="utf-8") as file:
            file.write((TEXT + "\n") * 20000)
        process = subprocess.Popen([HEADRACE, "log", "cat", path], stdout=subprocess.PIPE)
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        assert sum(1 for _ in process.stdout) == 20000 and process.wait(PATIENCE_S) == 0


def main():
    check_forms()
    check_others()
    check_filters()
    for check in (check_terminal, check_files, check_follow, check_large):
        folder = tempfile.mkdtemp()
        check(folder)
        shutil.rmtree(folder)
    stores.finish()


if __name__ == "__main__":
    main()
