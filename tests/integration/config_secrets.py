#!/usr/bin/env python3
"""No secret of a configuration in anything that is printed, nor in a core: one of a kind for each way in which it comes in, and values that are no
secrets, which have to be found by the same search. The variables and arguments of a process hold their texts themselves; so secrets of a
variable, and of a setting, are looked for in what is printed alone."""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
# A sanitizer's shadow memory is too much for a core: the program is built with the library of the release.
RELEASE = os.path.join(stores.ROOT, "build/release")
BUILT = tempfile.TemporaryDirectory()
VAULT = os.path.join(BUILT.name, "config_vault")
PATIENCE_S = 120
WAYS = ("plain", "quoted", "block", "anchored", "included", "folder", "path", "in_file", "referred", "tokens", "accounts", "variable", "setting")
OF_FILES = WAYS[:-2]


def build_vault():
    includes = [f"-I{os.path.join(stores.ROOT, folder)}" for folder in ("config/include", "engine/base/include", "build/release/include")]
    subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", *includes, os.path.join(stores.ROOT, "tests/support/config_vault.c"), "-o", VAULT,
                    f"-L{RELEASE}", "-lheadrace", f"-Wl,-rpath,{RELEASE}"], check=True)


def one_of_a_kind(way):
    return f"s3cr3t-{way}-{uuid.uuid4().hex}"


class Folder:
    """All sources, with a secret a way."""

    def __init__(self, root, faults=""):
        self.root, self.faults = root, faults
        self.secret = {way: one_of_a_kind(way) for way in WAYS}
        self.control = f"sh0wn-{uuid.uuid4().hex}"
        os.mkdir(os.path.join(root, "secrets"), 0o700)
        self.write("main.yaml", self.document())
        self.write("other.yaml", f"included: {self.secret['included']}\n")
        self.write(".env", f"ESPER_IN_FILE={self.secret['in_file']}\nREFERENCE='{self.secret['referred']}'\n")
        self.write("secrets/folder", self.secret["folder"] + "\n")
        self.write("path", self.secret["path"])

    def document(self):
        s = self.secret
        return (f"include: other.yaml\ncontrol: {self.control}\nplain: {s['plain']}\nquoted: \"{s['quoted']}\"\nblock: |\n  {s['block']}\n"
                f"anchored: &a {s['anchored']}\nalias: *a\nreferred: x${{REFERENCE}}y\ntokens: [one, '{s['tokens']}']\n"
                f"accounts:\n  me: {{user: me, token: {s['accounts']}}}\n{self.faults}")

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def at(self, name):
        return os.path.join(self.root, name)

    def variables(self):
        return {"PATH": os.environ["PATH"], "ESPER_PATH_FILE": self.at("path")}

    def start(self, *sets, **variables):
        """A process that holds the configuration. It, and all that it has printed."""
        process = subprocess.Popen([VAULT, self.at("main.yaml"), self.at(".env"), self.at("secrets"), *sets], env={**self.variables(), **variables},
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.root,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
        printed = b""
        while not re.search(rb"^held \d+\n\Z", printed, re.MULTILINE):
            line = process.stdout.readline()
            assert line, printed
            printed += line
        return process, printed

    def found(self, data, ways=WAYS):
        return [way for way in ways if self.secret[way].encode() in data]


def end(process):
    process.stdin.close()
    process.stdout.close()
    return process.wait(PATIENCE_S)


def core_of(folder, process):
    """Written by gcore, of a process that goes on."""
    done = subprocess.run(["gcore", "-o", folder.at("core"), str(process.pid)], capture_output=True, timeout=PATIENCE_S, check=False)
    path = f"{folder.at('core')}.{process.pid}"
    assert os.path.exists(path), done
    with open(path, "rb") as file:
        data = file.read()
    os.unlink(path)
    return data


def kernel_core_of(folder, process):
    """Written by the kernel, of a process that aborts; None: it writes none into the working folder."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read().strip()
    before = set(os.listdir(folder.root))
    process.send_signal(signal.SIGABRT)
    assert end(process) == -signal.SIGABRT
    made = set(os.listdir(folder.root)) - before
    if not made and (pattern.startswith("|") or "/" in pattern):
        return None
    with open(folder.at(made.pop()), "rb") as file:
        return file.read()


def memory_of(process):
    """All that it may write to, as a debugger reads it."""
    data = []
    with open(f"/proc/{process.pid}/maps", encoding="utf-8") as maps, open(f"/proc/{process.pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            begin, past = (int(at, 16) for at in span.split("-"))
            if not rights.startswith("rw") or past - begin > 1 << 30:
                continue
            memory.seek(begin)
            try:
                data.append(memory.read(past - begin))
            except OSError:
                continue
    return b"".join(data)


FAULTS = {
    "nothing": "",
    "an unknown key": "plian: x\n",
    "a value of another kind": "port: x\n",
    "a key that is there twice": "block: x\n",
    "an alias that is none": "more: *b\n",
    "text that is no YAML": "more: [\n",
    "a reference that is none": "more: ${REFERENCE?}\n",
}


def print_all():
    for name, faults in FAULTS.items():
        with stores.case(f"no secret is printed: {name}"), tempfile.TemporaryDirectory() as root:
            folder = Folder(root, faults)
            process, printed = folder.start(f"setting={folder.secret['setting']}", ESPER_VARIABLE=folder.secret["variable"])
            assert end(process) == (1 if faults else 0), printed.decode()
            assert not folder.found(printed), (folder.found(printed), printed.decode())
            assert b"s3cr3t-default" not in printed
            assert faults or folder.control.encode() in printed, "the search finds what is printed"
            assert not faults or b"error: " in printed, printed.decode()


def print_short():
    """Every secret is refused by its length, its pattern, its kind or its place."""
    with stores.case("no secret is printed that is refused itself"), tempfile.TemporaryDirectory() as root:
        folder = Folder(root)
        s = folder.secret
        folder.write("main.yaml", f"include: other.yaml\nplain: [{s['plain']}]\nquoted: {{\"{s['quoted']}\": x}}\nplain_of_old: {s['block']}\n"
                     f"port: x${{REFERENCE}}\ntokens: [{{a: '{s['tokens']}'}}]\naccounts: {{me: {{tokne: {s['accounts']}}}}}\n"
                     f"anchored: my${{{s['anchored']}!}}\n")
        folder.write("other.yaml", f"included: '{s['included']}.'\n")
        folder.write(".env", f"ESPER_PORT={s['in_file']}\nREFERENCE={s['referred']}\nESPER_BROKEN=\"{s['path']}\\q\"\n")
        folder.write("secrets/port", s["folder"])
        process, printed = folder.start(f"accounts={s['setting']}", ESPER_PORT=s["variable"])
        assert end(process) == 1
        assert not folder.found(printed), (folder.found(printed), printed.decode())
        assert printed.count(b"error: ") >= 9, printed.decode()


def cores():
    with stores.case("no secret is in a core that gcore writes"), tempfile.TemporaryDirectory() as root:
        folder = Folder(root)
        process, printed = folder.start()
        data = core_of(folder, process)
        assert end(process) == 0, printed.decode()
        assert folder.at("main.yaml").encode() in data, "the search finds what is in a core"
        assert not folder.found(data, OF_FILES), folder.found(data, OF_FILES)
    with stores.case("no secret is in a core that the kernel writes"), tempfile.TemporaryDirectory() as root:
        folder = Folder(root)
        process, _ = folder.start()
        data = kernel_core_of(folder, process)
        if data is None:
            print("skip: a core that the kernel writes: core_pattern leads elsewhere", flush=True)
        else:
            assert folder.at("main.yaml").encode() in data, "the search finds what is in a core"
            assert not folder.found(data, OF_FILES), folder.found(data, OF_FILES)


def memory():
    with stores.case("no secret is in the memory once the configuration is freed"), tempfile.TemporaryDirectory() as root:
        folder = Folder(root)
        process, _ = folder.start()
        held = folder.found(memory_of(process), OF_FILES)
        assert set(held) == set(OF_FILES), ("the search finds what is there", held)
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"freed\n"
        left = folder.found(memory_of(process), OF_FILES)
        assert end(process) == 0 and not left, left


def command():
    """The command knows no schema here: secrets are those of files that a variable names."""
    rows = (["check"], ["show"], ["show", "--json"], ["show", "--env"], ["show", "--env", "--json"], ["get", "path"], ["get", "--json", "path"],
            ["check", "--json"])
    with stores.case("no secret is printed by check, show, get and diff"), tempfile.TemporaryDirectory() as root:
        folder = Folder(root)
        plain, other = folder.write("plain.yaml", f"control: {folder.control}\n"), folder.write("2.yaml", "control: x\npath: {a: 1}\n")
        printed = b""
        for words in rows:
            arguments = words[:1] + [plain] + words[1:] if words[0] != "get" else words + [plain]
            done = subprocess.run([HEADRACE, "config", *arguments], env=folder.variables(), capture_output=True, timeout=PATIENCE_S, check=False)
            printed += done.stdout + done.stderr
        for words in (["diff", plain, other], ["diff", "--json", plain, other], ["check", other], ["check", "--json", other]):
            done = subprocess.run([HEADRACE, "config", *words], env=folder.variables(), capture_output=True, timeout=PATIENCE_S, check=False)
            printed += done.stdout + done.stderr
        assert folder.control.encode() in printed, "the search finds what is printed"
        assert not folder.found(printed), printed.decode()
        shown = subprocess.run([HEADRACE, "config", "show", "--json", plain], env=folder.variables(), capture_output=True, check=True).stdout
        assert json.loads(shown)["path"] == "***"


build_vault()
print_all()
print_short()
cores()
memory()
command()
stores.finish()
