#!/usr/bin/env python3
"""aws-c-s3 under Python (awscrt.s3): requests as they are, none divided, one event-loop thread. Speaks the protocol of docs/peers.md."""
import io
import threading
import time
import urllib.parse

import peer

METHODS = {"put": ("PUT", "PutObject"), "get": ("GET", "GetObject"), "head": ("HEAD", "HeadObject"), "list": ("GET", "ListObjectsV2"),
           "delete": ("DELETE", "DeleteObject")}
PATIENCE_S = 600


def signing(work, group):
    from awscrt import auth, io as crt_io
    if work.access_key:
        provider = auth.AwsCredentialsProvider.new_static(work.access_key, work.secret_key)
    else:
        provider = auth.AwsCredentialsProvider.new_default_chain(crt_io.ClientBootstrap(group, crt_io.DefaultHostResolver(group)))
    return auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4, signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS, service="s3", region=work.region,
        credentials_provider=provider, use_double_uri_encode=False, should_normalize_uri_path=False,
        signed_body_value=None if work.payload == "signed" else auth.AwsSignedBodyValue.UNSIGNED_PAYLOAD,
        signed_body_header_type=auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256)


def make_client(work):
    from awscrt import io as crt_io, s3
    group = crt_io.EventLoopGroup(1)
    tls = None
    if work.endpoint.startswith("https:"):
        context = crt_io.TlsContextOptions()
        if work.ca_file:
            context.override_default_trust_store_from_path(None, work.ca_file)
        tls = crt_io.ClientTlsContext(context).new_connection_options()
    return s3.S3Client(bootstrap=crt_io.ClientBootstrap(group, crt_io.DefaultHostResolver(group)), region=work.region,
                       signing_config=signing(work, group), tls_connection_options=tls,
                       tls_mode=s3.S3RequestTlsMode.ENABLED if tls else s3.S3RequestTlsMode.DISABLED, max_active_connections_override=work.pool)


class Run:
    """Keeps `concurrency` requests under way; the next one starts where one has ended."""

    def __init__(self, work, result):
        from awscrt import s3
        self.work, self.result, self.client = work, result, make_client(work)
        self.host, self.body, self.steps = urllib.parse.urlsplit(work.endpoint).netloc, work.body(), work.steps()
        self.lock, self.over = threading.Lock(), threading.Event()
        self.open, self.limit = work.concurrency, None
        algorithm = checksum_of(work)
        self.checksum = s3.S3ChecksumConfig(algorithm=s3.S3ChecksumAlgorithm[algorithm.upper()],
                                            location=s3.S3ChecksumLocation.HEADER) if algorithm != "none" else None
        self.validation = s3.S3ChecksumConfig(validate_response=True)

    def request(self, name, index):
        from awscrt import http
        method = METHODS[name][0]
        path = f"/{self.work.bucket}/{urllib.parse.quote(self.work.key(index))}"
        if name == "list":
            path = f"/{self.work.bucket}?list-type=2&max-keys=100&prefix={urllib.parse.quote(self.work.bucket_prefix(index), safe='')}"
        fields = http.HttpHeaders([("Host", self.host)])
        if name == "put":
            fields.add("Content-Length", str(len(self.body)))
        return http.HttpRequest(method, path, fields, io.BytesIO(self.body) if name == "put" else None)

    def end_one(self):
        with self.lock:
            self.open -= 1
            if self.open == 0:
                self.over.set()

    def begin(self):
        """On the event loop's thread but for the first ones."""
        from awscrt import s3
        if not self.limit.take():
            self.end_one()
            return
        with self.lock:
            name, index = next(self.steps)
        got, started = [0], time.monotonic_ns()

        def on_body(chunk, **_):
            got[0] += len(chunk)

        def on_done(error=None, status_code=None, **_):
            if error or status_code not in (200, 204):
                self.result.failure(error or f"status {status_code}")
            else:
                self.result.success(started, len(self.body) if name == "put" else 0, got[0] if name == "get" else 0)
            self.begin()

        checksum = {"put": self.checksum, "get": self.validation}.get(name)
        try:
            self.client.make_request(type=s3.S3RequestType.DEFAULT, operation_name=METHODS[name][1], request=self.request(name, index),
                                     checksum_config=checksum, on_body=on_body, on_done=on_done)
        except Exception as problem:  # told in the result
            self.result.failure(problem)
            self.end_one()

    def run(self):
        with peer.Timed(self.result):
            self.limit = peer.Limit(self.work)
            for _ in range(self.work.concurrency):
                self.begin()
            if not self.over.wait(PATIENCE_S + (self.work.duration_s or 0)):
                raise RuntimeError(f"requests had not ended after {PATIENCE_S} s")


def checksum_of(work):
    return "crc32" if work.checksum == "auto" else work.checksum


def measure(work):
    import awscrt
    result = peer.Result({"payload": work.payload, "checksum": checksum_of(work), "retries": "aws-c-s3's own", "pool": work.pool, "threads": 1},
                         {"awscrt": awscrt.__version__})
    Run(work, result).run()
    return result


if __name__ == "__main__":
    peer.run("awscrt", measure, needs=["awscrt"], install="pip install awscrt")
