#!/usr/bin/env python3
"""boto3 with the AWS Common Runtime: uploads and downloads by its transfer manager (s3transfer.crt), all else by boto3 itself. boto3 gives
that manager no endpoint but AWS's, so it is made here, as AWS CLI 2 makes it. Speaks the protocol of docs/peers.md."""
import io

import peer
import s3_boto3


def make_manager(work):
    import botocore.session
    from awscrt.auth import AwsCredentialsProvider
    from botocore.config import Config
    from s3transfer.crt import BotocoreCRTCredentialsWrapper, BotocoreCRTRequestSerializer, CRTTransferManager, create_s3_crt_client
    session = botocore.session.get_session()
    if work.access_key:
        provider = AwsCredentialsProvider.new_static(work.access_key, work.secret_key)
    else:
        provider = BotocoreCRTCredentialsWrapper(session.get_credentials()).to_crt_credentials_provider()
    config = Config(request_checksum_calculation=s3_boto3.calculation(work), s3={"addressing_style": "path"})
    serializer = BotocoreCRTRequestSerializer(session, {"region_name": work.region, "endpoint_url": work.endpoint, "config": config})
    client = create_s3_crt_client(work.region, provider, use_ssl=work.endpoint.startswith("https:"), verify=work.ca_file)
    return CRTTransferManager(client, serializer)


def operation_of(manager, client, work):
    body, more = work.body(), s3_boto3.checksum_parameters(work)
    other = s3_boto3.operation_of(client, work)

    def operation(name, index):
        if name == "put":
            manager.upload(io.BytesIO(body), work.bucket, work.key(index), dict(more)).result()
            return len(body), 0
        if name == "get":
            into = io.BytesIO()
            manager.download(work.bucket, work.key(index), into).result()
            return 0, into.tell()
        return other(name, index)
    return operation


def measure(work):
    import awscrt
    import boto3
    import s3transfer
    # The manager signs no payload, always sends a checksum, and has a retry strategy and a pool of its own.
    checksum = "crc32" if work.checksum in ("auto", "none") else work.checksum
    result = peer.Result({"payload": "unsigned", "checksum": checksum, "retries": "aws-c-s3's own", "pool": "aws-c-s3's own", "threads": work.concurrency},
                         {"boto3": boto3.__version__, "s3transfer": s3transfer.__version__, "awscrt": awscrt.__version__})
    return peer.in_threads(work, result, operation_of(make_manager(work), s3_boto3.make_client(work), work))


if __name__ == "__main__":
    peer.run("boto3-crt", measure, needs=["boto3", "awscrt", "s3transfer.crt"], install="pip install 'boto3[crt]'")
