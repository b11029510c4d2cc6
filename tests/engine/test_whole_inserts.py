"""Inserts that are one statement on PostgreSQL: when they are, and that they mean the same (docs/decisions.md, 93)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from engine.asking import embed, inserted, run, select
from gemel.app import App
from gemel.errors import DatabaseError
from gemel.request import ColumnRef, Conflict, Insert, Mutation, NewRow
from gemel.serve import Engine, Written
from gemel.settings import Settings

PLAIN = select("id", "title", "artist_id")
ROWS = ({"id": 900, "title": "a", "artist_id": 1}, {"id": 901, "title": "b", "artist_id": 2})


def written(
    settings: Settings, app: App, insert: Insert, rows: Sequence[NewRow], *, whole: bool = True
) -> tuple[Written, bool]:
    """What came of it, and whether it can be one statement."""

    async def work(engine: Engine) -> tuple[Written, bool]:
        prepared = engine.prepare_write("admin", Mutation((insert,)))
        used = prepared if whole else replace(prepared, whole=())
        return (await engine.write(used, [rows]))[0], bool(prepared.whole)

    return run(settings, app, work)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("returning", [(), (PLAIN,), (select(),)])
def test_both_ways_mean_the_same(chinook: Settings, chinook_app: App, count: int, returning: tuple[Any, ...]) -> None:
    insert, rows = inserted("album", *ROWS[:count], at=0, returning=returning)
    found, could = written(chinook, chinook_app, insert, rows)
    assert could == chinook.is_postgresql

    async def undo(engine: Engine) -> None:
        await engine._database.write(lambda: _script("DELETE FROM album WHERE id >= 900"))

    run(chinook, chinook_app, undo)
    assert written(chinook, chinook_app, insert, rows, whole=False) == (found, could)
    assert (found.affected, found.inserted, len(found.bodies)) == (count, count, len(returning))
    assert found.keys == ((("900",),) if count == 1 else ())


def _script(text: str) -> Any:
    yield (text, ())


@pytest.mark.parametrize(
    "more",
    [
        {"returning": (select("id", embed("artist", select("name"))),)},
        {"returning": (PLAIN, PLAIN)},
        {"exactly": 1},
        {"conflict": Conflict((ColumnRef("id"),))},
    ],
    ids=["related", "twice", "counted", "conflict"],
)
def test_what_takes_more_than_one(chinook: Settings, chinook_app: App, more: dict[str, Any]) -> None:
    insert, rows = inserted("album", ROWS[0], at=0, **more)
    assert written(chinook, chinook_app, insert, rows)[1] is False


def test_refused(chinook: Settings, chinook_app: App) -> None:
    """The constraint's name and the values, as ever; of many rows none is kept."""
    for rows in ((ROWS[0], ROWS[0]), ({"id": 1, "title": "a", "artist_id": 1},)):
        insert, new = inserted("album", *rows, at=0)
        with pytest.raises(DatabaseError) as refused:
            written(chinook, chinook_app, insert, new)
        assert (refused.value.sqlstate, refused.value.constraint) == ("23505", "album_pkey")
        assert "already exists" in (refused.value.details or "")
    insert, new = inserted("album", ROWS[0], at=0)
    assert written(chinook, chinook_app, insert, new)[0].affected == 1


def test_rows_of_several_shapes(chinook: Settings, chinook_app: App) -> None:
    """Are written in a transaction, in their order."""
    named = ({"name": "a"}, {"id": 90, "name": "b"}, {"name": "c"})
    insert, rows = inserted("playlist", *named, at=0, returning=(select("name"),))
    found, _ = written(chinook, chinook_app, insert, rows)
    assert found.bodies == ('[{"name":"a"},{"name":"b"},{"name":"c"}]',)
