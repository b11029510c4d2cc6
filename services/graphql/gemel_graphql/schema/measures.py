"""Which columns can be measured (``docs/dialects/graphql.md`` section 8)."""

from collections.abc import Iterable
from typing import Final

from gemel.catalog import Column, Kind
from gemel.catalog.types import MOMENTS, NUMBERS

COMPARABLE: Final = NUMBERS | MOMENTS | {Kind.TEXT, Kind.BPCHAR, Kind.INTERVAL, Kind.ENUM, Kind.PROCESSED}
"""Kinds that both databases can tell the least and the greatest of. PostgreSQL has no ``max(uuid)`` before 18."""


def measured(name: str, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Columns that a measure applies to."""
    kinds = COMPARABLE if name in ("min", "max") else NUMBERS  # values of an enum have no order of their own
    return tuple(column for column in columns if column.type.kind in kinds and column.enum is None)
