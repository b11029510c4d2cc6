"""Values of every type, written through one dialect and read through the other: both databases agree.

The rows are drawn without chance, so that a run is like the one before.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from databases import empty_database, postgresql_settings, sqlite_settings
from property.typed_rows import ROWS, filter_text, rows
from values.families import typed_app
from values.fronts import Fronts, fronts

QUICK = 15
"""Rows of each table in an ordinary run."""
LONG = 1000
"""Rows of each table in a soak run (``-m soak``)."""
UNEQUAL = frozenset({"real", "double"})
"""Compared as numbers, and found by their own digits only where these are exact."""


@pytest.fixture(scope="module")
def both(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Fronts]]:
    """Both services on both databases."""
    with ExitStack() as stack:
        address = stack.enter_context(empty_database(postgresql_server))
        databases = {
            "sqlite": sqlite_settings(tmp_path_factory.mktemp("sqlite")),
            "postgresql": postgresql_settings(address, tmp_path_factory.mktemp("postgresql")),
        }
        yield {kind: stack.enter_context(fronts(item, typed_app(item))) for kind, item in databases.items()}


@pytest.mark.parametrize("table", ROWS)
def test_types(both: Mapping[str, Fronts], table: str) -> None:
    """R12-4: what one dialect writes the other reads, the same from both databases."""
    check_rows(both, table, QUICK)


@pytest.mark.soak
@pytest.mark.parametrize("table", ROWS)
def test_types_long(both: Mapping[str, Fronts], table: str) -> None:
    """The same, with many more rows."""
    check_rows(both, table, LONG)


def check_rows(both: Mapping[str, Fronts], table: str, count: int) -> None:
    """Draw rows, and compare what becomes of each."""

    @settings(max_examples=count, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(rows(table))
    def check(row: dict[str, Any]) -> None:
        for way in (through_rest, through_graphql):
            found = {kind: way(front, table, row) for kind, front in both.items()}
            assert found["sqlite"] == found["postgresql"]
        for kind, front in both.items():
            assert_found(front, kind, table, row)

    check()


def through_rest(front: Fronts, table: str, row: Mapping[str, Any]) -> Any:
    """Written in REST, read in GraphQL."""
    _clear(front, table)
    answer = front.rest("POST", f"/{table}", json.dumps({"id": 1, **row}))
    assert answer.status_code == 201, answer.text
    read = front.graphql(f"{{ {table} {{ {' '.join(row)} }} }}")
    return _parsed(read)["data"][table][0]


def through_graphql(front: Fronts, table: str, row: Mapping[str, Any]) -> Any:
    """Written in GraphQL, read in REST."""
    _clear(front, table)
    query = f"mutation ($o: {table}_insert_input!) {{ insert_{table}_one(object: $o) {{ id }} }}"
    answer = front.graphql(query, json.dumps({"o": {"id": 1, **row}}))
    assert json.loads(answer).keys() == {"data"}, answer
    return _parsed(front.rest("GET", f"/{table}?select={','.join(row)}").text)[0]


def _clear(front: Fronts, table: str) -> None:
    assert front.rest("DELETE", f"/{table}?id=gte.0").status_code == 204


def assert_found(front: Fronts, kind: str, table: str, row: Mapping[str, Any]) -> None:
    """A filter on any of its values finds the row."""
    for name, value in row.items():
        if value is not None and name not in UNEQUAL:
            text = filter_text(value, table)
            answer = front.rest("GET", f"/{table}", params={"select": "id", name: f"eq.{text}"})
            assert answer.json() == [{"id": 1}], (kind, name, value, answer.text)


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)
