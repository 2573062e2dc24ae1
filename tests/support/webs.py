"""HTTP servers that are not ours, each a child on a free loopback port, plain and over TLS with a CA made for the run."""
import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "web")
GO = os.environ.get("HR_GO", "go")
START_S = 60
PATHS = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def program(name):
    return shutil.which(name, path=PATHS)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Pki:
    """A CA, a certificate for localhost and 127.0.0.1, one for a client; files in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.ca_key = self._path("ca.pem"), self._path("ca.key")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                      "-subj", "/CN=headrace test CA", "-keyout", self.ca_key, "-out", self.ca)
        self.certificate, self.key = self.issue("server", "DNS:localhost,IP:127.0.0.1")
        self.client_certificate, self.client_key = self.issue("client", "DNS:client.test")

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def issue(self, name, names, *, days="3650", key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        """Certificate and key for subject alternative names."""
        pem, secret, asked = self._path(f"{name}.pem"), self._path(f"{name}.key"), self._path(f"{name}.csr")
        self._openssl("req", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", "-keyout", secret, "-out", asked)
        extensions = self._path(f"{name}.ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\n")
        self._openssl("x509", "-req", "-in", asked, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days",
                      days, "-extfile", extensions, "-out", pem)
        os.chmod(secret, 0o644)  # nginx's worker and haproxy are other users
        return pem, secret


@contextlib.contextmanager
def child(*command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_for(port, process):
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        if answers(port):
            return port
        time.sleep(0.02)  # there is no event to wait for: the server only begins to listen
    raise RuntimeError(f"{process.args[0]} does not listen")


@contextlib.contextmanager
def saying_its_port(*command):
    with child(*command, stdout=subprocess.PIPE) as process:
        ready, _, _ = select.select([process.stdout], [], [], START_S)
        line = process.stdout.readline() if ready else b""
        if not line.strip().isdigit():
            raise RuntimeError(f"{command[0]} did not say its port")
        yield int(line)


def tls_arguments(pki):
    return (pki.key, pki.certificate) if pki else ()


@contextlib.contextmanager
def http_server(_folder, pki):
    with saying_its_port(sys.executable, os.path.join(HERE, "origin_httpserver.py"), *tls_arguments(pki)) as port:
        yield port


@contextlib.contextmanager
def aiohttp_server(_folder, pki):
    with saying_its_port(sys.executable, os.path.join(HERE, "origin_aiohttp.py"), *tls_arguments(pki)) as port:
        yield port


@contextlib.contextmanager
def node(_folder, pki):
    with saying_its_port(program("node") or program("nodejs"), os.path.join(HERE, "origin.js"),
                         *tls_arguments(pki)) as port:
        yield port


@contextlib.contextmanager
def go_server(folder, pki):
    """Built once a folder."""
    built = os.path.join(folder, "origin_go")
    if not os.path.exists(built):
        environment = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", GO111MODULE="off")
        subprocess.run([os.path.realpath(GO), "build", "-o", built, os.path.join(HERE, "origin.go")], check=True,
                       env=environment)
    with saying_its_port(built, *tls_arguments(pki)) as port:
        yield port


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; client_max_body_size 16m;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  gzip on; gzip_min_length 1; gzip_types *; default_type text/plain;
  server {{
    listen 127.0.0.1:{port}{ssl};
    {certificate}
    root {folder}/www;
    location = /redirect {{ return 302 /small; }}
    location = /close {{ keepalive_timeout 0; try_files /small =404; }}
    location = /gzip {{ try_files /gzip.txt =404; }}
    location = /echo {{ client_body_buffer_size 16m; client_body_in_single_buffer on; echo_read_request_body; echo_request_body; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(folder, pki):
    home = tempfile.mkdtemp(dir=folder)
    os.chmod(home, 0o755)
    www = os.path.join(home, "www")
    os.mkdir(www)
    for name, body in (("small", b"hello\n"), ("big", b"x" * (1 << 20)), ("gzip.txt", b"hello\n" * 1000)):
        with open(os.path.join(www, name), "wb") as file:
            file.write(body)
    port = free_port()
    with open(os.path.join(home, "nginx.conf"), "w", encoding="ascii") as file:
        modules = "load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;\n"
        has_echo = os.path.exists("/usr/lib/nginx/modules/ngx_http_echo_module.so")
        text = NGINX.format(folder=home, port=port, ssl=" ssl" if pki else "",
                            certificate=f"ssl_certificate {pki.certificate}; ssl_certificate_key {pki.key}; "
                            "ssl_protocols TLSv1.2 TLSv1.3;" if pki else "")
        if not has_echo:
            text = text.replace("echo_read_request_body; echo_request_body;", "return 405;")
        file.write((modules if has_echo else "") + text)
    with child(program("nginx"), "-p", home, "-c", os.path.join(home, "nginx.conf"), stderr=subprocess.DEVNULL) as process:
        yield wait_for(port, process)


HAPROXY = """
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{port}{tls}
  default_backend back
backend back
  http-reuse always
  server origin 127.0.0.1:{origin}
"""


@contextlib.contextmanager
def haproxy(folder, pki):
    """In front of Python's http.server."""
    with http_server(folder, None) as origin:
        port = free_port()
        path = os.path.join(folder, f"haproxy-{port}.cfg")
        tls = ""
        if pki:
            both = os.path.join(folder, "haproxy.pem")
            with open(both, "w", encoding="ascii") as file:
                for part in (pki.certificate, pki.key):
                    with open(part, encoding="ascii") as text:
                        file.write(text.read())
            tls = f" ssl crt {both} alpn http/1.1"
        with open(path, "w", encoding="ascii") as file:
            file.write(HAPROXY.format(port=port, tls=tls, origin=origin))
        with child(program("haproxy"), "-db", "-q", "-f", path, stderr=subprocess.DEVNULL) as process:
            yield wait_for(port, process)


@contextlib.contextmanager
def s_server(folder, pki, *settings):
    """openssl s_server serving files (HTTP/1.0, closes after each), with settings of its own."""
    www = os.path.join(folder, "s_server")
    os.makedirs(www, exist_ok=True)
    with open(os.path.join(www, "small"), "wb") as file:
        file.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n")
    port = free_port()
    with child("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-HTTP", "-quiet", "-cert", pki.certificate, "-key",
               pki.key, *settings, cwd=www, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
               stdin=subprocess.DEVNULL) as process:
        yield wait_for(port, process)


@contextlib.contextmanager
def silent_server():
    """Accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


SERVERS = {"nginx": nginx, "haproxy": haproxy, "http.server": http_server, "aiohttp": aiohttp_server, "Node": node,
           "Go": go_server}


def missing(name):
    """Why a server cannot run here, or None."""
    if name in ("nginx", "haproxy") and not program(name):
        return f"{name} is not installed"
    if name == "Node" and not (program("node") or program("nodejs")):
        return "nodejs is not installed"
    if name == "Go" and not (os.path.exists(GO) or program(GO)):
        return "there is no go"
    if name == "aiohttp":
        try:
            import aiohttp  # noqa: F401
        except ImportError:
            return "aiohttp is not installed"
    return None


