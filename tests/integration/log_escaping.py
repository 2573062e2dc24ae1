"""Every published string through all formats of the logger, as message, value and key: two JSON parsers that are not ours
(Python's, Node's; the unit tests have jansson) give it back, logfmt is read by a reader of this file's own, and no line is two.
The published JSON documents say first that the parsers are strict, and are then read by `headrace log cat`."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

PROGRAM = os.environ.get("HR_LOG_ESCAPED", os.path.join(os.path.dirname(stores.HEADRACE), "../tests/log_escaped"))
CASES = os.path.join(os.environ.get("HR_CASES", os.path.join(stores.ROOT, "../shared/cases")), "text-escaping")
NODE = """
const lines = require('fs').readFileSync(0);
const out = [], strict = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
for (let at = 0; at < lines.length; ) {
  const size = lines.readUInt32BE(at), text = lines.subarray(at + 4, at + 4 + size);
  at += 4 + size;
  try { out.push(JSON.stringify([JSON.parse(strict.decode(text))])); } catch (e) { out.push('null'); }
}
console.log(out.join('\\n'));
"""


def load(name):
    with open(os.path.join(CASES, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def python_parse(data):
    """The document in a list, or None. Python takes NaN and Infinity, which are none of JSON's, unless told otherwise."""
    def refuse(word):
        raise ValueError(word)
    try:
        return [json.loads(data.decode(), parse_constant=refuse)]
    except (ValueError, RecursionError):
        return None


def node_parse(documents):
    """The same for many documents at once."""
    framed = b"".join(len(data).to_bytes(4, "big") + data for data in documents)
    done = subprocess.run(["node", "-e", NODE], input=framed, capture_output=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def bytes_of(case):
    """None: it is only described."""
    return base64.b64decode(case["bytes_b64"]) if "bytes_b64" in case else None


def check_parsers(documents):
    for name, parse in (("Python", lambda all_of_them: [python_parse(data) for data in all_of_them]), ("Node", node_parse)):
        if name == "Node" and not shutil.which("node"):
            stores.skip("JSON documents: Node is strict", "node is not installed")
            continue
        with stores.case(f"JSON documents: {name} is strict"):
            read = parse([data for _, data in documents])
            wrong = [case["name"] for (case, _), value in zip(documents, read)
                     if case["expect"] != "either" and (value is not None) != (case["expect"] == "accept")]
            assert not wrong and len(documents) > 100, wrong


def shown_as(line):
    """What log cat makes of a line that is JSON: no control of any kind reaches a terminal."""
    return "".join(f"\\u{ord(c):04x}" if "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" else c for c in line.decode()).encode()


def check_reader(documents):
    """A line whose member is the document is a record where Python takes it for JSON, and comes out as it was."""
    lines = [b'{"timestamp":"2026-11-22T10:00:00Z","level":"INFO","message":"m","x":' + data + b"}" for case, data in documents
             if case["expect"] != "either" and b"\n" not in data and b"\r" not in data]
    done = subprocess.run([stores.HEADRACE, "log", "cat", "--json"], input=b"\n".join(lines), capture_output=True, check=True, timeout=60)
    with stores.case("JSON documents: log cat takes what is JSON, as it was, and nothing else"):
        expected = [shown_as(line) for line in lines if python_parse(line) is not None]
        assert done.stdout.splitlines() == expected and 40 < len(expected) < len(lines) - 40, (len(expected), len(lines))


def written(form, strings, folder):
    path = os.path.join(folder, form)
    sent = "\n".join(data.hex() for data in strings) + "\n"
    subprocess.run([PROGRAM, form, path], input=sent.encode(), check=True, timeout=120)
    with open(path, "rb") as file:
        data = file.read()
    assert data.endswith(b"\n")
    lines = data.decode().split("\n")[:-1]  # strictly UTF-8
    assert len(lines) == 4 * len(strings), (len(lines), len(strings))
    for line in lines:
        assert not any(c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" for c in line), line
    return [lines[i:i + 4] for i in range(0, len(lines), 4)]


def check_json(cases, strings, folder):
    names, parsers = ("timestamp", "level", "logger", "message"), [("Python", None)]
    if shutil.which("node"):
        parsers.append(("Node", node_parse))
    groups = written("json", strings, folder)
    for parser, parse in parsers:
        with stores.case(f"strings in JSON, read by {parser}"):
            lines = [line.encode() for group in groups for line in group]
            read = parse(lines) if parse else [python_parse(line) for line in lines]
            for i, case in enumerate(cases):
                site, value, key, message = (read[4 * i + k][0] for k in range(4))
                text = case["text"]
                shown = "fields." + text if text in names + ("ts", "msg", "source") else text
                assert site["plain"] == value["plain"] == text, (case["name"], site)
                assert key[shown] == "plain" and message["message"] == text, (case["name"], key, message)
                assert [len(one) for one in (site, value, key, message)] == [5, 5, 5, 4], case["name"]


def logfmt_fields(line):
    """Pairs of key and value: bare, or a JSON string."""
    fields, decoder = [], json.JSONDecoder()

    def word(at, ends):
        if line[at] == '"':
            return decoder.raw_decode(line, at)
        end = min((line.find(c, at) for c in ends if line.find(c, at) >= 0), default=len(line))
        assert end > at and not set('"=[]\\ ') & set(line[at:end]), line
        return line[at:end], end
    at = 0
    while True:
        key, at = word(at, "=")
        assert line[at] == "=", line
        value, at = word(at + 1, " ")
        fields.append((key, value))
        if at == len(line):
            return fields
        assert line[at] == " ", line
        at += 1


def check_logfmt(cases, strings, folder):
    with stores.case("strings in logfmt, read by a reader that knows quotes"):
        reserved = ("timestamp", "level", "logger", "message", "ts", "msg", "source")
        for case, (site, value, key, message) in zip(cases, written("logfmt", strings, folder)):
            text = case["text"]
            shown = "fields." + text if text in reserved else text
            assert logfmt_fields(site)[4:] == logfmt_fields(value)[4:] == [("plain", text)], (case["name"], site)
            assert logfmt_fields(key)[4:] == [(shown, "plain")], (case["name"], key)
            assert logfmt_fields(message)[3:] == [("msg", text)], (case["name"], message)


def check_text(cases, strings, folder):
    with stores.case("strings in text: one line each, values as in logfmt"):
        for case, (site, value, key, message) in zip(cases, written("text", strings, folder)):
            head, mark, fields = site.partition(" - INFO - plain [")
            assert mark and fields.endswith("]") and value.partition(" [")[2] == fields, (case["name"], site)
            assert logfmt_fields(fields[:-1]) == [("plain", case["text"])], (case["name"], site)
            assert logfmt_fields(key.partition(" - INFO - plain [")[2][:-1]) == [(case["text"], "plain")], (case["name"], key)
            assert message.startswith(head[:10]) and " - test - INFO - " in message, message


def check_cat(strings, folder):
    with stores.case("strings through log cat: text comes out as it went in, logfmt and JSON as text"):
        texts = {}
        for form in ("text", "json", "logfmt"):
            path = os.path.join(folder, form)
            done = subprocess.run([stores.HEADRACE, "log", "cat", path], capture_output=True, check=True, timeout=60)
            texts[form] = [line.split(b" - ", 1)[1] for line in done.stdout.split(b"\n")[:-1]]
            if form == "text":
                with open(path, "rb") as file:
                    assert done.stdout == file.read()
            assert len(texts[form]) == 4 * len(strings), form
        # A key that text need not set apart is `fields.` elsewhere, and a message that looks like fields is one in text.
        differing = [i for i, (a, b) in enumerate(zip(texts["json"], texts["logfmt"])) if a != b]
        assert len(differing) <= 8, [(texts["json"][i], texts["logfmt"][i]) for i in differing[:3]]


def main():
    if not os.path.isdir(CASES):
        stores.skip("log escaping", f"no conformance cases in {CASES}")
        stores.finish()
    documents = [(case, bytes_of(case)) for case in load("json.given.jsonl")]
    documents = [(case, data) for case, data in documents if data is not None]
    check_parsers(documents)
    check_reader(documents)
    if not os.path.exists(PROGRAM):
        stores.skip("log escaping", f"{PROGRAM} is not built")
        stores.finish()
    cases = load("strings.given.jsonl")
    strings = [base64.b64decode(case["bytes_b64"]) for case in cases]
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_json, check_logfmt, check_text):
            check(cases, strings, folder)
        check_cat(strings, folder)
    stores.finish()


if __name__ == "__main__":
    main()
