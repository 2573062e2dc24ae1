#!/usr/bin/env python3
"""The AWS Common Runtime (aws-c-s3) under Python against the same server as `headrace bench s3`: one event-loop thread, signed, payload
unsigned, no checksum.

usage: awscrt_bench.py --endpoint URL --concurrency N --operations N --size BYTES --kind get|put [--ca-file FILE]
Prints one JSON object: operations, failed, duration_s, cpu_us_per_operation, versions.
"""
import io
import threading
import urllib.parse

import awscrt
from awscrt import auth, http, io as crt_io, s3

import s3_peer


def make_client(options):
    group = crt_io.EventLoopGroup(1)
    bootstrap = crt_io.ClientBootstrap(group, crt_io.DefaultHostResolver(group))
    provider = auth.AwsCredentialsProvider.new_static("canned", "canned-secret")
    signing = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4, signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS, service="s3",
        region="us-east-1", credentials_provider=provider, use_double_uri_encode=False, should_normalize_uri_path=False,
        signed_body_value=auth.AwsSignedBodyValue.UNSIGNED_PAYLOAD, signed_body_header_type=auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256)
    tls = None
    if options.ca_file:
        context = crt_io.TlsContextOptions()
        context.override_default_trust_store_from_path(None, options.ca_file)
        tls = crt_io.ClientTlsContext(context).new_connection_options()
    return s3.S3Client(bootstrap=bootstrap, region="us-east-1", signing_config=signing, tls_connection_options=tls,
                       tls_mode=s3.S3RequestTlsMode.ENABLED if tls else s3.S3RequestTlsMode.DISABLED,
                       max_active_connections_override=options.concurrency)


class Run:
    """Keeps `concurrency` requests under way until all are started; the next one starts where one has ended."""

    def __init__(self, client, options):
        self.client, self.options, self.host = client, options, urllib.parse.urlsplit(options.endpoint).netloc
        self.lock, self.over = threading.Lock(), threading.Event()
        self.started = self.ended = 0
        self.failures = []
        self.body = bytes(options.size)

    def begin(self):
        with self.lock:
            if self.started == self.options.operations:
                return
            number, self.started = self.started, self.started + 1
        put = self.options.kind == "put"
        fields = http.HttpHeaders([("Host", self.host)])
        if put:
            fields.add("Content-Length", str(len(self.body)))
        request = http.HttpRequest("PUT" if put else "GET", f"/{s3_peer.BUCKET}/{s3_peer.key_of(number)}", fields, io.BytesIO(self.body) if put else None)
        kind = s3.S3RequestType.DEFAULT
        self.client.make_request(type=kind, operation_name="PutObject" if put else "GetObject", request=request, on_done=self.end)

    def end(self, error=None, status_code=None, **_):
        if error or status_code != 200:
            self.failures.append(repr(error or status_code))
        with self.lock:
            self.ended += 1
            if self.ended == self.options.operations:
                self.over.set()
        self.begin()

    def run(self):
        for _ in range(min(self.options.concurrency, self.options.operations)):
            self.begin()
        if not self.over.wait(300):
            raise RuntimeError("the requests did not end within 300 s")
        return self.failures


def main():
    options = s3_peer.parse(__doc__)
    run = Run(make_client(options), options)
    s3_peer.measure("awscrt", options, {"awscrt": awscrt.__version__}, run.run)


if __name__ == "__main__":
    main()
