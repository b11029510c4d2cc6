"""Rows by equal values: what is computed of each group, in any order, cut, nested."""

import json
from collections import Counter
from typing import Any

import pytest

from engine.asking import ask, column, compare, group, query, select
from gemel.app import App
from gemel.errors import Mismatch, UnknownColumn
from gemel.request import (
    Aggregate,
    ColumnRef,
    Constant,
    Count,
    EmbedAggregate,
    GroupKey,
    GroupOrder,
    Groups,
    Link,
    Measure,
    Operator,
    OrderColumn,
    Rows,
    Slot,
)
from gemel.settings import Settings
from property.naive.data import Data, read_data

COUNTED = Measure("aggregate", (Count("count"),))
MOST_FIRST = GroupOrder("count", None, True, True)


@pytest.fixture(scope="module")
def data() -> Data:
    return read_data()


def by(*names: str, items: tuple[Any, ...] = (COUNTED,), **more: Any) -> Groups:
    key = GroupKey("key", tuple(column(name) for name in names))
    return Groups("groups", tuple(ColumnRef(name) for name in names), (key, *items), **more)


def read(settings: Settings, app: App, table: str, asked: Aggregate, values: tuple[object, ...] = ()) -> Any:
    return json.loads(ask(settings, app, query(table, asked), values)[0].body)


def test_what_cannot_be_grouped_is_refused(chinook_read: Settings, chinook_app: App) -> None:
    for groups, error in (
        (Groups("groups", (), (COUNTED,)), "need a column"),
        (Groups("groups", (ColumnRef("id"),), (GroupKey("key", (column("name"),)),)), "need not have"),
        (by("id", order=(GroupOrder(None, ColumnRef("name"), False, False),)), "need not have"),
        (by("id", items=(Measure("aggregate", (group("sum", "name"),)),)), "sum"),
    ):
        with pytest.raises(Mismatch, match=error):
            read(chinook_read, chinook_app, "track", Aggregate((groups,)))
    with pytest.raises(UnknownColumn):
        read(chinook_read, chinook_app, "track", Aggregate((by("nope"),)))


def test_groups_are_in_the_order_of_their_columns(chinook_read: Settings, chinook_app: App, data: Data) -> None:
    found = read(chinook_read, chinook_app, "customer", Aggregate((by("state", "country"), Constant("t", "x"))))
    counts = Counter((row["state"], row["country"]) for row in data.tables["customer"].rows)
    wanted = sorted(counts, key=lambda pair: (pair[0] is None, pair[0] or "", pair[1]))
    assert [(item["key"]["state"], item["key"]["country"]) for item in found["groups"]] == wanted
    assert [item["aggregate"]["count"] for item in found["groups"]] == [counts[pair] for pair in wanted]
    assert found["t"] == "x"


def test_the_largest_groups_beside_the_whole(chinook_read: Settings, chinook_app: App, data: Data) -> None:
    """Groups, counts and measures of one aggregate speak of the same rows; a limit of groups cuts only them."""
    items = (Measure("aggregate", (Count("count"), group("sum", "milliseconds"))),)
    groups = by("genre_id", items=items, order=(MOST_FIRST,), limit=Slot(0), offset=Slot(1))
    where = compare("milliseconds", Operator.LT, 2)
    found = read(chinook_read, chinook_app, "track", Aggregate((COUNTED, groups), Rows(where)), (2, 1, 300_000))
    rows = [row for row in data.tables["track"].rows if row["milliseconds"] < 300_000]
    counts = Counter(row["genre_id"] for row in rows)
    wanted = sorted(counts, key=lambda genre: (-counts[genre], genre))[1:3]
    assert found["aggregate"] == {"count": len(rows)}
    assert found["groups"] == [
        {
            "key": {"genre_id": genre},
            "aggregate": {
                "count": counts[genre],
                "sum": {"milliseconds": sum(row["milliseconds"] for row in rows if row["genre_id"] == genre)},
            },
        }
        for genre in wanted
    ]


def test_groups_of_cut_and_of_related_rows(chinook_read: Settings, chinook_app: App) -> None:
    first = Rows(order=(OrderColumn((), ColumnRef("id"), False, False),), limit=Slot(0))
    found = read(chinook_read, chinook_app, "track", Aggregate((by("album_id"),), first), (12,))
    counts = [(item["key"]["album_id"], item["aggregate"]["count"]) for item in found["groups"]]
    assert counts == [(1, 8), (2, 1), (3, 3)]
    nested = EmbedAggregate("tracks_aggregate", Link("tracks"), Aggregate((by("unit_price"),)))
    asked = query("album", select("id", nested, where=compare("id", Operator.IN, 0)))
    [row] = json.loads(ask(chinook_read, chinook_app, asked, [[1]])[0].body)
    assert row["tracks_aggregate"] == {"groups": [{"key": {"unit_price": 0.99}, "aggregate": {"count": 10}}]}
    assert read(
        chinook_read, chinook_app, "track", Aggregate((by("id"),), Rows(compare("id", Operator.EQ, 0))), (0,)
    ) == {"groups": []}


def test_an_aggregate_of_nothing_computed_is_one_object(chinook_read: Settings, chinook_app: App) -> None:
    for rows, values in ((Rows(), ()), (Rows(compare("id", Operator.EQ, 0)), (0,))):
        empty = Aggregate(
            (Constant("a", "x"), Measure("b", (Constant("c", "y"), group("max"))), by("id", limit=Slot(0)))
        )
        asked = Aggregate(empty.items[:2], rows)
        assert read(chinook_read, chinook_app, "track", asked, values) == {"a": "x", "b": {"c": "y", "max": {}}}
