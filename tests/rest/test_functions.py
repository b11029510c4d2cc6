"""Functions of the app (docs/dialects/rest.md section 17)."""

import importlib.util
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import odd_functions
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.errors import AppError
from gemel.functions import Function, function, read_functions
from gemel.settings import Settings


class Odd(App):
    """Chinook with other functions."""

    @property
    def functions(self) -> tuple[Function, ...]:  # type: ignore[override]
        return read_functions(odd_functions)


@pytest.fixture(scope="module")
def odd_app(chinook_app: App) -> App:
    return Odd(**{item.name: getattr(chinook_app, item.name) for item in fields(App)})


@pytest.fixture(scope="module")
def odd(chinook_read: Settings, odd_app: App) -> Iterator[Rest]:
    with serving(chinook_read, odd_app) as client:
        yield client


@pytest.fixture
def odd_write(chinook: Settings, odd_app: App) -> Iterator[Rest]:
    with serving(chinook, odd_app) as client:
        yield client


# --- refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "message", "details", "hint"),
    [
        ("GET", "/rpc/add_them?a=1", None, "add_them(a)", " with parameter a", "add_them(a, b)"),
        ("GET", "/rpc/add_them", None, "add_them without parameters", " without parameters", "add_them(a, b)"),
        ("GET", "/rpc/add_tem?b=1&a=2", None, "add_tem(a, b)", " with parameters a, b", "add_them(a, b)"),
        ("POST", "/rpc/add_them", {"b": 1, "c": 2}, "add_them(b, c)",
         " with parameters b, c or with a single unnamed json/jsonb parameter", "add_them(a, b)"),
        ("POST", "/rpc/unheard", {}, "unheard without parameters",
         " without parameters or with a single unnamed json/jsonb parameter", None),
    ],
)  # fmt: skip
def test_no_such_function_or_set(
    rest: Rest, method: str, path: str, body: object, message: str, details: str, hint: str | None
) -> None:
    """R17-3, R21-36"""
    answer = rest(method, path, body)
    assert problem(answer) == (404, "PGRST202")
    name = message.partition("(")[0].partition(" ")[0]
    assert answer.json() == {
        "code": "PGRST202",
        "message": f"Could not find the function public.{message} in the schema cache",
        "details": f"Searched for the function public.{name}{details}, but no matches were found in the schema cache.",
        "hint": f"Perhaps you meant to call the function public.{hint}" if hint else None,
    }


@pytest.mark.parametrize("path", ["/rpc/add_them?a=1&b=2", "/rpc/last_sale"])
def test_other_roles_call_nothing(rest: Rest, path: str) -> None:
    """R17-9"""
    assert rest.error(path, x_hasura_role="support") == (403, "42501")


def test_other_roles_change_nothing(rest_write: Rest) -> None:
    """R17-9"""
    body = {"artist_id": 1, "name": "x"}
    answer = rest_write("POST", "/rpc/rename_artist", body, headers={"x-hasura-role": "support"})
    assert problem(answer) == (403, "42501")
    assert rest_write.rows("/artist/1?select=name") == {"name": "AC/DC"}


def test_two_candidates(odd: Rest) -> None:
    """R17-3, R21-37"""
    answer = odd.get("/rpc/twice?value=1")
    assert problem(answer) == (300, "PGRST203")
    assert answer.json()["message"] == (
        "Could not choose the best candidate function between:"
        " public.twice(value => bigint, times => bigint), public.twice(value => text)"
    )
    assert odd.rows("/rpc/twice?value=3&times=5") == 15


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/rpc/add_them?a=x&b=1", (400, "22P02")),
        ("/rpc/add_them?a=1&b=9223372036854775808", (400, "22003")),
        ("/rpc/tracks_of?artist_id=1099511627776&select=nope", (400, "42703")),
        ("/rpc/tracks_of?artist_id=1&nope=eq.1", (400, "42703")),
        ("/rpc/tracks_of?artist_id=1&select=nope(id)", (400, "PGRST200")),
        ("/rpc/tracks_of?artist_id=1&album.id=eq.1", (400, "PGRST108")),
        ("/rpc/tracks_of?artist_id=1&limit=-1", (416, "PGRST103")),
        ("/rpc/add_them?a=1&b=1&select=a", (400, "PGRST127")),
        ("/rpc/add_them?a=1&b=1&c=eq.1", (400, "PGRST127")),
        ("/rpc/add_them?a=1&b=1&order=a", (400, "PGRST127")),
    ],
)
def test_what_does_not_fit(rest: Rest, path: str, error: tuple[int, str]) -> None:
    """R17-1, R17-2, R17-5"""
    assert rest.error(path) == error


def test_numbers_that_the_column_cannot_hold(rest: Rest) -> None:
    """R17-7: PostgreSQL's driver refuses what SQLite compares."""
    answer = rest.get("/rpc/tracks_of?artist_id=1099511627776")
    assert answer.status_code == 200 or problem(answer) == (400, "22003")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/rpc/echo?flags=1", (400, "22P02")),
        ("/rpc/echo?doc={", (400, "22P02")),
        ("/rpc/echo?key=1", (400, "22P02")),
        ("/rpc/echo?day=2020-02-30", (400, "22P02")),
        ("/rpc/summed?start=1&more=2&more=x", (400, "22P02")),
        ("/rpc/sales?country=eq.Chile", (400, "PGRST127")),
        ("/rpc/replying?status=9", (500, "PGRST112")),
        ("/rpc/replying?name=a:b", (500, "PGRST111")),
        ("/rpc/replying?name=Content-Length", (500, "PGRST111")),
        ("/rpc/broken", (500, "XX000")),
        ("/rpc/wrong_sql", (500, "XX000")),
    ],
)
def test_errors_of_functions(odd: Rest, path: str, error: tuple[int, str]) -> None:
    """R17-2, R17-7, R21-18"""
    answer = odd.get(path)
    assert problem(answer) == error
    assert "secret" not in answer.text
    assert "nowhere" not in answer.text


def test_errors_on_purpose_keep_nothing(odd_write: Rest) -> None:
    """R17-7, R22-11, R22-12, R21-26"""
    answer = odd_write("POST", "/rpc/refuse", {})
    assert problem(answer) == (400, "P0001")
    assert answer.json() == {"code": "P0001", "message": "no", "details": "because", "hint": "ask another day"}
    assert answer.headers["x-why"] == "so"
    assert problem(odd_write("POST", "/rpc/refuse", {"code": "PT402"})) == (402, "PT402")
    assert problem(odd_write("POST", "/rpc/refuse", {"code": "PTxyz"})) == (500, "PTxyz")
    assert problem(odd_write("POST", "/rpc/refuse", {"code": "MINE", "status": 418})) == (418, "MINE")
    assert problem(odd_write("POST", "/rpc/refuse", {"status": 99})) == (500, "PGRST121")
    assert problem(odd_write("POST", "/rpc/refuse", {"header": "a b"})) == (500, "PGRST121")
    assert odd_write.rows("/genre?id=eq.900") == []


def test_a_function_that_does_not_write_changes_nothing(odd_write: Rest) -> None:
    """R17-6"""
    assert odd_write.rows("/rpc/secretly") == 26
    assert odd_write("POST", "/rpc/secretly", {}).json() == 26
    assert odd_write.rows("/genre?id=eq.901") == []


def test_functions_that_write_are_posted(rest: Rest) -> None:
    """R17-6, R22-8"""
    assert rest.error("/rpc/rename_artist?artist_id=1&name=x") == (405, "25006")
    assert rest("HEAD", "/rpc/rename_artist?artist_id=1&name=x").status_code == 405
    assert rest("OPTIONS", "/rpc/rename_artist").headers["allow"] == "OPTIONS,POST"
    assert rest("OPTIONS", "/rpc/add_them").headers["allow"] == "OPTIONS,GET,HEAD,POST"
    assert problem(rest("OPTIONS", "/rpc/nope")) == (404, "PGRST202")
    assert problem(rest("PATCH", "/rpc/add_them")) == (405, "PGRST101")
    assert problem(rest("POST", "/rpc/rename_artist", {"artist_id": 0, "name": "x"})) == (404, "P0001")


def test_values_that_violate_constraints(odd_write: Rest) -> None:
    """R17-7, R22-7"""
    answer = odd_write("POST", "/rpc/add_genres", {"names": ["New", "Rock"]})
    assert problem(answer) == (409, "23505")
    assert odd_write.rows("/genre?name=eq.New") == []


def test_a_statement_of_its_own_has_no_more_time_than_others(chinook: Settings, odd_app: App) -> None:
    """R22-28"""
    with serving(chinook.model_copy(update={"statement_timeout": 0.5}), odd_app) as odd:
        path = f"/rpc/slow_sql?sleep={chinook.is_postgresql}"
        began = time.monotonic()
        assert odd.error(path) == (504, "57014")
        assert time.monotonic() - began < 5
        assert odd.rows("/rpc/secretly") == 26


def test_more_rows_than_wanted_are_rolled_back(odd_write: Rest) -> None:
    """R13-7, R12-1, R21-33"""
    strict = {"prefer": "handling=strict, max-affected=1"}
    assert problem(odd_write("POST", "/rpc/add_genres", {"names": ["a", "b"]}, headers=strict)) == (400, "PGRST124")
    one = {"accept": "application/vnd.pgrst.object+json"}
    assert problem(odd_write("POST", "/rpc/add_genres", {"names": ["a", "b"]}, headers=one)) == (406, "PGRST116")
    assert odd_write.rows("/genre?id=gte.1000") == []
    assert problem(odd_write("POST", "/rpc/summed", {"start": 1}, headers=strict)) == (400, "PGRST128")
    answer = odd_write("POST", "/rpc/add_genres", {"names": ["a"]}, headers={**strict, **one})
    assert answer.json() == {"id": 1000, "name": "a"}
    assert answer.headers["preference-applied"] == "handling=strict, max-affected=1"


def test_what_cannot_be_given_is_not_kept(odd_write: Rest) -> None:
    """R12-1, R17-5: rows are read in the transaction of the function."""
    given, one = {"names": ["a", "b"]}, {"accept": "application/vnd.pgrst.object+json"}
    assert problem(odd_write("POST", "/rpc/add_genres?name=eq.c", given, headers=one)) == (406, "PGRST116")
    cast = odd_write("POST", "/rpc/add_genres?select=id::date", given)  # SQLite finds it out in a function of ours
    assert problem(cast) in ((400, "22007"), (400, "42846"))
    assert problem(odd_write("POST", "/rpc/add_genres?id=eq.x", given)) == (400, "22P02")
    assert odd_write.rows("/genre?id=gte.1000") == []
    answer = odd_write("POST", "/rpc/add_genres?name=eq.b&select=name", given, headers=one)
    assert answer.json() == {"name": "b"}
    assert len(odd_write.rows("/genre?id=gte.1000")) == 2


# --- answered -------------------------------------------------------------------


def test_worked_exchange(rest: Rest) -> None:
    """R29-13, R17-9, R1-9, R23-5"""
    assert rest("POST", "/rpc/add_them", {"a": 1, "b": 2}).text == "3"
    answer = rest.get("/rpc/tracks_of?artist_id=1&select=name&order=name&limit=1")
    assert (answer.status_code, answer.headers["content-range"]) == (200, "0-0/*")
    assert answer.json() == [{"name": "Bad Boy Boogie"}]


def test_arguments_in_a_query_string(odd: Rest) -> None:
    """R17-2"""
    found = odd.rows('/rpc/echo?whole=-7&words=a b&day=2020-02-29&exact=1.10&flags={true,f}&doc={"a":[1.5]}')
    assert found == [-7, "a b", "2020-02-29", 1.10, [True, False], {"a": [1.5]}, None]
    assert odd.get("/rpc/echo?exact=1100.00").text == '[null,"",null,1100.00,null,null,null]'
    assert odd.rows("/rpc/summed?start=1") == 1
    assert odd.rows("/rpc/summed?start=1&more=2&more=3") == 6
    assert odd.rows("/rpc/echo?words=a&words=b")[1] == "b"


def test_arguments_in_a_body(odd: Rest) -> None:
    """R17-1"""
    given = {"whole": 7, "words": 12, "flags": [True], "doc": {"a": None}, "exact": 0.1}
    assert odd("POST", "/rpc/echo", given).json() == [7, "12", None, 0.1, [True], {"a": None}, None]
    assert odd("POST", "/rpc/echo", [given, {"whole": 8}]).json()[0] == 7
    assert odd("POST", "/rpc/echo").json()[0] is None
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert odd("POST", "/rpc/echo", headers=form, content=b"words=eq.x&whole=1").json()[:2] == [1, "eq.x"]
    assert odd("POST", "/rpc/summed", {"start": 1, "more": [2, 3]}).json() == 6
    assert problem(odd("POST", "/rpc/echo", content=b"{")) == (400, "PGRST102")
    assert problem(odd("POST", "/rpc/echo?whole=1", {})) == (400, "PGRST127")
    assert problem(odd("POST", "/rpc/entries?playlist_id=1", {"playlist_id": 1})) == (400, "PGRST100")


def test_rows_are_asked_like_a_table(rest: Rest) -> None:
    """R17-5, R17-2, R10-4, R10-5"""
    path = "/rpc/tracks_of?artist_id=22&milliseconds=gt.300000&select=name,album(title)&order=name.desc"
    same = "/track?album.artist_id=eq.22&select=name,album!inner(title)&milliseconds=gt.300000&order=name.desc"
    assert rest.rows(path) == rest.rows(same)
    answer = rest.get(f"{path}&limit=2&offset=1", prefer="count=exact")
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"1-2/{len(rest.rows(same))}"
    assert answer.headers["preference-applied"] == "count=exact"
    assert answer.json() == rest.rows(same)[1:3]
    assert rest.rows(path, range="0-0") == rest.rows(same)[:1]
    posted = rest("POST", "/rpc/tracks_of?select=name&order=id&limit=1", {"artist_id": 1}, headers={"range": "5-6"})
    assert posted.json() == [{"name": "For Those About To Rock (We Salute You)"}]
    head = rest("HEAD", f"{path}&limit=2&offset=1", headers={"prefer": "count=exact"})
    assert (head.status_code, head.headers["content-range"], head.content) == (
        206,
        answer.headers["content-range"],
        b"",
    )
    assert rest.rows("/rpc/tracks_of?artist_id=0") == []
    assert rest.get("/rpc/tracks_of?artist_id=1&select=name&order=name&limit=1", accept="text/csv").text == (
        'name\n"Bad Boy Boogie"'
    )
    assert rest.error("/rpc/tracks_of?artist_id=1", accept="application/vnd.pgrst.object") == (406, "PGRST116")
    assert rest.error("/rpc/tracks_of?artist_id=1&offset=100", prefer="count=exact") == (416, "PGRST103")


def test_rows_come_in_the_order_that_the_function_gave(odd: Rest) -> None:
    """R17-5"""
    path = "/rpc/genres?ids={7,25,1,7,999,3}&select=id"
    given = [{"id": 7}, {"id": 25}, {"id": 1}, {"id": 3}]
    assert odd.rows(path) == given
    cut = odd.get(f"{path}&offset=1&limit=2", prefer="count=exact")
    assert (cut.json(), cut.headers["content-range"]) == (given[1:3], "1-2/4")
    assert odd.rows(f"{path}&id=gt.2") == [{"id": 7}, {"id": 25}, {"id": 3}]
    assert odd.rows(f"{path}&order=id") == sorted(given, key=lambda row: row["id"])
    assert odd.get(path, accept="text/csv").text.split("\n") == ["id", "7", "25", "1", "3"]
    assert odd.rows("/rpc/genres?ids={}") == []
    assert odd.rows(f"{path},cursor()&first=2")[0]["id"] == 1  # behind a cursor there has to be an order
    last = [row["track_id"] for row in odd.rows("/rpc/entries?playlist_id=3&select=track_id&order=track_id.desc")]
    same = "/rpc/entries_from_the_end?playlist_id=3&select=track_id,track(name)"
    assert [row["track_id"] for row in odd.rows(same)] == last
    assert [row["track_id"] for row in odd.rows(f"{same}&limit=3&offset=2")] == last[2:5]


def test_rows_of_functions_are_grouped(chinook_read: Settings, odd_app: App) -> None:
    """R17-5, R6-8"""
    with serving(chinook_read.model_copy(update={"rest_aggregates": True}), odd_app) as odd:
        path = "/rpc/entries_from_the_end?playlist_id=3"
        assert odd.rows(f"{path}&select=count()") == [{"count": 213}]
        assert odd.rows(f"{path}&select=playlist_id,count()") == [{"playlist_id": 3, "count": 213}]


def test_forms_of_answers(odd: Rest) -> None:
    """R17-5, R17-8"""
    answer = odd("POST", "/rpc/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert odd.rows("/rpc/maybe?found=true&select=name") == {"name": "AC/DC"}
    assert odd.get("/rpc/maybe?found=false").text == "null"
    assert odd.rows("/rpc/pair") == {"first": 1, "second": 0.5}
    assert odd.get("/rpc/pair?absent=true").text == "null"
    assert len(odd.rows("/rpc/entries?playlist_id=3&select=track_id")) == 213
    assert odd.rows("/rpc/entries?playlist_id=16&track_id=lt.60&select=track(name)") == [
        {"track": {"name": "Man In The Box"}}
    ]
    rows = odd.rows("/rpc/sales?least=100")
    assert [row["country"] for row in rows] == ["Brazil", "Canada", "France", "Germany", "USA", "United Kingdom"]
    assert rows[0] == {"country": "Brazil", "total": 190.1, "remark": None}
    counted = odd.get("/rpc/sales?least=100", prefer="count=exact", accept="application/json;nulls=stripped")
    assert counted.headers["content-range"] == "0-5/6"
    assert "remark" not in counted.text
    assert '"total":190.10' in counted.text
    assert odd.get("/rpc/sales?least=300", accept="text/csv").text.startswith("country,total,remark\n")
    assert odd.error("/rpc/pair", accept="text/plain") == (406, "PGRST107")
    assert odd.error("/rpc/echo", accept="text/csv") == (406, "PGRST107")
    object_ = odd.get("/rpc/summed?start=1", accept="application/vnd.pgrst.object+json")
    assert (object_.text, object_.headers["content-range"]) == ("1", "0-0/*")


def test_status_and_headers_of_its_own(odd: Rest) -> None:
    """R17-7"""
    answer = odd.get("/rpc/replying")
    assert (answer.status_code, answer.text, answer.headers["x-made-by"]) == (202, '"done"', "hand")
    assert odd.get("/rpc/replying?name=Content-Type").headers["content-type"] == "hand"


def test_what_it_writes_is_kept_and_told(rest_write: Rest) -> None:
    """R17-5, R17-6"""
    path = "/rpc/rename_artist?select=id,name,album(id)&album.order=id&album.limit=1"
    answer = rest_write("POST", path, {"artist_id": 1, "name": " AC ⚡ DC "})
    assert answer.json() == {"id": 1, "name": "AC ⚡ DC", "album": [{"id": 1}]}
    assert rest_write.rows("/artist?id=eq.1&select=name") == [{"name": "AC ⚡ DC"}]
    moved = rest_write("POST", "/rpc/hand_over_customers", {"leaving": 3, "taking_over": 4})
    assert (moved.status_code, moved.content) == (204, b"")
    assert rest_write.rows("/customer?support_rep_id=eq.3") == []
    again = rest_write("POST", "/rpc/hand_over_customers", {"leaving": 4, "taking_over": 99})
    assert problem(again) == (409, "23503")


# --- at the start -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("@function\ndef f(a) -> int: ...", "'a' has no annotation"),
        ("@function\ndef f(a: int): ...", "what it returns"),
        ("@function\ndef f(**a: int) -> int: ...", "cannot be given by name"),
        ("@function\ndef f(a: 'Nope') -> int: ...", "Nope"),
        ("@function\ndef f() -> Select: ...", "returns=list"),
        ("@function\ndef f(a: object) -> int: ...\n@function\ndef g(a: Lock) -> int: ...", "Lock"),
    ],
)
def test_signatures_that_cannot_be_served(tmp_path: Path, source: str, told: str) -> None:
    """R17-9"""
    path = tmp_path / "made.py"
    path.write_text(f"from gemel import function\nfrom sqlalchemy import Select\nclass Lock: ...\n{source}\n")
    spec = importlib.util.spec_from_file_location("made", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(AppError, match=told):
        read_functions(module)


def test_the_document_of_all_forms_is_valid(odd: Rest) -> None:
    """R25-7, R25-10"""
    document = odd.rows("/")
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/rpc/")}
    OpenAPIV31SpecValidator(document).validate()  # tests/rest/test_openapi.py has the others
    assert "oneOf" in document["paths"]["/rpc/twice"]["post"]["requestBody"]["content"]["application/json"]["schema"]


def test_without_functions() -> None:
    """R17-9"""
    assert read_functions(None) == ()
    assert callable(function)


def test_rows_of_a_function_that_writes_are_counted(rest_write: Rest) -> None:
    """R17-5, R11-1, R11-2: in its transaction, too."""
    given = {"artist_id": 3, "name": "Aerosmith"}
    for kind in ("exact", "planned", "estimated"):
        answer = rest_write("POST", "/rpc/rename_artist?select=id", given, headers={"prefer": f"count={kind}"})
        assert (answer.status_code, answer.json()) == (200, {"id": 3}), answer.text
