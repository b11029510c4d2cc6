"""Tiny ASGI apps and a client for them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from gemel.edge import Edge
from gemel.observe import Metrics
from gemel.observe.asgi import AsgiApp, Message, Receive, Scope, Send
from gemel.settings import Settings, load


def settings(**values: str) -> Settings:
    """Settings from these values only, as the environment would give them."""
    return load({f"GEMEL_{key.upper()}": value for key, value in values.items()})


def answering(
    status: int = 200,
    headers: Iterable[tuple[bytes, bytes]] = ((b"content-type", b"application/json"),),
    body: bytes = b"{}",
) -> AsgiApp:
    """An app that always answers this."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    return app


def crash(trace_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """What the service of these tests answers when it fails."""
    return 500, [(b"content-type", b"application/json")], b'{"trace":"' + trace_id.encode() + b'"}'


def edge(app: AsgiApp, metrics: Metrics | None = None, **values: str) -> Edge:
    """The app in the edge."""
    return Edge(app, settings(**values), "rest", metrics or Metrics(), crash)


@asynccontextmanager
async def client(app: AsgiApp, peer: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A client whose connections come from ``peer``."""
    transport: Any = httpx.ASGITransport(app, client=(peer, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as found:
        yield found


def ask(app: AsgiApp, method: str = "GET", path: str = "/", **more: Any) -> httpx.Response:
    """One request in a loop of its own."""

    async def run() -> httpx.Response:
        async with client(app) as found:
            return await found.request(method, path, **more)

    return asyncio.run(run())


def scope(headers: Iterable[tuple[bytes, bytes]] = (), **more: Any) -> Scope:
    """Scope of a GET request."""
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": list(headers),
        "client": ("127.0.0.1", 1234),
        **more,
    }


def receiving(*messages: Message) -> Receive:
    """A ``receive`` that gives these messages, and then nothing for ever."""
    left = list(messages)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody completes the future")

    return receive


class Sent(list[Message]):
    """A ``send`` that keeps the messages."""

    async def __call__(self, message: Message) -> None:
        """ASGI's send."""
        self.append(message)
