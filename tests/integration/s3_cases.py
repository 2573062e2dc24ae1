"""The responses of the conformance cases, each sent by a server to the client that has asked for it, and the sequences of the retry cases:
what the client concludes, and how often it asked. Documents alone are the unit tests' business; here the whole client reads them."""
import contextlib
import json
import os
import socket
import sys
import threading

sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support")  # this folder's secrets.py hides another
import drivers  # noqa: E402
import stores  # noqa: E402

NAME = "s3_cases"
CASES = os.environ.get("HR_CASES", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/cases"))
PLACE = {"bucket": "b", "key": "k"}
UPLOAD = {**PLACE, "upload_id": "u"}
# Rows with an operation that has no request of its own here, and the reason.
ELSEWHERE = {"CreateSession": "sent by the client itself, for directory buckets: unit tests read it"}
# Rows that are asked more often than they say, and the reason; their error is checked all the same.
ASKED_AGAIN = {"scripted/GetObject/get_object_error_part": "its Date is years off: asked once more, with the store's time"}
LAST_PAGES = {"part_list": "ListPartsResult", "version_list": "ListVersionsResult", "upload_list": "ListMultipartUploadsResult"}


class Server:
    """Answers one request a connection, with the next of the answers (bytes, or None for a reset); the last one again and again."""

    def __init__(self):
        self.answers, self.asked = [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self.answer(connection)

    def answer(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        size = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(body) < size:
            body += connection.recv(65536)
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        else:
            connection.sendall(answer)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


class Store(stores.Store):
    def __init__(self, server, attempts):
        super().__init__("cases", server.endpoint, None)
        self.attempts = attempts

    def environment(self, secret_key=stores.SECRET_KEY):
        return {**super().environment(secret_key), "AWS_MAX_ATTEMPTS": str(self.attempts)}


def wire(response, method="GET"):
    body = (response.get("body") or "").encode()
    repeat = response.get("body_repeat")
    if repeat:
        body = repeat["text"].encode() * repeat["times"]
    fields = {name: value for name, value in (response.get("headers") or {}).items() if name.lower() != "connection"}
    names = {name.lower() for name in fields}
    if "content-length" not in names and "transfer-encoding" not in names and response["status"] != 204:
        fields["Content-Length"] = str(len(body))
    fields["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {response['status']} X\r\n{head}\r\n".encode() + (b"" if method == "HEAD" else body)


def request_of(case):
    """What the driver is asked: the operation and its members."""
    operation, asked = case["operation"], case.get("request") or case.get("params") or {}
    range_text = asked.get("range") or asked.get("Range")
    ranged = {}
    headers = {name.lower(): value for name, value in (case["response"].get("headers") or {}).items()}
    if not range_text and case["response"]["status"] == 206:
        range_text = "bytes=" + headers["content-range"].removeprefix("bytes ").partition("/")[0]
    if case["name"].startswith("ok/range-ignored"):
        range_text = "bytes=0-9"
    if range_text:
        first, last = range_text.removeprefix("bytes=").split("-")
        ranged = {"ranged": True, "range_first": int(first), "range_last": int(last)}
    return {
        "GetObject": ("get", {**PLACE, **ranged}), "HeadObject": ("head", PLACE), "DeleteObject": ("delete", PLACE),
        "GetBucketLocation": ("bucket_location", {"bucket": "b"}), "ListObjectsV2": ("list", {"bucket": "b", "one_page": True}),
        "ListObjects": ("list", {"bucket": "b"}), "ListObjectVersions": ("version_list", {"bucket": "b"}), "ListMultipartUploads": ("upload_list", {"bucket": "b"}),
        "ListParts": ("part_list", UPLOAD), "CreateBucket": ("bucket_create", {"bucket": "b"}), "CreateMultipartUpload": ("upload_create", PLACE),
        "UploadPart": ("upload_part", {**UPLOAD, "part_number": 1, "body": "x"}), "AbortMultipartUpload": ("upload_abort", UPLOAD),
        "CompleteMultipartUpload": ("upload_complete", {**UPLOAD, "parts": [[1, "e"]]}),
    }.get(operation, ("request", {"bucket": "b"}))


def unquoted(etag):
    return etag[1:-1] if etag.startswith('"') else etag


def check_error(expected, result):
    error = result.get("error")
    assert error, (expected, result)
    if "checksum" in expected:
        assert error["name"] == "HR_ERR_S3_CHECKSUM" and expected["expected"] in error["message"] and expected["computed"] in error["message"], error
        return
    if expected.get("code"):
        assert error["code"] == expected["code"], (expected, error)
    if expected.get("message"):
        assert error["message"].startswith(expected["message"][:150]), (expected, error)
    if expected.get("request_id"):
        assert error["request_id"] == expected["request_id"], (expected, error)


def check_result(expected, result):
    if "must notice" in expected.get("note", ""):
        assert result["error"]["name"] == "HR_ERR_HTTP_UNEXPECTED", result
        return
    assert "error" not in result, (expected, result["error"])
    info, body = result.get("info") or {}, result.get("body_size")
    if "ETag" in expected and ("etag" in result or "etag" in info):
        assert (result.get("etag") or info.get("etag")) == unquoted(expected["ETag"]), (expected, result)
    if "UploadId" in expected and "upload_id" in result:
        assert result["upload_id"] == expected["UploadId"], (expected, result)
    for name in ("TotalSize", "ContentLength"):
        if name in expected and info and "ContentRange" not in expected:
            assert info["size_bytes"] == int(expected[name]), (expected, info)
    if "body_length" in expected:
        assert body == expected["body_length"], (expected, body)
    if "Contents" in expected:
        listed = [entry["key"] for entry in result["entries"] if not entry.get("is_prefix")]
        assert len(listed) == len(expected["Contents"]), (expected, listed)
    if "Parts" in expected:
        assert [entry["part_number"] for entry in result["entries"]] == [part["PartNumber"] for part in expected["Parts"]], result["entries"]
    for name in ("Versions", "Uploads"):
        if name in expected:
            listed = [entry["key"] for entry in result["entries"] if not entry.get("is_delete_marker")]
            assert listed == [entry["Key"] for entry in expected[name]], (expected, listed)


def check_row(case, driver, server, attempts):
    """One row. Pages after the one that is given end in the answer that there are no more."""
    operation, members = request_of(case)
    method = "HEAD" if operation == "head" else "GET"
    answer = wire(case["response"], method)
    server.asked = 0
    server.answers = [answer]
    if operation in LAST_PAGES:
        server.answers = [answer, wire({"status": 200, "body": f"<{LAST_PAGES[operation]}></{LAST_PAGES[operation]}>"})]
    result = driver.ask(operation, **members)
    expect = case.get("expect", {})
    if "accept" in case:
        return
    if "error" in expect:
        check_error(expect["error"], result)
        retryable = case.get("retryable", expect.get("retryable"))
        if isinstance(retryable, bool) and case["operation"] == "GetObject" and case["name"] not in ASKED_AGAIN:
            assert (server.asked == attempts) == retryable, (server.asked, retryable)
    elif "result" in expect:
        check_result(expect["result"], result)


def load(name):
    with open(os.path.join(CASES, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_responses(name):
    rows, passed, differing = load(f"s3/{name}.given.jsonl"), 0, []
    server = Server()
    try:
        with drivers.driver(Store(server, 2)) as driver:
            for case in rows:
                if case["operation"] in ELSEWHERE or set(case["expect"]) == {"note"}:  # response-scripted has what those notes mean
                    differing.append(case["name"])
                    continue
                try:
                    check_row(case, driver, server, 2)
                    passed += 1
                except AssertionError as problem:
                    stores.fail(f"{name}, {case['name']}", problem)
    finally:
        server.close()
    stores.check(f"{name}: {passed} of {len(rows)}, elsewhere {len(differing)}", passed + len(differing) == len(rows))


def check_sequence(case):
    """A complete where an <Error> stands behind 200, else a get."""
    words = {"reset": None, "200": wire({"status": 200, "headers": {"ETag": "\"e\""}, "body": "<CompleteMultipartUploadResult><ETag>e</ETag>"
                                         "</CompleteMultipartUploadResult>"})}
    complete = any(word.startswith("200:") for word in case["responses"])
    server = Server()
    for word in case["responses"]:
        status, _, code = word.partition(":")
        body = f"<Error><Code>{code}</Code></Error>" if code else ""
        server.answers.append(words[word] if word in words else wire({"status": int(status), "body": body}))
    try:
        with drivers.driver(Store(server, case["max_attempts"])) as driver:
            result = driver.ask("upload_complete", **UPLOAD, parts=[[1, "e"]]) if complete else driver.ask("get", **PLACE)
    finally:
        server.close()
    assert (server.asked, "error" not in result) == (case["expect"]["attempts"], case["expect"]["success"]), (server.asked, result)


def main():
    if not os.path.isdir(CASES):
        stores.skip(NAME, f"no conformance cases in {CASES}")
    elif stores.need(NAME):
        check_responses("response")
        check_responses("response-scripted")
        for case in load("aws-retry/cases.given.jsonl"):
            if case["kind"] == "sequence":
                with stores.case(case["name"]):
                    check_sequence(case)
    stores.finish()


if __name__ == "__main__":
    main()
