"""`headrace bench http --beside`: the server's own counts beside what each program tells. No figure is held against another here."""
import collections
import http.server
import json
import os
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
BODY = b"b" * 700


class Server(http.server.ThreadingHTTPServer):
    """Counts requests, bodies and connections by the program that they are of."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        self.requests, self.received, self.connections = collections.Counter(), collections.Counter(), collections.Counter()
        self.seen, self.paths = set(), set()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that end by time leave requests behind."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def count(self, received=0):
        agent = self.headers.get("User-Agent", "wrk").split("/")[0].split(" ")[0]
        with self.server.lock:
            self.server.requests[agent, self.command] += 1
            self.server.received[agent] += received
            self.server.paths.add(self.path)
            if self.client_address not in self.server.seen:
                self.server.seen.add(self.client_address)
                self.server.connections[agent] += 1
        assert self.headers["X-Test"] == 'a "b"; c', self.headers

    def answer(self, body):
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.count()
        self.answer(BODY)

    def do_HEAD(self):
        self.count()
        self.answer(b"")

    def do_PUT(self):
        self.count(len(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(BODY)


def run(server, *arguments, path="/x"):
    line = [HEADRACE, "bench", "http", "--python", sys.executable, "--concurrency", "4", "--header", 'X-Test: a "b"; c', "--rounds", "1", *arguments,
            f"http://127.0.0.1:{server.server_address[1]}{path}"]
    return subprocess.run(line, capture_output=True, check=False, timeout=120)


def report_of(*arguments, code=0, **options):
    with Server() as server:
        done = run(server, "--json", "-", *arguments, **options)
        assert done.returncode == code, (done.returncode, done.stderr[-500:])
        return {program["name"]: program for program in json.loads(done.stdout)["programs"]}, server


def check_counts():
    for method in ("GET", "HEAD", "PUT"):
        with stores.case(f"bench http --beside, {method}: the server has got as many as it tells"):
            programs, server = report_of("--requests", "200", "--method", method, "--size", "1000", "--beside", "h2load,curl")
            for name in ("headrace", "curl") if method == "HEAD" else ("headrace", "h2load", "curl"):
                program = programs[name]
                assert program["operations"] == {"submitted": 200, "succeeded": 200, "failed": 0, "cancelled": 0}, program
                assert sum(program["latency_histogram"]["counts"]) == 200, program
                extra = 2 if name == "headrace" else 0  # the URL is tried first, by the comparison and by the run
                assert server.requests[name, method] == 200 + extra, (name, server.requests)
                if method == "PUT":
                    assert server.received[name] == 1000 * (200 + extra), server.received


def check_unequal():
    with stores.case("bench http --beside --reactors: threads that differ are unequal work"), Server() as server:
        done = run(server, "--json", "-", "--requests", "40", "--reactors", "2", "--no-calibration", "--beside", "h2load,curl")
        assert json.loads(done.stdout)["unequal_work"] == ["threads of curl: 1; of headrace: 2"], done.stdout


def check_presigned():
    with stores.case("bench http --beside: what signs a URL is in no output, and goes out as it was given"), Server() as server:
        path = "/x?X-Amz-Credential=planted1&X-Amz-Signature=planted2&X-Amz-Security-Token=planted3"
        done = run(server, "--json", "-", "--requests", "20", "--no-calibration", "--beside", "curl", path=path)
        assert b"planted" not in done.stdout + done.stderr and b"X-Amz-Signature=***" in done.stdout, done
        assert server.paths == {path}, server.paths


def check_time():
    with stores.case("bench http --beside, by time: each tells no more than the server has got, and little less"):
        programs, server = report_of("--duration", "1s", "--beside", "wrk,h2load,curl")
        for name, program in programs.items():
            told, got = program["operations"]["succeeded"], server.requests[name, "GET"]
            assert program["operations"]["failed"] == 0 and 0 < told <= got <= told + 16, (name, told, got)
            assert sum(program["latency_histogram"]["counts"]) == told, program


def check_limits():
    with stores.case("bench http --beside: work that a program cannot do is told, with what to ask for"):
        programs, _ = report_of("--requests", "20", "--beside", "wrk")
        assert "time alone" in programs["wrk"]["missing"] and "--duration" in programs["wrk"]["install"], programs
        programs, _ = report_of("--requests", "20", "--connect-each", "--beside", "h2load")
        assert "keeps its connections" in programs["h2load"]["missing"], programs
        for path, method, words in (("/{a,b}", "GET", "patterns"), ("/", "PUT", "slash")):
            programs, _ = report_of("--requests", "20", "--method", method, "--beside", "curl", path=path)
            assert words in programs["curl"]["missing"], programs
        programs, _ = report_of("--requests", "20", "--method", "HEAD", "--beside", "h2load")
        assert "HEAD" in programs["h2load"]["missing"], programs
    with stores.case("bench http --beside --connect-each: a connection for each request"):
        programs, server = report_of("--requests", "50", "--connect-each", "--beside", "curl")
        assert programs["curl"]["operations"]["succeeded"] == 50 and server.connections["curl"] == 50, server.connections
    with stores.case("bench http --beside: responses that are not 2xx have failed, with every program"):
        programs, _ = report_of("--requests", "40", "--beside", "h2load,curl", code=1, path="/missing")
        assert all(program["operations"]["failed"] == 40 for program in programs.values()), programs
        programs, server = report_of("--duration", "1s", "--beside", "wrk", code=1, path="/missing")
        assert programs["wrk"]["operations"]["succeeded"] == 0 < programs["wrk"]["operations"]["failed"], programs


def check_usage():
    with Server() as server:
        for option in (("--rate", "5"), ("--insecure",), ("--proxy", "http://h/"), ("--require", "success_rate>0"), ("--no-resumption",)):
            with stores.case(f"bench http --beside curl {option[0]} is refused"):
                done = run(server, "--beside", "curl", *option)
                assert done.returncode == 2 and option[0].encode() in done.stderr and not done.stdout, done
        with stores.case("bench http --beside nobody: those that are there are named"):
            done = run(server, "--beside", "nobody")
            assert done.returncode == 2 and b"curl, h2load, wrk" in done.stderr, done


def main():
    check_counts()
    check_unequal()
    check_presigned()
    check_time()
    check_limits()
    check_usage()
    stores.finish()


if __name__ == "__main__":
    main()
