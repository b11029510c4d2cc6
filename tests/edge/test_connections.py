"""How many connections there are, and what is left of them: real connections to a real port."""

import asyncio
import gc
import socket
import struct
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from edge.asgi import answering, edge
from gemel.edge.connections import Connections
from gemel.edge.protocol import BoundedProtocol
from gemel.edge.websocket import MOST_FRAMES, BoundedWebSocket
from gemel.observe.asgi import Receive, Scope, Send
from served import GET, listening, others

BEGINNINGS = [b"", b"GET / HTTP/1.1\r\nx-a: ", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{", GET]
UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
)


async def connected(stack: AsyncExitStack, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    return reader, writer


async def hold_open(receive: Receive, send: Send) -> None:
    """An app of a WebSocket that says nothing."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def test_more_connections_than_there_may_be() -> None:
    """OWASP API4: those that say nothing, or not all, or nothing more, make room, and a request in flight does not."""
    refused, held, answer = Counter[str](), asyncio.Event(), asyncio.Event()
    most = 40

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await receive()
            await receive()
        if scope["path"] == "/slow":
            held.set()
            await answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async def run() -> None:
        bound = Connections(most, lambda reason: refused.update([reason]))
        async with AsyncExitStack() as stack, listening(edge(app), bound) as port:
            slow, writer = await connected(stack, port)
            writer.write(GET.replace(b"/", b"/slow", 1))
            await held.wait()
            crowd = []
            for number in range(4 * most):
                reader, writer = await connected(stack, port)
                writer.write(BEGINNINGS[number % len(BEGINNINGS)])
                crowd.append(reader)
            await others(port)
            with suppress(ConnectionError):  # the one that waited longest
                assert await crowd[0].read() == b""
            answer.set()
            assert (await slow.readline()) == b"HTTP/1.1 200 OK\r\n"

    asyncio.run(asyncio.wait_for(run(), 30))
    assert refused.keys() == {"full"}
    assert 3 * most <= refused["full"] <= 4 * most + 2


def test_nobody_makes_room_to_whom_an_answer_is_owed() -> None:
    refused, held, answer = Counter[str](), asyncio.Semaphore(0), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        held.release()
        await answer.wait()
        await answering()(scope, receive, send)

    async def run() -> None:
        bound = Connections(3, lambda reason: refused.update([reason]))
        async with AsyncExitStack() as stack, listening(edge(app), bound) as port:
            first = [await connected(stack, port) for _ in range(3)]
            for _, writer in first:
                writer.write(GET)
            for _ in first:
                await held.acquire()
            reader, _ = await connected(stack, port)
            text = await reader.read()
            assert text.startswith(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n")
            answer.set()
            for reader, _ in first:
                assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
            await others(port)

    asyncio.run(asyncio.wait_for(run(), 30))
    assert refused["full"] == 2, "one is refused, and one makes room for the last"


@contextmanager
def remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[weakref.ref[Any]]]:
    """Connections, and parsers of WebSockets, that are made while the block lasts, in which no garbage is collected."""
    made: list[weakref.ref[Any]] = []
    for kind in (BoundedProtocol, BoundedWebSocket):

        def noted(self: Any, transport: Any, begin: Any = kind.connection_made) -> None:
            made.extend(weakref.ref(one) for one in (self, getattr(self, "conn", None)) if one is not None)
            begin(self, transport)

        monkeypatch.setattr(kind, "connection_made", noted)
    gc.collect()
    gc.disable()
    try:
        yield made
    finally:
        gc.enable()


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    ("begin", "number"),
    [*((begin, 1) for begin in BEGINNINGS), (UPGRADE, 3), (UPGRADE + b"\x81\xfe\x20\x00\0\0\0\0" + b"a" * 1000, 3)],
)
def test_nothing_is_left_of_a_connection(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, number: int, reset: bool
) -> None:
    """Not even until the next full garbage collection, of which there is hardly one (``keep_for_good``)."""
    answered = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await hold_open(receive, send)
        else:
            await receive()
            await answering(headers=[(b"content-length", b"2")])(scope, receive, send)
        answered.set()

    async def run() -> None:
        async with listening(app) as port:
            with remembered(monkeypatch) as made:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(begin)
                async with asyncio.timeout(10):
                    while len(made) < number:
                        await asyncio.sleep(0.05)
                    if begin == GET:
                        await answered.wait()
                if reset:
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                writer.transport.abort()
                del writer
                async with asyncio.timeout(10):
                    while any(one() is not None for one in made):
                        await asyncio.sleep(0.05)

    asyncio.run(run())


def test_pings_of_a_client_that_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """OWASP API4: what answers them is not kept for it without end (RFC 6455, section 5.5.3)."""
    monkeypatch.setattr("gemel.edge.connections.UNREAD_SECONDS", 0.5)
    ping = b"\x89\xfd" + bytes(4) + b"a" * 125

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await hold_open(receive, send)

    async def run() -> None:
        async with listening(app) as port:
            with remembered(monkeypatch) as made:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
                writer.write(UPGRADE)
                await reader.readuntil(b"\r\n\r\n")
                [kept] = [one for ref in made if isinstance(one := ref(), BoundedWebSocket)]
                with pytest.raises(ConnectionError):
                    while True:
                        writer.write(ping * 1_000)
                        await writer.drain()
                        assert kept.transport.get_write_buffer_size() < 1_000_000
                writer.transport.abort()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_message_in_ever_more_frames() -> None:
    """OWASP API4: frames that hold nothing are within every limit of size."""
    kept = BoundedWebSocket.__new__(BoundedWebSocket)
    kept.frames = [b"a"]
    for _ in range(3 * MOST_FRAMES):
        kept.handle_cont(Frame(Opcode.CONT, b"", fin=False))
    kept.handle_cont(Frame(Opcode.CONT, b"b", fin=False))
    assert len(kept.frames) <= MOST_FRAMES + 1
    assert b"".join(kept.frames) == b"ab"
