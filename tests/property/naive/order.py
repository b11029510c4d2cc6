"""Rows in order, and cut."""

from collections.abc import Sequence
from typing import TypeVar

from gemel.request import Link, Order, OrderAggregate, OrderColumn, Rows
from property.naive.condition import holds
from property.naive.data import PRIMARY_KEYS, Data, Row, Table, Value
from property.naive.measure import measure
from property.naive.relate import find_way

Item = TypeVar("Item")


def choose(data: Data, table: Table, rows: Sequence[Row], ask: Rows, values: Sequence[object]) -> list[Row]:
    """Filtered, sorted, one of each combination: all but cut."""
    found = [row for row in rows if ask.where is None or holds(data, table, row, ask.where, values) is True]
    for order in reversed(ask.order):  # sorting is stable, so that the last key goes first
        found = _sorted(found, [_sort_value(data, table, row, order, values) for row in found], order)
    return _first_of_each(found, [column.name for column in ask.distinct]) if ask.distinct else found


def cut(rows: list[Row], ask: Rows, values: Sequence[object]) -> list[Row]:
    """Without the first ``offset``, and no more than ``limit``."""
    offset = values[ask.offset.index] if ask.offset is not None else None
    limits = [values[ask.limit.index] if ask.limit is not None else None, ask.most]
    rows = rows[int(str(offset)) :] if offset is not None else rows
    for limit in limits:
        rows = rows[: int(str(limit))] if limit is not None else rows
    return rows


def is_total(table: Table, ask: Rows) -> bool:
    """Whether the order leaves nothing open, because the primary key takes part in it."""
    own = {item.column.name for item in ask.order if isinstance(item, OrderColumn) and not item.path}
    return own >= set(PRIMARY_KEYS[table.name])


def _sorted(rows: list[Row], keys: list[Value], order: Order) -> list[Row]:
    return placed(rows, keys, descending=order.descending, nulls_first=order.nulls_first)


def placed(rows: list[Item], keys: Sequence[Value], *, descending: bool, nulls_first: bool) -> list[Item]:
    """Sorted by keys; nulls stand where it is said, whichever the direction."""
    pairs = list(zip(keys, rows, strict=True))
    nulls = [row for key, row in pairs if key is None]
    others = sorted(
        ((key, row) for key, row in pairs if key is not None),
        key=lambda pair: pair[0],  # type: ignore[arg-type,return-value]
        reverse=descending,  # keeps equal ones in their order
    )
    present = [row for _, row in others]
    return nulls + present if nulls_first else present + nulls


def _sort_value(data: Data, table: Table, row: Row, order: Order, values: Sequence[object]) -> Value:
    match order:
        case OrderColumn(path, column, where=where):
            end = _follow(data, table, row, path)
            if end is None or (where and holds(data, data.tables[end[0]], end[1], where, values) is not True):
                return None
            return end[1][column.name]
        case OrderAggregate(path, name, column):
            end = _follow(data, table, row, path[:-1])
            if end is None:
                return None
            related = data.related(end[1], find_way(end[0], path[-1]))
            return len(related) if column is None else measure(name, [item[column.name] for item in related])


def _follow(data: Data, table: Table, row: Row, path: Sequence[Link]) -> tuple[str, Row] | None:
    name = table.name
    for link in path:
        way = find_way(name, link)
        found = data.related(row, way)
        if not found:
            return None
        name, row = way.target, found[0]
    return name, row


def _first_of_each(rows: list[Row], columns: list[str]) -> list[Row]:
    seen: set[tuple[Value, ...]] = set()
    kept = []
    for row in rows:
        combination = tuple(row[column] for column in columns)
        if combination not in seen:
            seen.add(combination)
            kept.append(row)
    return kept
