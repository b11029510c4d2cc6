"""``@committed`` hooks are told what was committed, at least once (docs/hooks.md)."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from desk_client import opened, seen
from rest_client import Rest, problem, serving

from conftest import KINDS
from desk import desk_app, desk_database, failures, told
from gemel.hooks import Hooks
from gemel.outbox import MOST_ATTEMPTS, deliver_one, deliver_until
from gemel.state.tables import state_tables


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rest]:
    with desk_database(request.param, request, tmp_path) as settings, serving(settings, desk_app()) as client:
        yield client


def deliver(desk: Rest, after: timedelta = timedelta()) -> int:
    """Tell all that is due then; how many there were."""

    async def all_due() -> int:
        count = 0
        while await deliver_one(desk.engine, datetime.now(UTC) + after):
            count += 1
            assert count < 100
        return count

    return desk.runner.run(all_due())


def waiting(desk: Rest) -> list[dict[str, Any]]:
    outbox = state_tables(postgresql=desk.engine.settings.is_postgresql).outbox

    async def rows() -> list[dict[str, Any]]:
        async with desk.engine.session() as session:
            found = await session.execute(sa.select(outbox).order_by(outbox.c.id))
            return [dict(row) for row in found.mappings()]

    return desk.runner.run(rows())


def test_what_is_told(desk: Rest) -> None:
    """Verb, key, old and new values in JSON's types; nothing of what was rolled back."""
    opened(desk, "a", due="2026-01-31", hours="1.5")
    desk("PATCH", "/ticket?id=eq.1", {"title": "b"})
    desk("DELETE", "/ticket?id=eq.1")
    assert problem(desk("POST", "/ticket", [{"title": "c"}, {"title": "forbidden"}])) == (422, "bad-title")
    assert told == []
    assert (deliver(desk), waiting(desk)) == (3, [])
    assert [(one.verb, one.table, one.key) for one in told] == [
        (verb, "public.ticket", {"id": 1}) for verb in ("insert", "update", "delete")
    ]
    first, second, third = told
    assert first.old is None
    assert first.new is not None
    assert {"title": "a", "due": "2026-01-31", "hours": "1.50", "priority": "low"}.items() <= {
        **first.new, "hours": f"{float(first.new['hours']):.2f}"
    }.items()  # fmt: skip
    assert second.old is not None
    assert second.new is not None
    assert third.old is not None
    assert [(second.old["title"], second.old["version"]), (second.new["title"], second.new["version"])] == [
        ("a", 1), ("b", 2),
    ]  # fmt: skip
    assert (third.old["title"], third.new) == ("b", None)
    assert len({one.id for one in told}) == 3
    assert first.trace_id


def test_with_a_session(desk: Rest) -> None:
    """What such a hook writes is committed with the record that it was told."""
    opened(desk, "a")
    desk("POST", "/comment", {"ticket_id": 1, "text": "x"})
    assert deliver(desk) == 2
    assert seen(desk)[-1] == "committed comment 1"


def test_failures_are_tried_again(desk: Rest) -> None:
    """Later each time; events of other rows do not wait, later ones of the same row do."""
    opened(desk, "a")
    opened(desk, "b")
    desk("PATCH", "/ticket?title=eq.a", {"hours": 1})
    failures[:] = ["first"]
    assert deliver(desk) == 2  # a fails; b is told
    assert [event.new["title"] for event in told if event.new] == ["b"]
    assert [(row["attempts"], row["error"], row["status"]) for row in waiting(desk)] == [
        (1, "RuntimeError: first", "waiting"), (0, None, "waiting"),
    ]  # fmt: skip
    failures[:] = ["second"]
    assert deliver(desk, timedelta(seconds=2.5)) == 1
    assert deliver(desk, timedelta(seconds=4)) == 0
    assert deliver(desk, timedelta(seconds=9)) == 2
    assert [event.verb for event in told] == ["insert", "insert", "update"]


def test_dead_ones(desk: Rest) -> None:
    """After some attempts nobody tries any more, and later events of the row are told."""
    opened(desk, "a")
    desk("PATCH", "/ticket?title=eq.a", {"hours": 1})
    failures[:] = ["no"] * MOST_ATTEMPTS
    for number in range(MOST_ATTEMPTS):
        assert deliver(desk, timedelta(days=number)) >= 1
    assert [(row["status"], row["attempts"]) for row in waiting(desk)] == [("dead", MOST_ATTEMPTS)]
    assert [event.verb for event in told] == ["update"]


def test_a_hook_that_is_gone(desk: Rest) -> None:
    opened(desk, "a")
    desk.engine.app.__dict__["hooks"] = Hooks()
    assert deliver(desk) == 1
    [row] = waiting(desk)
    assert (row["status"], row["error"]) == ("dead", "_NoHookError: there is no hook desk.tell any more")


def test_several_at_once(desk: Rest) -> None:
    """Each event is told once where nothing fails, however many tell them, and those of a row in their order."""
    for title in "abcd":
        opened(desk, title)
    for hours in range(5):
        desk("PATCH", "/ticket?id=gt.0", {"hours": hours})

    async def some() -> None:
        while await deliver_one(desk.engine, datetime.now(UTC)):
            pass

    async def at_once() -> None:
        await asyncio.gather(*(some() for _ in range(4 if desk.engine.settings.is_postgresql else 1)))

    desk.runner.run(at_once())
    assert len(told) == len({one.id for one in told}) == 24
    for key in range(1, 5):
        ids = [one.id for one in told if one.key["id"] == key]
        assert ids == sorted(ids)
    assert waiting(desk) == []


def test_until_it_is_stopped(desk: Rest) -> None:
    opened(desk, "a")

    async def for_a_moment() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(deliver_until(desk.engine, stop))
        async with asyncio.timeout(10):
            while not told:
                await asyncio.sleep(0.01)
            stop.set()
            await task

    desk.runner.run(for_a_moment())
    assert len(told) == 1
