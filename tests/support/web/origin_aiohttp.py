"""The origin of tests/support/webs.py in aiohttp. Arguments: [key certificate]. Prints its port."""
import asyncio
import gzip
import socket
import ssl
import sys

from aiohttp import web


async def small(_request):
    return web.Response(text="hello\n")


async def big(request):
    answer = web.StreamResponse()
    await answer.prepare(request)  # without a length: chunked
    await answer.write(b"x" * (1 << 19))
    await answer.write(b"x" * (1 << 19))
    await answer.write_eof()
    return answer


async def redirect(_request):
    raise web.HTTPFound("/small")


async def packed(request):
    body = b"hello\n" * 1000
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=body)
    return web.Response(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})


async def echo(request):
    return web.Response(body=await request.read())


async def close(_request):
    answer = web.Response(text="hello\n")
    answer.force_close()
    return answer


async def main():
    app = web.Application(client_max_size=1 << 24)
    app.add_routes([web.get("/small", small), web.get("/big", big), web.get("/redirect", redirect),
                    web.get("/gzip", packed), web.get("/close", close), web.post("/echo", echo), web.put("/echo", echo)])
    context = None
    if len(sys.argv) == 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[1])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener, ssl_context=context).start()
    print(listener.getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
