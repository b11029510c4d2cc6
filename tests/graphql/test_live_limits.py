"""Limits of a connection, and who shares a live query: in this process, where time can be short."""

import asyncio
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
