"""Cursors (docs/dialects/rest.md section 31)."""

from urllib.parse import quote

import pytest
from rest_client import Rest, problem

PAGE = "select=id,name,cursor()&order=composer.desc.nullslast,name"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/track?after=x", (400, "22023")),
        ("/track?after=", (400, "22023")),
        ('/track?after=["00000000","1"]', (400, "22023")),
        ("/track?first=x", (400, "PGRST100")),
        ("/track?first=", (400, "PGRST100")),
        ("/track?first=-1", (416, "PGRST103")),
        ("/track?first=eq.1", (400, "42703")),
        ("/track?after=is.null", (400, "42703")),
        ("/track?album.first=1", (400, "PGRST108")),
        ("/track?album.after=[]", (400, "PGRST108")),
        ("/track/1?first=1", (400, "PGRST100")),
        ("/track/1?after=[]", (400, "PGRST100")),
        ("/track?select=cursor(", (400, "PGRST200")),
    ],
)
def test_what_is_refused(rest: Rest, path: str, error: tuple[int, str]) -> None:
    """R31-2, R31-3, R31-4, R31-5"""
    if path.endswith("("):
        path += "id)"
    assert rest.error(path) == error


def test_changes_have_no_pages(rest: Rest) -> None:
    """R31-5"""
    assert problem(rest("DELETE", "/track?id=eq.0&first=1")) == (400, "PGRST127")
    assert problem(rest("PATCH", "/track?id=eq.0&after=[]", {"name": "x"})) == (400, "PGRST127")


def test_a_cursor_of_another_order(rest: Rest) -> None:
    """R31-3"""
    [row] = rest.rows(f"/track?{PAGE}&first=1")
    assert rest.error(f"/track?order=name&after={quote(row['cursor'])}") == (400, "22023")


def test_pages_are_the_whole(rest: Rest) -> None:
    """R31-1, R31-2, R31-3"""
    whole = rest.rows("/track?select=id,name&order=composer.desc.nullslast,name,id&limit=70")
    found: list[object] = []
    path = f"/track?{PAGE}&first=20"
    for size in (20, 20, 20, 10):
        rows = rest.rows(f"{path}&limit={size}")
        assert len(rows) == size
        found += [{"id": row["id"], "name": row["name"]} for row in rows]
        path = f"/track?{PAGE}&first=20&after={quote(rows[-1]['cursor'])}"
    assert found == whole


def test_headers_of_a_page_behind_a_cursor(rest: Rest) -> None:
    """R31-4"""
    [row] = rest.rows("/artist?select=here:cursor()&order=id&first=1&offset=9")
    answer = rest.get(f"/artist?select=id&order=id&first=2&after={quote(row['here'])}", prefer="count=exact")
    assert answer.json() == [{"id": 11}, {"id": 12}]
    assert (answer.status_code, answer.headers["content-range"]) == (206, "*/275")
    answer = rest.get(f"/artist?select=id&order=id&after={quote(row['here'])}", range="0-0")
    assert (answer.status_code, answer.headers["content-range"], answer.json()) == (200, "*/*", [{"id": 11}])


def test_pages_of_an_embed(rest: Rest) -> None:
    """R31-1, R31-2, R31-3"""
    path = "/artist?id=eq.1&select=album(title,cursor())&album.order=title.desc&album.first=1"
    [row] = rest.rows(path)
    assert [album["title"] for album in row["album"]] == ["Let There Be Rock"]
    [row] = rest.rows(f"{path}&album.after={quote(row['album'][0]['cursor'])}")
    assert [album["title"] for album in row["album"]] == ["For Those About To Rock We Salute You"]


def test_rows_of_functions(rest: Rest) -> None:
    """R31-5"""
    path = "/rpc/tracks_of?artist_id=1&select=id,cursor()&order=name&first=1"
    [row] = rest.rows(path)
    [second] = rest.rows(f"{path}&after={quote(row['cursor'])}")
    assert rest.rows("/rpc/tracks_of?artist_id=1&select=id&order=name,id&limit=2") == [
        {"id": row["id"]},
        {"id": second["id"]},
    ]


def test_an_item_and_a_change_give_cursors(rest_write: Rest) -> None:
    """R31-1"""
    row = rest_write.rows("/artist/1?select=cursor()")
    headers = {"prefer": "return=representation"}
    changed = rest_write("PATCH", "/artist?id=eq.1&select=cursor()", {"name": "x"}, headers=headers)
    assert changed.json() == [row]
    assert rest_write.rows(f"/artist?select=id&first=1&after={quote(row['cursor'])}") == [{"id": 2}]


def test_where_there_is_no_place_in_an_order(rest: Rest) -> None:
    """R31-1"""
    [lifted] = rest.rows("/artist?id=eq.1&select=...album(cursor())")
    [nested] = rest.rows("/artist?id=eq.1&select=album(cursor())&album.order=id")
    assert lifted["cursor"] == [album["cursor"] for album in nested["album"]]
    assert rest.get("/album?id=eq.1&select=id,cursor()", accept="text/csv").text.startswith("id,cursor\n1,")
