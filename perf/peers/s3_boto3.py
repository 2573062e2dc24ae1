#!/usr/bin/env python3
"""boto3: threads, a pool of as many connections. Speaks the protocol of docs/peers.md."""
import peer


def make_client(work, **more):
    import boto3
    from botocore.config import Config
    keys = {"aws_access_key_id": work.access_key, "aws_secret_access_key": work.secret_key} if work.access_key else {}
    config = Config(max_pool_connections=work.pool, retries={"mode": "standard", "max_attempts": work.attempts - 1},
                    read_timeout=work.timeout_s, request_checksum_calculation=calculation(work),
                    s3={"addressing_style": "path", "payload_signing_enabled": work.payload == "signed"}, **more)
    return boto3.client("s3", endpoint_url=work.endpoint, region_name=work.region, verify=work.ca_file, config=config, **keys)


def calculation(work):
    return "when_required" if work.checksum == "none" else "when_supported"


def checksum_parameters(work):
    """Of an upload: the algorithm that was asked for; without one it is botocore's own."""
    return {} if work.checksum in ("auto", "none") else {"ChecksumAlgorithm": work.checksum.upper()}


def settings(work):
    checksum = "crc32" if work.checksum == "auto" else work.checksum  # botocore's own choice
    return {"payload": work.payload, "checksum": checksum, "retries": f"standard, {work.attempts} attempts", "pool": work.pool,
            "threads": work.concurrency}


def operation_of(client, work):
    body, more = work.body(), checksum_parameters(work)

    def operation(name, index):
        place = {"Bucket": work.bucket, "Key": work.key(index)}
        if name == "put":
            client.put_object(Body=body, **more, **place)
            return len(body), 0
        if name == "get":
            return 0, len(client.get_object(**place)["Body"].read())
        if name == "head":
            client.head_object(**place)
        elif name == "delete":
            client.delete_object(**place)
        else:
            client.list_objects_v2(Bucket=work.bucket, Prefix=work.bucket_prefix(index), MaxKeys=100)
        return 0, 0
    return operation


def measure(work):
    import boto3
    import botocore
    result = peer.Result(settings(work), {"boto3": boto3.__version__, "botocore": botocore.__version__})
    return peer.in_threads(work, result, operation_of(make_client(work), work))


if __name__ == "__main__":
    peer.run("boto3", measure, needs=["boto3"], install="pip install boto3")
