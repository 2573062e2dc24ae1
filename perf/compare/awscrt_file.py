#!/usr/bin/env python3
"""An object into a file, or out of one, by the transfers of the AWS Common Runtime (aws-c-s3) under Python.

usage: awscrt_file.py get|put URL BUCKET/KEY FILE"""
import sys
import threading
import urllib.parse

from awscrt import auth, http, io as crt_io, s3


def main():
    kind, url, place, path = sys.argv[1:]
    group = crt_io.EventLoopGroup()
    bootstrap = crt_io.ClientBootstrap(group, crt_io.DefaultHostResolver(group))
    provider = auth.AwsCredentialsProvider.new_static("canned", "canned-secret")
    client = s3.S3Client(bootstrap=bootstrap, region="us-east-1", tls_mode=s3.S3RequestTlsMode.DISABLED,
                         signing_config=s3.create_default_s3_signing_config(region="us-east-1", credential_provider=provider))
    over, problem = threading.Event(), []

    def on_done(error=None, **_):
        problem.append(error)
        over.set()

    put = kind == "put"
    fields = http.HttpHeaders([("Host", urllib.parse.urlsplit(url).netloc)])
    if put:
        with open(path, "rb") as file:
            fields.add("Content-Length", str(file.seek(0, 2)))
        checksum = s3.S3ChecksumConfig(algorithm=s3.S3ChecksumAlgorithm.CRC64NVME, location=s3.S3ChecksumLocation.TRAILER)
    else:
        checksum = s3.S3ChecksumConfig(validate_response=True)
    request = http.HttpRequest("PUT" if put else "GET", "/" + place, fields)
    client.make_request(type=s3.S3RequestType.PUT_OBJECT if put else s3.S3RequestType.GET_OBJECT, request=request, on_done=on_done,
                        checksum_config=checksum, **{"send_filepath" if put else "recv_filepath": path})
    over.wait()
    if problem[0]:
        sys.exit(f"awscrt: {problem[0]}")


main()
