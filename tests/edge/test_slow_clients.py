"""Clients that send or read too slowly, or send heads without an end: real connections to a real port."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from time import monotonic

import pytest

from edge.asgi import answering, edge
from gemel.edge import connections, protocol
from gemel.observe.asgi import AsgiApp, Receive, Scope, Send
from served import GET, listening, others

LARGE = b"x" * 10_000_000
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(work: Talk, app: AsgiApp | None = None) -> None:
    async def run() -> None:
        async with listening(edge(app or answering(headers=[(b"content-length", b"2")]))) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.wait_for(work(reader, writer), 30)
                await others(port)
            finally:
                writer.close()

    asyncio.run(run())


@pytest.mark.parametrize("begin", [b"GET /?", b"GET / HTTP/1.1\r\nx-a: ", b"GET / HTTP/1.1\r\n"])
def test_a_head_without_an_end_is_too_large(begin: bytes) -> None:
    """OWASP API4: what is kept of a request that has not come is bounded."""

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = b"a" * 50_000
        piece = b"x-a: " + line + b"\r\n" if begin.endswith(b"1\r\n") else line
        writer.write(begin)
        sent = 0
        with suppress(ConnectionError):
            while not writer.transport.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)
                sent += len(piece)
                assert sent < 50_000_000

    talk(work)


def test_a_large_head_that_ends_is_answered() -> None:
    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            writer.write(b"GET /?" + b"a" * 60_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
            await reader.readuntil(b"\r\n\r\n{}")

    talk(work)


def test_one_that_is_too_large_is_told_so() -> None:
    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /?")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"a" * (protocol.MOST_HEAD + 1))
        assert (await reader.readline()) == b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
        assert (await reader.read()).endswith(b"connection: close\r\n\r\n")

    talk(work)


def test_a_head_that_comes_too_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slowloris: a byte now and then keeps no connection."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.3)

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer, began = asyncio.create_task(reader.read()), monotonic()
        for byte in GET[:-2]:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
            if answer.done():
                break
        assert (await answer).startswith(b"HTTP/1.1 408 ")
        with suppress(ConnectionError):  # it is read no longer, either
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.02)
                assert monotonic() - began < 5

    talk(work)


def test_a_connection_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "IDLE_SECONDS", 0.1)

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""

    talk(work)


def test_a_connection_between_two_requests_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n{}")
            await asyncio.sleep(0.3)

    talk(work)


def test_an_answer_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks for much and reads nothing is left; what was being sent to it is let go of."""
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.3)
    ended: list[str] = []

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            if scope["path"] == "/large":
                await send({"type": "http.response.body", "body": LARGE, "more_body": True})
            await send({"type": "http.response.body", "body": b"{}"})
        finally:
            ended.append(scope["path"])

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n")
        async with asyncio.timeout(10):
            while "/large" not in ended:
                await asyncio.sleep(0.05)

    talk(work, large)


def test_an_answer_that_is_read_slowly_comes_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 1)
    app = answering(headers=[(b"content-length", str(len(LARGE)).encode())], body=LARGE)

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        left = len(LARGE)
        while left:
            left -= len(await reader.read(1_000_000))
            await asyncio.sleep(0.01)

    talk(work, app)


def test_answers_that_many_do_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """OWASP API4: of more than there is memory for, the oldest are let go of, though not at once."""
    monkeypatch.setattr(connections, "MOST_UNREAD", 40_000_000)
    monkeypatch.setattr(connections, "SLOW_SECONDS", 2.0)
    body = LARGE * 2
    app = answering(headers=[(b"content-length", str(len(body)).encode())], body=body)
    refused = Counter[str]()

    async def run() -> None:
        bound = connections.Connections(100, lambda reason: refused.update([reason]))
        loop = asyncio.get_running_loop()
        async with listening(edge(app), bound) as port, AsyncExitStack() as stack:
            clients = [stack.enter_context(socket.socket()) for _ in range(5)]
            for number, client in enumerate(clients):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.setblocking(False)
                await loop.sock_connect(client, ("127.0.0.1", port))
                await loop.sock_sendall(client, GET)
                async with asyncio.timeout(10):
                    while len(bound.stalled) <= number:
                        await asyncio.sleep(0.01)
            assert not refused, "nobody could have read it yet"
            async with asyncio.timeout(10):
                while len(bound.stalled) > 2:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(1)
            assert refused == {"unread": 3}
            left = len(body)
            while left > 0:  # the last one is read to its end all the same
                left -= len(await loop.sock_recv(clients[-1], 1_000_000))
            assert left <= 0
            assert len(bound.stalled) == 1

    asyncio.run(asyncio.wait_for(run(), 30))
