"""Totals by the planner (docs/dialects/rest.md section 11)."""

import json
from collections.abc import Iterator

import pytest
from rest_client import Rest, serving
from sqlalchemy import text

from gemel.app import App
from gemel.settings import Settings

FILTER = "/track?milliseconds=gt.300000&unit_price=eq.0.99"
WHERE = "milliseconds > 300000 AND unit_price = 0.99"


@pytest.fixture
def capped(chinook: Settings, chinook_app: App) -> Iterator[Rest]:
    with serving(chinook.model_copy(update={"max_rows": 20}), chinook_app) as client:
        yield client


def total(rest: Rest, path: str, count: str) -> int:
    answer = rest("HEAD", path, headers={"prefer": f"count={count}"})
    assert answer.headers["preference-applied"] == f"count={count}"
    return int(answer.headers["content-range"].partition("/")[2])


def run(rest: Rest, statement: str) -> str | None:
    async def fetch() -> str | None:
        async with rest.engine.session() as session:
            result = await session.execute(text(statement))
            return json.dumps(result.scalar()) if result.returns_rows else None

    return rest.runner.run(fetch())


def analyze(rest: Rest) -> None:
    if rest.engine.settings.is_postgresql:
        run(rest, "ANALYZE track")


def expected(rest: Rest, where: str = "true") -> int:
    """What the planner says of the tracks; on SQLite there is no planner to ask."""
    if not rest.engine.settings.is_postgresql:
        return int(json.loads(run(rest, f"SELECT count(*) FROM track WHERE {where}") or "0"))
    explained = json.loads(run(rest, f"EXPLAIN (FORMAT JSON) SELECT 1 FROM track WHERE {where}") or "")
    return int((json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]["Plan Rows"])


def exact(rest: Rest) -> int:
    return total(rest, FILTER, "exact")


def test_what_does_not_fit_is_refused_all_the_same(rest: Rest) -> None:
    """R11-2, R11-3"""
    assert rest.error("/track?id=eq.x", prefer="count=planned") == (400, "22P02")
    assert rest.error("/track?nope=eq.1", prefer="count=planned") == (400, "42703")
    assert rest.get("/track?limit=1", prefer="count=none").headers["content-range"] == "0-0/*"


def test_planned_is_what_the_planner_says(rest_write: Rest) -> None:
    """R11-2"""
    analyze(rest_write)
    assert total(rest_write, f"{FILTER}&limit=1", "planned") == max(1, expected(rest_write, WHERE))
    assert total(rest_write, "/track?limit=1", "planned") == expected(rest_write)
    answer = rest_write.get("/track?id=in.(1,2)&select=id", prefer="count=planned")
    assert answer.headers["content-range"] == "0-1/2"
    called = rest_write("HEAD", "/rpc/tracks_of?artist_id=1&limit=1", headers={"prefer": "count=planned"})
    assert called.headers["content-range"].startswith("0-0/")


def test_estimated_without_a_cap_is_the_larger(rest_write: Rest) -> None:
    """R11-2"""
    analyze(rest_write)
    assert total(rest_write, f"{FILTER}&limit=1", "estimated") == max(exact(rest_write), expected(rest_write, WHERE))


def test_estimated_is_exact_up_to_the_cap(capped: Rest) -> None:
    """R11-2, R10-3"""
    analyze(capped)
    assert total(capped, "/track?album_id=eq.1&limit=1", "estimated") == 10
    assert total(capped, "/track?id=eq.0", "estimated") == 0
    assert total(capped, "/genre", "estimated") >= (21 if capped.engine.settings.is_postgresql else 25)
    least = 21 if capped.engine.settings.is_postgresql else exact(capped)
    assert total(capped, FILTER, "estimated") == max(least, expected(capped, WHERE))


def test_an_estimate_is_never_below_what_is_seen(rest_write: Rest) -> None:
    """R11-2: the planner takes conditions that go together for independent ones."""
    analyze(rest_write)
    if rest_write.engine.settings.is_postgresql:
        assert expected(rest_write, "album_id = 1 AND id < 20") < 10
    path = "/track?album_id=eq.1&id=lt.20&select=id&order=id"
    assert rest_write.get(path, prefer="count=planned").headers["content-range"] == "0-9/10"
    assert (
        rest_write.get(f"{path}&offset=4&limit=3", prefer="count=planned").headers["content-range"].startswith("4-6/")
    )


def test_on_changes(rest_write: Rest) -> None:
    """R11-4"""
    for count, shown in (("exact", "*/1"), ("estimated", "*/1"), ("planned", "*/*")):
        answer = rest_write("POST", "/genre", {"name": f"New {count}"}, headers={"prefer": f"count={count}"})
        assert answer.headers["content-range"] == shown
