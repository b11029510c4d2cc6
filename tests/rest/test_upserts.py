"""Upserts (docs/dialects/rest.md, section 14)."""

import json
from typing import Any

import pytest
from rest_client import Rest, problem

MERGE = "resolution=merge-duplicates"
IGNORE = "resolution=ignore-duplicates"


def post(rest: Rest, path: str, body: object, prefer: str) -> Any:
    return rest("POST", path, body, headers={"prefer": f"{prefer}, return=representation"})


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("/album?on_conflict=title", {"id": 1, "title": "x", "artist_id": 2}, (400, "42P10")),
        ("/genre?on_conflict=nope", {"id": 1, "name": "x"}, (400, "PGRST204")),
        ("/genre?on_conflict=", {"id": 1, "name": "x"}, (400, "PGRST100")),
        ("/genre", {"id": 1, "name": None}, (400, "23502")),
        ("/genre", [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], (500, "21000")),
        ("/album", {"id": 1, "title": "x", "artist_id": 99999}, (409, "23503")),
    ],
)
def test_what_is_refused_changes_nothing(rest_write: Rest, path: str, body: object, error: tuple[int, str]) -> None:
    """R14-10, R14-12, R14-14"""
    assert problem(post(rest_write, path, body, MERGE)) == error
    assert rest_write.rows("/genre?id=eq.1") == [{"id": 1, "name": "Rock"}]
    assert rest_write.rows("/album?id=eq.1&select=artist_id") == [{"artist_id": 1}]


def test_merging(rest_write: Rest) -> None:
    """R13-4, R14-10, R14-11, R14-13, R29-10"""
    answer = post(rest_write, "/genre", [{"id": 1, "name": "Rock!"}], MERGE)
    assert (answer.status_code, answer.json()) == (200, [{"id": 1, "name": "Rock!"}])
    assert answer.headers["preference-applied"] == f"{MERGE}, return=representation"
    answer = post(rest_write, "/genre", [{"id": 1, "name": "R"}, {"id": 99, "name": "New"}], MERGE)
    assert (answer.status_code, answer.json()) == (201, [{"id": 1, "name": "R"}, {"id": 99, "name": "New"}])
    answer = rest_write("POST", "/genre", {"id": 1, "name": "Rock"}, headers={"prefer": MERGE})
    assert (answer.status_code, answer.content) == (200, b"")
    assert post(rest_write, "/genre", [], MERGE).status_code == 200


def test_ignoring(rest_write: Rest) -> None:
    """R14-11"""
    answer = post(rest_write, "/genre", [{"id": 1, "name": "R"}, {"id": 99, "name": "New"}], IGNORE)
    assert (answer.status_code, answer.json()) == (201, [{"id": 99, "name": "New"}])
    answer = post(rest_write, "/genre", [{"id": 1, "name": "R"}], f"{IGNORE}, count=exact")
    assert (answer.status_code, answer.json(), answer.headers["content-range"]) == (201, [], "*/0")
    assert rest_write.rows("/genre?id=eq.1") == [{"id": 1, "name": "Rock"}]


def test_rows_of_different_shapes(rest_write: Rest) -> None:
    """R14-12: surrogate keys, of which some rows have none."""
    rows = [{"name": "a"}, {"id": 1, "name": "b"}, {"name": "c"}]
    answer = post(rest_write, '/genre?columns="id","name"', rows, f"{MERGE}, missing=default")
    assert answer.status_code == 201
    assert answer.json() == [{"id": 26, "name": "a"}, {"id": 1, "name": "b"}, {"id": 27, "name": "c"}]


def test_a_key_of_two_columns_alone(rest_write: Rest) -> None:
    answer = post(rest_write, "/playlist_track", [{"playlist_id": 18, "track_id": 597}], MERGE)
    assert (answer.status_code, answer.json()) == (200, [{"playlist_id": 18, "track_id": 597}])


def test_many_rows_are_one_request(rest_write: Rest) -> None:
    rows = [{"id": number, "name": f"n{number}"} for number in range(1, 5001)]
    answer = rest_write("POST", "/genre", content=json.dumps(rows).encode(), headers={
        "prefer": f"{MERGE}, count=exact", "content-type": "application/json"})  # fmt: skip
    assert (answer.status_code, answer.headers["content-range"]) == (201, "*/5000")
    assert rest_write.rows("/genre?id=in.(1,5000)&order=id") == [{"id": 1, "name": "n1"}, {"id": 5000, "name": "n5000"}]


def test_the_error_of_one_of_many_rows(rest_write: Rest) -> None:
    rows = [{"id": number, "name": f"n{number}"} for number in range(100, 200)]
    rows[70]["id"] = "x"  # type: ignore[call-overload]
    assert problem(rest_write("POST", "/genre", rows)) == (400, "22P02")
    assert rest_write.rows("/genre?id=gte.100") == []


def test_defaults_by_patch(rest_write: Rest) -> None:
    """R13-5: what the object does not name takes its default."""
    answer = rest_write(
        "PATCH", '/track?id=eq.1&columns="composer","bytes"', {"bytes": 5},
        headers={"prefer": "missing=default, return=representation"},
    )  # fmt: skip
    assert [(row["composer"], row["bytes"]) for row in answer.json()] == [(None, 5)]
    assert answer.headers["preference-applied"] == "missing=default, return=representation"
