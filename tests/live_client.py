"""A client of live queries: real connections to a real port, in both protocols."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gemel.app import App
from gemel.edge import Edge, Refused, uncounted
from gemel.edge.connections import Connections
from gemel.observe import Metrics
from gemel.serve import open_engine
from gemel.settings import Settings
from gemel_graphql.app import crash, create_app
from served import listening

MODERN, OLD = "graphql-transport-ws", "graphql-ws"
START = {MODERN: ("subscribe", "next"), OLD: ("start", "data")}
COUNT = "{ genre_aggregate { aggregate { count } } }"
Talk = Callable[["Client"], Awaitable[None]]


class Client:
    """Speaks one of the protocols."""

    def __init__(self, socket: ClientConnection, protocol: str, port: int) -> None:
        self.socket, self.protocol, self.port = socket, protocol, port

    async def tell(self, **message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self) -> Any:
        """The next message that is no sign of life."""
        while True:
            found = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
            if found["type"] not in ("ka", "ping"):
                return found

    async def init(self, **headers: str) -> None:
        await self.tell(type="connection_init", payload={"headers": headers})
        assert await self.hear() == {"type": "connection_ack"}

    async def start(self, operation: str, query: str) -> None:
        await self.tell(id=operation, type=START[self.protocol][0], payload={"query": query})

    async def closed(self) -> int | None:
        """Code of the close that has to come."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.hear()
        return closed.value.rcvd.code if closed.value.rcvd else None


@asynccontextmanager
async def served(
    settings: Settings, app: App, refused: Refused = uncounted, bound: Connections | None = None
) -> AsyncIterator[int]:
    async with open_engine(settings, app) as engine:
        edge = Edge(create_app(engine, refused), settings, "graphql", Metrics(), crash)
        async with listening(edge, bound) as port:
            yield port


@asynccontextmanager
async def connected(port: int, protocol: str, **more: Any) -> AsyncIterator[Client]:
    address = f"ws://127.0.0.1:{port}/v1/graphql"
    async with connect(address, subprotocols=[Subprotocol(protocol)], **more) as socket:
        assert socket.subprotocol == protocol
        yield Client(socket, protocol, port)


@contextmanager
def served_meanwhile(settings: Settings, app: App) -> Iterator[int]:
    """The same, for a client that waits itself: in a thread, until the end of the block."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(served(settings, app)) as port:
        yield port


def talk(settings: Settings, app: App, protocol: str, work: Talk, *, refused: Refused = uncounted, **more: Any) -> None:
    async def run() -> None:
        async with (
            served(settings.model_copy(update={"live_interval": 0.05}), app, refused) as port,
            connected(port, protocol, **more) as client,
        ):
            await work(client)

    with asyncio.Runner() as runner:
        runner.run(run())
