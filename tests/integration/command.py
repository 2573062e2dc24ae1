"""The command itself: usage, help, exit codes, pipes, full disks, signals, what its JSON holds."""
import contextlib
import fcntl
import http.server
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
sys.path.insert(0, os.path.join(HERE, "../../perf/compare"))
import bench_bodies  # noqa: E402
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
REFUSE = os.environ.get("HR_REFUSE_IO_URING",
                        os.path.join(os.path.dirname(HEADRACE), "../tests/refuse_io_uring"))
COMMANDS = ["serve s3", "proxy faults", "s3 ls", "s3 cp", "s3 cat", "s3 rm", "s3 mb", "s3 rb", "s3 stat", "s3 presign", "s3 probe", "s3 health",
            "s3 exists", "s3 uploads", "s3 sync", "s3 du", "s3 find", "bench s3",
            "bench http", "bench log", "bench config", "bench service", "suite", "report", "log cat", "log ctl", "log recover", "config check",
            "config show", "config get", "config diff", "doctor", "man", "completion", "http"]
# Arguments, and what the complaint must name.
USAGE = [
    ("s3 lss", "'s3 ls'"), ("benhc s3", "'bench s3'"), ("nothing", "'nothing'"), ("s3", "a verb is missing"),
    ("", "usage"), ("s3 ls --endpiont http://x", "'--endpoint'"), ("s3 ls --json=yes", "--json takes no value"),
    ("s3 ls a b", "'b' is one argument too many"), ("s3 cat", "an argument is missing"), ("s3 ls http://b", "s3://"),
    ("s3 cat s3://b", "no key"), ("s3 cat s3:///k", "no bucket"), ("s3 mb s3://b/k", "has a key"),
    ("s3 cp a b", "must be an object"), ("s3 cp --payload signed s3://a/b s3://c/d", "of uploads"),
    ("s3 cp --replace-metadata a s3://c/d", "store to store"), ("s3 cp --metadata a=b s3://a/b s3://c/d", "--replace-metadata"),
    ("s3 cp --multipart-threshold 6GiB s3://a/b s3://c/d", "--multipart-threshold"), ("s3 cp s3://a/b/ s3://c/", "has no name"),
    ("s3 cp --recursive --exact-key a s3://b/k", "--exact-key"), ("s3 sync a b", "must be s3://"), ("s3 cp - s3://b/", "no key"),
    ("s3 cp --metadata =v a s3://b/k", "NAME=VALUE"), ("s3 cp --json s3://b/k -", "--json"),
    ("s3 ls --access-key x", "--secret-key"), ("s3 ls --resolve host:80", "HOST:PORT:ADDRESS"),
    ("s3 ls --resolve host:80:name", "numeric"), ("s3 ls --resolve host:99999:1.2.3.4", "HOST:PORT:ADDRESS"),
    ("s3 ls --attempts 0", "--attempts"), ("s3 ls --timeout 5", "duration"), ("s3 ls --addressing dns", "auto|path"),
    ("s3 presign --expires 200h s3://b/k", "1s and 168h"), ("s3 presign --method PATCH s3://b/k", "GET|PUT"),
    ("serve s3 --fsync", "--store"), ("serve s3 --scrub full", "--store"),
    ("serve s3 --store dir --preload .", "--preload"), ("serve s3 --limit-objects 0", "--limit-objects"), ("serve s3 --scrub all", "records"), ("serve s3 --access-key x", "--secret-key"), ("serve s3 --limit 0", "--limit"),
    ("serve s3 --listen nowhere", "nowhere"),
    ("proxy", "a verb is missing"), ("proxy fault", "'proxy faults'"), ("proxy faults", "--to"), ("proxy faults --fault x", "--to"),
    ("proxy faults --to h", "HOST:PORT"), ("proxy faults --to h:1 --fault GTE", "no fault"), ("proxy faults --to h:1 --seed -1", "--seed"),
    ("proxy faults --to h:1 --connections 0", "--connections"), ("proxy faults --to h:1 --script ''", "--script"),
    ("bench s3 --mix put=1,gte=3", "'gte'"), ("bench s3 --mix put=0", "weights"), ("bench s3 --mix put=1,put=2", "twice"),
    ("bench s3 --mix put=x", "put=x"), ("bench s3 --part-size 5MiB", "--mix"), ("bench s3 --part-concurrency 2 --mix put=1", "--part-concurrency"),
    ("bench s3 --mix upload=1 --part-size 1MiB", "--part-size"), ("bench s3 --mix download=1 --verify --size 1GiB", "--verify"),
    ("bench s3 --mix upload=1 --beside boto3", "--beside"), ("bench s3 --size 3x", "'3x'"), ("bench s3 --size 99999999999999TiB", "--size"),
    ("bench s3 --concurrency 0", "--concurrency"), ("bench s3 --rate -1", "--rate"), ("bench s3 --duration", "DURATION"),
    ("bench s3 --size 1:0", "weight"), ("bench s3 --key-choice zip", "zipf"), ("bench http --size 1,,2 http://h/", "''"),
    ("bench s3 --rate 1..5", "--p99"), ("bench s3 --p99 5ms", "range"), ("bench http --rate 5 --think-time 1s http://h/", "--think-time"),
    ("bench s3 --rate 1..5 --p99 1s --duration 5s", "--step-duration"), ("bench http --step 5 http://h/", "--step"),
    ("bench s3 --require p99", "no operator"), ("bench http --require retries<x http://h/", "number"),
    ("bench s3 --access-key a --secret-key b", "--endpoint"), ("bench s3 --no-setup", "--endpoint"),
    ("bench http", "an argument is missing: URL"), ("bench http ftp://h/", "'ftp://h/'"),
    ("bench http --cert x https://h/", "--key"), ("bench http --tls-min 1.1 https://h/", "1.2|1.3"),
    ("bench http --method POST http://h/", "GET|PUT|HEAD"),
    ("bench http --header nothing http://h/", "Name: value"), ("bench http -c 0 http://h/", "--concurrency"),
    ("bench http -Q http://h/", "'-Q'"), ("bench http -kQ http://h/", "'-Q' in '-kQ'"),
    ("bench http -x", "--proxy needs a value: URL"), ("bench http -c0 http://h/", "--concurrency: '0'"), ("bench http --connect-timeout 5x http://h/", "seconds"),
    ("bench http --data x http://h/", "unknown option '--data'. See"), ("s3 ls --jsno", "did you mean '--json'"),
    ("bench http --spin-us 1001 http://h/", "1000"),
    ("bench http --backend kqueue http://h/", "auto|io_uring|epoll"), ("s3 ls --backend x", "auto|io_uring|epoll"),
    ("serve s3 --backend x", "auto|io_uring|epoll"), ("bench s3 --backend x", "auto|io_uring|epoll"),
    ("report", "an argument is missing: RESULT"), ("report -o x.pdf y", ".html"), ("report --threshold x y", "percent"),
    ("http", "an argument is missing: [METHOD] URL"), ("http ftp://h/", "'ftp://h/'"),
    ("http http://h/ GET", "where the method is wanted"), ("http http://u:p@h/", "--user"),
    ("http --body a --body-file b http://h/", "--body-file"), ("http --json --output - http://h/", "standard output"),
    ("http --user u --bearer env:X http://h/", "exclude"), ("http --bearer secret http://h/", "file:PATH or env:NAME"),
    ("http --bearer env:HR_NOT_THERE http://h/", "HR_NOT_THERE"), ("http --cert x https://h/", "--key"),
    ("http --resolve h:80 http://h/", "HOST:PORT:ADDRESS"), ("http -H nothing http://h/", "Name: value"),
    ("http --retry 100 http://h/", "--retry"), ("http G(T http://127.0.0.1:1/", "token"),
    ("http -H Content-Length:1 http://127.0.0.1:1/", "Content-Length"),
    ("config", "a verb is missing"), ("config shwo", "'config show'"), ("config check", "an argument is missing: FILE"),
    ("config get a", "an argument is missing: FILE... PATH"), ("config diff a b c", "'c' is one argument too many"),
    ("config check --set x a", "'x' is no PATH=VALUE"), ("config check --stict a", "'--strict'"),
    ("config show --env --no-env", "exclude each other"),
    ("bench config --keys 1", "--keys"), ("bench config --readers 17", "--readers"), ("bench config a", "'a'"),
    ("bench service --part x", "'x'"), ("suite", "NAME"), ("suite nosuch", "readiness"), ("suite soak --duration 1s", "--duration"),
    ("bench s3 --checkpoint a", "--duration"), ("bench s3 --shard 4/4", "0 to 3"), ("bench s3 --shard x", "3/16"), ("bench s3 --start-at noon", "zone"),
    ("bench s3 --start-at 2026-11-30T18:30:00Z --start-in 1s", "exclude"), ("bench s3 --checkpoint a --operations 5", "--operations"), ("bench s3 --checkpoint-every 1ms", "--checkpoint-every"),
    ("suite all --quick --full", "exclude"),
    ("doctor extra", "'extra'"), ("help s3 moo", "'s3 moo'"),
]
BENCH_FIELDS = """protocol harness started_at endpoint server loop concurrency pool reactors payload size_bytes objects seed bucket
prefix mix populated connections_peak operations not_started success_rate first_attempt_success_rate duration_s
operations_per_s bytes_per_s latency_ms latency_histogram percentile_error cpu_us_per_operation rss_peak_bytes retries errors error_examples kinds backend
backend_cause spin_us kernel versions environment omission trace ramp highest_rate_per_s curve think_time_s attempts_max warm_up series_step_s series soak shard requirements sizes key_choice zipf_exponent
part_size_bytes part_concurrency""".split()


def run(*arguments, prefix=(), **options):
    options.setdefault("timeout", 120)
    return subprocess.run([*prefix, HEADRACE, *arguments], capture_output=True, check=False, **options)


def chosen_by(name):
    """The environment with HEADRACE_BACKEND as `name`, or without it."""
    environment = {key: value for key, value in os.environ.items() if key != "HEADRACE_BACKEND"}
    return dict(environment, HEADRACE_BACKEND=name) if name else environment


def check_usage():
    for line, names in USAGE:
        with stores.case(f"usage, headrace {line}".strip().replace(": ", ":")):
            done = run(*line.split())
            assert done.returncode == 2, f"exit {done.returncode}, {done.stderr}"
            assert names.encode() in done.stderr, done.stderr
            assert not done.stdout, done.stdout
    with stores.case("usage, the complaint points to --help"):
        for line in ("s3 ls --nope", "nothing", "s3"):
            assert b"--help" in run(*line.split()).stderr, line


def check_examples(command, shown):
    """Each help has examples of that command, with options that the help names."""
    lines = shown.split("\nExamples:\n", 1)[1].split("\n\n", 1)[0].splitlines()
    assert lines and all(f"headrace {command}" in line for line in lines), lines
    for line in lines:
        for word in line.split("#")[0].split():
            assert not word.startswith("--") or f" {word.split('=')[0]}" in shown, (word, line)


def check_help():
    for command in COMMANDS:
        with stores.case(f"help, {command}"):
            by_option, by_verb = run(*command.split(), "--help"), run("help", *command.split())
            assert by_option.returncode == by_verb.returncode == 0
            assert by_option.stdout == by_verb.stdout and not by_option.stderr
            assert f"usage: headrace {command}".encode() in by_option.stdout
            assert all(len(line) <= 100 for line in by_option.stdout.splitlines()), by_option.stdout
            check_examples(command, by_option.stdout.decode())
    with stores.case("help, wherever it stands, and never as a value"):
        assert run("bench", "http", "--nope", "-kh", "http://h/").returncode == 0
        assert run("s3", "ls", "--endpoint", "--help", "--nope").returncode == 2
    with stores.case("help, overview names every command"):
        overview = run("--help").stdout.decode()
        assert all(command in overview for command in COMMANDS), overview
        assert "\nExamples:\n  headrace " in overview, overview
    with stores.case("help, s3 lists its verbs"):
        assert b"s3 presign" in run("s3", "--help").stdout
        for family in ("s3", "bench", "serve", "proxy"):
            assert f"\nExamples:\n  headrace {family} ".encode() in run(family, "--help").stdout, family
    with stores.case("version"):
        done = run("--version")
        with open(os.path.join(HERE, "../../CMakeLists.txt"), encoding="utf-8") as file:
            project = file.read()
        wanted = re.search(r"^project\(headrace VERSION (\S+)", project, re.M).group(1)
        assert done.returncode == 0 and done.stdout == f"headrace {wanted}\n".encode(), done.stdout


def check_doctor():
    with stores.case("doctor"):
        done = run("doctor")
        assert done.returncode == 0 and b"io_uring" in done.stdout, done
    with stores.case("doctor --json"):
        found = json.loads(run("doctor", "--json").stdout)
        items = {item["name"]: item["verdict"] for item in found["items"]}
        assert found["usable"] is True and items["io_uring"] in ("ok", "note") and "memlock" in items, found
        assert (found["failures"], found["notes"]) == (0, list(items.values()).count("note")), found
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        locked = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        told = [2**63 - 1 if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard, locked)]
        assert list(found["limits"].values()) == told, (found["limits"], told)


def check_log_recover():
    with stores.case("log recover of what is no rings directory"):
        with tempfile.TemporaryDirectory() as folder:
            shared = folder + "/shared"
            os.mkdir(shared)
            os.chmod(shared, 0o777)
            for place, why in ((folder, b"no rings directory"), (folder + "/none", b"No such file"), (shared, b"chmod 700")):
                done = run("log", "recover", place)
                assert done.returncode == 1 and why in done.stderr and not done.stdout, done
            done = run("log", "recover", "--json", folder)
            found = json.loads(done.stdout)
            assert done.returncode == 1 and found["files"] == [] and found["error"]["code"] == "ENOENT", found


def check_environment():
    if not os.access(REFUSE, os.X_OK):
        stores.skip("ring refused", f"{REFUSE} is not built")
        return
    for name in ("EPERM", "ENOSYS", "ENOMEM"):
        refused = (REFUSE, name)
        with stores.case(f"ring refused with {name}, s3 exits 3 and says why"):
            done = run("s3", "ls", "--backend", "io_uring", "--endpoint", "http://127.0.0.1:9", "--access-key", "a",
                       "--secret-key", "b", prefix=refused)
            assert done.returncode == 3, (done.returncode, done.stderr)
            assert name.encode() in done.stderr and b"doctor" in done.stderr, done.stderr
        with stores.case(f"ring refused with {name}, bench and serve exit 3"):
            for command in (("bench", "s3"), ("serve", "s3", "--listen", "127.0.0.1:0")):
                done = run(*command, prefix=refused, env=dict(os.environ, HEADRACE_BACKEND="io_uring"))
                assert done.returncode == 3, (command, done.returncode, done.stderr)
    with stores.case("ring refused, bench and its server go on with epoll"):
        done = run("bench", "s3", "--operations", "100", "--size", "1000", "--json", "-", prefix=(REFUSE, "EPERM"),
                   env=dict(os.environ, HEADRACE_BACKEND="auto"))
        report = json.loads(done.stdout)
        assert done.returncode == 0 and report["backend"] == "epoll", (done.returncode, done.stderr)
        assert "seccomp" in report["backend_cause"] and b"going on with epoll" in done.stderr, done.stderr
    with stores.case("ring refused, --json tells it"):
        done = run("s3", "ls", "--json", "--backend", "io_uring", "--endpoint", "http://127.0.0.1:9", "--access-key", "a",
                   "--secret-key", "b", prefix=(REFUSE, "EPERM"))
        assert json.loads(done.stdout)["error"]["code"] == "EPERM", done.stdout
    with stores.case("ring refused, doctor names epoll and the cause"):
        done = run("doctor", "--json", prefix=(REFUSE, "EPERM"), env=chosen_by(None))
        found = json.loads(done.stdout)
        items = {item["name"]: item for item in found["items"]}
        assert done.returncode == 0 and found["usable"] is True, done
        assert items["io_uring"]["verdict"] == "note" and "seccomp" in items["io_uring"]["remedy"], done
        assert items["backend"]["value"] == "epoll: io_uring is refused (EPERM)", done
        text = run("doctor", prefix=(REFUSE, "EPERM"), env=chosen_by(None)).stdout
        assert b"An engine can run here, on epoll: io_uring is refused" in text, text
    with stores.case("ring refused and insisted on, doctor exits 3 with the item"):
        done = run("doctor", "--json", prefix=(REFUSE, "EPERM"), env=chosen_by("io_uring"))
        items = {item["name"]: item for item in json.loads(done.stdout)["items"]}
        assert done.returncode == 3 and items["backend"]["verdict"] == "fail" and items["backend"]["remedy"], done
    with stores.case("ring refused, bench --json - hands on what the server says"):
        done = run("bench", "s3", "--json", "-", prefix=(REFUSE, "EPERM"),
                   env=dict(os.environ, HEADRACE_BACKEND="io_uring"))
        assert done.returncode == 3 and json.loads(done.stdout)["error"]["code"] == "EPERM", done
    with stores.case("open files too few, exit 3 with the number"):
        done = run("bench", "s3", "--concurrency", "1000", "--json", "-",
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
        assert done.returncode == 3 and b"1064" in done.stderr and b"256" in done.stderr, done.stderr
        assert json.loads(done.stdout)["error"]["code"] == "EMFILE", done.stdout


def check_output_errors(store):
    for line in ("--help", "help s3 cp", "doctor --json", "s3 ls s3://command", "s3 ls --json s3://command",
                 "s3 cat s3://command/large", "s3 cat s3://command/small"):
        with stores.case(f"full disk, headrace {line}".replace(": ", ":")), open("/dev/full", "wb") as full:
            done = subprocess.run([HEADRACE, *line.split()], stdout=full, stderr=subprocess.PIPE, check=False,
                                  env=store.environment(), timeout=60)
            assert done.returncode == 1, (done.returncode, done.stderr)
            assert b"space" in done.stderr.lower() or b"ENOSPC" in done.stderr, done.stderr
    for line in ("--version", "s3 ls s3://command", "s3 cat s3://command/small"):
        with stores.case(f"no standard output at all, headrace {line}".replace(": ", ":")):
            done = subprocess.run(["bash", "-c", f"'{HEADRACE}' {line} >&- <&-"], stderr=subprocess.PIPE, check=False,
                                  env=store.environment(), timeout=60)
            assert done.returncode == 1 and b"standard output" in done.stderr or b"EBADF" in done.stderr, done
    with stores.case("closed pipe, s3 cat"):
        process = subprocess.Popen([HEADRACE, "s3", "cat", "s3://command/large"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=store.environment())
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        assert process.wait(timeout=60) == 1 and b"pipe" in errors.lower(), errors
    with stores.case("full disk, s3 cp to a device"):
        done = store.headrace("s3", "cp", "s3://command/large", "/dev/full")
        assert done.returncode == 1 and b"space" in done.stderr.lower(), done.stderr


def check_copies(store, folder):
    small, large = b"small body", os.urandom(5 << 20)
    path = os.path.join(folder, "in.bin")
    with open(path, "wb") as file:
        file.write(large)
    with stores.case("mb, and again"):
        assert store.headrace("s3", "mb", "s3://command").returncode == 0
        again = store.headrace("s3", "mb", "--json", "s3://nobucket!")
        assert again.returncode == 1 and json.loads(again.stdout)["error"]["code"], again
    with stores.case("cp from a pipe, cat"):
        assert store.headrace("s3", "cp", "-", "s3://command/small", data=small).returncode == 0
        assert store.headrace("s3", "cat", "s3://command/small").stdout == small
    with stores.case("cp from a file, with type and metadata, stat"):
        done = store.headrace("s3", "cp", "--json", "--content-type", "text/x-test", "--metadata", "a=b c", path,
                              "s3://command/large")
        assert done.returncode == 0 and json.loads(done.stdout)["size_bytes"] == len(large), done
        stat = json.loads(store.headrace("s3", "stat", "--json", "s3://command/large").stdout)
        assert stat["size_bytes"] == len(large) and stat["content_type"] == "text/x-test", stat
        assert stat["metadata"] == {"a": "b c"}, stat
        assert b"a=b c" in store.headrace("s3", "stat", "s3://command/large").stdout
    with stores.case("cp to a file, which keeps its mode, and nothing is left beside it"):
        target = os.path.join(folder, "out.bin")
        with open(target, "wb"):
            os.chmod(target, 0o640)
        assert store.headrace("s3", "cp", "s3://command/large", target).returncode == 0
        with open(target, "rb") as file:
            assert file.read() == large
        assert os.stat(target).st_mode & 0o777 == 0o640
        assert sorted(os.listdir(folder)) == ["in.bin", "out.bin"]
    with stores.case("cp to a folder takes the key's last part"):
        os.mkdir(os.path.join(folder, "sub"))
        assert store.headrace("s3", "cp", "s3://command/large", os.path.join(folder, "sub")).returncode == 0
        assert os.listdir(os.path.join(folder, "sub")) == ["large"]
    with stores.case("cp to a key that ends in / adds the name"):
        assert store.headrace("s3", "cp", path, "s3://command/folder/").returncode == 0
        assert store.headrace("s3", "cat", "s3://command/folder/in.bin").stdout == large
    with stores.case("cp through pipes both ways"):
        command = f"'{HEADRACE}' s3 cp s3://command/large - | cat | '{HEADRACE}' s3 cp --payload unsigned - s3://command/again"
        assert subprocess.run(["bash", "-o", "pipefail", "-c", command], env=store.environment(), check=False,
                              capture_output=True, timeout=60).returncode == 0
        assert store.headrace("s3", "cat", "s3://command/again").stdout == large
    with stores.case("cp of an empty file"):
        assert store.headrace("s3", "cp", "/dev/null", "s3://command/empty").returncode == 0
        done = store.headrace("s3", "cat", "s3://command/empty")
        assert done.returncode == 0 and done.stdout == b""
    with stores.case("cp of what is not there leaves the target alone"):
        done = store.headrace("s3", "cp", "s3://command/none", os.path.join(folder, "out.bin"))
        assert done.returncode == 1 and b"NoSuchKey" in done.stderr, done.stderr
        assert sorted(os.listdir(folder)) == ["in.bin", "out.bin", "sub"]
        assert os.path.getsize(os.path.join(folder, "out.bin")) == len(large)
    with stores.case("cp of local files that fail, one JSON object"):
        for source, target, code in ((os.path.join(folder, "none"), "s3://command/none", "ENOENT"),
                                     ("s3://command/large", os.path.join(folder, "in.bin/file"), "ENOTDIR")):
            done = store.headrace("s3", "cp", "--json", source, target)
            assert done.returncode == 1 and folder.encode() in done.stderr, done.stderr
            error = json.loads(done.stdout)["error"]
            assert error["code"] == code and folder in error["message"], error
    with stores.case("cp without a name, exit 2"):
        for arguments in (("", "s3://command/none"), ("s3://command/large", "")):
            done = store.headrace("s3", "cp", *arguments)
            assert done.returncode == 2 and b"is empty" in done.stderr, done
    with stores.case("stat of what is not there says so"):
        done = store.headrace("s3", "stat", "s3://command/none")
        assert done.returncode == 1 and b"no such" in done.stderr, done.stderr
    with stores.case("cp of a folder is refused"):
        assert store.headrace("s3", "cp", folder, "s3://command/x").returncode == 2
    with stores.case("s3 api with a body of more than 5 GiB is refused"):
        huge = os.path.join(folder, "huge")
        with open(huge, "wb") as file:
            file.truncate((5 << 30) + 1)
        done = store.headrace("s3", "api", "PUT", "/command/huge", "--body", huge)
        assert done.returncode == 1 and b"5 GiB" in done.stderr, done.stderr
        os.unlink(huge)
    with stores.case("spooling to a TMPDIR that is not there names it"):
        done = subprocess.run([HEADRACE, "s3", "cp", "--json", "-", "s3://command/x"], input=b"x", capture_output=True,
                              timeout=60, env=dict(store.environment(), TMPDIR="/nonexistent"), check=False)
        assert json.loads(done.stdout)["error"]["code"] == "ENOENT", done.stdout
        assert done.returncode == 1 and b"/nonexistent" in done.stderr and b"TMPDIR" in done.stderr, done.stderr


def check_full_file_systems(store):
    """Small file systems of their own, where this process may mount."""
    with tempfile.TemporaryDirectory() as folder:
        script = ('mount -t tmpfs -o size=1m none "$0" && cd "$0" && TMPDIR="$0" "$1" s3 cp - s3://command/x </dev/zero; '
                  'echo "spool $?"; "$1" s3 cp s3://command/large "$0/file"; echo "file $?"; ls -A "$0"')
        done = subprocess.run(["unshare", "-m", "bash", "-c", script, folder, os.path.abspath(HEADRACE)],
                              capture_output=True, env=store.environment(), timeout=60, check=False)
        if b"spool" not in done.stdout:
            stores.skip("full file system", "this process may not mount one")
            return
        with stores.case("full file system, spooling names it and TMPDIR"):
            assert b"spool 1" in done.stdout and b"No space left" in done.stderr and b"TMPDIR" in done.stderr, done
        with stores.case("full file system, a download is removed and named"):
            assert done.stdout.endswith(b"file 1\n"), done.stdout
            assert b"file" in done.stderr.splitlines()[-1] and b"ENOSPC" in done.stderr, done.stderr


def check_listing(store):
    with stores.case("ls, prefixes and objects"):
        found = json.loads(store.headrace("s3", "ls", "--json", "s3://command/").stdout)
        keys = [entry.get("key", entry.get("prefix")) for entry in found["entries"]]
        assert {"folder/", "small", "large", "empty"} <= set(keys) and found["complete"], found
        assert found["count"] == len(keys) == len(set(keys)), found
    with stores.case("ls in text"):
        lines = store.headrace("s3", "ls", "s3://command/fol").stdout.decode().splitlines()
        assert lines and lines[0].split() == ["PRE", "folder/"], lines
    with stores.case("ls of buckets"):
        assert b"s3://command" in store.headrace("s3", "ls").stdout
        names = [entry["name"] for entry in json.loads(store.headrace("s3", "ls", "--json").stdout)["buckets"]]
        assert "command" in names, names
    with stores.case("ls of what is not there"):
        done = store.headrace("s3", "ls", "--json", "s3://not-there")
        found = json.loads(done.stdout)
        assert done.returncode == 1 and not found["complete"] and found["error"]["s3_code"] == "NoSuchBucket", done
    with stores.case("ls shows control bytes escaped on a terminal only"):
        done = store.headrace("s3", "cp", "-", "s3://command/esc/\x1b[31m", data=b"")
        assert done.returncode == 0, done.stderr
        assert b"\x1b[31m" in store.headrace("s3", "ls", "s3://command/esc/").stdout
        master, slave = os.openpty()
        subprocess.run([HEADRACE, "s3", "ls", "s3://command/esc/"], stdout=slave, env=store.environment(), timeout=60,
                       check=True)
        os.close(slave)
        shown = os.read(master, 65536)
        os.close(master)
        assert b"\\x1B[31m" in shown and b"\x1b" not in shown, shown
    with stores.case("rm, rb"):
        assert store.headrace("s3", "mb", "s3://short-lived").returncode == 0
        store.headrace("s3", "cp", "-", "s3://short-lived/x", data=b"x")
        done = store.headrace("s3", "rb", "s3://short-lived")
        assert done.returncode == 1 and b"BucketNotEmpty" in done.stderr, done.stderr
        assert store.headrace("s3", "rm", "s3://short-lived/x").returncode == 0
        assert store.headrace("s3", "rb", "s3://short-lived").returncode == 0
    with stores.case("more than one page"):
        assert store.headrace("bench", "s3", "--endpoint", store.endpoint, "--bucket", "pages", "--objects", "1500",
                              "--operations", "1500", "--size", "10").returncode == 0
        found = json.loads(store.headrace("s3", "ls", "--json", "--recursive", "s3://pages").stdout)
        assert found["count"] == 1500 and found["size_bytes"] == 15000, found["count"]
        assert len({entry["key"] for entry in found["entries"]}) == 1500


def check_errors(store):
    with stores.case("nobody listens, a named error"):
        done = run("s3", "ls", "--endpoint", "http://127.0.0.1:9", "--attempts", "1", "--access-key", "a",
                   "--secret-key", "b")
        assert done.returncode == 1 and b"ECONNREFUSED" in done.stderr, done.stderr
    with stores.case("no credentials, exit 2 with the variable"):
        done = run("s3", "ls", "--endpoint", "http://127.0.0.1:9",
                   env=dict({key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
                            AWS_EC2_METADATA_DISABLED="true"))
        assert done.returncode == 2 and b"AWS_ACCESS_KEY_ID" in done.stderr, done.stderr
    with stores.case("https to a store that speaks plain HTTP"):
        done = run("s3", "ls", "--endpoint", f"https://127.0.0.1:{store.port}", "--access-key", "a", "--secret-key", "b",
                   "--attempts", "1")
        assert done.returncode == 1 and b"[HR_ERR_TLS_" in done.stderr, done.stderr
    with stores.case("a wrong secret"):
        done = store.headrace("s3", "ls", "--json", secret_key="wrong")
        assert done.returncode == 1 and json.loads(done.stdout)["error"]["s3_code"] == "SignatureDoesNotMatch", done
    with stores.case("a time-out"):
        with socket_that_never_answers() as port:
            started = time.monotonic()
            done = run("s3", "ls", "--endpoint", f"http://127.0.0.1:{port}", "--timeout", "300ms", "--access-key", "a",
                       "--secret-key", "b")
            assert done.returncode == 1 and b"300 ms [ETIMEDOUT]" in done.stderr, done.stderr
            assert time.monotonic() - started < 20


    with stores.case("a name, with the remedy"):
        done = run("s3", "ls", "--endpoint", "http://store.invalid:9000", "--access-key", "a", "--secret-key", "b",
                   "--nameserver", "127.0.0.1:9", "--attempts", "1")  # nobody answers there
        assert done.returncode == 1 and b"store.invalid" in done.stderr and b"--resolve" in done.stderr, done.stderr
    with stores.case("an upload to a web server that answers 200 to anything has failed"):
        with web_server() as port:
            done = run("s3", "cp", "--endpoint", f"http://127.0.0.1:{port}", "--access-key", "a", "--secret-key", "b",
                       os.path.abspath(__file__), "s3://b/k")
            assert done.returncode == 1 and b"no ETag" in done.stderr, done
    with stores.case("serve s3 on a port in use, exit 1"):
        done = run("serve", "s3", "--listen", store.endpoint.removeprefix("http://"), timeout=10)
        assert done.returncode == 1 and b"EADDRINUSE" in done.stderr and not done.stdout, done


@contextlib.contextmanager
def web_server():
    """Answers 200 and a page to a PUT."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class socket_that_never_answers:
    def __enter__(self):
        import socket
        self.socket = socket.create_server(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


def started(*arguments, **options):
    return subprocess.Popen([HEADRACE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def check_signals(store, folder):
    with stores.case("serve s3 ends with 0 on SIGINT and SIGTERM"):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = started("serve", "s3", "--listen", "127.0.0.1:0", "--json")
            line = json.loads(process.stdout.readline())
            assert line["pid"] == process.pid and line["access_key"] and line["secret_key"], line
            process.send_signal(number)
            assert process.wait(timeout=30) == 0, process.stderr.read()
            process.stdout.close()
            process.stderr.close()
    for number in (signal.SIGINT, signal.SIGTERM):
        with stores.case(f"{number.name} ends a request, exit {128 + number}"), socket_that_never_answers() as port:
            target = os.path.join(folder, "stopped")
            process = started("s3", "cp", "--endpoint", f"http://127.0.0.1:{port}", "--access-key", "a", "--secret-key",
                              "b", "s3://b/k", target)
            wait_for(lambda: any(name.startswith(".headrace-") for name in os.listdir(folder)))
            process.send_signal(number)
            assert process.wait(timeout=30) == 128 + number, process.stderr.read()
            assert not any("stopped" in name or ".headrace" in name for name in os.listdir(folder)), os.listdir(folder)
            process.stdout.close()
            process.stderr.close()
    with stores.case("SIGINT ends spooling"):
        process = started("s3", "cp", "-", "s3://command/never", stdin=subprocess.PIPE, env=store.environment())
        process.stdin.write(b"x" * 1000)
        process.stdin.flush()
        wait_for(lambda: queued(process.stdin) == 0)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130, process.stderr.read()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
    with stores.case("SIGINT ends a bench, which reports what it did, and its server"):
        process = started("bench", "s3", "--duration", "60s", "--json", "-", "--size", "4096")
        wait_for(lambda: children(process.pid))
        server = children(process.pid)[0]
        wait_for(lambda: connections(process.pid) >= 64)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        report = json.loads(output)
        assert process.returncode == 130, (process.returncode, errors)
        assert report["stopped_by"] == "SIGINT" and report["operations"]["submitted"] >= 64, report
        counts = report["operations"]
        assert counts["submitted"] == counts["succeeded"] + counts["failed"] + counts["cancelled"], counts
        assert not os.path.exists(f"/proc/{server}"), "the server is still there"
    with stores.case("the server ends when the bench is killed"):
        process = started("bench", "s3", "--duration", "60s", "--size", "4096")
        wait_for(lambda: children(process.pid))
        server = children(process.pid)[0]
        wait_for(lambda: connections(process.pid) >= 64)
        process.kill()
        process.communicate(timeout=30)
        wait_for(lambda: not os.path.exists(f"/proc/{server}") or
                 open(f"/proc/{server}/stat").read().split()[2] == "Z")


def wait_for(condition, seconds=60):
    """Looks until it is so; the sleep is between two looks, not in place of one."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError("it did not happen in time")
        time.sleep(0.01)


def queued(pipe):
    """Bytes in a pipe that nobody has read yet (FIONREAD)."""
    import array
    import termios
    size = array.array("i", [0])
    fcntl.ioctl(pipe.fileno(), termios.FIONREAD, size)
    return size[0]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def connections(pid):
    """Sockets that a process holds."""
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return count


def check_report(report, operations, concurrency):
    missing = [field for field in BENCH_FIELDS if field not in report]
    assert not missing, missing
    counts = report["operations"]
    assert counts["submitted"] == counts["succeeded"] == operations and counts["failed"] == counts["cancelled"] == 0, (
        counts, report["error_examples"])
    assert report["success_rate"] == 1 and report["errors"] == {}, report["errors"]
    assert report["connections_peak"] <= concurrency, report["connections_peak"]
    latency = report["latency_ms"]
    order = [latency[name] for name in ("p50", "p90", "p95", "p99", "p999", "max")]
    assert order == sorted(order) and order[0] > 0 and 0 < latency["mean"] <= latency["max"], latency
    for field in ("duration_s", "operations_per_s", "bytes_per_s", "cpu_us_per_operation", "rss_peak_bytes"):
        assert report[field] > 0, field
    assert sum(kind["operations"]["succeeded"] for kind in report["kinds"].values()) == operations, report["kinds"]


def check_bench(store, folder):
    with stores.case("bench, 1000 uploads are 1000 connections"):
        done = run("bench", "s3", "--concurrency", "1000", "--operations", "1000", "--size", "4096", "--json", "-",
                   timeout=300)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        check_report(report, 1000, 1000)
        assert report["connections_peak"] == 1000 and report["held_together"], report["connections_peak"]
    with stores.case("bench, every kind, bodies verified, JSON in a file, text on standard output"):
        path = os.path.join(folder, "result.json")
        done = run("bench", "s3", "--mix", "put=1,get=3,head=1,list=1,delete=1", "--operations", "2000", "--objects", "50",
                   "--concurrency", "16", "--size", "70000", "--verify", "--cleanup", "--json", path, timeout=300)
        assert done.returncode == 0, done.stderr
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        check_report(report, 2000, 16)
        assert set(report["kinds"]) == {"put", "get", "head", "list", "delete"} and report["populated"] == 100, report
        assert b"2000 submitted" in done.stdout and b"p999" in done.stdout, done.stdout
    with stores.case("bench, the same seed gives the same operations"):
        kinds = []
        for _ in range(2):
            done = run("bench", "s3", "--mix", "put=1,get=1", "--operations", "500", "--size", "100", "--seed", "42",
                       "--objects", "10", "--json", "-")
            kinds.append({kind: value["operations"]["succeeded"] for kind, value in json.loads(done.stdout)["kinds"].items()})
        assert kinds[0] == kinds[1], kinds
    with stores.case("bench, two reactors"):
        report = json.loads(run("bench", "s3", "--reactors", "2", "--operations", "2000", "--size", "4096", "--mix",
                                "put=1,get=1", "--json", "-").stdout)
        check_report(report, 2000, 64)
    for backend in ("io_uring", "epoll"):
        with stores.case(f"bench, --backend {backend} is what it runs on"):
            report = json.loads(run("bench", "s3", "--backend", backend, "--operations", "500", "--size", "70000", "--mix",
                                    "put=1,get=1", "--verify", "--json", "-").stdout)
            check_report(report, 500, 64)
            assert report["backend"] == backend and report["backend_cause"] is None, report["backend"]
    with stores.case("bench, open loop keeps its rate"):
        report = json.loads(run("bench", "s3", "--rate", "200", "--duration", "2s", "--size", "1024", "--json", "-").stdout)
        assert report["loop"] == "open" and report["rate_per_s"] == 200, report
        counts = report["operations"]
        assert counts["failed"] == 0 and counts["succeeded"] + report["not_started"] >= 395, (counts, report["not_started"])
        assert counts["submitted"] <= 401, counts
    with stores.case("bench, open loop with too few slots counts latency from the intended start"):
        report = json.loads(run("bench", "s3", "--rate", "100000", "--concurrency", "1", "--operations", "2000", "--size",
                                "1024", "--json", "-").stdout)
        latency = report["latency_ms"]
        assert report["operations"]["succeeded"] == 2000, report["operations"]
        assert latency["max"] > 500 * report["duration_s"], latency  # the last one waited for nearly all the others
    with stores.case("bench, keys and bodies are those that bench_bodies.py works out"):
        done = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--bucket", "bodies", "--objects", "30",
                              "--operations", "60", "--size", "100001", "--seed", "9", "--prefix", "x y/")
        assert done.returncode == 0, done.stderr
        found = json.loads(store.headrace("s3", "ls", "--json", "--recursive", "s3://bodies").stdout)
        keys = {bench_bodies.key_of(index, "x y/") for index in range(30)}
        assert {entry["key"] for entry in found["entries"]} == keys, found["entries"][:3]
        for index in (0, 1, 17, 29):
            body = store.headrace("s3", "cat", f"s3://bodies/{bench_bodies.key_of(index, 'x y/')}").stdout
            assert body == bench_bodies.body_of(index, 100001, 9), index
    with stores.case("bench, bodies larger than the block"):
        done = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--bucket", "large", "--objects", "2",
                              "--operations", "10", "--concurrency", "2", "--size", str((2 << 20) + 17), "--mix",
                              "put=1,get=1", "--verify")
        assert done.returncode == 0, done.stderr
        body = store.headrace("s3", "cat", f"s3://large/{bench_bodies.key_of(1)}").stdout
        assert body == bench_bodies.body_of(1, (2 << 20) + 17)
    with stores.case("bench, failures are counted, explained, and exit 1"):
        done = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--no-setup", "--bucket", "not-there",
                              "--operations", "20", "--size", "10", "--json", "-")
        report = json.loads(done.stdout)
        assert done.returncode == 1 and report["operations"]["failed"] == 20, report["operations"]
        assert report["errors"] == {"NoSuchBucket": 20} and report["error_examples"]["NoSuchBucket"], report
    with stores.case("bench, a set-up that fails half-way is one JSON object"):
        with stores.embedded("--limit", "1MiB") as small:
            done = small.headrace("bench", "s3", "--endpoint", small.endpoint, "--mix", "get=1", "--json", "-")
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 1 and error["s3_code"] == "InsufficientStorage", done
        assert b"InsufficientStorage" in done.stderr and "of 1000 operations" in error["message"], done
    with stores.case("bench, its server killed: failures are told, and the server's end"):
        process = started("bench", "s3", "--duration", "2s", "--json", "-")
        wait_for(lambda: children(process.pid))
        wait_for(lambda: connections(process.pid) > 10)
        os.kill(children(process.pid)[0], signal.SIGKILL)
        out, errors = process.communicate(timeout=60)
        report = json.loads(out)
        assert process.returncode == 1 and report["operations"]["failed"] > 0, (process.returncode, errors)
        assert set(report["errors"]) == set(report["error_examples"]) and b"exit code 137" in errors, (report, errors)
    with stores.case("bench, --cleanup removes what it made"):
        done = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--bucket", "cleaned", "--operations", "50",
                              "--size", "10", "--cleanup")
        assert done.returncode == 0, done.stderr
        assert b"cleaned" not in store.headrace("s3", "ls").stdout
    with stores.case("bench, a full disk for the report"):
        done = run("bench", "s3", "--operations", "10", "--size", "10", "--json", "/dev/full")
        assert done.returncode == 1 and b"/dev/full" in done.stderr, done.stderr


def main():
    counted = {"ok": 0, "fail": 0}
    plain_ok, plain_fail = stores.ok, stores.fail

    def ok(name):
        counted["ok"] += 1
        plain_ok(name)

    def fail(name, why):
        counted["fail"] += 1
        plain_fail(name, why)
    stores.ok, stores.fail = ok, fail
    if not os.access(HEADRACE, os.X_OK):
        stores.fail("command", f"is not built: {HEADRACE}")
        stores.finish()
    check_usage()
    check_help()
    check_doctor()
    check_log_recover()
    check_environment()
    with stores.embedded() as store, tempfile.TemporaryDirectory() as folder:
        check_copies(store, folder)
        check_output_errors(store)
        check_full_file_systems(store)
        check_listing(store)
        check_errors(store)
        check_signals(store, folder)
        check_bench(store, folder)
    print(f"{counted['ok']} passed, {counted['fail']} failed")
    stores.finish()


if __name__ == "__main__":
    main()
