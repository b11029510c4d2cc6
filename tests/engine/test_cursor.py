"""Cursors: pages behind a row, in any order, of every type."""

import json
from functools import partial
from typing import Any

import pytest

from engine.asking import asc, ask, compare, desc, embed, inserted, query, run, select, write_to
from engine.test_types import KEY, store
from engine.test_types import typed as typed_database
from engine.typed import Sample, typed_app
from gemel.app import App
from gemel.errors import DatabaseError, Mismatch
from gemel.request import (
    Aggregate,
    ColumnRef,
    Cursor,
    Mutation,
    Nodes,
    Operator,
    OrderColumn,
    Rows,
    Slot,
)
from gemel.serve import Engine
from gemel.settings import Settings

HERE = Cursor("cursor")
typed = typed_database


def rows_of(settings: Settings, app: App, asked: Any, values: tuple[object, ...]) -> list[Any]:
    return list(json.loads(ask(settings, app, asked, values)[0].body))


@pytest.mark.parametrize("value", ["", "[]", "{}", "x", "[1", "1", '["00000000","1"]', '[["a"]]', None, 1])
def test_what_is_no_cursor_of_this_order_is_refused(chinook_read: Settings, chinook_app: App, value: object) -> None:
    asked = query("artist", select("id", order=(asc("name"),), after=Slot(0)))
    with pytest.raises(DatabaseError, match="the cursor") as refused:
        ask(chinook_read, chinook_app, asked, [value])
    assert refused.value.sqlstate == "22023"


def test_a_cursor_of_another_order_or_with_other_values_is_refused(chinook_read: Settings, chinook_app: App) -> None:
    def after(value: str, *order: OrderColumn) -> None:
        ask(chinook_read, chinook_app, query("artist", select("id", order=order, after=Slot(0))), [value])

    first = select("id", HERE, order=(asc("id"),), limit=Slot(0))
    [row] = rows_of(chinook_read, chinook_app, query("artist", first), (1,))
    after(row["cursor"], asc("id"))
    with pytest.raises(DatabaseError, match="another order"):
        after(row["cursor"], desc("id"))
    with pytest.raises(DatabaseError, match="another order"):
        after(row["cursor"], asc("name"))
    wrong = json.loads(row["cursor"])[:1]
    for values in ([], ["x", "y"]):
        with pytest.raises(DatabaseError, match="another order"):
            after(json.dumps(wrong + values), asc("id"))
    with pytest.raises(DatabaseError) as refused:
        after(json.dumps([*wrong, "x"]), asc("id"))
    assert refused.value.sqlstate == "22P02"


def test_no_cursors_without_a_place_in_the_order(typed: Settings, chinook_read: Settings, chinook_app: App) -> None:
    with pytest.raises(Mismatch, match="distinct"):
        ask(chinook_read, chinook_app, query("album", select("id", HERE, distinct=(ColumnRef("artist_id"),))))
    with pytest.raises(Mismatch, match="JSON"):
        ask(typed, typed_app(), query("sample", select("id", HERE, order=(asc("data"),))))


def test_each_list_has_cursors_of_its_own(chinook_read: Settings, chinook_app: App) -> None:
    """Nested lists page per parent; objects of an aggregate's nodes have a place, too; a total stays what it is."""
    inner = select("title", HERE, order=(desc("title"),), limit=Slot(1))
    asked = query("artist", select("name", embed("albums", inner), where=compare("id", Operator.IN, 0)))
    found = rows_of(chinook_read, chinook_app, asked, ([1], 1))
    [album] = found[0]["albums"]
    assert album["title"] == "Let There Be Rock"
    inner = select("title", order=(desc("title"),), after=Slot(1))
    asked = query("artist", select("name", embed("albums", inner), where=compare("id", Operator.IN, 0)))
    found = rows_of(chinook_read, chinook_app, asked, ([1], album["cursor"]))
    assert found == [{"name": "AC/DC", "albums": [{"title": "For Those About To Rock We Salute You"}]}]

    nodes = Aggregate((Nodes("nodes", (HERE,)),), Rows(order=(asc("name"),), limit=Slot(0)))
    (answer,) = ask(chinook_read, chinook_app, query("artist", nodes), [3])
    last = json.loads(answer.body)["nodes"][2]["cursor"]
    paged = query("artist", select("name", order=(asc("name"),), limit=Slot(0), after=Slot(1)), total=True)
    (page,) = ask(chinook_read, chinook_app, paged, [1, last])
    (same,) = ask(
        chinook_read,
        chinook_app,
        query("artist", select("name", order=(asc("name"),), limit=Slot(0), offset=Slot(1))),
        [1, 3],
    )
    assert page.body == same.body
    assert page.total == 275


SORTED = ["small", "big", "exact", "free", "single", "double", "flag", "text", "day", "moment", "instant", "clock",
          "raw", "mood", "id"]  # fmt: skip
FIRST: dict[str, Any] = {
    "small": "-3", "big": "-9007199254740993", "exact": "-1.250", "free": "0.1", "single": "0.5", "double": "1e-7",
    "flag": "false", "text": 'a "b"\n', "day": "0001-01-01", "moment": "2020-01-01T00:00:00.5",
    "instant": "2020-01-01T00:00:00+00:00", "clock": "01:02:03", "raw": "\\x00", "mood": "calm",
}  # fmt: skip
SECOND: dict[str, Any] = {
    "small": "7", "big": "9007199254740993", "exact": "12.125", "free": "10.5", "single": "1.25", "double": "123456.75",
    "flag": "true", "text": "é", "day": "2020-02-29", "moment": "2021-01-01T00:00:00",
    "instant": "2021-06-01T00:00:00+00:00",
    "clock": "23:59:59.25", "raw": "\\xff01", "mood": "wild",
}  # fmt: skip


def test_every_type_can_be_paged_by(typed: Settings) -> None:
    """Three rows, one of them without values: pages of one row, in each direction, with nulls first and last."""
    app = typed_app()
    store(typed, Sample(id=KEY))
    for row in (FIRST, SECOND):
        write, rows = inserted("sample", row, at=0)
        run(typed, app, partial(_write, Mutation((write,)), (rows,)))
    for name in SORTED:
        for descending in (False, True):
            for nulls_first in (False, True):
                order = (OrderColumn((), ColumnRef(name), descending, nulls_first),)
                whole = rows_of(typed, app, query("sample", select("id", HERE, order=order)), ())
                assert len(whole) == 3
                for number, row in enumerate(whole):
                    rest = query("sample", select("id", HERE, order=order, after=Slot(0)))
                    assert rows_of(typed, app, rest, (row["cursor"],)) == whole[number + 1 :], (name, descending)


async def _write(mutation: Mutation, values: tuple[object, ...], engine: Engine) -> None:
    await write_to(engine, mutation, values)
