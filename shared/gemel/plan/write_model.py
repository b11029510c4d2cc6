"""The frozen types of a plan that writes. They mirror those of ``gemel.request.write``."""

from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import ColumnElement

from gemel.catalog import Column, Table
from gemel.errors import Location
from gemel.plan.model import Param, RowsPlan, Rule, Test
from gemel.request import Operation

Joined = tuple[tuple[Column, Column], ...]
"""Pairs of columns that are equal: (of the row, of the related row)."""


@dataclass(frozen=True, eq=False)
class Preset:
    """What a policy has a column written with."""

    column: Column
    value: ColumnElement[object]
    """A constant, a claim or an expression."""


@dataclass(frozen=True)
class ConflictPlan:
    """What happens where a row with the same unique key is there already."""

    columns: tuple[Column, ...]
    """Of the unique key."""
    update: tuple[Column, ...] | None
    """``None``: all that are given."""
    where: Test | None
    presets: tuple[Preset, ...] = ()
    """Of rows that are changed."""
    check: Rule | None = None
    """What these then have to meet."""

    @property
    def merges(self) -> bool:
        """Rows that are there may be changed."""
        return self.update is None or bool(self.update)


@dataclass(frozen=True)
class ShapePlan:
    """Rows with the same columns."""

    columns: tuple[Column, ...]
    """Whose values are given."""
    names: tuple[str | int, ...]
    """What each column is called in the request."""
    handed: tuple[Column, ...]
    """Whose values come from related rows that were written before: of the row above, then of those in ``first``."""
    first: tuple[tuple[int, "NestedPlan"], ...]
    """Related rows that these refer to, with the index of their rows in ``NewRow.nested``."""
    then: tuple[tuple[int, "NestedPlan"], ...]
    """Related rows that refer to these."""
    presets: tuple[Preset, ...] = ()


@dataclass(frozen=True)
class RowsToInsert:
    """Rows of a table to be inserted."""

    table: Table
    shapes: tuple[ShapePlan, ...]
    conflict: ConflictPlan | None
    check: Rule | None = None
    """What rows have to meet once they are there."""


@dataclass(frozen=True)
class NestedPlan:
    """Related rows to be inserted."""

    name: str
    """Of the relation."""
    joined: Joined
    rows: RowsToInsert


@dataclass(frozen=True)
class InsertPlan:
    """Rows to insert, and those related to them."""

    rows: RowsToInsert
    slot: int
    """Holds the rows."""
    returning: tuple[RowsPlan, ...]
    exactly: int | None

    @property
    def table(self) -> Table:
        """What is written to."""
        return self.rows.table


@dataclass(frozen=True)
class Assignment:
    """New value of a column."""

    column: Column
    operator: Operation
    param: Param | None
    preset: Preset | None = None
    """In the place of what a client gives."""


@dataclass(frozen=True)
class AlongPlan:
    """What is done to the rows related to those changed."""

    joined: Joined
    deletes: tuple["DeletePlan", ...]
    updates: tuple["UpdatePlan", ...]
    insert: RowsToInsert | None
    slot: int
    """Holds the rows of ``insert``."""


@dataclass(frozen=True)
class UpdatePlan:
    """Rows to change."""

    table: Table
    where: Test | None
    assignments: tuple[Assignment, ...]
    along: tuple[AlongPlan, ...]
    returning: tuple[RowsPlan, ...]
    exactly: int | None
    most: int | None
    check: Rule | None = None
    """What rows have to meet once they are changed."""


@dataclass(frozen=True)
class DeletePlan:
    """Rows to delete."""

    table: Table
    where: Test | None
    returning: tuple[RowsPlan, ...]
    exactly: int | None
    most: int | None


@dataclass(frozen=True)
class ExpectPlan:
    """A row to be compared."""

    table: Table
    where: Test | None
    row: RowsPlan
    """All of it."""
    slot: int
    """Holds the digests that it may have."""


WritePlan: TypeAlias = InsertPlan | UpdatePlan | DeletePlan | ExpectPlan


@dataclass(frozen=True)
class MutationPlan:
    """Writes of one transaction, in order."""

    writes: tuple[WritePlan, ...]


def step_of(at: Location, name: str) -> str | int:
    """What a column is called in the request: the last step of where it stands."""
    return at[-1] if at else name
