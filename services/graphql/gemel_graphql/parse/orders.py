"""``order_by`` (``docs/dialects/graphql.md`` section 6)."""

from collections.abc import Iterator
from typing import Literal

from gemel.request import ColumnRef, Link, Order, OrderAggregate, OrderColumn
from gemel.request.read import MeasureName
from gemel_graphql.parse.given import Given
from gemel_graphql.schema.meaning import (
    ColumnOf,
    Direction,
    MeasureOf,
    Part,
    RelatedAggregate,
    RelatedRows,
    meaning_of,
)

Path = tuple[Link, ...]


def orders(order_by: Given) -> tuple[Order, ...]:
    """Sort keys in the order written, within one object too. A null direction sorts by nothing.

    :raises RequestError: it is no order of its table.
    """
    return tuple(order for item in order_by.elements() for order in _orders(item, ()))


def _orders(item: Given, path: Path) -> Iterator[Order]:
    for _, field, value in item.members():
        if value.is_null:
            continue
        match meaning_of(field):
            case ColumnOf(column):
                chosen = chosen_direction(value)
                ref = ColumnRef(column.name, at=value.at)
                yield OrderColumn(path, ref, chosen.descending, chosen.nulls_first)
            case RelatedRows(relation):
                yield from _orders(value, (*path, Link(relation.name, at=value.at)))
            case RelatedAggregate(relation):
                yield from _aggregates(value, (*path, Link(relation.name, at=value.at)))


def _aggregates(item: Given, path: Path) -> Iterator[Order]:
    for measure, column, way in measured(item):
        yield OrderAggregate(path, measure, column, way.descending, way.nulls_first)


def measured(item: Given) -> Iterator[tuple[Literal["count"] | MeasureName, ColumnRef | None, Direction]]:
    """What is computed over rows, as sort keys: the measure, its column, and which way."""
    for _, field, value in item.members():
        if value.is_null:
            continue
        match meaning_of(field):
            case Part("count"):
                yield "count", None, chosen_direction(value)
            case MeasureOf(name):
                for _, inner, direction in value.members():
                    if not direction.is_null:
                        column = ColumnRef(meaning_of(inner).column.name, at=direction.at)
                        yield name, column, chosen_direction(direction)


def chosen_direction(value: Given) -> Direction:
    """Which way to sort."""
    chosen: Direction = meaning_of(value.word())
    return chosen


def columns(given: Given) -> tuple[ColumnRef, ...]:
    """A list of columns."""
    return tuple(ColumnRef(meaning_of(item.word()).column.name, at=item.at) for item in given.elements())
