"""Changes (docs/dialects/rest.md, sections 14, 15 and 30)."""

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.settings import Settings

SINGLE = {"accept": "application/vnd.pgrst.object+json"}
REPRESENT = {"prefer": "return=representation"}


def total(rest: Rest, path: str) -> int:
    answer = rest("HEAD", path, headers={"prefer": "count=exact"})
    return int(answer.headers["content-range"].partition("/")[2])


def test_refused_bodies_change_nothing(rest_write: Rest) -> None:
    """R14-1, R14-2, R14-3, R14-4, R14-5, R14-14, R21-11, R21-38, R22-26"""
    json_type = {"content-type": "application/json"}
    cases: list[tuple[bytes, dict[str, str], tuple[int, str]]] = [
        (b"", json_type, (400, "PGRST102")),
        (b"{", json_type, (400, "PGRST102")),
        (b'{"name":NaN}', json_type, (400, "PGRST102")),
        (b"\xff", json_type, (400, "PGRST102")),
        (b"[" * 100_000, json_type, (400, "PGRST102")),
        (b"[1]", json_type, (400, "PGRST102")),
        (b'[{"name":"a"},{"id":1}]', json_type, (400, "PGRST102")),
        (b'{"name":"a\\u0000"}', json_type, (400, "22P05")),
        (b'{"name":"\\ud800"}', json_type, (400, "22P05")),
        (b'{"nam":"a"}', json_type, (400, "PGRST204")),
        (b'{"name":null}', json_type, (400, "23502")),
        (b"{}", json_type, (400, "23502")),
        (b'{"id":1,"name":"a"}', json_type, (409, "23505")),
        (b'{"id":"x","name":"a"}', json_type, (400, "22P02")),
        (b'{"id":99999999999,"name":"a"}', json_type, (400, "22003")),
        (b'{"id":1e999999999999999999999,"name":"a"}', json_type, (400, "22003")),
        (b'{"id":' + b"9" * 5000 + b',"name":"a"}', json_type, (400, "22003")),
        (b"<a/>", {"content-type": "text/xml"}, (400, "PGRST102")),
        (b"a", {"content-type": "%"}, (400, "PGRST102")),
        (b"name,id\na", {"content-type": "text/csv"}, (400, "PGRST102")),
        (b'name\n"a', {"content-type": "text/csv"}, (400, "PGRST102")),
        (b"", {"content-type": "text/csv"}, (400, "PGRST102")),
        (b"name=%ff", {"content-type": "application/x-www-form-urlencoded"}, (400, "PGRST100")),
        (b" " * 5_000_000, json_type, (413, "PGRST102")),
    ]
    for body, headers, error in cases:
        assert problem(rest_write("POST", "/artist", headers=headers, content=body)) == error, body[:80]
    assert problem(rest_write("POST", "/nope", {"a": 1})) == (404, "PGRST205")
    assert problem(rest_write("POST", "/artist?columns=", {"name": "a"})) == (400, "PGRST100")
    assert problem(rest_write("POST", "/artist?columns=nope", {"name": "a"})) == (400, "PGRST204")
    assert total(rest_write, "/artist") == 275


def test_bodies(rest_write: Rest) -> None:
    """R14-1, R14-6, R14-7"""
    csv = b'name,id\r\n"say ""hi"", you",300\nNULL,301\n'
    answer = rest_write("POST", "/playlist", headers={"content-type": "text/csv", **REPRESENT}, content=csv)
    assert problem(answer) == (400, "23502")  # the second row: and so not the first, either
    csv = b'name,id\r\n"say ""hi"", you",300\n"NULL",301\n"",302'
    answer = rest_write("POST", "/playlist", headers={"content-type": "text/csv", **REPRESENT}, content=csv)
    names = [row["name"] for row in answer.json()]
    assert names == ['say "hi", you', "NULL", ""]
    form = {"content-type": "application/x-www-form-urlencoded", **REPRESENT}
    answer = rest_write("POST", "/playlist", headers=form, content=b"name=a+b%C3%A9&id=303")
    assert answer.json() == [{"id": 303, "name": "a bé"}]
    answer = rest_write("POST", "/playlist?select=name", headers=REPRESENT, content=b'{"name":"no content type"}')
    assert (answer.status_code, answer.json()) == (201, [{"name": "no content type"}])


def test_nothing_to_insert(rest_write: Rest) -> None:
    """R14-2"""
    for content in (b"[]", b"5", b'"x"', b"null"):
        answer = rest_write("POST", "/artist", content=content)
        assert (answer.status_code, answer.headers["content-range"]) == (201, "*/*")
    answer = rest_write("POST", "/artist", [], headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (201, [])
    assert problem(rest_write("POST", "/artist", [], headers=SINGLE)) == (406, "PGRST116")


def test_columns_and_defaults(rest_write: Rest) -> None:
    """R14-5, R13-5"""
    prefer = {"prefer": "return=representation,missing=default"}
    answer = rest_write("POST", "/artist?columns=id,name", [{"name": "a"}, {"id": 900, "name": "b"}], headers=prefer)
    assert answer.json() == [{"id": 276, "name": "a"}, {"id": 900, "name": "b"}]
    assert answer.headers["preference-applied"] == "missing=default, return=representation"
    answer = rest_write("POST", "/artist?columns=id,name", {"id": 901})
    assert problem(answer) == (400, "23502")  # absent and not said to be a default: null


def test_insert_gives_embeds_and_forms(rest_write: Rest) -> None:
    """R14-8, R7-22"""
    path = "/album?select=title,artist(name)"
    answer = rest_write("POST", path, {"title": "a", "artist_id": 1}, headers={**REPRESENT, **SINGLE})
    assert answer.json() == {"title": "a", "artist": {"name": "AC/DC"}}
    assert answer.headers["content-type"] == "application/vnd.pgrst.object+json; charset=utf-8"
    answer = rest_write("POST", path, {"title": "b", "artist_id": 1}, headers={**REPRESENT, "accept": "text/csv"})
    assert answer.text == 'title,artist\nb,"{""name"":""AC/DC""}"'


def test_location_of_a_composite_key(rest_write: Rest) -> None:
    """R14-9"""
    rest_write("DELETE", "/playlist_track?playlist_id=eq.1&track_id=eq.1")
    prefer = {"prefer": "return=headers-only"}
    answer = rest_write("POST", "/playlist_track", {"playlist_id": 1, "track_id": 1}, headers=prefer)
    assert answer.headers["location"] == "/playlist_track?playlist_id=eq.1&track_id=eq.1"
    many = rest_write("POST", "/artist", [{"name": "a"}, {"name": "b"}], headers=prefer)
    assert "location" not in many.headers


def test_singular_writes_are_rolled_back(rest_write: Rest) -> None:
    """R12-1"""
    answer = rest_write("PATCH", "/track?id=in.(1,2)", {"name": "x"}, headers=SINGLE)
    assert problem(answer) == (406, "PGRST116")
    assert answer.json()["details"] == "The result contains 2 rows"
    assert problem(rest_write("PATCH", "/genre?id=eq.0", {"name": "x"}, headers=SINGLE)) == (406, "PGRST116")
    assert problem(rest_write("DELETE", "/genre?id=eq.0", headers=SINGLE)) == (406, "PGRST116")
    assert problem(rest_write("POST", "/genre", [{"name": "y"}, {"name": "z"}], headers=SINGLE)) == (406, "PGRST116")
    assert total(rest_write, "/genre?name=in.(y,z)") == total(rest_write, "/track?name=eq.x") == 0
    answer = rest_write("PATCH", "/genre?id=eq.1", {"name": "x"}, headers={**SINGLE, **REPRESENT})
    assert answer.json() == {"id": 1, "name": "x"}


def test_update(rest_write: Rest) -> None:
    """R15-2, R15-3, R15-4, R15-5, R9-5, R11-4"""
    path = "/track?id=in.(1,2)&order=id.desc&select=id,unit_price,album(title)"
    prefer = {"prefer": "return=representation,count=exact"}
    answer = rest_write("PATCH", path, {"unit_price": "1.50"}, headers=prefer)
    assert (answer.status_code, answer.headers["content-range"]) == (200, "0-1/2")
    assert json.loads(answer.text, parse_float=Decimal) == [
        {"id": 2, "unit_price": Decimal("1.50"), "album": {"title": "Balls to the Wall"}},
        {"id": 1, "unit_price": Decimal("1.50"), "album": {"title": "For Those About To Rock We Salute You"}},
    ]
    answer = rest_write("PATCH", "/track?unit_price=eq.1.50", {"unit_price": 3})  # the old value picks the rows
    assert (answer.status_code, answer.headers["content-range"]) == (204, "0-1/*")
    answer = rest_write("PATCH", "/genre?id=eq.1&columns=name", {"name": "n", "id": 5}, headers=REPRESENT)
    assert answer.json() == [{"id": 1, "name": "n"}]
    answer = rest_write("PATCH", "/genre?id=eq.1", [{"name": "m"}], headers=REPRESENT)
    assert answer.json() == [{"id": 1, "name": "m"}]
    for body in ({}, [], [{}]):
        answer = rest_write("PATCH", "/genre?id=eq.1", body)
        assert (answer.status_code, answer.headers["content-range"]) == (204, "*/*")
        answer = rest_write("PATCH", "/genre?id=eq.1", body, headers=REPRESENT)
        assert (answer.status_code, answer.json(), answer.headers["content-range"]) == (200, [], "*/*")


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("PATCH", "/genre", {"name": "x"}, (400, "21000")),
        ("DELETE", "/genre", None, (400, "21000")),
        ("PATCH", "/genre?id=eq.1&limit=1", {"name": "x"}, (400, "PGRST127")),
        ("DELETE", "/genre?id=eq.1&offset=1", None, (400, "PGRST127")),
        ("PATCH", "/genre?id=eq.1", [{"name": "x"}, {"name": "y"}], (400, "PGRST102")),
        ("PATCH", "/genre?id=eq.1", {"nam": "x"}, (400, "PGRST204")),
        ("PATCH", "/genre?nam=eq.1", {"name": "x"}, (400, "42703")),
        ("PATCH", "/genre?id=eq.1", {"name": "Jazz"}, (409, "23505")),
        ("PATCH", "/album?id=eq.1", {"artist_id": 0}, (409, "23503")),
        ("PATCH", "/album?id=eq.1", {"track_count": 0}, (400, "428C9")),
        ("DELETE", "/nope?id=eq.1", None, (404, "PGRST205")),
    ],
)
def test_refused_changes(rest_write: Rest, method: str, path: str, body: object, error: tuple[int, str]) -> None:
    """R15-1, R15-6, R14-14"""
    before = rest_write.rows("/genre?order=id")
    assert problem(rest_write(method, path, body)) == error
    assert rest_write.rows("/genre?order=id") == before


def test_numbers_keep_their_digits(rest_write: Rest) -> None:
    """R12-4"""
    body = b'{"unit_price":12345678.91}'
    answer = rest_write("PATCH", "/track?id=eq.1&select=unit_price", headers=REPRESENT, content=body)
    assert answer.text == '[{"unit_price":12345678.91}]'


def test_delete(rest_write: Rest) -> None:
    """R15-2, R15-3, R15-4, R7-22, R7-23"""
    answer = rest_write("DELETE", "/playlist_track?playlist_id=eq.18", {})
    assert (answer.status_code, answer.headers["content-range"]) == (204, "*/*")
    assert total(rest_write, "/playlist_track?playlist_id=eq.18") == 0
    answer = rest_write("DELETE", "/playlist_track?playlist_id=eq.18", headers=REPRESENT)
    assert (answer.status_code, answer.json()) == (200, [])
    path = "/playlist_track?playlist_id=eq.17&track_id=eq.1&select=track_id,playlist(name)"
    answer = rest_write("DELETE", path, headers=REPRESENT)
    assert answer.json() == [{"track_id": 1, "playlist": {"name": "Heavy Metal Classic"}}]


def test_many_rows_at_once(rest_write: Rest) -> None:
    """R11-4, R14-7"""
    rows = [{"name": f"p{number}"} for number in range(20_000)]
    answer = rest_write("POST", "/playlist?columns=name", rows, headers={"prefer": "count=exact"})
    assert (answer.status_code, answer.headers["content-range"]) == (201, "*/20000")
    assert total(rest_write, "/playlist?name=like.p*") >= 20_000


def test_without_the_guard_all_rows_may_go(sqlite_template: Settings, chinook_app: App, tmp_path: Path) -> None:
    """R15-1"""
    path = tmp_path / "copy.sqlite3"
    shutil.copyfile(sqlite_template.sqlite_path, path)
    update = {"safe_writes": False, "database_uri": SecretStr(f"sqlite:///{path}")}
    with serving(sqlite_template.model_copy(update=update), chinook_app) as rest:
        answer = rest("DELETE", "/playlist_track", headers={"prefer": "count=exact"})
        assert (answer.status_code, answer.headers["content-range"]) == (204, "*/8715")


def test_a_request_is_done_whole_or_not_at_all(rest_write: Rest) -> None:
    """R23-8"""
    answer = rest_write("POST", "/genre", [{"name": "First of two"}, {"name": "Rock"}])
    assert problem(answer) == (409, "23505")
    answer = rest_write(
        "POST", "/genre?select=name::nope", {"name": "Third"}, headers={"prefer": "return=representation"}
    )
    assert answer.status_code == 400
    one = {"prefer": "return=representation", "accept": "application/vnd.pgrst.object+json"}
    assert problem(rest_write("PATCH", "/genre?id=lt.3", {"name": None}, headers=one))[0] in (400, 406)
    assert len(rest_write.rows("/genre")) == 25
    assert rest_write.rows("/genre?name=in.(First of two,Third)") == []
