"""Questions: rows with chosen fields, and what is computed over rows."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gemel.errors import Location
from gemel.request.condition import Condition
from gemel.request.terms import ColumnRef, Link, Slot, Source

MeasureName: TypeAlias = Literal[
    "sum", "avg", "min", "max", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"
]


# --- fields of a row ---------------------------------------------------------


@dataclass(frozen=True)
class ColumnField:
    """A column under a key of the answer."""

    key: str
    column: ColumnRef
    cast: str | None = None
    """Type that the value is cast to before it is written, by its PostgreSQL name."""
    capitals: bool = False
    """Written in capitals; of a text that is not cast."""


@dataclass(frozen=True)
class AllColumns:
    """Every stored column under its own name."""

    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Constant:
    """A text that is the same for every row (``__typename``), or null."""

    key: str
    text: str | None


@dataclass(frozen=True)
class Embed:
    """Related rows: an object or null when the relation is to-one, a list when it is to-many.

    Of a to-one relation ``order``, ``limit`` and ``offset`` of the select apply all the same.
    """

    key: str
    link: Link
    select: "Select"
    spread: bool = False
    """Put the fields of the related row beside those of the row, without the key; all null without a match. Of a
    to-many relation each field is a list, all in one order."""


@dataclass(frozen=True)
class EmbedAggregate:
    """What is computed over the related rows, as an object."""

    key: str
    link: Link
    aggregate: "Aggregate"


@dataclass(frozen=True)
class Computed:
    """Something computed over rows, as a field of a row: the rows are grouped by the other fields, columns and related
    rows; without others there is one row. In a to-one spread it groups the rows that the spread is part of
    (``rest.md``, R6-8 and R8-4)."""

    key: str
    name: Literal["count", "sum", "avg", "min", "max"]
    column: ColumnRef | None = None
    """``None`` only for ``count``, which then counts rows."""
    before: str | None = None
    """Type that the column is cast to first."""
    after: str | None = None
    """Type that the result is cast to."""


@dataclass(frozen=True)
class Cursor:
    """Where the row stands in the order of its list: a text that ``Rows.after`` takes."""

    key: str


Field: TypeAlias = ColumnField | AllColumns | Constant | Embed | EmbedAggregate | Computed | Cursor


# --- order -------------------------------------------------------------------


@dataclass(frozen=True)
class OrderColumn:
    """Sort by a column, of the row itself or of a related one along to-one links; no related row sorts as null."""

    path: tuple[Link, ...]
    column: ColumnRef
    descending: bool
    nulls_first: bool
    where: Condition | None = None
    """With a path: a related row at its end that does not meet this is none."""


@dataclass(frozen=True)
class OrderAggregate:
    """Sort by something computed over the rows of the last link, which is to-many (the ones before are to-one)."""

    path: tuple[Link, ...]
    measure: Literal["count"] | MeasureName
    column: ColumnRef | None
    """``None`` for ``count``."""
    descending: bool
    nulls_first: bool


Order: TypeAlias = OrderColumn | OrderAggregate


# --- rows --------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """Which rows, in which order."""

    where: Condition | None = None
    order: tuple[Order, ...] = ()
    distinct: tuple[ColumnRef, ...] = ()
    """Keep the first row of each combination, before limit and offset."""
    limit: Slot | None = None
    """The slot holds an int, or ``None`` for no limit."""
    offset: Slot | None = None
    most: int | None = None
    """A cap of the server's own on top of ``limit``."""
    after: Slot | None = None
    """Only the rows behind the one whose ``Cursor`` the slot holds, in this very order; the primary key is its last
    key. Like ``offset`` it has no influence on a total."""
    keys: Slot | None = None
    """Only the rows whose primary keys the slot holds: a list, each of them a tuple of values in the order of the key's
    columns. The rows come in the order of the list where no other is asked for."""


@dataclass(frozen=True)
class Select:
    """Rows, and what to give of each."""

    fields: tuple[Field, ...]
    rows: Rows = Rows()
    strip_nulls: bool = False
    """Leave out members that are null."""


# --- computed over rows ------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """Number of rows; with one column, of rows in which it is not null; several are a row value, which never is.

    ``distinct`` counts different values, and has no effect without columns.
    """

    key: str
    columns: tuple[ColumnRef, ...] = ()
    distinct: bool = False


@dataclass(frozen=True)
class MeasureGroup:
    """An object of one measure of several columns: ``"sum": {"total": …}``. Null over no rows."""

    key: str
    name: MeasureName
    columns: tuple["ColumnField | Constant", ...]


@dataclass(frozen=True)
class Measure:
    """An object of counts and measure groups (GraphQL's ``aggregate { … }``)."""

    key: str
    items: tuple[Count | MeasureGroup | Constant, ...]


@dataclass(frozen=True)
class Nodes:
    """The rows themselves."""

    key: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class GroupKey:
    """An object of the columns that the rows of a group have in common."""

    key: str
    columns: tuple[ColumnField | Constant, ...]


@dataclass(frozen=True)
class GroupOrder:
    """Sort groups by one of their columns, or by what is computed over their rows."""

    measure: Literal["count"] | MeasureName | None
    """``None`` for a column of the group."""
    column: ColumnRef | None
    """``None`` only for ``count``, which then counts rows."""
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Groups:
    """The rows by equal values of columns: a list with an object for each combination.

    Behind ``order`` the groups are sorted by the columns themselves, ascending, nulls last, so that their order is
    total.
    """

    key: str
    by: tuple[ColumnRef, ...]
    items: tuple[GroupKey | Measure | Constant, ...]
    order: tuple[GroupOrder, ...] = ()
    limit: Slot | None = None
    offset: Slot | None = None


@dataclass(frozen=True)
class Aggregate:
    """An object made over rows; the rows are cut by limit and the like before anything is computed."""

    items: tuple[Measure | Nodes | Groups | Constant | Count, ...]
    rows: Rows = Rows()


# --- the whole ---------------------------------------------------------------


@dataclass(frozen=True)
class One:
    """The row with a given primary key, or null."""

    key: tuple[tuple[str, Slot], ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Root:
    """One answer."""

    key: str
    """Its name in the response; unique in the query."""
    source: Source
    content: Select | Aggregate | One
    total: bool = False
    """Count the rows without limit and offset, too (of a select)."""
    estimate: Literal["planned", "counted"] | None = None
    """With ``total``, of the only root: the database may estimate. ``counted`` counts up to the cap of the rows and
    estimates beyond, where the larger number is the total. A database without estimates counts."""


@dataclass(frozen=True)
class Query:
    """All that is read in one snapshot."""

    roots: tuple[Root, ...]
