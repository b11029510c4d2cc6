"""The statements of a mutation, and how to read what they give."""

from dataclasses import dataclass
from typing import TypeAlias

from gemel.catalog import Column, Table
from gemel.plan.write_model import (
    AlongPlan,
    DeletePlan,
    ExpectPlan,
    InsertPlan,
    NestedPlan,
    RowsToInsert,
    ShapePlan,
    UpdatePlan,
)
from gemel.sql.statement import Statement


@dataclass(frozen=True)
class Returned:
    """The columns that a statement of a write gives: the primary key, more columns, and marks."""

    key: int
    """Number of columns of the key."""
    more: tuple[str, ...]
    """Columns behind it, by name, that related rows are joined by."""
    marks_new: bool = False
    """Then whether the row was not there before."""

    @property
    def new(self) -> int:
        """Index of that mark."""
        return self.key + len(self.more)

    @property
    def texts(self) -> int:
        """From where on the key stands as text, if a statement gives it."""
        return self.new + self.marks_new

    def places(self, columns: tuple[Column, ...]) -> tuple[int, ...]:
        """Indexes of some of the further columns."""
        return tuple(self.key + self.more.index(column.name) for column in columns)


@dataclass(frozen=True, eq=False)
class NestedSteps:
    """Of related rows that are inserted."""

    number: int
    """Index of their rows in ``NewRow.nested``."""
    plan: NestedPlan
    rows: "InsertedSteps"


@dataclass(frozen=True, eq=False)
class ShapeSteps:
    """Of rows of one shape."""

    plan: ShapePlan
    one: Statement
    """Inserts the only row of a batch; the texts of its key stand at the end of what it gives."""
    many: Statement | None
    """Inserts all rows of a batch, and gives no texts of keys; ``None`` where rows are inserted one by one."""
    there: Statement | None
    """Whether the only row of a batch is there already, for a database that cannot mark it; gives a row if so."""
    first: tuple[NestedSteps, ...]
    then: tuple[NestedSteps, ...]


@dataclass(frozen=True, eq=False)
class InsertedSteps:
    """Of rows of a table that are inserted."""

    plan: RowsToInsert
    shapes: tuple[ShapeSteps, ...]
    returned: Returned
    breaks_insert: Statement | None = None
    """Gives a row if one of those with the keys behind the values of the request breaks the check of an insert."""
    breaks_update: Statement | None = None
    """The same of rows that were there before."""

    @property
    def one_by_one(self) -> bool:
        """A row that a conflict leaves alone is not given back, and it has to be known which one that was."""
        shapes = self.plan.shapes
        return self.plan.conflict is not None and (len(shapes) > 1 or any(shape.then for shape in shapes))


@dataclass(frozen=True, eq=False)
class InsertSteps:
    """Of an insert."""

    plan: InsertPlan
    rows: InsertedSteps
    read: tuple[Statement, ...]
    """One per ``returning``: takes the keys behind the values of the request, gives one JSON array."""


@dataclass(frozen=True, eq=False)
class AlongSteps:
    """Of what is done to related rows: the keys of the rows changed stand behind the values of the request."""

    plan: AlongPlan
    deletes: tuple["DeleteSteps", ...]
    updates: tuple["UpdateSteps", ...]
    insert: InsertedSteps | None


@dataclass(frozen=True, eq=False)
class UpdateSteps:
    """Of an update."""

    plan: UpdatePlan
    change: Statement | None
    """Gives what ``returned`` says of the rows changed; ``None`` if there is nothing to set."""
    find: Statement
    """Gives the same of the rows that are meant, and locks them."""
    returned: Returned
    along: tuple[AlongSteps, ...]
    read: tuple[Statement, ...]
    breaks: Statement | None = None
    """Gives a row if one of those with the keys behind the values of the request breaks the check."""

    @property
    def table(self) -> Table:
        """What is written to."""
        return self.plan.table


@dataclass(frozen=True, eq=False)
class DeleteSteps:
    """Of a delete."""

    plan: DeletePlan
    change: Statement
    """Gives all stored columns of the rows deleted if they are to be read, else their keys."""
    find: Statement
    """Gives the keys of the rows that are meant, and locks them."""
    read: tuple[Statement, ...]
    """Take the stored columns behind the values of the request, give one JSON array."""

    @property
    def table(self) -> Table:
        """What is written to."""
        return self.plan.table


@dataclass(frozen=True, eq=False)
class ExpectSteps:
    """Of a row that is compared."""

    plan: ExpectPlan
    find: Statement
    """Gives the key of the row, and locks it."""
    read: Statement
    """Takes the key behind the values of the request, gives a JSON array."""


WriteSteps: TypeAlias = InsertSteps | UpdateSteps | DeleteSteps | ExpectSteps
