#!/usr/bin/env python3
"""Trees of files and objects: s3 sync, cp --recursive, rm --recursive, du, find; boto3, rclone and diff judge what they leave.

On the embedded store, and on versitygw where it is there."""
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import stores  # noqa: E402

OLD = 1_600_000_000


def write(root, name, data=b"", time_s=OLD):
    path = os.path.join(os.fsencode(root), os.fsencode(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.utime(path, (time_s, time_s))
    return path

# Root reads files of every mode, unless it is started so.
READS_ALL = "-dac_override,-dac_read_search"
UNPRIVILEGED = ["setpriv", f"--bounding-set={READS_ALL}", f"--inh-caps={READS_ALL}"] if os.geteuid() == 0 else []


def read_tree(root):
    """{name: bytes} of all files; links are not followed."""
    found, root = {}, os.fsencode(root)
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


def keys_of(client, bucket, prefix=""):
    """{key: size}, by boto3."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}


def run(store, *arguments, code=0, **environment):
    done = store.headrace(*arguments, **environment)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-300:], done.stderr[-600:])
    return done


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def summary(done):
    """Of --json; it adds up."""
    counts = lines(done)[-1]["summary"]
    assert counts["found"] == counts["copied"] + counts["skipped"] + counts["failed"], counts
    return counts


def make_tree(root, count=300):
    for i in range(count):
        write(root, f"d{i % 7}/e{i % 3}/f{i}.txt", b"x" * (i % 50))
    for name in ("a b", "a+b", "a%2Fb", "ü/é.txt", "a-b", "a.b", "a/b", "d0.txt", "d0-x", "q?*[x]", "back\\slash", "'quote\"", "end."):
        write(root, f"odd/{name}", name.encode())
    write(root, "empty", b"")
    write(root, "large", os.urandom(20_000_000))
    write(root, "just", os.urandom(65536))
    write(root, "above", os.urandom(65537))
    os.makedirs(os.path.join(root, "no files/in here"))


@contextlib.contextmanager
def prepared(store, bucket):
    """(client, folder, count, bucket) of a tree that is in the bucket under t/."""
    client = store.boto3()
    client.create_bucket(Bucket=bucket)
    with tempfile.TemporaryDirectory() as folder:
        make_tree(f"{folder}/in")
        yield client, folder


def rclone_check(store, bucket, prefix, folder):
    environment = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    environment.update(RCLONE_CONFIG="/dev/null", RCLONE_CONFIG_T_TYPE="s3", RCLONE_CONFIG_T_PROVIDER="Other",
                       RCLONE_CONFIG_T_ENDPOINT=store.endpoint, RCLONE_CONFIG_T_ACCESS_KEY_ID=stores.ACCESS_KEY,
                       RCLONE_CONFIG_T_SECRET_ACCESS_KEY=stores.SECRET_KEY, RCLONE_CONFIG_T_REGION=stores.REGION)
    done = subprocess.run(["rclone", "check", "--download", folder, f"T:{bucket}/{prefix}"], env=environment, capture_output=True, check=False,
                          timeout=300)
    assert done.returncode == 0, done.stderr[-600:]


def both_ways(store):
    with prepared(store, "ways") as (client, folder):
        here, made = f"{folder}/in", read_tree(f"{folder}/in")
        with stores.case(f"{store.kind}: s3 sync of a folder to a prefix, every key and size"):
            counts = summary(run(store, "s3", "sync", "--json", here, "s3://ways/t"))
            assert counts["copied"] == counts["found"] == len(made), counts
            assert counts["copied_bytes"] == sum(map(len, made.values()))
            assert keys_of(client, "ways") == {"t/" + os.fsdecode(name): len(data) for name, data in made.items()}
        with stores.case(f"{store.kind}: s3 sync: the bodies, by rclone check"):
            if shutil.which("rclone"):
                rclone_check(store, "ways", "t", here)
        with stores.case(f"{store.kind}: s3 sync again has nothing to do"):
            counts = summary(run(store, "s3", "sync", "--json", here, "s3://ways/t/"))
            assert (counts["copied"], counts["skipped"]) == (0, len(made)), counts
        with stores.case(f"{store.kind}: s3 sync of a prefix to a folder, byte by byte, with times"):
            counts = summary(run(store, "s3", "sync", "--json", "s3://ways/t", f"{folder}/out"))
            assert counts["copied"] == len(made) and read_tree(f"{folder}/out") == made
            stat = os.stat(f"{folder}/out/just")
            assert int(stat.st_mtime) == int(client.head_object(Bucket="ways", Key="t/just")["LastModified"].timestamp())
            assert summary(run(store, "s3", "sync", "--json", "s3://ways/t", f"{folder}/out"))["copied"] == 0
        with stores.case(f"{store.kind}: s3 sync of a prefix to another one"):
            counts = summary(run(store, "s3", "sync", "--json", "s3://ways/t", "s3://ways/u"))
            assert counts["copied"] == len(made), counts
            assert keys_of(client, "ways", "u/") == {"u" + key[1:]: size for key, size in keys_of(client, "ways", "t/").items()}
            assert summary(run(store, "s3", "sync", "--json", "s3://ways/t", "s3://ways/u"))["copied"] == 0
        with stores.case(f"{store.kind}: s3 cp --recursive copies what is there, too"):
            run(store, "s3", "cp", "--recursive", "--quiet", "s3://ways/t", f"{folder}/cp")
            assert read_tree(f"{folder}/cp") == made
            counts = summary(run(store, "s3", "cp", "-r", "--json", "--content-type", "x/y", f"{here}/odd", "s3://ways/cp"))
            assert counts["copied"] == len(keys_of(client, "ways", "cp/")) and client.head_object(Bucket="ways", Key="cp/a b")["ContentType"] == "x/y"
        with stores.case(f"{store.kind}: s3 sync: types by the ends of names"):
            assert client.head_object(Bucket="ways", Key="t/odd/d0.txt")["ContentType"] == "text/plain"
        with stores.case(f"{store.kind}: s3 du adds up, s3 find finds"):
            total = lines(run(store, "s3", "du", "--json", "s3://ways/t"))[0]
            assert (total["count"], total["size_bytes"], total["complete"]) == (len(made), sum(map(len, made.values())), True)
            found = run(store, "s3", "find", "--name", "*/f?.txt", "--smaller", "4", "s3://ways/t").stdout.decode().split()
            assert sorted(found) == sorted(f"s3://ways/t/d{i % 7}/e{i % 3}/f{i}.txt" for i in range(4)), found
            large = lines(run(store, "s3", "find", "--json", "--larger", "65536", "s3://ways/t"))
            assert [(line["key"], line["size_bytes"]) for line in large[:-1]] == [("t/above", 65537), ("t/large", 20_000_000)]
            assert run(store, "s3", "find", "--older", "1h", "s3://ways/t").stdout == b""
            assert len(run(store, "s3", "find", "--newer", "1h", "s3://ways/t").stdout.splitlines()) == len(made)
            assert run(store, "s3", "du", "s3://ways/none", code=1).stderr.count(b"ENOENT") == 1


def differences(store):
    with prepared(store, "diff") as (client, folder):
        here = f"{folder}/in"
        run(store, "s3", "sync", "--quiet", here, "s3://diff/t")
        with stores.case(f"{store.kind}: s3 sync copies a newer one and one of another size, not an older one"):
            write(here, "empty", b"", time.time() + 100)
            write(here, "just", b"shorter", 1_000_000_000)
            write(here, "above", os.urandom(65537), 1_000_000_000)
            done = lines(run(store, "s3", "sync", "--json", here, "s3://diff/t"))
            assert sorted(line["from"].rpartition("/")[2] for line in done[:-1]) == ["empty", "just"], done
        with stores.case(f"{store.kind}: s3 sync --size-only leaves the newer one, --checksum finds the changed one"):
            write(here, "odd/end.", b"END.", time.time() + 100)
            assert summary(run(store, "s3", "sync", "--json", "--size-only", here, "s3://diff/t"))["copied"] == 0
            done = lines(run(store, "s3", "sync", "--json", "--checksum", here, "s3://diff/t"))
            assert sorted(line["from"].rpartition("/")[2] for line in done[:-1]) == ["above", "end."], done
            assert b"exclude each other" in run(store, "s3", "sync", "--size-only", "--checksum", here, "s3://diff/t", code=2).stderr
        with stores.case(f"{store.kind}: s3 sync --delete --dry-run changes nothing, --delete removes what the source has not"):
            for name in ("empty", "odd/end."):
                os.utime(f"{here}/{name}", (OLD, OLD))
            os.remove(f"{here}/odd/a+b")
            shutil.rmtree(f"{here}/d1")
            write(here, "new", b"new")
            before = keys_of(client, "diff")
            dry = run(store, "s3", "sync", "--delete", "--dry-run", here, "s3://diff/t").stdout.decode()
            assert keys_of(client, "diff") == before and "would remove s3://diff/t/odd/a+b\n" in dry and "would copy " in dry
            counts = summary(run(store, "s3", "sync", "--delete", "--json", here, "s3://diff/t"))
            now = keys_of(client, "diff")
            assert set(now) == {"t/" + os.fsdecode(name) for name in read_tree(here)}
            assert counts["removed"] == len(set(before) - set(now)) > 40 and counts["copied"] == 1, counts
        with stores.case(f"{store.kind}: s3 sync --part-size and --concurrency cut the large one"):
            os.utime(f"{here}/large", (time.time() + 100,) * 2)
            run(store, "s3", "sync", "--quiet", "--part-size", "6MiB", "--concurrency", "2", here, "s3://diff/t")
            assert client.head_object(Bucket="diff", Key="t/large")["ETag"].endswith('-4"')
            os.utime(f"{here}/large", (OLD, OLD))
        with stores.case(f"{store.kind}: s3 sync --delete of a prefix to a folder leaves links and excluded names"):
            run(store, "s3", "sync", "--quiet", "s3://diff/t", f"{folder}/out")
            write(f"{folder}/out", "more", b"x")
            write(f"{folder}/out", "more.keep", b"x")
            os.symlink("more", f"{folder}/out/link")
            assert summary(run(store, "s3", "sync", "--delete", "--json", "--exclude", "*.keep", "s3://diff/t", f"{folder}/out"))["removed"] == 1
            assert not os.path.exists(f"{folder}/out/more") and os.path.exists(f"{folder}/out/more.keep") and os.path.islink(f"{folder}/out/link")
        with stores.case(f"{store.kind}: s3 sync --delete of a prefix without a key, and of a folder that is missing, removes nothing"):
            before = read_tree(f"{folder}/out")
            assert b"ENOENT" in run(store, "s3", "sync", "--delete", "s3://diff/typo", f"{folder}/out", code=1).stderr
            assert b"typo" in run(store, "s3", "sync", "--delete", f"{folder}/typo", "s3://diff/t", code=1).stderr
            assert read_tree(f"{folder}/out") == before and len(keys_of(client, "diff")) > 100
        with stores.case(f"{store.kind}: s3 rm --recursive removes below a folder alone, and what passes the patterns"):
            client.put_object(Bucket="diff", Key="t2/x", Body=b"")
            counts = lines(run(store, "s3", "rm", "-r", "--json", "--exclude", "*", "--include", "odd/*", "s3://diff/t"))[-1]["summary"]
            assert counts["removed"] == 12 and not keys_of(client, "diff", "t/odd/")
            dry = run(store, "s3", "rm", "--recursive", "--dry-run", "s3://diff/t").stdout
            assert dry.startswith(b"would remove s3://diff/t/above\n") and len(keys_of(client, "diff", "t/")) > 100
            run(store, "s3", "rm", "--recursive", "--quiet", "s3://diff/t")
            assert keys_of(client, "diff") == {"t2/x": 0}


def trouble(store):
    client = store.boto3()
    client.create_bucket(Bucket="trouble")
    with tempfile.TemporaryDirectory() as folder:
        with stores.case(f"{store.kind}: links, loops and pipes are named, and hold up nothing"):
            write(f"{folder}/in", "d/x", b"1")
            os.symlink("..", f"{folder}/in/d/up")
            os.symlink("d", f"{folder}/in/link")
            os.symlink("nowhere", f"{folder}/in/lost")
            os.mkfifo(f"{folder}/in/pipe")
            done = run(store, "s3", "sync", "--json", f"{folder}/in", "s3://trouble/t", code=1)
            assert sorted(keys_of(client, "trouble")) == ["t/d/x", "t/link/x"]
            counts = summary(done)
            assert (counts["found"], counts["copied"], counts["skipped"], counts["failed"]) == (6, 2, 2, 2), counts
            assert all(name in done.stderr for name in (b"in/lost", b"in/pipe", b"in/d/up/", b"ELOOP"))
            run(store, "s3", "sync", "--quiet", "--no-follow-symlinks", f"{folder}/in", "s3://trouble/u")
            assert sorted(keys_of(client, "trouble", "u/")) == ["u/d/x"]
        with stores.case(f"{store.kind}: a failure keeps --delete from removing"):
            client.put_object(Bucket="trouble", Key="t/extra", Body=b"")
            done = run(store, "s3", "sync", "--delete", "--quiet", f"{folder}/in", "s3://trouble/t", code=1)
            assert b"nothing is removed" in done.stderr and "t/extra" in keys_of(client, "trouble")
        with stores.case(f"{store.kind}: a file and a folder that may not be read are named"):
            write(f"{folder}/secret", "a/x")
            os.chmod(write(f"{folder}/secret", "file"), 0)
            os.chmod(f"{folder}/secret/a", 0)
            done = subprocess.run([*UNPRIVILEGED, stores.HEADRACE, "s3", "sync", f"{folder}/secret", "s3://trouble/s"], env=store.environment(),
                                  capture_output=True, check=False)
            os.chmod(f"{folder}/secret/a", 0o755)
            assert done.returncode == 1 and b"secret/a/" in done.stderr and b"secret/file" in done.stderr, done
            assert done.stderr.count(b"EACCES") == 2, done.stderr
        with stores.case(f"{store.kind}: a name that is no UTF-8 arrives, or is named"):
            write(f"{folder}/bytes", b"\xff\xfe", b"b")
            done = store.headrace("s3", "cp", "-r", f"{folder}/bytes", "s3://trouble/bytes")
            assert done.returncode == (0 if keys_of(client, "trouble", "bytes/") else 1), done
            assert done.returncode == 0 or b"bytes/\xff\xfe" in done.stderr, done.stderr
        with stores.case(f"{store.kind}: a key of more than 1024 bytes is named"):
            write(f"{folder}/long", "/".join(["n" * 200] * 5) + "/y" * 20)
            assert b"1024 bytes" in run(store, "s3", "sync", f"{folder}/long", "s3://trouble/a-prefix", code=1).stderr
        with stores.case(f"{store.kind}: ends that are wrong"):
            assert b"must be s3://" in run(store, "s3", "sync", folder, folder, code=2).stderr
            assert b"inside one another" in run(store, "s3", "sync", "s3://trouble/t", "s3://trouble/t/x", code=2).stderr
            assert b"none: No such file" in run(store, "s3", "cp", "-r", f"{folder}/none", "s3://trouble/t", code=1).stderr
            assert b"needs --recursive" in run(store, "s3", "cp", "--dry-run", "a", "s3://trouble/t", code=2).stderr
            assert b"needs --recursive" in run(store, "s3", "rm", "--exclude", "a", "s3://trouble/t", code=2).stderr
            assert b"--storage-class" in run(store, "s3", "cp", "-r", "--storage-class", "X", "s3://trouble/t", folder, code=2).stderr


def hostile(store):
    """Keys that are no names of files; the embedded store takes them all."""
    client = store.boto3()
    client.create_bucket(Bucket="hostile")
    bad = ["../escaped", "a//b", "/rooted", "a/./b", "x" * 256, "d/..", "file/below"]
    for key in [*bad, "file", "good/one", "folder/"]:
        client.put_object(Bucket="hostile", Key="t/" + key, Body=key.encode() if key[-1] != "/" else b"")
    with tempfile.TemporaryDirectory() as folder:
        with stores.case("hostile keys are failures that name them, and nothing leaves the target"):
            done = run(store, "s3", "sync", "--json", "--concurrency", "1", "s3://hostile/t", f"{folder}/out", code=1)
            counts = summary(done)
            assert (counts["failed"], counts["copied"], counts["skipped"]) == (len(bad), 2, 1), counts
            failed = {line["from"] for line in lines(done)[:-1] if "error" in line}
            assert failed == {"s3://hostile/t/" + key for key in bad}, failed
            assert read_tree(folder) == {b"out/file": b"file", b"out/good/one": b"good/one"}, read_tree(folder)
        with stores.case("a link in the target leads nowhere"):
            os.makedirs(f"{folder}/outside")
            shutil.rmtree(f"{folder}/out/good")
            os.symlink("../outside", f"{folder}/out/good")
            done = run(store, "s3", "cp", "--recursive", "--include", "*", "s3://hostile/t", f"{folder}/out", code=1)
            assert b"hostile/t/good/one" in done.stderr and os.listdir(f"{folder}/outside") == []
        with stores.case("s3 sync between prefixes takes such keys as they are, those for folders too"):
            run(store, "s3", "sync", "--quiet", "s3://hostile/t", "s3://hostile/u")
            assert {key[2:] for key in keys_of(client, "hostile", "u/")} == {key[2:] for key in keys_of(client, "hostile", "t/")}
            run(store, "s3", "rm", "-r", "--quiet", "s3://hostile")
            assert keys_of(client, "hostile") == {}


def many(store):
    with tempfile.TemporaryDirectory() as folder:
        store.boto3().create_bucket(Bucket="many")
        for i in range(2500):
            write(f"{folder}/in", f"{i % 10}/{i}", b"x" * 100)
        with stores.case(f"{store.kind}: more than two pages up, compared, and removed by thousands"):
            assert summary(run(store, "s3", "sync", "--json", "--quiet", f"{folder}/in", "s3://many"))["copied"] == 2500
            assert summary(run(store, "s3", "sync", "--json", "--quiet", f"{folder}/in", "s3://many"))["skipped"] == 2500
            assert lines(run(store, "s3", "rm", "-r", "--json", "--quiet", "s3://many"))[-1]["summary"]["removed"] == 2500
            assert keys_of(store.boto3(), "many") == {}


def stopped(store):
    """SIGINT in the middle; the same command goes on."""
    client = store.boto3()
    client.create_bucket(Bucket="stopped")
    with tempfile.TemporaryDirectory() as folder:
        for i in range(3000):
            write(f"{folder}/in", f"{i}", b"x" * 200)
        write(f"{folder}/in", "z-large", os.urandom(30_000_000))
        run(store, "s3", "sync", "--quiet", f"{folder}/in", "s3://stopped/t")
        for name, source, target in (("up", f"{folder}/in", "s3://stopped/u"), ("down", "s3://stopped/t", f"{folder}/out")):
            with stores.case(f"SIGINT while a tree goes {name}: nothing half done, and the same command goes on"):
                words = [stores.HEADRACE, "s3", "sync", "--concurrency", "4", source, target]
                with subprocess.Popen(words, env=store.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                    # Lines come by the block: the first one says that much is done, and much is not.
                    assert select.select([process.stdout], [], [], stores.START_S)[0]
                    process.send_signal(signal.SIGINT)
                    out, errors = process.communicate(timeout=stores.START_S)
                assert process.returncode == 130 and b"SIGINT" in errors, (process.returncode, errors)
                assert b"found:" in out
                if name == "down":
                    tree = read_tree(target)
                    assert 0 < len(tree) < 3001 and all(not name.startswith(b".headrace") for name in tree)
                    made = read_tree(f"{folder}/in")
                    assert all(data == made[name] for name, data in tree.items())
                else:
                    assert not client.list_multipart_uploads(Bucket="stopped").get("Uploads")
                run(store, "s3", "sync", "--quiet", source, target)
                if name == "down":
                    assert read_tree(target) == read_tree(f"{folder}/in")
                else:
                    assert len(keys_of(client, "stopped", "u/")) == 3001


def changing(store):
    """A file that grows while it is sent: the object is one state of it, or a failure says so."""
    client = store.boto3()
    client.create_bucket(Bucket="changing")
    with tempfile.TemporaryDirectory() as folder, stores.case("a file that changes all the time is sent whole, or named"):
        path = write(folder, "grows", os.urandom(200_000))
        with subprocess.Popen([sys.executable, "-c", "import sys\nf = open(sys.argv[1], 'ab', 0)\nf.write(b'x')\nprint(flush=True)\nwhile True: f.write(b'x')", os.fsdecode(path)],
                              stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            done = store.headrace("s3", "cp", "-r", folder, "s3://changing/t")
            writer.kill()
        if done.returncode:
            assert done.returncode == 1 and b"changes while it is read" in done.stderr, (done.returncode, done.stderr)
            return
        with open(path, "rb") as file:
            whole = file.read()
        body = client.get_object(Bucket="changing", Key="t/grows")["Body"].read()
        assert len(body) > 200_000 and whole.startswith(body), "no state that the file has had"


def main():
    with stores.embedded() as store:
        both_ways(store)
        differences(store)
        trouble(store)
        many(store)
        hostile(store)
        stopped(store)
        changing(store)
    if os.path.exists(stores.VERSITYGW):
        with stores.versitygw() as store:
            both_ways(store)
            differences(store)
            trouble(store)
    else:
        stores.skip("versitygw: trees", "it is not there")
    stores.finish()


if __name__ == "__main__":
    main()
