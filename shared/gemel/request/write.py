"""Changes. All writes of one mutation run in order, in one transaction."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gemel.errors import Location
from gemel.request.condition import Condition
from gemel.request.read import Select
from gemel.request.terms import ColumnRef, Slot, Source


@dataclass(frozen=True)
class Insert:
    """Insert rows. A column that a row does not name takes its default."""

    key: str
    source: Source
    rows: tuple[tuple[tuple[ColumnRef, Slot], ...], ...]
    returning: tuple[Select, ...] = ()
    """What to give of the rows written, in the order of ``rows``; a list for each select."""
    exactly: int | None = None
    """Roll back unless so many rows were written."""
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Assign:
    """New value of a column."""

    column: ColumnRef
    operator: Literal["set", "inc"]
    value: Slot


@dataclass(frozen=True)
class Update:
    """Change the rows that meet the condition. Without assignments nothing is done and no row counts."""

    key: str
    source: Source
    where: Condition | None
    assignments: tuple[Assign, ...]
    returning: tuple[Select, ...] = ()
    """What to give of the rows changed, in the order of the select, else of the key; no other ``rows`` apply."""
    exactly: int | None = None
    most: int | None = None
    """Roll back if more rows were changed."""
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Delete:
    """Delete the rows that meet the condition."""

    key: str
    source: Source
    where: Condition | None
    returning: tuple[Select, ...] = ()
    """What to give of the rows deleted, as they were before."""
    exactly: int | None = None
    most: int | None = None
    at: Location = field(default=(), compare=False)


Write: TypeAlias = Insert | Update | Delete


@dataclass(frozen=True)
class Mutation:
    """All that is written in one transaction."""

    writes: tuple[Write, ...]
