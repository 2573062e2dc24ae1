"""Programs that keep their data in a store, on `serve s3 --store FOLDER`, which is started anew in between: rclone (copy, check) and
restic (init, backup, check, restore, prune). Skips those that are not installed."""
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from stores import ACCESS_KEY, REGION, SECRET_KEY, case, embedded, finish, skip  # noqa: E402

SIZES = [0, 1, 4095, 70_000, 1 << 20, 12 << 20]  # the last one goes up in parts


def make_tree(folder):
    for i, size in enumerate(SIZES):
        path = os.path.join(folder, f"a{i % 2}", f"ünï code {i}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(os.urandom(size))
    return folder


def same_trees(left, right):
    compared = filecmp.dircmp(left, right)
    assert not compared.left_only and not compared.right_only, (compared.left_only, compared.right_only)
    _, differ, failed = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    assert not differ and not failed, (differ, failed)
    for name in compared.common_dirs:
        same_trees(os.path.join(left, name), os.path.join(right, name))


def run(*command, **environment):
    done = subprocess.run(command, capture_output=True, timeout=300, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout.decode()[-500:]} {done.stderr.decode()[-1000:]}"
    return done.stdout.decode()


def served(folder):
    return embedded("--store", folder)


def rclone(endpoint, config, *arguments):
    return run("rclone", "--config", config, *arguments, RCLONE_CONFIG_X_TYPE="s3", RCLONE_CONFIG_X_PROVIDER="Other",
               RCLONE_CONFIG_X_ENDPOINT=endpoint, RCLONE_CONFIG_X_ACCESS_KEY_ID=ACCESS_KEY,
               RCLONE_CONFIG_X_SECRET_ACCESS_KEY=SECRET_KEY, RCLONE_CONFIG_X_REGION=REGION)


def test_rclone(top, tree):
    folder, config = os.path.join(top, "rclone"), os.path.join(top, "rclone.conf")
    with open(config, "w", encoding="utf-8"):
        pass
    with served(folder) as store:
        rclone(store.endpoint, config, "mkdir", "x:bucket")
        rclone(store.endpoint, config, "copy", "--s3-chunk-size", "5M", "--s3-upload-cutoff", "5M", tree, "x:bucket/tree")
        rclone(store.endpoint, config, "check", "--download", tree, "x:bucket/tree")
    with served(folder) as store:
        rclone(store.endpoint, config, "check", "--download", tree, "x:bucket/tree")
        rclone(store.endpoint, config, "copy", "x:bucket/tree", os.path.join(top, "rclone-back"))
        same_trees(tree, os.path.join(top, "rclone-back"))
        rclone(store.endpoint, config, "purge", "x:bucket")
    assert not [name for _, _, names in os.walk(os.path.join(folder, "objects")) for name in names], "files are left"


def restic(store, top, *arguments):
    return run("restic", "-r", f"s3:{store.endpoint}/restic/repository", "--cache-dir", os.path.join(top, "cache"), *arguments,
               AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY, RESTIC_PASSWORD="password",
               AWS_DEFAULT_REGION=REGION)


def test_restic(top, tree):
    folder = os.path.join(top, "restic")
    with served(folder) as store:
        restic(store, top, "init")
        restic(store, top, "backup", tree)
        restic(store, top, "check", "--read-data")
    os.remove(os.path.join(tree, "a0", "ünï code 4"))
    with served(folder) as store:
        restic(store, top, "backup", tree)
        restic(store, top, "forget", "--keep-last", "1", "--prune")
        restic(store, top, "check", "--read-data")
    with served(folder) as store:
        restic(store, top, "restore", "latest", "--target", os.path.join(top, "restic-back"))
        same_trees(tree, os.path.join(top, "restic-back") + tree)
        restic(store, top, "check", "--read-data")


with tempfile.TemporaryDirectory() as place:
    files = make_tree(os.path.join(place, "tree"))
    for program, test in (("rclone", test_rclone), ("restic", test_restic)):
        title = f"store: {program} on a store in files, which is started again in between"
        if not shutil.which(program):
            skip(title, f"{program} is not installed")
            continue
        with case(title):
            test(place, files)
finish()
