"""S3 requests made byte by byte and signed by botocore's signer, over TCP or TLS: what no client sends by itself."""
import http.client
import os
import ssl
import urllib.parse

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY, SECRET_KEY = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
REGION = "us-east-1"


class Endpoint:
    """Where requests go, and with whose keys."""

    def __init__(self, url, ca=None, access_key=ACCESS_KEY, secret_key=SECRET_KEY):
        self.url, self.ca = url, ca
        self.host = urllib.parse.urlsplit(url).netloc
        self.credentials = Credentials(access_key, secret_key)

    def connect(self):
        if self.url.startswith("https"):
            return http.client.HTTPSConnection(self.host, timeout=60, context=ssl.create_default_context(cafile=self.ca))
        return http.client.HTTPConnection(self.host, timeout=60)

    def deliver(self, method, target, headers, data=b""):
        """(status, fields with lower-case names, body)."""
        connection = self.connect()
        try:
            connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            if data or method in ("PUT", "POST"):
                connection.putheader("Content-Length", str(len(data)))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(data or None)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def signed(self, method, path, query="", data=b"", headers=(), host=None, target=None):
        """Signed in the Authorization header; `query` is sent as it stands. `target` is sent in place of the path."""
        url = f"{self.url.split(':')[0]}://{host or self.host}{path}" + (f"?{query}" if query else "")
        request = AWSRequest(method=method, url=url, data=data)
        for name, value in dict(headers).items():
            request.headers[name] = value
        S3SigV4Auth(self.credentials, "s3", REGION).add_auth(request)
        fields = dict(request.headers.items())
        if host:
            fields["Host"] = host
        return self.deliver(method, target or path + (f"?{query}" if query else ""), fields, data)

    def presigned(self, method, path, query="", data=b"", headers=(), expires=600):
        """Signed in the query, which keeps what is in `query`; `headers` are sent and signed."""
        request = AWSRequest(method=method, url=f"{self.url}{path}" + (f"?{query}" if query else ""))
        for name, value in dict(headers).items():
            request.headers[name] = value
        S3SigV4QueryAuth(self.credentials, "s3", REGION, expires=expires).add_auth(request)
        parts = urllib.parse.urlsplit(request.url)
        return self.deliver(method, f"{parts.path}?{parts.query}", dict(headers), data)


def code_of(body):
    """The code in an error document."""
    start, end = body.find(b"<Code>"), body.find(b"</Code>")
    return body[start + 6:end].decode() if 0 <= start < end else ""
