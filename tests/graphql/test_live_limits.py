"""Limits of a connection, and who shares a live query: in this process, where time can be short."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from graphql_client import GraphQL

from gemel.auth import Actor, Authenticator
from gemel.edge.websocket import UNKNOWN
from gemel.settings import Settings
from gemel_graphql.app import create_app
from gemel_graphql.live import connection as module
from gemel_graphql.live.connection import Connection, Credentials, Passage
from gemel_graphql.live.poll import Polls
from gemel_graphql.live.protocol import TRANSPORT_WS
from gemel_graphql.service import Request

ADMIN = Actor.of("admin", {})
LOCAL = {"host": "localhost"}


async def never(*_: object) -> Any:
    await asyncio.Event().wait()


def connected(graphql: GraphQL, receive: Any, send: Any) -> Connection:
    live: Any = create_app(graphql.engine)._live  # type: ignore[attr-defined]
    credentials = Credentials(Authenticator(Settings()), LOCAL, True)
    passage = Passage(live._gate, {"client": ("127.0.0.1", 1)})
    return Connection(live._service, live._polls, TRANSPORT_WS, credentials, passage, receive, send)


def test_who_does_not_say_who_it_is_has_to_leave(graphql: GraphQL, monkeypatch: pytest.MonkeyPatch) -> None:
    """G13.3-6"""
    monkeypatch.setattr(module, "INIT_SECONDS", 0.01)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    graphql.runner.run(connected(graphql, never, send).run())
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 4408)]


def test_a_message_that_is_too_large_ends_the_connection(graphql: GraphQL) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.receive", "text": " " * (UNKNOWN + 1)}

    async def send(message: Any) -> None:
        sent.append(message)

    graphql.runner.run(connected(graphql, receive, send).run())
    assert sent[0]["code"] == 1009


def test_equal_live_queries_are_asked_once(graphql: GraphQL) -> None:
    """G13.1-2: and not at all any more when nobody listens."""
    live: Any = create_app(graphql.engine)._live  # type: ignore[attr-defined]
    text = "subscription($id: Int!) {artist_by_pk(id: $id) {name}}"

    async def main() -> None:
        polls = Polls(graphql.engine, 0.01)
        made = [await live._service.prepare_live(Request(text, None, {"id": key}), ADMIN) for key in (1, 1, 2)]
        assert made[0][0] is made[1][0] is made[2][0]  # one plan
        listeners = [polls.answers(plan, values, ADMIN) for plan, values in made]
        answers = [await anext(listener) for listener in listeners]
        assert answers[0] == answers[1] == b'{"data":{"artist_by_pk":{"name":"AC/DC"}}}'
        assert len(polls) == 2
        for listener in listeners:
            await listener.aclose()
        assert len(polls) == 0

    graphql.runner.run(main())


def test_large_answers_are_not_kept(graphql_write: GraphQL, monkeypatch: pytest.MonkeyPatch) -> None:
    """G13.1-2, OWASP API4: who comes later, or was busy when it changed, has it from the next look."""
    monkeypatch.setattr("gemel_graphql.live.poll.LARGE", 10)
    live: Any = create_app(graphql_write.engine)._live  # type: ignore[attr-defined]
    text = "subscription {artist_by_pk(id: 1) {name}}"

    async def answer(listener: AsyncGenerator[bytes]) -> str:
        found = json.loads(await asyncio.wait_for(anext(listener), 10))
        return str(found["data"]["artist_by_pk"]["name"])

    async def rename(name: str) -> None:
        change = f'mutation {{update_artist_by_pk(pk_columns: {{id: 1}}, _set: {{name: "{name}"}}) {{id}}}}'
        assert b"errors" not in await live._service.answer(Request(change, None, {}), ADMIN)

    async def main() -> None:
        polls = Polls(graphql_write.engine, 0.01)
        plan, values = await live._service.prepare_live(Request(text, None, {}), ADMIN)
        first, second = polls.answers(plan, values, ADMIN), polls.answers(plan, values, ADMIN)
        assert await answer(first) == "AC/DC"
        [poll] = polls._polls.values()
        while poll.body is not None:  # the other who waited has it
            await asyncio.sleep(0.001)
        assert await answer(second) == "AC/DC"
        waiting = asyncio.ensure_future(answer(first))
        await asyncio.sleep(0.1)
        assert not waiting.done(), "it is the same"
        await rename("Other")
        assert await waiting == "Other"
        await asyncio.sleep(0.1)
        assert await answer(second) == "Other"
        await rename("A third")
        assert [await answer(one) for one in (second, first)] == ["A third"] * 2
        for listener in (first, second):
            await listener.aclose()
        assert len(polls) == 0

    graphql_write.runner.run(main())
