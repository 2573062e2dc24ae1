"""`headrace man` and `headrace completion`: the page has every command and option and no warning of man's; shells complete them."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

PLAIN = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "400", "MAN_KEEP_FORMATTING": ""}
BASH = """. "$1"; shift
compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_headrace
printf '%s\\n' "${COMPREPLY[@]}"
"""


def output_of(*command, data=None):
    done = subprocess.run(command, input=data, capture_output=True, check=False, text=True, timeout=120, env=PLAIN)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def headrace(*arguments):
    return output_of(stores.HEADRACE, *arguments)


def commands():
    """Of the overview, with the long names of their options by --help."""
    found = {}
    for line in headrace("--help").split("commands:\n")[1].split("\n\n")[0].splitlines():
        path = re.match(r"^  ((?:[a-z0-9]+ ?)+?)(?:  | [A-Z])", line)[1].strip()
        if path != "help":
            found[path] = set(re.findall(r"^ +(?:-\w, )?--([\w.-]+)", headrace(*path.split(), "--help"), re.M))
    return found


def check_page(page, all_commands):
    with stores.case("man: no warning of man's or of groff's"):
        done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", "-Z", page], capture_output=True, check=False, text=True, timeout=120, env=PLAIN)
        assert done.returncode == 0 and not done.stderr, done.stderr[:500]
    with stores.case("man: every command and every option of its help"):
        text = re.sub(r".\x08", "", output_of("man", "-l", page))
        for path, options in all_commands.items():
            assert re.search(rf"^ +headrace {path}\b", text, re.M), path
            missing = [name for name in options if f"--{name}" not in text]
            assert not missing, (path, missing)


def bash(script, *words):
    return output_of("bash", "-c", BASH, "bash", script, *words).split()


def check_bash(script, all_commands):
    with stores.case("completion bash: commands and verbs"):
        families = {path.split()[0] for path in all_commands}
        assert set(bash(script, "headrace", "")) >= families, families
        assert bash(script, "headrace", "doc") == ["doctor"]
        assert set(bash(script, "headrace", "bench", "")) == {"s3", "http", "log", "config", "service"}
    with stores.case("completion bash: every option of every command"):
        for path, options in all_commands.items():
            told = set(bash(script, "headrace", *path.split(), "--"))
            assert {f"--{name}" for name in options} <= told, (path, {f"--{name}" for name in options} - told)
    with stores.case("completion bash: choices, and files"), tempfile.TemporaryDirectory() as folder:
        assert bash(script, "headrace", "bench", "s3", "--payload", "s") == ["signed"]
        open(f"{folder}/trace.csv", "wb").close()
        os.mkdir(f"{folder}/trick")
        assert set(bash(script, "headrace", "bench", "s3", "--trace", f"{folder}/tr")) == {f"{folder}/trace.csv", f"{folder}/trick"}
        assert bash(script, "headrace", "bench", "service", "--directory", f"{folder}/tr") == [f"{folder}/trick"]
        assert bash(script, "headrace", "bench", "s3", "--seed", "1") == []


def check_others(folder):
    for shell, script in (("zsh", "_headrace"), ("fish", "headrace.fish")):
        if not shutil.which(shell):
            stores.skip(f"completion {shell}: it can be read", f"{shell} is not there")
            continue
        with stores.case(f"completion {shell}: it can be read"):
            output_of(shell, "-n", f"{folder}/{script}")
    if shutil.which("fish"):
        with stores.case("completion fish: a command, a verb, an option, a choice"):
            for line, word in (("headrace doc", "doctor"), ("headrace bench ser", "service"), ("headrace bench s3 --conc", "--concurrency"),
                               ("headrace bench s3 --payload uns", "unsigned")):
                told = output_of("fish", "--no-config", "-c", f"source {folder}/headrace.fish; complete -C '{line}'")
                assert told.split("\t")[0] == word, (line, told)


def main():
    all_commands = commands()
    with tempfile.TemporaryDirectory() as folder:
        for name, words in (("headrace.1", ["man"]), ("headrace", ["completion", "bash"]), ("_headrace", ["completion", "zsh"]),
                            ("headrace.fish", ["completion", "fish"])):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(headrace(*words))
        check_page(f"{folder}/headrace.1", all_commands)
        check_bash(f"{folder}/headrace", all_commands)
        check_others(folder)
    with stores.case("completion: another shell is refused by name"):
        done = subprocess.run([stores.HEADRACE, "completion", "tcsh"], capture_output=True, check=False, text=True, timeout=60)
        assert done.returncode == 2 and "'tcsh' is no shell that is known here: bash, zsh, fish" in done.stderr, done
    stores.finish()


if __name__ == "__main__":
    main()
