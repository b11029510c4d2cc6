"""``order_by`` (``docs/dialects/graphql.md`` section 6)."""

from collections.abc import Iterator

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
                chosen = _direction(value)
                ref = ColumnRef(column.name, at=value.at)
                yield OrderColumn(path, ref, chosen.descending, chosen.nulls_first)
            case RelatedRows(relation):
                yield from _orders(value, (*path, Link(relation.name, at=value.at)))
            case RelatedAggregate(relation):
                yield from _aggregates(value, (*path, Link(relation.name, at=value.at)))


def _aggregates(item: Given, path: Path) -> Iterator[Order]:
    for _, field, value in item.members():
        if value.is_null:
            continue
        match meaning_of(field):
            case Part("count"):
                chosen = _direction(value)
                yield OrderAggregate(path, "count", None, chosen.descending, chosen.nulls_first)
            case MeasureOf(name):
                yield from _measure(value, path, name)


def _measure(item: Given, path: Path, name: MeasureName) -> Iterator[Order]:
    for _, field, value in item.members():
        if not value.is_null:
            chosen = _direction(value)
            ref = ColumnRef(meaning_of(field).column.name, at=value.at)
            yield OrderAggregate(path, name, ref, chosen.descending, chosen.nulls_first)


def _direction(value: Given) -> Direction:
    chosen: Direction = meaning_of(value.word())
    return chosen
