"""Columns of a table that are read."""

from collections.abc import Iterable, Iterator

from gemel.catalog import Column, Table
from gemel.plan.model import Hop, Nested, NestedAggregate, Output, Position, Value


def needed(table: Table, fields: Iterable[Output]) -> Iterator[Column]:
    """Columns of a table that its fields are made of."""
    for item in fields:
        if isinstance(item, Value):
            yield item.use.column
        elif isinstance(item, Nested | NestedAggregate):
            yield from _joining(table, item.hop)
        elif isinstance(item, Position):
            for sort in item.order:
                hop = next(iter(sort.path), sort.many)
                if hop is not None:
                    yield from _joining(table, hop)
                elif sort.use is not None:
                    yield sort.use.column


def _joining(table: Table, hop: Hop) -> Iterator[Column]:
    """Columns by which related rows are found."""
    relation = hop.relation
    pairs = relation.junction.near if relation.junction is not None else relation.pairs
    yield from (table.columns[near] for near, _ in pairs)
    if relation.condition is not None:
        yield from table.stored
