"""The origin of tests/support/webs.py in Python's http.server. Arguments: [key certificate]. Prints its port."""
import gzip
import http.server
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        pass

    def say(self, status, body, **fields):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def big(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(2):
            self.wfile.write(b"80000\r\n" + b"x" * 0x80000 + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        if self.path == "/small":
            self.say(200, b"hello\n")
        elif self.path == "/big":
            self.big()
        elif self.path == "/redirect":
            self.say(302, b"this way", Location="/small")
        elif self.path == "/gzip":
            body, fields = b"hello\n" * 1000, {}
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                body, fields = gzip.compress(body), {"Content_Encoding": "gzip"}
            self.say(200, body, **fields)
        elif self.path == "/close":
            self.close_connection = True
            self.say(200, b"hello\n", Connection="close")
        else:
            self.say(404, b"nothing here\n")

    do_HEAD = do_GET

    def chunks(self):
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self.chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.say(200, body)

    do_PUT = do_POST


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) == 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
