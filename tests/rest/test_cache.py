"""A question that was asked before is neither parsed nor planned (docs/decisions.md, 3)."""

from typing import Any

import pytest
from rest_client import Rest

import gemel.serve.prepared
import gemel_rest.endpoint
import gemel_rest.writes


class Counter:
    """Counts the calls of a function that it stands for."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        return self.function(*arguments)


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> tuple[Counter, Counter, Counter]:
    """Of parsing, planning and compiling."""
    parsed = Counter(gemel_rest.endpoint.parse_read)
    planned = Counter(gemel.serve.prepared.plan_query)
    compiled = Counter(gemel.serve.prepared.compile_query)
    monkeypatch.setattr(gemel_rest.endpoint, "parse_read", parsed)
    monkeypatch.setattr(gemel.serve.prepared, "plan_query", planned)
    monkeypatch.setattr(gemel.serve.prepared, "compile_query", compiled)
    return parsed, planned, compiled


def test_once_for_a_text_and_once_for_a_shape(rest_write: Rest, counters: tuple[Counter, ...]) -> None:
    def made() -> tuple[int, ...]:
        return tuple(counter.calls for counter in counters)

    path = "/artist?select=name,album(title)&id=eq.{}&album.limit=1&album.order=id"
    first = rest_write.rows(path.format(1))
    assert made() == (1, 1, 1)
    assert rest_write.rows(path.format(1)) == first
    assert made() == (1, 1, 1)
    assert rest_write.rows(path.format(2)) != first
    assert made() == (2, 1, 1)
    in_list = "/artist?select=name&id=in.({})"
    assert len(rest_write.rows(in_list.format("1"))) == 1
    assert len(rest_write.rows(in_list.format("1,2,3"))) == 3
    assert made() == (4, 2, 2)


def test_a_change_once_for_a_text_and_a_layout(rest_write: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the values and the number of rows are."""
    parsed = Counter(gemel_rest.writes.parse_write)
    planned = Counter(gemel.serve.prepared.plan_mutation)
    monkeypatch.setattr(gemel_rest.writes, "parse_write", parsed)
    monkeypatch.setattr(gemel.serve.prepared, "plan_mutation", planned)
    for rows in ([{"name": "a"}], [{"name": "b"}, {"name": "c"}], {"name": "d"}):
        assert rest_write("POST", "/genre?select=name", rows).status_code == 201
        assert (parsed.calls, planned.calls) == (1, 1)
    assert rest_write("POST", "/genre?select=name", {"id": 99, "name": "e"}).status_code == 201
    assert (parsed.calls, planned.calls) == (1, 2)
    for name in ("f", "g"):
        assert rest_write("PATCH", "/genre?id=eq.99", {"name": name}).status_code == 204
    assert (parsed.calls, planned.calls) == (2, 3)
    assert rest_write("PATCH", "/genre?id=eq.98", {"name": "h"}).status_code == 204
    assert (parsed.calls, planned.calls) == (3, 3)
    assert [row["name"] for row in rest_write.rows("/genre?id=gt.25&order=id")] == ["a", "b", "c", "d", "g"]


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/csv"},
        {"prefer": "count=exact"},
        {"range": "0-0"},
        {"accept-profile": "public"},
        {"x-hasura-role": "clerk"},
    ],
)
def test_what_changes_the_answer_is_part_of_the_key(rest: Rest, headers: dict[str, str]) -> None:
    plain, other = (rest("GET", "/genre?order=id&limit=2", headers=given) for given in ({}, headers))
    assert (plain.status_code, plain.headers.items(), plain.text) != (
        other.status_code,
        other.headers.items(),
        other.text,
    )
    again = rest("GET", "/genre?order=id&limit=2", headers=headers)
    assert (again.status_code, again.text) == (other.status_code, other.text)
    assert rest.rows("/genre?order=id&limit=2") == [{"id": 1, "name": "Rock"}, {"id": 2, "name": "Jazz"}]


def test_changes_are_seen_by_what_was_asked_before(rest_write: Rest) -> None:
    assert rest_write.rows("/genre?id=eq.1&select=name") == [{"name": "Rock"}]
    rest_write("PATCH", "/genre?id=eq.1", {"name": "Stone"})
    assert rest_write.rows("/genre?id=eq.1&select=name") == [{"name": "Stone"}]


def test_rows_of_a_function_are_planned_once(rest_write: Rest, counters: tuple[Counter, ...]) -> None:
    """Whatever the arguments are, and the keys that the function gave."""
    path = "/rpc/tracks_of?artist_id={}&select=name&limit=1&order=id"
    first = rest_write.rows(path.format(1))
    made = tuple(counter.calls for counter in counters)
    assert made == (0, 1, 1)
    assert rest_write.rows(path.format(1)) == first
    assert rest_write.rows(path.format(2)) != first
    assert tuple(counter.calls for counter in counters) == made
