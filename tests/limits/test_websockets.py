"""How many live queries a caller may have, and how often it may begin one (docs/limits.md)."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from limited import limited
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from gemel.edge.connections import Connections
from gemel.edge.websocket import UNKNOWN
from gemel.limits import Limits
from gemel.settings import Settings
from live_client import COUNT, MODERN, OLD, START, Client, connected, served, talk

HEADERS = {"x-hasura-role": "anonymous"}


async def refusal(client: Client) -> str:
    """Code of the error that has to come; the old protocol may end the operation after it."""
    while True:
        found = await client.hear()
        if found["type"] in ("error", "next", "data"):
            payload: Any = found["payload"]
            errors = payload if isinstance(payload, list) else payload.get("errors", [payload])
            return str(errors[0]["extensions"]["code"])


@pytest.mark.parametrize("protocol", [MODERN, OLD])
def test_live_queries_of_a_caller(chinook_read: Settings, protocol: str) -> None:
    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        await client.start("1", "subscription " + COUNT)
        assert (await client.hear())["type"] == START[protocol][1]
        async with connected(client.port, protocol) as other:  # another connection is no way around
            await other.init(**HEADERS)
            await other.start("1", "subscription " + COUNT)
            assert await refusal(other) == "subscriptions-limit-exceeded"
            await other.start("2", "query " + COUNT)
            assert (await other.hear())["payload"].get("data") is not None
        await client.tell(id="1", type="complete" if protocol == MODERN else "stop")
        await asyncio.sleep(0.1)
        await client.start("2", "subscription " + COUNT)
        assert (await client.hear())["type"] == START[protocol][1]

    talk(chinook_read, limited(Limits(subscriptions=1)), protocol, work)


def test_operations_of_a_connection_count(chinook_read: Settings) -> None:
    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        await client.start("1", "query " + COUNT)
        assert (await client.hear())["type"] == "next"
        assert (await client.hear())["type"] == "complete"
        await client.start("2", "query " + COUNT)
        assert await refusal(client) == "rate-limit-exceeded"

    told: list[str] = []
    talk(chinook_read, limited(Limits(rate="1/hour")), MODERN, work, refused=told.append)
    assert told == ["rate"]


def test_operations_at_a_time(chinook_read: Settings) -> None:
    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        for operation in ("1", "2"):
            await client.start(operation, "query { track(limit: 300) { album { tracks { name } } } }")
        found = [await client.hear() for _ in range(3)]
        assert sorted(message["type"] for message in found) == ["complete", "error", "next"]
        [refused] = [message for message in found if message["type"] == "error"]
        assert refused["payload"][0]["extensions"]["code"] == "concurrency-limit-exceeded"

    talk(chinook_read, limited(Limits(concurrency=1)), MODERN, work)


def test_a_message_of_the_role(chinook_read: Settings) -> None:
    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        await client.tell(id="1", type="subscribe", payload={"query": COUNT + " #" + "x" * 2000})
        assert await client.closed() == 1009

    talk(chinook_read, limited(Limits(body=1500)), MODERN, work)


def test_a_message_that_the_role_may_send(chinook_read: Settings) -> None:
    """More than of somebody unknown; and however many frames it comes in."""

    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        text = json.dumps(
            {"id": "1", "type": "subscribe", "payload": {"query": "query " + COUNT + " #" + "x" * 200_000}}
        )
        await client.socket.send(text)
        assert (await client.hear())["type"] == "next"
        assert (await client.hear())["type"] == "complete"
        await client.socket.send([text[:-5_000].replace('"1"', '"2"'), *text[-5_000:]])
        assert (await client.hear())["type"] == "next"

    talk(chinook_read, limited(Limits()), MODERN, work)


@pytest.mark.parametrize("pieces", [1, 20])
def test_a_message_of_somebody_unknown(chinook_read: Settings, pieces: int) -> None:
    """OWASP API4: it is not read any further than it is allowed to be."""

    async def work(client: Client) -> None:
        piece = " " * (UNKNOWN // pieces + 1)
        with suppress(ConnectionClosed):
            await client.socket.send([piece] * pieces if pieces > 1 else piece)
        assert await client.closed() == 1009

    talk(chinook_read, limited(Limits()), MODERN, work, compression=None)


def large(query: str) -> str:
    """More than a small one, and more than half of what all may have in the tests below."""
    return query + " #" + "x" * 30_000


@pytest.mark.parametrize("protocol", [MODERN, OLD])
def test_large_messages_of_all_callers(chinook_read: Settings, monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    """OWASP API4: what an operation was begun with is in memory until it ends, and there is only so much."""
    monkeypatch.setattr("gemel.edge.gate.MESSAGES", 50_000)
    told: list[str] = []

    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        for _ in range(2):
            await client.start("1", large("subscription " + COUNT))
            assert (await client.hear())["type"] == START[protocol][1]
            async with connected(client.port, protocol) as other:
                await other.init(**HEADERS)
                await other.start("1", large("query " + COUNT))
                assert await refusal(other) == "memory-limit-exceeded"
                await other.start("2", "query " + COUNT)
                assert (await other.hear())["type"] == START[protocol][1]
            await client.tell(id="1", type="complete" if protocol == MODERN else "stop")
            await asyncio.sleep(0.1)
        await client.start("2", large("query " + COUNT))
        assert (await client.hear())["type"] == START[protocol][1]

    talk(chinook_read, limited(Limits()), protocol, work, refused=told.append)
    assert told == ["memory"] * 2


@pytest.mark.parametrize("pieces", [1, 300])
def test_large_messages_that_come_slowly(chinook_read: Settings, monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    """OWASP API4: what has come of them is in memory as well, in one frame or in many."""
    monkeypatch.setattr("gemel.edge.gate.MESSAGES", 50_000)
    text = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": large("query " + COUNT)}}).encode()
    frames = [text[start : start + len(text) // pieces] for start in range(0, len(text), len(text) // pieces)]
    raw = b"".join(
        Frame(Opcode.CONT if number else Opcode.TEXT, frame, number == len(frames) - 1).serialize(mask=True)
        for number, frame in enumerate(frames)
    )

    async def work(client: Client) -> None:
        async with AsyncExitStack() as stack:
            half, other, third = [
                await stack.enter_async_context(connected(client.port, MODERN, compression=None)) for _ in range(3)
            ]
            for one in (half, other, third):
                await one.init(**HEADERS)
            half.socket.transport.write(raw[:-100])
            await asyncio.sleep(0.2)
            with suppress(ConnectionClosed):
                other.socket.transport.write(raw[:-100])
            assert await other.closed() == 1013
            await third.start("1", "query " + COUNT)
            assert (await third.hear())["type"] == "next"
            half.socket.transport.write(raw[-100:])
            assert (await half.hear())["type"] == "next"
            assert (await half.hear())["type"] == "complete"
            third.socket.transport.write(raw[:-100])
            await asyncio.sleep(0.2)
            third.socket.transport.abort()
        await asyncio.sleep(0.2)
        await client.init(**HEADERS)
        await client.start("1", large("query " + COUNT))
        assert (await client.hear())["type"] == "next"

    talk(chinook_read, limited(Limits()), MODERN, work, compression=None)


@pytest.mark.parametrize("protocol", [MODERN, OLD])
def test_connections_of_a_caller(chinook_read: Settings, protocol: str) -> None:
    told: list[str] = []

    async def work(client: Client) -> None:
        async with connected(client.port, protocol) as other:
            await other.init(**HEADERS)
            await client.tell(type="connection_init", payload={"headers": HEADERS})
            if protocol == OLD:
                assert "too many WebSockets" in str((await client.hear())["payload"])
            assert await client.closed() == (4429 if protocol == MODERN else 4400)
            assert told == ["connections"]
        async with connected(client.port, protocol) as other:
            await other.init(**HEADERS)

    talk(chinook_read, limited(Limits(connections=1)), protocol, work, refused=told.append)


def test_connections_of_nobody(chinook_read: Settings) -> None:
    """OWASP API4: whoever does not say who it is makes room; whoever has said so stays."""

    async def run() -> None:
        async with AsyncExitStack() as stack:
            port = await stack.enter_async_context(served(chinook_read, limited(Limits()), bound=Connections(4)))

            async def another() -> Client:
                return await stack.enter_async_context(connected(port, MODERN))

            first = await another()
            await first.init(**HEADERS)
            others = [await another() for _ in range(5)]
            assert [await other.closed() for other in others[:2]] == [None, None]
            for client in (first, *others[2:]):
                if client is not first:
                    await client.init(**HEADERS)
                await client.start("1", "query " + COUNT)
                assert (await client.hear())["type"] == "next"
            with pytest.raises(InvalidStatus, match="503"):
                await another()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_listed_operation_is_followed_by_its_id(chinook_read: Settings) -> None:
    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        for name, payload in (("1", {"documentId": "count"}), ("2", {"query": "subscription { genre { id } }"})):
            await client.socket.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))
            if name == "1":
                assert (await client.hear())["type"] == "next"
        assert await refusal(client) == "validation-failed"

    app = limited(Limits(listed=True), operations={"count": "subscription " + COUNT})
    talk(chinook_read, app, MODERN, work)
