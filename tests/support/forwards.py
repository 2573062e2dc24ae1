"""HTTP proxies that are not ours, each a child on a free loopback port. Both let through what leads to localhost and
127.0.0.1 and refuse every other host and every other port; with `users`, only to who knows a password."""
import contextlib
import os
import subprocess
import tempfile

import webs

USER = "guest"
# tinyproxy takes no other characters.
PASSWORDS = {"squid": "p@ss:w%rd", "tinyproxy": "pass-w0rd"}
HELPER = "/usr/lib/squid/basic_ncsa_auth"

SQUID = """
http_port 127.0.0.1:{port}
visible_hostname proxy.test
cache deny all
access_log none
cache_log /dev/null
pid_filename none
max_filedescriptors 1024
shutdown_lifetime 0 seconds
{users}
acl near dstdomain localhost 127.0.0.1
acl ours port {ports}
http_access deny !near
http_access deny !ours
{authenticated}
http_access allow all
"""

SQUID_USERS = """
auth_param basic program {helper} {file}
auth_param basic children 1
auth_param basic realm proxy
acl known proxy_auth REQUIRED
"""


@contextlib.contextmanager
def squid(folder, ports, users):
    home = tempfile.mkdtemp(dir=folder)
    os.chmod(home, 0o755)  # it drops root
    port, path, known = webs.free_port(), os.path.join(home, "squid.conf"), ""
    if users:
        names = os.path.join(home, "users")
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORDS["squid"].encode(), check=True,
                                capture_output=True).stdout.decode()
        with open(names, "w", encoding="ascii") as file:
            file.write(f"{USER}:{hashed}")
        known = SQUID_USERS.format(helper=HELPER, file=names)
    with open(path, "w", encoding="ascii") as file:
        file.write(SQUID.format(port=port, ports=" ".join(map(str, ports)), users=known,
                                authenticated="http_access deny !known" if users else ""))
    with webs.child(webs.program("squid"), "-N", "-f", path, cwd=home, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL) as process:
        yield webs.wait_for(port, process)


TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 30
MaxClients 20
ViaProxyName "proxy.test"
LogLevel Critical
Filter "{filter}"
FilterDefaultDeny Yes
FilterExtended On
{connect}
{users}
"""


@contextlib.contextmanager
def tinyproxy(folder, ports, users):
    """Its ports are those of CONNECT alone."""
    home = tempfile.mkdtemp(dir=folder)
    port, path, allowed = webs.free_port(), os.path.join(home, "tinyproxy.conf"), os.path.join(home, "filter")
    with open(allowed, "w", encoding="ascii") as file:
        file.write("^localhost$\n^127\\.0\\.0\\.1$\n")
    with open(path, "w", encoding="ascii") as file:
        file.write(TINYPROXY.format(port=port, filter=allowed, connect="\n".join(f"ConnectPort {p}" for p in ports),
                                    users=f"BasicAuth {USER} {PASSWORDS['tinyproxy']}" if users else ""))
    with webs.child(webs.program("tinyproxy"), "-d", "-c", path, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL) as process:
        yield webs.wait_for(port, process)


PROXIES = {"squid": squid, "tinyproxy": tinyproxy}


def missing(name):
    """Why a proxy cannot run here, or None."""
    return None if webs.program(name) else f"{name} is not installed"
