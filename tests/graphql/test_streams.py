"""Streaming subscriptions, with a real client on a real port (docs/dialects/graphql.md, section 13.2)."""

import socket
from typing import Any

import pytest
from graphql import GraphQLSchema, build_client_schema, get_introspection_query
from graphql_client import GraphQL
from test_live import address, hear, opened, start, write

__all__ = ["address"]

ARTISTS = (
    "subscription ($from: Int!, $least: Int) { artist_stream(batch_size: 2, cursor: {initial_value: {id: $from}}, "
    "where: {id: {_gte: $least}}) { id name albums { title } } }"
)


def ids(message: Any, field: str = "artist_stream", column: str = "id") -> list[Any]:
    assert message["type"] == "next", message
    return [row[column] for row in message["payload"]["data"][field]]


def test_rows_as_they_appear(address: str) -> None:
    """G1.1-19, G13.2-1, G13.2-2: what is there already, in batches, then what comes; each from where it began."""
    with opened(address) as client, opened(address) as other:
        start(client, ARTISTS, **{"from": 272, "least": 0})
        first = hear(client)
        assert len(first["payload"]["data"]["artist_stream"][0]["albums"]) == 1
        assert [ids(first), ids(hear(client))] == [[273, 274], [275]]
        start(other, ARTISTS, **{"from": 274, "least": 0})
        assert ids(hear(other)) == [275]
        for key in (276, 277, 278):
            write(address, f'mutation {{ insert_artist_one(object: {{id: {key}, name: "n"}}) {{ id }} }}')
        found: list[int] = []
        while len(found) < 3:
            found += ids(hear(client))
        assert found == [276, 277, 278]
        write(address, 'mutation { update_artist_by_pk(pk_columns: {id: 1}, _set: {name: "x"}) { id } }')
        write(address, 'mutation { insert_artist_one(object: {id: 400, name: "n"}) { id } }')
        assert ids(hear(client)) == [400]  # nothing of the update of an old row


def test_equal_values_come_together(address: str) -> None:
    """G13.2-2: a batch has all rows with its last value, be they more than it may have."""
    with opened(address) as client:
        query = "subscription { playlist_track_stream(batch_size: 1, cursor: [{initial_value: {playlist_id: 15}}]) "
        start(client, query + "{ playlist_id } }")
        assert ids(hear(client), "playlist_track_stream", "playlist_id") == [16] * 15
        assert ids(hear(client), "playlist_track_stream", "playlist_id") == [17] * 26
        assert ids(hear(client), "playlist_track_stream", "playlist_id") == [18]


def test_backwards_by_other_types(address: str) -> None:
    """G13.2-1, G13.2-2: every type that has an order; the value goes on as the database has it."""
    for column, value, wanted in (
        ("invoice_date", "2007-01-06T00:00:00", ["2007-01-03T00:00:00", "2007-01-02T00:00:00", "2007-01-01T00:00:00"]),
        ("total", "0.991", [0.99]),
    ):
        with opened(address) as client:
            query = (
                "subscription ($start: [invoice_stream_cursor_input]!) "
                f"{{ invoice_stream(batch_size: 1, cursor: $start) {{ {column} }} }}"
            )
            cursor = {"initial_value": {column: value}, "ordering": "DESC"}
            start(client, query, start=cursor)
            for one in wanted:
                assert set(ids(hear(client), "invoice_stream", column)) == {one}


def test_clients_that_leave(address: str) -> None:
    """In the middle of a batch, without a word: nobody else notices, and nothing is logged as wrong."""
    query = "subscription { track_stream(batch_size: 1, cursor: {initial_value: {id: 0}}) { id name } }"
    for number in range(12):
        with opened(address) as client:
            start(client, query)
            for _ in range(number % 4):
                hear(client)
            if number % 2:
                client.socket.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("batch_size: 1, cursor: []", "one streaming column field is expected"),
        ("batch_size: 1, cursor: [null]", "one streaming column field is expected"),
        ("batch_size: 1, cursor: {initial_value: {}}", "one streaming column field is expected"),
        ('batch_size: 1, cursor: {initial_value: {id: 1, name: "a"}}',
         "multiple column cursors are not supported yet"),
        ("batch_size: 1, cursor: [{initial_value: {id: 1}}, {initial_value: {id: 2}}]",
         "multiple column cursors are not supported yet"),
        ("batch_size: 1, cursor: {initial_value: {id: null}}", "unexpected null value for type 'Int'"),
        ("batch_size: 1, cursor: {initial_value: {id: 1}, ordering: UP}", "expected one of the values ['ASC', 'DESC']"),
        ("batch_size: 1, cursor: {}", "missing required field 'initial_value'"),
        ("batch_size: 1", "missing required field 'cursor'"),
        ("cursor: {initial_value: {id: 1}}", "missing required field 'batch_size'"),
        ("batch_size: -1, cursor: {initial_value: {id: 1}}", "unexpected negative value"),
        ("batch_size: 1, cursor: {initial_value: {id: 1}}, limit: 1", "'artist_stream' has no argument named 'limit'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_refused(address: str, arguments: str, message: str) -> None:
    """G13.2-1, G13.2-3"""
    with opened(address) as client:
        start(client, f"subscription {{ artist_stream({arguments}) {{ id }} }}")
        refused = hear(client)
        assert refused["type"] == "error"
        assert message in refused["payload"][0]["message"]
        stream = "artist_stream(batch_size: 1, cursor: {initial_value: {id: 1}}) { id }"
        start(client, f"subscription {{ {stream} artist {{ id }} }}")
        assert hear(client)["payload"][0]["message"] == "subscriptions must select one top level field"


def test_the_types(graphql: GraphQL) -> None:
    """G1.1-19, G13.2-1"""
    schema: GraphQLSchema = build_client_schema(graphql(get_introspection_query()))
    assert schema.subscription_type is not None
    field = schema.subscription_type.fields["artist_stream"]
    assert {name: str(argument.type) for name, argument in field.args.items()} == {
        "batch_size": "Int!", "cursor": "[artist_stream_cursor_input]!", "where": "artist_bool_exp",
    }  # fmt: skip
    assert str(field.type) == "[artist!]!"
    cursor: Any = schema.type_map["artist_stream_cursor_input"]
    assert {name: str(item.type) for name, item in cursor.fields.items()} == {
        "initial_value": "artist_stream_cursor_value_input!", "ordering": "cursor_ordering",
    }  # fmt: skip
    assert "artist_stream" not in (schema.query_type.fields if schema.query_type else {})
