"""Changes. All writes of one mutation run in order, in one transaction."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gemel.errors import Location
from gemel.request.condition import Condition
from gemel.request.read import Select
from gemel.request.terms import ColumnRef, Link, Slot, Source


@dataclass(frozen=True)
class Conflict:
    """What an insert does where a row with the same unique key is there already."""

    key: str | tuple[ColumnRef, ...] | None = None
    """Which unique key: the name of a constraint, or columns; ``None`` is the primary key."""
    update: tuple[ColumnRef, ...] | None = ()
    """Columns of the row there that take the values of the row given; ``None``: all that are given. Without any the
    row there is left alone."""
    where: Condition | None = None
    """Which of the rows there may be changed; others are left alone."""
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class RowShape:
    """What rows have in common: a column that a row does not name takes its default."""

    columns: tuple[ColumnRef, ...]
    nested: tuple["NestedInsert", ...] = ()


@dataclass(frozen=True)
class NestedInsert:
    """Rows that are inserted along a relation; the columns that join them are filled by the engine."""

    link: Link
    shapes: tuple[RowShape, ...]
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be inserted. It is a value: a slot holds a sequence of them."""

    shape: int
    """Index into the shapes of the insert."""
    values: tuple[object, ...]
    """In the order of the shape's columns."""
    nested: tuple[tuple["NewRow", ...], ...] = ()
    """In the order of the shape's nested inserts."""
    at: Location = ()
    """Where the row stands in the request; its columns stand one step below, by the last step of their own ``at``."""


@dataclass(frozen=True)
class Insert:
    """Insert rows."""

    key: str
    source: Source
    shapes: tuple[RowShape, ...]
    """Each shape once. Rows of one shape are written together, whatever their number."""
    rows: Slot
    """Holds a sequence of ``NewRow``."""
    conflict: Conflict | None = None
    returning: tuple[Select, ...] = ()
    """What to give of the rows written, in the order of ``rows``; a list for each select."""
    exactly: int | None = None
    """Roll back unless so many rows were written."""
    at: Location = field(default=(), compare=False)


Operation: TypeAlias = Literal[
    "set", "default", "inc", "append", "prepend", "delete_key", "delete_elem", "delete_at_path"
]


@dataclass(frozen=True)
class Assign:
    """New value of a column."""

    column: ColumnRef
    operator: Operation
    """All but the first three change a JSON document (``docs/dialects/graphql.md`` section 9.3)."""
    value: Slot | None
    """``None`` with ``default``. A text, a number or a list of texts with the three that delete."""


@dataclass(frozen=True)
class Along:
    """What is done to the rows that are related to those changed, in this order, restricted to them."""

    link: Link
    deletes: tuple["Delete", ...] = ()
    updates: tuple["Update", ...] = ()
    insert: NestedInsert | None = None
    """Of the same link; for each row changed."""
    rows: Slot | None = None
    """Of ``insert``."""


@dataclass(frozen=True)
class Update:
    """Change the rows that meet the condition. Without assignments no row is changed itself, and none counts."""

    key: str
    source: Source
    where: Condition | None
    assignments: tuple[Assign, ...]
    along: tuple[Along, ...] = ()
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
    """What to give of the rows deleted, as they were before; related rows as they are afterwards."""
    exactly: int | None = None
    most: int | None = None
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Expect:
    """Go on only if the row that meets the condition is one of those that a client saw; it is locked until the end.

    It is a write that writes nothing.
    """

    source: Source
    where: Condition | None
    """Of at most one row."""
    seen: Slot
    """Holds the digests (``gemel.execute.digest``) of what may be there, or ``None`` for any row."""
    at: Location = field(default=(), compare=False)


Write: TypeAlias = Insert | Update | Delete | Expect


@dataclass(frozen=True)
class Mutation:
    """All that is written in one transaction."""

    writes: tuple[Write, ...]
