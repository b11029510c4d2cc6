"""An app on a real port, in the loop of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gemel.edge.connections import Connections
from gemel.edge.process import Server, bind, config, listen
from gemel.observe.asgi import AsgiApp

GET = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


async def others(port: int) -> None:
    """Another client is answered as ever."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET)
    assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
    writer.close()


@asynccontextmanager
async def listening(app: AsgiApp, bound: Connections | None = None) -> AsyncIterator[int]:
    """The port that it is served at, until the end of the block."""
    sockets = bind("127.0.0.1", 0, "port")
    listen(sockets, "port")
    server = Server(config(app, bound or Connections(1_000), grace=1))
    task = asyncio.create_task(server.serve(sockets))
    try:
        yield sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
