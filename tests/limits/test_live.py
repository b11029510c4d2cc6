"""How many live queries a caller may have, and how often it may begin one (docs/limits.md)."""

import asyncio
import json
from typing import Any

import pytest
from limited import limited
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from gemel.limits import Limits
from gemel.settings import Settings
from live_client import COUNT, MODERN, OLD, START, Client, talk

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
        async with connect(
            f"ws://127.0.0.1:{client.port}/v1/graphql", subprotocols=[Subprotocol(protocol)]
        ) as socket:  # another connection is no way around
            other = Client(socket, protocol, client.port)
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


def test_a_message_of_the_role(chinook_read: Settings) -> None:
    async def work(client: Client) -> None:
        await client.init(**HEADERS)
        await client.tell(id="1", type="subscribe", payload={"query": COUNT + " #" + "x" * 2000})
        assert await client.closed() == 1009

    talk(chinook_read, limited(Limits(body=1500)), MODERN, work)


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
