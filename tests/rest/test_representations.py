"""Pages, counts and forms of answers (docs/dialects/rest.md, sections 10 to 13, 18 and 19)."""

import json
from decimal import Decimal

import pytest
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.settings import Settings

SINGLE = "application/vnd.pgrst.object+json"


@pytest.mark.parametrize(
    ("query", "headers", "status", "content_range"),
    [
        ("/artist", {}, 200, "0-274/*"),
        ("/artist?limit=10&offset=20", {}, 200, "20-29/*"),
        ("/artist?limit=10&offset=20", {"prefer": "count=exact"}, 206, "20-29/275"),
        ("/artist?limit=10&offset=270", {"prefer": "count=exact"}, 206, "270-274/275"),
        ("/artist", {"prefer": "count=exact"}, 200, "0-274/275"),
        ("/artist?id=eq.0", {"prefer": "count=exact"}, 200, "*/0"),
        ("/artist?id=eq.0", {}, 200, "*/*"),
        ("/artist?limit=0", {}, 200, "*/*"),
        ("/artist?offset=275", {"prefer": "count=exact"}, 206, "*/275"),
        ("/artist?offset=1000", {}, 200, "*/*"),
        ("/artist?limit=x", {}, 200, "0-274/*"),
        ("/artist?offset=-3", {}, 200, "0-274/*"),
        ("/artist", {"range": "0-24"}, 200, "0-24/*"),
        ("/artist", {"range": "270-"}, 200, "270-274/*"),
        ("/artist", {"range": "0-24", "prefer": "count=exact"}, 206, "0-24/275"),
        ("/artist?limit=3", {"range": "0-1"}, 200, "0-1/*"),
        ("/artist", {"range": "items=0-1"}, 200, "0-274/*"),
    ],
)
def test_pages(rest: Rest, query: str, headers: dict[str, str], status: int, content_range: str) -> None:
    """R10-1, R10-2, R10-4, R10-5, R10-6, R10-7, R10-8, R10-9, R10-10, R10-11, R11-1"""
    answer = rest("GET", query, headers=headers)
    assert (answer.status_code, answer.headers["content-range"]) == (status, content_range)
    first, _, rest_of_it = content_range.partition("/")[0].partition("-")
    assert len(answer.json()) == (int(rest_of_it) - int(first) + 1 if rest_of_it else 0)


def test_range_is_for_get_only(rest: Rest) -> None:
    """R10-2"""
    answer = rest("HEAD", "/artist", headers={"range": "0-1"})
    assert answer.headers["content-range"] == "0-274/*"


@pytest.mark.parametrize(
    ("query", "headers", "details"),
    [
        ("/artist?limit=-1", {}, "Limit should be greater than or equal to zero."),
        (
            "/artist",
            {"range": "5-4"},
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        ),
        (
            "/artist?offset=1000",
            {"prefer": "count=exact"},
            "An offset of 1000 was requested, but there are only 275 rows.",
        ),
    ],
)
def test_pages_that_cannot_be(rest: Rest, query: str, headers: dict[str, str], details: str) -> None:
    """R10-1, R10-2, R10-6, R21-12"""
    answer = rest("GET", query, headers=headers)
    assert problem(answer) == (416, "PGRST103")
    assert answer.json()["message"] == "Requested range not satisfiable"
    assert answer.json()["details"] == details
    if "offset" in query:
        assert answer.headers["content-range"] == "*/275"


def test_counts_see_filters_and_inner_embeds_but_no_limit(rest: Rest) -> None:
    """R7-24, R11-1"""
    answer = rest.get("/artist?select=id,album!inner(id)&album.id=lt.3&limit=1", prefer="count=exact")
    assert (answer.status_code, answer.headers["content-range"]) == (206, "0-0/2")


def test_singular(rest: Rest) -> None:
    """R12-1, R12-11"""
    answer = rest.get("/genre?id=eq.1", accept=SINGLE)
    assert answer.text == '{"id":1,"name":"Rock"}'
    assert answer.headers["content-type"] == f"{SINGLE}; charset=utf-8"
    many = rest.get("/genre", accept=SINGLE)
    assert problem(many) == (406, "PGRST116")
    assert many.json()["details"] == "The result contains 25 rows"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json; charset=utf-8"),
        ("", "application/json; charset=utf-8"),
        ("application/*", "application/json; charset=utf-8"),
        ("APPLICATION/JSON; charset=utf-8", "application/json; charset=utf-8"),
        ("application/vnd.pgrst.array+json", "application/json; charset=utf-8"),
        ("text/html, application/json;q=0.5", "application/json; charset=utf-8"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("application/json;q=0, text/csv;q=0.1", "text/csv; charset=utf-8"),
        (
            "application/vnd.pgrst.array+json;nulls=stripped",
            "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
        ),
        (
            "application/vnd.pgrst.object;nulls=stripped",
            "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
        ),
    ],
)
def test_negotiation(rest: Rest, accept: str, content_type: str) -> None:
    """R12-2, R12-9, R12-10, R12-12, R12-13"""
    answer = rest.get("/genre?id=eq.1", accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)


@pytest.mark.parametrize("accept", ["text/html", "application/geo+json", "x", "application/json;q=0", ";;,,", '"'])
def test_nothing_acceptable(rest: Rest, accept: str) -> None:
    """R12-9, R21-15"""
    assert rest.error("/genre", accept=accept) == (406, "PGRST107")


def test_unavailable_types_are_named(rest: Rest) -> None:
    """R12-9, R21-15"""
    body = rest.get("/genre", accept="a/b, c/d").json()
    assert body["message"] == "None of these media types are available: a/b, c/d"


def test_nulls_are_stripped_at_every_depth(rest: Rest) -> None:
    """R12-12"""
    answer = rest.get(
        "/employee?id=eq.1&select=id,reports_to,employee!reports_to(id,state)&employee.limit=1&employee.order=id",
        accept="application/vnd.pgrst.array+json;nulls=stripped",
    )
    assert answer.json() == [{"id": 1, "employee": [{"id": 2, "state": "AB"}]}]
    answer = rest.get("/track?composer=is.null&limit=1&select=id,composer", accept=f"{SINGLE};nulls=stripped")
    assert set(answer.json()) == {"id"}


def test_csv(rest: Rest) -> None:
    """R12-3, R12-13"""
    answer = rest.get("/track?select=id,name,composer,unit_price&id=in.(1,2)&order=id", accept="text/csv")
    assert answer.text == (
        "id,name,composer,unit_price\n"
        '1,"For Those About To Rock (We Salute You)","Angus Young, Malcolm Young, Brian Johnson",0.99\n'
        '2,"Balls to the Wall",,0.99'
    )
    assert rest.get("/genre?id=eq.0", accept="text/csv").text == "id,name"
    dated = rest.get("/invoice?id=eq.1&select=d:invoice_date", accept="text/csv")
    assert dated.text == 'd\n"2007-01-01 00:00:00"'
    embedded = rest.get("/album?id=eq.1&select=id,artist(name)", accept="text/csv")
    assert embedded.text == 'id,artist\n1,"{""name"":""AC/DC""}"'


def test_digits_are_those_of_the_database(rest: Rest) -> None:
    """R12-4"""
    answer = rest.get("/invoice?id=in.(1,2)&select=total,invoice_date&order=id")
    assert json.loads(answer.text, parse_float=Decimal) == [
        {"total": Decimal("1.98"), "invoice_date": "2007-01-01T00:00:00"},
        {"total": Decimal("3.96"), "invoice_date": "2007-01-02T00:00:00"},
    ]
    assert '"total":1.98' in answer.text


def test_keys_follow_the_select_and_embeds_come_after(rest: Rest) -> None:
    """R12-5"""
    assert rest.get("/album?id=eq.1&select=artist(name),title,id").text == (
        '[{"title":"For Those About To Rock We Salute You","id":1,"artist":{"name":"AC/DC"}}]'
    )


def test_head_is_get_without_a_body(rest: Rest) -> None:
    """R21-3, R12-7"""
    for query, status in (("/genre?order=id", 200), ("/genre?id=x", 400), ("/nope", 404)):
        get, head = rest("GET", query), rest("HEAD", query)
        ignored = {"x-request-id", "content-length"}
        assert head.content == b""
        assert "content-length" not in head.headers
        assert head.status_code == get.status_code == status
        assert {k: v for k, v in head.headers.items() if k not in ignored} == {
            k: v for k, v in get.headers.items() if k not in ignored
        }


def test_content_location(rest: Rest) -> None:
    """R12-6"""
    assert rest.get("/genre").headers["content-location"] == "/genre"
    answer = rest.get("/genre?order=id&id=eq.1")
    assert answer.headers["content-location"] == "/genre?id=eq.1&order=id"


def test_preferences(rest: Rest) -> None:
    """R13-1, R13-6, R13-10, R11-3, R21-27"""
    answer = rest.get("/genre?limit=1", prefer="return=representation,  count=exact,count=planned,foo,handling=lenient")
    assert answer.headers["preference-applied"] == "count=exact, handling=lenient"
    assert "preference-applied" not in rest.get("/genre", prefer="foo").headers
    assert "preference-applied" not in rest.get("/genre", prefer="Count=exact").headers
    strict = rest.get("/genre", prefer="handling=strict, foo, bar=1")
    assert problem(strict) == (400, "PGRST122")
    assert strict.json()["message"] == "Invalid preferences given with handling=strict"
    assert strict.json()["details"] == "Invalid preferences: foo, bar=1"


def test_schemas(rest: Rest) -> None:
    """R18-1, R18-2, R18-3, R18-4, R21-14"""
    answer = rest.get("/genre?id=eq.1", accept_profile="public")
    assert (answer.status_code, answer.headers["content-profile"]) == (200, "public")
    assert "content-profile" not in rest.get("/genre?id=eq.1").headers
    unknown = rest.get("/genre", accept_profile="sales")
    assert problem(unknown) == (406, "PGRST106")
    assert unknown.json()["message"] == "Invalid schema: sales"
    assert unknown.json()["hint"] == "Only the following schemas are exposed: public"
    assert problem(rest("POST", "/genre", {"name": "x"}, headers={"content-profile": "sales"})) == (406, "PGRST106")


def test_options(rest: Rest) -> None:
    """R19-1, R23-6, R1-8"""
    answer = rest("OPTIONS", "/genre")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert rest("OPTIONS", "/").headers["allow"] == "OPTIONS,GET,HEAD,POST"
    assert problem(rest("OPTIONS", "/nope")) == (404, "PGRST205")


def test_preflight_and_exposed_headers(rest: Rest) -> None:
    """R19-2, R19-3, R11-5"""
    asked = {"origin": "http://localhost", "access-control-request-method": "PATCH"}
    answer = rest("OPTIONS", "/genre", headers={**asked, "access-control-request-headers": "apikey,prefer"})
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "apikey" in answer.headers["access-control-allow-headers"]
    for path in ("/genre", "/nope"):
        exposed = rest("GET", path, headers={"origin": "http://localhost"}).headers["access-control-expose-headers"]
        assert "Content-Range" in exposed


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("TRACE", "/genre", (405, "PGRST117")),
        ("FOO", "/genre", (405, "PGRST117")),
        ("PATCH", "/", (405, "PGRST117")),
        ("POST", "/genre/1", (405, "PGRST117")),
        ("DELETE", "/rpc/f", (405, "PGRST101")),
        ("POST", "/rpc/f", (404, "PGRST202")),
    ],
)
def test_methods(rest: Rest, method: str, path: str, error: tuple[int, str]) -> None:
    """R1-3, R21-10, R21-22"""
    assert problem(rest(method, path)) == error


@pytest.mark.parametrize("path", ["/", "/x", "/rest", "/rest/v2/genre", "/restx", "/docs/x", "/openapi.json/"])
def test_no_answer_of_the_framework_leaves(rest: Rest, path: str) -> None:
    """R1-3, R21-4, R21-30"""
    assert problem(rest.at("GET", path)) == (404, "PGRST125")


def test_methods_of_the_framework(rest: Rest) -> None:
    """R21-4"""
    assert problem(rest.at("POST", "/openapi.json")) == (405, "PGRST117")
    assert problem(rest.at("DELETE", "/docs")) == (405, "PGRST117")


def test_the_cap_of_the_server(sqlite_template: Settings, chinook_app: App) -> None:
    """R10-3"""
    with serving(sqlite_template.model_copy(update={"max_rows": 3}), chinook_app) as rest:
        assert len(rest.rows("/artist")) == 3
        assert len(rest.rows("/artist?limit=2")) == 2
        answer = rest.get("/artist?limit=100&offset=1", prefer="count=exact")
        assert (answer.status_code, answer.headers["content-range"]) == (206, "1-3/275")
        rows = rest.rows("/genre?id=eq.1&select=track(id)")
        assert len(rows[0]["track"]) == 3


def test_a_long_question_has_no_content_location(rest: Rest) -> None:
    answer = rest.get(f"/artist?id=in.({','.join(map(str, range(3000)))})")
    assert len(answer.json()) == 275
    assert "content-location" not in answer.headers


def test_an_item_in_any_form(rest: Rest) -> None:
    assert rest.get("/genre/1", accept="text/csv").text == "id,name\n1,Rock"
    assert rest.error("/genre/0", accept="text/csv") == (404, "PGRST116")
    assert rest.error("/genre/0", accept=SINGLE) == (404, "PGRST116")
    assert rest.rows("/album/1?select=id,track(id)&track.limit=1&track.order=id") == {"id": 1, "track": [{"id": 1}]}
