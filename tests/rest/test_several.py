"""Several changes in one request (docs/dialects/rest.md, section 33)."""

from pathlib import Path
from typing import Any

import pytest
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.settings import Settings

REPRESENT = {"Prefer": "return=representation"}


def operation(method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    made: dict[str, Any] = {"method": method, "path": path}
    if body is not None:
        made["body"] = body
    return made | ({"headers": headers} if headers else {})


def test_all_of_them(rest_write: Rest) -> None:
    """R33-1, R33-2"""
    answer = rest_write(
        "POST",
        "/",
        [
            operation("POST", "/artist", {"id": 900, "name": "Jürgen"}),
            operation("POST", "/album?select=title,artist(name)", [{"title": "ä", "artist_id": 900}], **REPRESENT),
            operation("PATCH", "/artist?name=eq.Jürgen&select=name", {"name": "b"}, prefer="return=representation"),
            operation("PUT", "/genre/99", {"name": "c"}),
            operation("POST", "/genre?select=name", {"name": "d,e"}, accept="text/csv", **REPRESENT),
            operation("DELETE", "/genre/99", **REPRESENT),
            operation("DELETE", "/playlist_track?playlist_id=eq.1&track_id=eq.3402", Prefer="count=exact"),
        ],
    )
    assert answer.status_code == 200
    assert [(one["status"], one["body"]) for one in answer.json()] == [
        (201, None),
        (201, [{"title": "ä", "artist": {"name": "Jürgen"}}]),
        (200, [{"name": "b"}]),
        (201, None),
        (201, 'name\n"d,e"'),
        (200, {"id": 99, "name": "c"}),
        (204, None),
    ]
    headers = [one["headers"] for one in answer.json()]
    assert headers[2]["content-range"] == "0-0/*"
    assert headers[6] == {"content-range": "*/1", "preference-applied": "count=exact"}
    assert rest_write.rows("/album?artist_id=eq.900&select=title") == [{"title": "ä"}]
    assert rest_write("POST", "/", []).json() == []


@pytest.mark.parametrize(
    ("last", "error"),
    [
        (operation("POST", "/album", {"title": "a", "artist_id": 0}), (409, "23503")),
        (operation("POST", "/album", {"titel": "a"}), (400, "PGRST204")),
        (operation("PATCH", "/genre/0", {"name": "a"}), (404, "PGRST116")),
        (operation("PATCH", "/genre?id=eq.0", {"name": "a"}, accept="application/vnd.pgrst.object"), (406, "PGRST116")),
        (operation("PATCH", "/genre/1", {"name": "a"}, **{"If-Match": '"x"'}), (412, "PT412")),
        (operation("PUT", "/genre/1", {"name": "a"}, **{"If-None-Match": "*"}), (412, "PT412")),
        (operation("DELETE", "/genre"), (400, "21000")),
        (
            operation("PATCH", "/track?id=gt.1", {"composer": "a"}, prefer="handling=strict,max-affected=1"),
            (400, "PGRST124"),
        ),
        (operation("POST", "/nope", {}), (404, "PGRST205")),
        (operation("POST", "/genre/1", {}), (400, "PGRST127")),
        (operation("POST", "/rpc/tracks_of", {}), (400, "PGRST127")),
        (operation("POST", "/", []), (400, "PGRST127")),
        (operation("POST", "/a/b/c", {}), (404, "PGRST125")),
        (operation("PATCH", "/genre?id=1", {}), (400, "PGRST100")),
    ],
)
def test_all_or_nothing(rest_write: Rest, last: dict[str, Any], error: tuple[int, str]) -> None:
    """R33-3"""
    answer = rest_write("POST", "/", [operation("PATCH", "/genre/1", {"name": "x"}), last])
    assert problem(answer) == error
    told = "It is operation 1 of the request, counted from 0; nothing of the request was kept."
    assert answer.json()["hint"].endswith(told)
    assert rest_write.rows("/genre?id=eq.1&select=name") == [{"name": "Rock"}]


@pytest.mark.parametrize("path", ["/nope", "/genre/1"])
def test_which_of_many(rest_write: Rest, path: str) -> None:
    """R33-3: also of a body that is made ready in a thread."""
    operations = [operation("PATCH", "/genre/1", {"name": f"{number}"}) for number in range(60)]
    operations[40] = operation("POST", path, {})
    answer = rest_write("POST", "/", operations)
    assert answer.json()["hint"].endswith(
        "It is operation 40 of the request, counted from 0; nothing of the request was kept."
    )
    assert rest_write.rows("/genre?id=eq.1&select=name") == [{"name": "Rock"}]


def test_the_only_one(rest_write: Rest) -> None:
    """R33-3: it is told as it would be of several."""
    answer = rest_write("POST", "/", [operation("PATCH", "/genre/0", {"name": "a"})])
    assert problem(answer) == (404, "PGRST116")
    assert answer.json()["hint"].startswith("It is operation 0 of the request")
    text = rest_write("POST", "/", content=b"[]", headers={"content-type": "text/plain"})
    assert problem(text) == (400, "PGRST102")


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, "the body has to be an array of operations."),
        ([operation("DELETE", "/genre/99")] * 1001, "the body has to be at most 1000 operations."),
        ([5], "[0] has to be an object with method, path, and perhaps headers and body."),
        ([{"verb": "POST"}], "[0].verb has to be one of the members body, headers, method, path."),
        ([operation("GET", "/genre")], "[0].method has to be one of POST, PATCH, PUT, DELETE."),
        ([operation("DELETE", "genre")], "[0].path has to be a text such as /album/1 or /album?id=eq.1."),
        ([{"method": "DELETE"}], "[0].path has to be a text such as /album/1 or /album?id=eq.1."),
        ([operation("DELETE", "/genre/1", {})], "[0].body has to be no member."),
        ([operation("POST", "/genre")], "[0].body has to be an object or an array of objects."),
        ([operation("POST", "/genre", "x")], "[0].body has to be an object or an array of objects."),
        ([operation("POST", "/genre", {}, Range="0-1")], "[0].headers.range has to be one of the headers accept, "
         "content-profile, if-match, if-none-match, prefer."),
        ([operation("POST", "/genre", {}) | {"headers": {"prefer": 1}}], "[0].headers has to be an object of texts."),
    ],
)  # fmt: skip
def test_no_list_of_operations(rest: Rest, body: Any, details: str) -> None:
    """R33-3"""
    answer = rest("POST", "/", body)
    assert problem(answer) == (400, "PGRST102")
    assert answer.json()["details"] == details


def test_no_tx_in_one_of_them(chinook: Settings, chinook_app: App, tmp_path: Path) -> None:
    """R33-3"""
    settings = chinook.model_copy(update={"rest_tx_end": "commit-allow-override"})
    with serving(settings, chinook_app) as rest:
        answer = rest("POST", "/", [operation("POST", "/genre", {"name": "x"}, prefer="tx=rollback")])
        assert problem(answer) == (400, "PGRST127")
