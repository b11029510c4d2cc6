"""Changes of one row: PUT, and PATCH and DELETE of items (docs/dialects/rest.md, sections 2 and 16)."""

from typing import Any

import pytest
from rest_client import Rest, problem

REPRESENT = {"prefer": "return=representation"}


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("/genre", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/genre?id=gt.1", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/genre?id=not.eq.1", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/genre?name=eq.Rock", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/genre?id=eq.1&name=eq.Rock", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/genre?id=eq.1&id=eq.1", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/genre?or=(id.eq.1)", {"id": 1, "name": "x"}, (405, "PGRST105")),
        ("/playlist_track?playlist_id=eq.1", {"playlist_id": 1, "track_id": 1}, (405, "PGRST105")),
        ("/genre?id=eq.1&limit=1", {"id": 1, "name": "x"}, (400, "PGRST114")),
        ("/genre?id=eq.1&offset=1", {"id": 1, "name": "x"}, (400, "PGRST114")),
        ("/genre?id=eq.1", {"id": 2, "name": "x"}, (400, "PGRST115")),
        ("/genre?id=eq.1", {"name": "x"}, (400, "PGRST115")),
        ("/genre?id=eq.1", [], (400, "PGRST115")),
        ("/genre?id=eq.1", {"id": 1, "name": None}, (400, "23502")),
        ("/genre?id=eq.1", {"id": 1, "nam": "x"}, (400, "PGRST204")),
        ("/nope?id=eq.1", {"id": 1}, (404, "PGRST205")),
        ("/genre/1", {"id": 2, "name": "x"}, (400, "PGRST115")),
        ("/genre/1?name=eq.Rock", {"name": "x"}, (400, "PGRST100")),
        ("/genre/1,2", {"name": "x"}, (400, "PGRST100")),
        ("/genre/x", {"name": "x"}, (400, "22P02")),
        ("/nope/1", {"name": "x"}, (404, "PGRST205")),
    ],
)
def test_what_a_put_refuses(rest_write: Rest, path: str, body: Any, error: tuple[int, str]) -> None:
    """R16-1, R16-2, R16-3, R2-6, R21-13, R21-19, R21-20"""
    assert problem(rest_write("PUT", path, body)) == error
    assert rest_write.rows("/genre?id=eq.1") == [{"id": 1, "name": "Rock"}]


def test_put(rest_write: Rest) -> None:
    """R16-3, R16-4, R16-5, R23-4"""
    answer = rest_write("PUT", "/genre?id=eq.1", {"id": 1, "name": "R"}, headers={"range": "0-0"})
    assert (answer.status_code, answer.content) == (204, b"")
    answer = rest_write("PUT", "/genre?id=eq.1", [{"id": 2, "name": "no"}, {"id": 1, "name": "R2"}], headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (200, [{"id": 1, "name": "R2"}])
    answer = rest_write("PUT", "/genre?id=eq.90", {"id": "90", "name": "New"}, headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (201, [{"id": 90, "name": "New"}])
    assert rest_write("PUT", "/genre?id=eq.91", {"id": 91, "name": "New too"}).status_code == 204
    assert rest_write.rows("/genre?id=in.(2,91)&order=id") == [{"id": 2, "name": "Jazz"}, {"id": 91, "name": "New too"}]
    before = rest_write.rows("/track?id=eq.1")[0]
    changed = {"id": 1, "name": "n", "media_type_id": 1, "milliseconds": 1, "unit_price": 1}
    rest_write("PUT", "/track?id=eq.1", changed)
    assert rest_write.rows("/track?id=eq.1")[0] == before | changed


def test_put_of_an_item(rest_write: Rest) -> None:
    """R2-6, R2-8, R23-7, R29-15"""
    answer = rest_write("PUT", "/genre/26", {"name": "Polka"})
    assert (answer.status_code, answer.headers["location"], answer.content) == (201, "/genre/26", b"")
    assert rest_write("PUT", "/genre/26", {"name": "Polka!"}).status_code == 204
    answer = rest_write("PUT", "/genre/26?select=name", {"id": 26, "name": "P"}, headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (200, {"name": "P"})
    answer = rest_write("PUT", "/playlist_track/18,1", {}, headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (201, {"playlist_id": 18, "track_id": 1})
    assert answer.headers["location"] == "/playlist_track/18,1"


def test_patch_and_delete_of_an_item(rest_write: Rest) -> None:
    """R2-4, R2-7, R23-7, R29-15"""
    assert rest_write("PATCH", "/genre/1", {"name": "R"}).status_code == 204
    answer = rest_write("PATCH", "/genre/1?select=name", {"name": "R2"}, headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (200, {"name": "R2"})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    answer = rest_write("PATCH", "/genre/1", {}, headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (200, {"id": 1, "name": "R2"})
    rest_write("PUT", "/genre/99", {"name": "gone soon"})
    answer = rest_write("DELETE", "/genre/99", headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (200, {"id": 99, "name": "gone soon"})
    for method, body in (("PATCH", {"name": "x"}), ("PATCH", {}), ("DELETE", None)):
        answer = rest_write(method, "/genre/99", body)
        assert problem(answer) == (404, "PGRST116")
        assert answer.json()["details"] == "The result contains 0 rows"
    assert problem(rest_write("DELETE", "/genre/1?name=eq.x")) == (400, "PGRST100")
    assert problem(rest_write("DELETE", "/artist/1")) == (409, "23503")
    assert rest_write("DELETE", "/playlist_track/18,597").status_code == 204
    assert rest_write.rows("/playlist_track?playlist_id=eq.18") == []
