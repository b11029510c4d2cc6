"""Hooks around what GraphQL writes: nested rows, changes in part, errors (docs/hooks.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql_client import GraphQL, serving

from conftest import KINDS
from desk import desk_app, desk_database


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphQL]:
    with desk_database(request.param, request, tmp_path) as settings, serving(settings, desk_app()) as client:
        yield client


def test_nested_rows(desk: GraphQL) -> None:
    """Keys are handed down and up through objects."""
    found = desk(
        'mutation { insert_ticket(objects: [{title: " a", comments: {data: [{text: "x!"}, {text: "y"}]}}, '
        '{title: "b"}]) { affected_rows returning { id title comments(order_by: {id: asc}) { text } } } '
        'insert_comment_one(object: {text: "z!", ticket: {data: {title: " c"}}}) { text ticket { title opened_by } } }'
    )
    assert found["insert_ticket"] == {
        "affected_rows": 4,
        "returning": [
            {"id": 1, "title": "a", "comments": [{"text": "x."}, {"text": "y"}]},
            {"id": 2, "title": "b", "comments": []},
        ],
    }
    assert found["insert_comment_one"] == {"text": "z.", "ticket": {"title": "c", "opened_by": "admin"}}


def test_changes(desk: GraphQL) -> None:
    """Every operator; an object is changed from what the database makes of it."""
    desk('mutation { insert_ticket_one(object: {title: "a", hours: 1.5, tags: {a: [1, 2], b: 1}}) { id } }')
    change = (
        'mutation { update_ticket_by_pk(pk_columns: {id: 1}, _inc: {hours: 2}, _set: {due: "2026-02-01"}%s)'
        " { hours due version %s } }"
    )
    postgresql = desk.engine.settings.is_postgresql
    edits = ('_delete_at_path: {tags: ["a", "0"]}', "tags") if postgresql else ("_set: {due: null}", "due")
    found = desk(change % ("", ""))["update_ticket_by_pk"]
    assert found == {"hours": 3.5, "due": "2026-02-01", "version": 2}
    more = desk(f"mutation {{ update_ticket_by_pk(pk_columns: {{id: 1}}, {edits[0]}) {{ {edits[1]} version }} }}")
    assert more["update_ticket_by_pk"] == (
        {"tags": {"a": [2], "b": 1}, "version": 3} if postgresql else {"due": None, "version": 3}
    )


def test_along_relations_and_upserts(desk: GraphQL) -> None:
    """``_nested`` and ``on_conflict`` with a filter go through objects, too."""
    desk('mutation { insert_ticket_one(object: {title: "a", comments: {data: {text: "x"}}}) { id } }')
    found = desk(
        "mutation { update_ticket_by_pk(pk_columns: {id: 1}, _nested: {comments: {"
        'update: {where: {}, _set: {text: "y"}}, insert: {data: [{text: "z!"}]}}}) '
        "{ version comments(order_by: {id: asc}) { text } } }"
    )
    assert found["update_ticket_by_pk"] == {"version": 1, "comments": [{"text": "y"}, {"text": "z."}]}
    upsert = (
        'mutation ($least: Int!) { insert_ticket(objects: [{title: "a ", hours: 2}], on_conflict: {constraint: '
        "ticket_title_key, update_columns: [hours], where: {version: {_lt: $least}}}) "
        "{ affected_rows returning { hours } } }"
    )
    assert desk(upsert, least=1)["insert_ticket"] == {"affected_rows": 0, "returning": []}
    assert desk(upsert, least=2)["insert_ticket"] == {"affected_rows": 1, "returning": [{"hours": 2}]}


def test_errors(desk: GraphQL) -> None:
    """A hook's refusal keeps its code; a bug shows nothing."""
    insert = (
        'mutation ($title: String!) { insert_person_one(object: {email: "a@b"}) { id } '
        "insert_ticket_one(object: {title: $title}) { id } }"
    )
    assert desk.refused(insert, title="forbidden")[::2] == ("bad-title", "no such titles")
    assert desk.refused('mutation { insert_person_one(object: {email: "x"}) { id } }')[::2] == (
        "bad-request", "an address has an @",
    )  # fmt: skip
    assert desk.refused(insert, title="bug")[::2] == ("unexpected", "internal error")
    assert desk("{ person { id } ticket { id } }") == {"person": [], "ticket": []}
