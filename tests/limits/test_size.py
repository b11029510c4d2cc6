"""How large a request may be: depth, fields, cost, pages, bodies, batches (docs/limits.md)."""

import json
import time
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from limited import Ask, limited
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from asker import asking
from chinook.models import Genre
from gemel import before, function
from gemel.functions import read_functions
from gemel.hooks import read_hooks
from gemel.limits import Limits
from gemel.settings import Settings

DEEP = "{ artist(limit: 1) { albums { tracks { name } } } }"


@pytest.mark.parametrize(
    ("query", "depth"),
    [
        ("{ artist { name } }", 1),
        ("{ artist { albums { title } } }", 2),
        (DEEP, 3),
        ("{ artist { albums_aggregate { nodes { tracks { name } } } } }", 3),
        ('{ artist(where: {albums: {tracks: {name: {_eq: "x"}}}}) { name } }', 3),
        ('{ artist(where: {_or: [{_not: {albums: {tracks: {name: {_eq: "x"}}}}}]}) { name } }', 3),
        ("{ artist(where: {albums_aggregate: {count: {predicate: {_gt: 1}}}}) { name } }", 2),
        ("{ track(limit: 1, order_by: {album: {artist: {name: asc}}}) { name } }", 3),
        ("{ artist(order_by: {albums_aggregate: {count: asc}}) { name } }", 2),
        ("{ artist_by_pk(id: 1) { albums { tracks { name } } } }", 3),
        ("{ track_aggregate { nodes { album { artist { name } } } } }", 3),
    ],
)
def test_depth_is_levels_of_rows(ask: Ask, query: str, depth: int) -> None:
    with ask(depth=depth) as asker:
        asker.data(query)
    if depth > 1:
        with ask(depth=depth - 1) as asker:
            code, message = asker.refused(query)
            assert (code, f"{depth} levels" in message) == ("depth-limit-exceeded", True)


@pytest.mark.parametrize(
    "path",
    [
        "/artist?select=name,album(title,track(name))&limit=1",
        "/artist?select=name,album!inner(track!inner())&album.track.name=eq.x",
        "/track?select=...album(...artist(name))&limit=1",
    ],
)
def test_depth_of_embeds(ask: Ask, path: str) -> None:
    with ask(depth=3) as asker:
        asker.rows(path)
    with ask(depth=2) as asker:
        answer = asker.rest("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (400, "PGRST127")
        assert answer.json()["details"] == "the request is 3 levels of rows deep; the role may ask for 2"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("{ genre { id name } }", 2),
        ("{ a: genre { id } b: genre { id } c: genre { id } }", 3),
        ("{ genre(where: {_or: [{id: {_eq: 1}}, {id: {_eq: 2}}]}) { id } }", 3),
        ("{ genre(order_by: [{id: asc}, {name: desc}]) { id } }", 3),
        ("{ genre_aggregate { aggregate { count max { id name } } nodes { id } } }", 7),
        ("{ genre { id tracks(limit: 1) { id name } } }", 4),
        ("{ genre_aggregate { groups(by: [name]) { key { name } aggregate { count } } } }", 7),
    ],
)
def test_fields_count_whatever_makes_a_statement_longer(ask: Ask, query: str, fields: int) -> None:
    with ask(fields=fields) as asker:
        asker.data(query)
    with ask(fields=fields - 1) as asker:
        assert asker.refused(query)[0] == "fields-limit-exceeded"


def test_fields_of_rest(ask: Ask) -> None:
    path = "/genre?select=id,name&or=(id.eq.1,id.eq.2)&order=id"
    with ask(fields=5) as asker:
        assert len(asker.rows(path)) == 2
    with ask(fields=4) as asker:
        assert asker.problem("GET", path)[:2] == (400, "PGRST127")


@pytest.mark.parametrize(
    "path",
    [
        "/genre?select=" + ",".join(f"a{number}:id" for number in range(2001)),
        "/genre?order=" + ",".join(["id"] * 2000),
        "/genre?or=(" + ",".join(["id.eq.1", "and(id.eq.1,id.eq.2)"] * 700) + ")",
        "/genre?select=tracks:track(" + ",".join(f"a{number}:id" for number in range(2001)) + ")",
    ],
    ids=["select", "order", "or", "embed"],
)
def test_what_is_far_too_large_is_not_planned(ask: Ask, path: str) -> None:
    with ask(fields=5) as asker:
        answer = asker.rest("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST127")
    assert answer.json()["details"] == "the request has more than 2000 fields, conditions and sort keys"


def test_fields_of_own_resolvers(ask: Ask) -> None:
    query = "{ a: top_customers(limit: 1) { id } b: top_customers(limit: 1) { ...c } } fragment c on customer { id }"
    with ask(fields=6) as asker:
        asker.as_("support", employee_id=4).data(query)
    with ask(fields=4) as asker:
        assert asker.as_("support", employee_id=4).refused(query)[0] == "fields-limit-exceeded"


def test_cost_is_rows_by_limits_and_fan_out(ask: Ask) -> None:
    with ask(cost=1000, page=100) as asker:
        asker.data("{ artist { name } }")  # 100
        asker.data("{ artist(limit: 9) { albums { tracks { name } } } }")  # 9 * (1 + 10 * (1 + 10)) = 999
        code, message = asker.refused("{ artist(limit: 10) { albums { tracks { name } } } }")
        assert (code, "1110 rows" in message) == ("cost-limit-exceeded", True)
        asker.data("{ artist(limit: 10) { albums(limit: 2) { tracks(limit: 3) { name } } } }")
        asker.data("{ track { album { artist { name } } } }")  # 100 * 3
        many = " ".join(f"a{number}: artist {{ name }}" for number in range(11))
        assert asker.refused("{" + many + "}")[0] == "cost-limit-exceeded"


def test_cost_is_of_the_values_of_each_request(ask: Ask) -> None:
    query = "query ($n: Int) { artist(limit: $n) { albums { tracks { name } } } }"
    with ask(cost=1000, page=100) as asker:
        for _ in range(2):
            assert len(asker.data(query, n=9)["artist"]) == 9
            assert asker.refused(query, n=10)[0] == "cost-limit-exceeded"
            assert asker.refused(query)[0] == "cost-limit-exceeded"
        for path, status in (("limit=9", 200), ("limit=10", 400), ("limit=9&offset=90", 200), ("", 400)):
            assert asker.rest("GET", f"/artist?select=album(track(name))&{path}").status_code == status
        assert asker.rest("GET", "/artist?select=album(track(name))", range="0-8").status_code == 200


def test_cost_of_what_a_write_gives_back(ask: Ask, chinook: Settings) -> None:
    """A write is taken to give back ten rows."""
    text = "mutation ($g: genre_insert_input!, $n: Int) { insert_genre_one(object: $g) { tracks(limit: $n) { name } } }"
    with ask(settings=chinook, cost=50) as asker:
        asker.data(text, g={"id": 90, "name": "a"}, n=3)  # 10 * (1 + 3)
        assert asker.refused(text, g={"id": 91, "name": "b"}, n=9)[0] == "cost-limit-exceeded"
        assert [row["id"] for row in asker.as_("admin").rows("/genre?id=gte.90")] == [90]


def test_cost_of_steps_in_conditions(ask: Ask) -> None:
    with ask(cost=299, page=100) as asker:
        asker.data("{ album(where: {artist: {id: {_eq: 1}}}) { title } }")  # 100 * 2
        query = "{ track(where: {album: {artist: {id: {_eq: 1}}}}) { name } }"  # 100 * 3
        assert asker.refused(query)[0] == "cost-limit-exceeded"


def test_a_page_is_the_most_of_any_list(ask: Ask) -> None:
    with ask(page=2) as asker:
        found = asker.data("{ genre { name tracks { id } } media_type(limit: 1) { id } album(limit: 5) { id } }")
        assert [len(item["tracks"]) for item in found["genre"]] == [2, 2]
        assert (len(found["media_type"]), len(found["album"])) == (1, 2)
        group = asker.data(
            "{ genre_aggregate { aggregate { count } nodes { id } groups(by: [name]) { key { name } } } }"
        )["genre_aggregate"]
        assert (group["aggregate"]["count"], len(group["nodes"]), len(group["groups"])) == (25, 2, 2)
        assert len(asker.rows("/genre")) == 2
        answer = asker.rest("GET", "/genre?order=id&offset=2", prefer="count=exact")
        assert (answer.headers["content-range"], answer.status_code) == ("2-3/25", 206)


def test_what_is_written_is_given_back_whole(ask: Ask, chinook: Settings) -> None:
    rows = [{"id": 900 + number, "name": f"g{number}"} for number in range(3)]
    with ask(settings=chinook, page=2) as asker:
        answer = asker.rest("POST", "/genre", rows, prefer="return=representation")
        assert [row["id"] for row in answer.json()] == [900, 901, 902]


def test_a_body_of_the_role(ask: Ask) -> None:
    long = "x" * 2000
    with ask(body=1500) as asker:
        asker.data("{ genre(limit: 1) { id } }")
        assert asker.refused("{ genre { id } } #" + long) == (
            "parse-failed",
            "the request body is larger than 1500 bytes",
        )
        assert asker.problem("POST", "/genre", {"name": long})[:2] == (413, "PGRST102")
        asker.as_("admin").data("{ genre { id } } #" + long)


@pytest.mark.parametrize("most", [1, 3])
def test_a_batch_of_the_role(ask: Ask, chinook: Settings, most: int) -> None:
    def several(number: int) -> Any:
        headers = {"content-type": "application/json", **asker.headers}
        content = json.dumps([{"query": "{ genre(limit: 1) { id } }"}] * number)
        sent = asker.graphql_client.post("http://localhost/v1/graphql", content=content, headers=headers)
        return asker.runner.run(sent)

    with ask(settings=chinook, batch=most) as asker:
        assert len(several(most).json()) == most
        refused = several(most + 1)
        assert refused.json()["errors"][0]["extensions"]["code"] == "batch-limit-exceeded"
        one = {"method": "POST", "path": "/genre", "body": {"name": "new"}}
        assert asker.problem("POST", "/", [one] * (most + 1))[:2] == (400, "PGRST127")
        with_ids = [{**one, "body": {"id": 900 + number, "name": f"new {number}"}} for number in range(most)]
        assert asker.rest("POST", "/", with_ids).status_code == 200


def test_a_statement_has_the_time_of_its_role(ask: Ask) -> None:
    heavy = "{ track(limit: 500) { album { tracks { album { artist { albums { tracks { name } } } } } } } }"
    path = "/track?select=album(track(album(artist(album(track(name))))))&limit=500"
    with ask(timeout=0.002, cost=None) as asker:
        assert asker.refused(heavy) == ("time-limit-exceeded", "the operation took longer than it may")
        answer = asker.rest("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (504, "57014")
        asker.as_("admin").data(heavy)


def test_the_apps_own_statements_have_the_time_of_the_role(chinook: Settings) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    slow = sa.text("SELECT pg_sleep(60)" if chinook.is_postgresql else endless)
    own = ModuleType("own")

    async def wait(session: AsyncSession) -> int:
        await session.execute(slow)
        return 1

    def look(genre: Genre, session: Session) -> None:
        if genre.name == "slow":
            session.execute(slow)

    vars(own).update(wait=function(roles=["anonymous"])(wait), look=before("insert", Genre)(look))
    more = {"functions": read_functions(own), "hooks": read_hooks(own)}
    with asking(chinook, limited(Limits(timeout=0.3), **more)) as asker:
        began = time.monotonic()
        anonymous = asker.as_("anonymous")
        assert anonymous.problem("GET", "/rpc/wait")[:2] == (504, "57014")
        assert anonymous.problem("POST", "/genre", {"id": 90, "name": "slow"})[:2] == (504, "57014")
        assert anonymous.rest("POST", "/genre", {"id": 91, "name": "fast"}).status_code == 201
        assert time.monotonic() - began < 5
        assert [row["id"] for row in anonymous.rows("/genre?id=gte.90")] == [91]


def test_what_was_refused_is_counted(ask: Ask) -> None:
    with ask(depth=1, fields=2, body=1500) as asker:
        asker.refused(DEEP)
        asker.refused("{ genre { id name a: name } }")
        asker.refused("{ genre { id } } #" + "x" * 2000)
        asker.problem("GET", "/artist?select=album(id)")
        asker.refused("{ nothing }")
        text = asker.metrics.expose("")[0].decode()
    counted = {line for line in text.splitlines() if line.startswith("gemel_refusals_total{")}
    assert counted == {
        'gemel_refusals_total{limit="depth",service="graphql"} 1.0',
        'gemel_refusals_total{limit="fields",service="graphql"} 1.0',
        'gemel_refusals_total{limit="body",service="graphql"} 1.0',
        'gemel_refusals_total{limit="depth",service="rest"} 1.0',
    }


def test_what_was_refused_of_writes_is_counted(ask: Ask, chinook: Settings) -> None:
    returned = {"prefer": "return=representation"}
    path = "/genre?select=id,track(name)&track.limit="
    with ask(settings=chinook, cost=50, batch=2) as asker:
        row = {"id": 90, "name": "a"}
        assert asker.rest("POST", f"{path}9", row, **returned).status_code == 400
        one = {"method": "POST", "path": f"{path}9", "headers": returned, "body": row}
        assert asker.rest("POST", "/", [one]).status_code == 400
        assert asker.rest("POST", "/", [one, one]).status_code == 400
        assert asker.rest("POST", "/", [one, one, one]).status_code == 400
        text = asker.metrics.expose("")[0].decode()
    assert 'gemel_refusals_total{limit="cost",service="rest"} 3.0' in text
    assert 'gemel_refusals_total{limit="batch",service="rest"} 1.0' in text


def test_one_of_several_that_is_too_large_is_counted(ask: Ask, chinook: Settings) -> None:
    with ask(settings=chinook, fields=4) as asker:
        returned = {"prefer": "return=representation"}
        one = {
            "method": "POST",
            "path": "/genre?select=id,name,a:id",
            "headers": returned,
            "body": {"id": 90, "name": "a"},
        }
        assert asker.problem("POST", "/", [one])[:2] == (400, "PGRST127")
        text = asker.metrics.expose("")[0].decode()
    assert 'gemel_refusals_total{limit="fields",service="rest"} 1.0' in text


def test_admin_has_none_unless_the_app_says_so(ask: Ask) -> None:
    with ask(depth=1, page=1) as asker:
        assert len(asker.as_("admin").data("{ genre { tracks(limit: 1) { id } } }")["genre"]) == 25
