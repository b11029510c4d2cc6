"""Subscriptions over both protocols, with a real client on a real port."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gemel.app import App
from gemel.settings import Settings
from live_client import served_meanwhile
from lossy import line_to
from processes import free_port, program, wait_until_ready

MODERN, OLD = "graphql-transport-ws", "graphql-ws"
SECRET = "a secret that only this test knows"
SECONDS = 30.0
Open = Callable[..., Any]


@pytest.fixture
def address(chinook: Settings, chinook_app: App, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Address of a GraphQL service on a database of this test's own. It may not log that something is wrong."""
    settings = chinook.model_copy(update={"admin_secret": SecretStr(SECRET), "live_interval": 0.05})
    with capture_logs() as logged, served_meanwhile(settings, chinook_app) as port:
        yield f"127.0.0.1:{port}"
    assert [entry for entry in logged if entry["log_level"] not in ("debug", "info")] == []
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@contextmanager
def opened(address: str, protocol: str | None = MODERN, *, secret: str | None = SECRET) -> Iterator[ClientConnection]:
    """A connection that has been initialised."""
    offered = [Subprotocol(protocol)] if protocol else None
    # A client that reads no more than it is asked for does not hear, either, that the server has closed.
    with connect(f"ws://{address}/v1/graphql", subprotocols=offered, open_timeout=SECONDS, max_queue=None) as client:
        assert client.subprotocol == protocol
        payload = {"headers": {"x-hasura-admin-secret": secret}} if secret else {}
        say(client, type="connection_init", payload=payload)
        if secret == SECRET:
            assert hear(client) == {"type": "connection_ack"}
        yield client


def say(client: ClientConnection, **message: object) -> None:
    client.send(json.dumps(message))


def hear(client: ClientConnection) -> Any:
    """The next message that is no sign of life."""
    while True:
        message = json.loads(client.recv(timeout=SECONDS))
        if message["type"] not in ("ping", "ka"):
            return message


def closed(client: ClientConnection) -> int:
    """Code with which the server closes the connection."""
    with pytest.raises(ConnectionClosed) as found:
        while True:
            hear(client)
    assert found.value.rcvd is not None
    return found.value.rcvd.code


def start(client: ClientConnection, query: str, name: str = "1", kind: str = "subscribe", **variables: object) -> None:
    say(client, id=name, type=kind, payload={"query": query, "variables": variables})


def write(address: str, query: str) -> None:
    headers = {"x-hasura-admin-secret": SECRET}
    answer = httpx.post(f"http://{address}/v1/graphql", json={"query": query}, headers=headers).json()
    assert "data" in answer, answer


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_who_is_not_known_is_refused(address: str) -> None:
    """G11.4-20, G13.3-5, G13.3-7, G13.3-8, G13.3-9: the refusals of each protocol."""
    with opened(address, secret="wrong") as client:
        assert closed(client) == 4403
    with opened(address, OLD, secret="wrong") as client:
        assert hear(client)["type"] == "connection_error"
        assert closed(client) == 4400
    with connect(f"ws://{address}/v1/graphql", subprotocols=[Subprotocol(MODERN)]) as client:
        start(client, "{artist(limit: 1) {id}}")
        refused = hear(client)
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "start-failed")
        assert closed(client) == 4401
    headers = {"x-hasura-admin-secret": SECRET}
    with connect(f"ws://{address}/graphql", subprotocols=[Subprotocol(OLD)], additional_headers=headers) as client:
        start(client, "{artist(limit: 1) {id}}", kind="start")
        assert hear(client)["payload"]["errors"][0]["extensions"]["code"] == "start-failed"
        say(client, type="connection_init")
        assert hear(client) == {"type": "connection_ack"}
        for _ in range(2):
            start(client, "subscription {artist(limit: 1) {id}}", kind="start")
        assert sorted(hear(client)["type"] for _ in range(2)) == ["data", "error"]
    with opened(address) as client:
        say(client, type="connection_init")
        assert closed(client) == 4429
    with opened(address) as client:
        start(client, "subscription {artist(limit: 1) {id}}")
        hear(client)
        start(client, "subscription {artist(limit: 1) {id}}")
        assert hear(client)["payload"][0]["extensions"]["code"] == "start-failed"
        assert closed(client) == 4409
    for text in ("[]", "x", '{"type": 3}', '{"type": "nope"}', '{"type": "subscribe"}'):
        with opened(address) as client:
            client.send(text)
            assert closed(client) == 4400
    with pytest.raises(InvalidStatus), connect(f"ws://{address}/v1/nothing"):
        pass


REFUSED = [
    ("subscription {artist {id} album {id}}", "subscriptions must select one top level field"),
    ("subscription {__typename}", "subscriptions must select one top level field"),
    ("subscription {__schema {queryType {name}}}", "introspection is not supported"),
    ("subscription {nope {id}}", "field 'nope' not found in type: 'subscription_root'"),
    ("subscription {artist(limit: -1) {id}}", "unexpected negative value"),
    ("subscription {", "not a valid graphql query"),
]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_what_is_no_live_query_is_refused(address: str) -> None:
    """G13.1-1, G13.1-3, G13.3-3: an error of one operation leaves the others alone."""
    with opened(address) as client, opened(address, OLD) as old:
        for query, told in REFUSED:
            start(client, query)
            refused = hear(client)
            assert (refused["id"], refused["type"]) == ("1", "error")
            assert told in refused["payload"][0]["message"]
            start(client, "{artist_by_pk(id: 1) {id}}", "2")
            assert [hear(client)["type"], hear(client)["type"]] == ["next", "complete"]
            start(old, query, kind="start")
            refused = hear(old)
            assert (refused["type"], list(refused["payload"])) == ("error", ["errors"])


WAYS = [(MODERN, "subscribe", "next"), (OLD, "start", "data"), (None, "start", "data")]


@pytest.mark.parametrize(("protocol", "kind", "data"), WAYS)
def test_a_live_query_gives_the_whole_answer_again_when_it_changed(
    address: str, protocol: str | None, kind: str, data: str
) -> None:
    """G1.1-7, G13.1-1, G13.1-2, G13.3-1, G13.3-2, G13.3-4, G13.3-11"""
    query = "subscription($id: Int!) {artist_by_pk(id: $id) {name albums_aggregate {aggregate {count}}}}"
    with opened(address, protocol) as client, opened(address) as other:
        sign = json.loads(client.recv(timeout=SECONDS))
        assert sign == ({"type": "ping", "payload": {"message": "keepalive"}} if protocol == MODERN else {"type": "ka"})
        start(client, query, kind=kind, id=1)
        first = hear(client)
        assert first == {"id": "1", "type": data, "payload": {"data": {"artist_by_pk": {
            "name": "AC/DC", "albums_aggregate": {"aggregate": {"count": 2}}}}}}  # fmt: skip
        start(other, query, id=2)
        assert hear(other)["payload"]["data"]["artist_by_pk"]["name"] == "Accept"
        write(address, 'mutation {insert_album_one(object: {title: "Live", artist_id: 1}) {id}}')
        assert hear(client)["payload"]["data"]["artist_by_pk"]["albums_aggregate"] == {"aggregate": {"count": 3}}
        write(address, 'mutation {update_artist_by_pk(pk_columns: {id: 2}, _set: {name: "Other"}) {id}}')
        assert hear(other)["payload"]["data"]["artist_by_pk"]["name"] == "Other"
        say(client, id="1", type="complete" if kind == "subscribe" else "stop")
        start(client, "{artist_by_pk(id: 1) {id}}", "2", kind)
        found = hear(client)
        assert (found["id"], found["type"], found["payload"]) == ("2", data, {"data": {"artist_by_pk": {"id": 1}}})
        assert hear(client) == {"id": "2", "type": "complete"}
        if protocol == MODERN:
            say(client, type="ping")
            assert hear(client) == {"type": "pong"}
        elif protocol == OLD:
            say(client, type="connection_terminate")
            assert closed(client) == 1000


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_mutations_and_errors_of_running(address: str) -> None:
    """G13.3-3"""
    wrong = 'mutation {insert_album_one(object: {title: "x", artist_id: 0}) {id}}'
    with opened(address, OLD) as client:
        start(client, wrong, kind="start")
        answer = hear(client)
        assert (answer["type"], answer["payload"]["data"]) == ("data", None)
        assert answer["payload"]["errors"][0]["extensions"]["code"] == "constraint-violation"
        assert hear(client) == {"id": "1", "type": "complete"}
    with opened(address) as client:
        start(client, wrong)
        assert hear(client)["payload"][0]["extensions"]["code"] == "constraint-violation"
        start(client, 'mutation {insert_genre_one(object: {name: "Baroque"}) {name}}')
        assert hear(client)["payload"] == {"data": {"insert_genre_one": {"name": "Baroque"}}}


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_a_database_that_is_away_for_a_while(chinook: Settings, tmp_path: Path) -> None:
    """Live queries and streams go on where they were (docs/decisions.md, 94)."""
    with line_to(chinook.database) as line:
        environ = {
            "GEMEL_DATABASE_URI": line.address,
            "GEMEL_PORT": str(free_port()),
            "GEMEL_ADMIN_PORT": str(free_port()),
            "GEMEL_ADMIN_SECRET": SECRET,
            "GEMEL_LIVE_INTERVAL": "0.05",
        }
        stream = "subscription { artist_stream(batch_size: 5, cursor: {initial_value: {id: 274}}) { id } }"
        with program(["-m", "gemel_graphql"], tmp_path, **environ):
            wait_until_ready(f"http://127.0.0.1:{environ['GEMEL_ADMIN_PORT']}")
            with opened(f"127.0.0.1:{environ['GEMEL_PORT']}") as client:
                start(client, "subscription { genre_by_pk(id: 1) { name } }")
                assert hear(client)["payload"]["data"]["genre_by_pk"]["name"] == "Rock"
                start(client, stream, "2")
                assert hear(client)["payload"]["data"]["artist_stream"] == [{"id": 275}]
                line.cut()
                with psycopg.connect(chinook.database) as other:
                    other.execute("UPDATE genre SET name = 'Stone' WHERE id = 1")
                    other.execute("INSERT INTO artist (id, name) VALUES (276, 'a')")
                time.sleep(0.3)
                line.mend()
                found = {message["id"]: message["payload"]["data"] for message in (hear(client), hear(client))}
                assert found == {"1": {"genre_by_pk": {"name": "Stone"}}, "2": {"artist_stream": [{"id": 276}]}}
