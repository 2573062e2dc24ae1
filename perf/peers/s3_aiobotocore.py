#!/usr/bin/env python3
"""aiobotocore: tasks of asyncio on one thread, a pool of as many connections. Speaks the protocol of docs/peers.md."""
import asyncio
import time

import peer
import s3_boto3


async def operation(client, work, body, name, index):
    place = {"Bucket": work.bucket, "Key": work.key(index)}
    if name == "put":
        await client.put_object(Body=body, **s3_boto3.checksum_parameters(work), **place)
        return len(body), 0
    if name == "get":
        response = await client.get_object(**place)
        async with response["Body"] as stream:
            return 0, len(await stream.read())
    if name == "head":
        await client.head_object(**place)
    elif name == "delete":
        await client.delete_object(**place)
    else:
        await client.list_objects_v2(Bucket=work.bucket, Prefix=work.bucket_prefix(index), MaxKeys=100)
    return 0, 0


async def loop(client, work, result, limit, steps):
    body = work.body()
    while limit.take():
        name, index = next(steps)
        started = time.monotonic_ns()
        try:
            sent, received = await operation(client, work, body, name, index)
        except Exception as problem:  # told in the result
            result.failure(problem)
        else:
            result.success(started, sent, received)


async def measure_all(work, result):
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session
    keys = {"aws_access_key_id": work.access_key, "aws_secret_access_key": work.secret_key} if work.access_key else {}
    config = AioConfig(max_pool_connections=work.pool, retries={"mode": "standard", "max_attempts": work.attempts - 1},
                       read_timeout=work.timeout_s, request_checksum_calculation=s3_boto3.calculation(work),
                       s3={"addressing_style": "path", "payload_signing_enabled": work.payload == "signed"})
    async with get_session().create_client("s3", endpoint_url=work.endpoint, region_name=work.region, verify=work.ca_file,
                                           config=config, **keys) as client:
        steps = work.steps()
        with peer.Timed(result):
            limit = peer.Limit(work)
            await asyncio.gather(*(loop(client, work, result, limit, steps) for _ in range(work.concurrency)))


def measure(work):
    import aiobotocore
    import botocore
    settings = {name: value for name, value in s3_boto3.settings(work).items() if name != "threads"}
    result = peer.Result(dict(settings, tasks=work.concurrency), {"aiobotocore": aiobotocore.__version__, "botocore": botocore.__version__})
    asyncio.run(measure_all(work, result))
    return result


if __name__ == "__main__":
    peer.run("aiobotocore", measure, needs=["aiobotocore"], install="pip install aiobotocore")
