"""Text search in filters: ours (G20-6)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from graphql_client import GraphQL, serving

from engine.test_search import app, notes
from gemel.settings import Settings

notes_database = notes


@pytest.fixture
def searched(notes_database: Settings) -> Iterator[GraphQL]:
    with serving(notes_database, replace(app(), name="engine")) as made:
        yield made


def found(graphql: GraphQL, search: str) -> list[int]:
    return ids(graphql(f"{{note(where: {{body: {{_search: {search}}}}}, order_by: {{id: asc}}) {{id}}}}"))


def ids(data: Any) -> list[int]:
    return [row["id"] for row in data["note"]]


@pytest.mark.parametrize(
    ("search", "code", "told"),
    [
        ("null", "validation-failed", "null"),
        ("{}", "validation-failed", "missing required field 'query'"),
        ("{query: null}", "validation-failed", "null"),
        ("{query: 3}", "validation-failed", "expected a string"),
        ('{query: "x", mode: fuzzy}', "validation-failed", "expected one of the values"),
        ('{query: "x &", mode: tsquery}', "data-exception", "in tsquery"),
    ],
)
def test_what_is_no_search_is_refused(searched: GraphQL, search: str, code: str, told: str) -> None:
    """G20-6"""
    refused, _, message = searched.refused(f"{{note(where: {{body: {{_search: {search}}}}}) {{id}}}}")
    assert refused == code
    assert told in message


def test_searches(searched: GraphQL) -> None:
    """G20-6: written out, and by variables that are part of the shape or of the value."""
    assert found(searched, '{query: "fox -quick", language: "simple"}') == [2]
    assert found(searched, '{query: "brown fox", mode: phrase}') == [1]
    assert found(searched, '{query: "br:* & fox", mode: tsquery, language: "simple"}') == [1]
    for mode, wanted in (("web", [1, 2]), ("phrase", [])):
        given = {"query": "dog fox", "mode": mode, "language": "simple"}
        query = "query($s: text_search_exp!) {note(where: {body: {_search: $s}}, order_by: {id: asc}) {id}}"
        assert ids(searched(query, s=given)) == wanted
    query = "query($q: String!) {note(where: {body: {_search: {query: $q}}}, order_by: {id: asc}) {id}}"
    assert [ids(searched(query, q=text)) for text in ("coffee", "lazy")] == [[3], [1]]


def test_a_column_without_an_index(searched: GraphQL, notes_database: Settings) -> None:
    """G20-6"""
    query = '{note(where: {plain: {_search: {query: "fox"}}}) {id}}'
    if notes_database.is_postgresql:
        assert len(searched(query)["note"]) == 2
    else:
        assert searched.refused(query)[0] == "not-supported"
    assert searched.refused('{note(where: {id: {_search: {query: "x"}}}) {id}}')[0] == "validation-failed"
