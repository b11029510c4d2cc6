"""The frozen types of a plan that reads. They mirror ``gemel.request``, with objects of the catalog for names."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement

from gemel.catalog import Column, Relation, Table, ValueType
from gemel.errors import Location
from gemel.request import Operator


@dataclass(frozen=True)
class Use:
    """A column in use, or a place inside its document."""

    column: Column
    path: tuple[str | int, ...]
    as_text: bool
    type: ValueType
    """Of what is there."""


CLAIMS = 0
"""Slot of the claims of who asks; the values of the request stand behind it."""


@dataclass(frozen=True)
class Param:
    """A value that will be given."""

    slot: int
    type: ValueType
    at: Location = ()


@dataclass(frozen=True)
class Hop:
    """A step along a relation."""

    relation: Relation
    table: Table
    """Where it leads."""
    visible: "Rule | None"
    """Which rows of that table there are for the role."""


# --- conditions --------------------------------------------------------------


@dataclass(frozen=True)
class All:
    """Conjunction."""

    items: tuple["Test", ...]


@dataclass(frozen=True)
class Any:
    """Disjunction."""

    items: tuple["Test", ...]


@dataclass(frozen=True)
class Negation:
    """SQL's NOT."""

    item: "Test"


@dataclass(frozen=True)
class Measured:
    """Something computed over related rows, in use as a column is."""

    hop: Hop
    measure: str
    uses: tuple[Use, ...]
    distinct: bool
    where: "Test | None"
    type: ValueType
    path: tuple[str | int, ...] = ()
    as_text: bool = False


@dataclass(frozen=True)
class Comparison:
    """Test of a column, or of what is computed."""

    use: Use | Measured
    operator: Operator
    param: Param | None
    quantifier: Literal["any", "all"] | None
    language: str | None


@dataclass(frozen=True)
class Exists:
    """Test for related rows."""

    hop: Hop
    where: "Test | None"


@dataclass(frozen=True, eq=False)
class Rule:
    """What a policy asks of a row."""

    expression: ColumnElement[bool]
    """Over the mapped table, with claims in it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self.expression is other.expression

    def __hash__(self) -> int:
        return id(self.expression)


Test: TypeAlias = All | Any | Negation | Comparison | Exists | Rule


# --- which rows --------------------------------------------------------------


@dataclass(frozen=True)
class Sort:
    """A sort key: a column at the end of to-one hops, or a measure over the rows of a last, to-many hop."""

    path: tuple[Hop, ...]
    many: Hop | None
    measure: str | None
    use: Use | None
    descending: bool
    nulls_first: bool
    where: Test | None = None
    """What the row at the end of the path has to meet."""


@dataclass(frozen=True)
class Slice:
    """Which rows of a table, in which order."""

    where: Test | None
    order: tuple[Sort, ...]
    distinct: tuple[Use, ...]
    limit: Param | None
    offset: Param | None
    most: int | None
    after: Param | None = None
    """Holds a cursor; ``order`` then ends with the primary key."""
    visible: Rule | None = None
    """Which rows there are for the role, before any condition."""
    keys: tuple[tuple[Column, Param], ...] = ()
    """Only the rows with these keys, in their order if ``order`` is empty: the columns of the primary key, each with
    the slot of all keys."""

    @property
    def is_cut(self) -> bool:
        """Not all rows that meet the condition are given."""
        return bool(self.distinct) or self.limit is not None or self.offset is not None or self.most is not None


# --- what of each row --------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """Column under a key."""

    key: str
    use: Use
    cast: ValueType | None
    capitals: bool = False


@dataclass(frozen=True)
class Text:
    """Constant text, or null, under a key."""

    key: str
    text: str | None


@dataclass(frozen=True)
class Position:
    """The row's cursor in an order under a key."""

    key: str
    order: tuple[Sort, ...]


@dataclass(frozen=True)
class Nested:
    """Related rows under a key, or spread."""

    key: str
    hop: Hop
    rows: "RowsPlan"
    spread: bool


@dataclass(frozen=True)
class NestedAggregate:
    """What is computed over related rows, under a key."""

    key: str
    hop: Hop
    aggregate: "AggregatePlan"


@dataclass(frozen=True)
class Group:
    """Computed over the rows of a group."""

    key: str
    name: str
    use: Use | None
    before: ValueType | None
    after: ValueType | None


Output: TypeAlias = Value | Text | Position | Nested | NestedAggregate | Group


@dataclass(frozen=True)
class RowsPlan:
    """Rows of a table as objects."""

    table: Table
    fields: tuple[Output, ...]
    slice: Slice
    strip_nulls: bool

    @property
    def is_grouped(self) -> bool:
        """The rows are groups: one of their fields, or of those of a spread, is computed over them."""
        return any(
            isinstance(item, Group) or (isinstance(item, Nested) and item.spread and item.rows.is_grouped)
            for item in self.fields
        )


# --- computed over rows ------------------------------------------------------


@dataclass(frozen=True)
class CountOf:
    """Number of rows or values."""

    key: str
    uses: tuple[Use, ...]
    distinct: bool


@dataclass(frozen=True)
class MeasureOf:
    """One measure of several columns."""

    key: str
    name: str
    values: tuple[Value | Text, ...]


@dataclass(frozen=True)
class Measures:
    """Counts and measures, as an object."""

    key: str
    items: tuple[CountOf | MeasureOf | Text, ...]


@dataclass(frozen=True)
class NodeList:
    """The rows themselves."""

    key: str
    fields: tuple[Output, ...]
    most: int | None = None
    """Of those that are aggregated."""


@dataclass(frozen=True)
class KeyOf:
    """Columns of a group, as an object."""

    key: str
    values: tuple[Value | Text, ...]


@dataclass(frozen=True)
class GroupSort:
    """A sort key of groups: a column of theirs, or a measure."""

    measure: str | None
    use: Use | None
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class GroupList:
    """Rows by equal values, as a list of objects."""

    key: str
    by: tuple[Use, ...]
    items: tuple[KeyOf | Measures | Text, ...]
    order: tuple[GroupSort, ...]
    limit: Param | None
    offset: Param | None
    most: int | None


Computing: TypeAlias = Measures | NodeList | GroupList | Text | CountOf


@dataclass(frozen=True)
class AggregatePlan:
    """An object made over rows."""

    table: Table
    items: tuple[Computing, ...]
    slice: Slice


@dataclass(frozen=True)
class OnePlan:
    """One row by its primary key."""

    rows: RowsPlan


@dataclass(frozen=True)
class RootPlan:
    """One answer."""

    key: str
    content: RowsPlan | AggregatePlan | OnePlan
    total: bool
    estimate: Literal["planned", "counted"] | None = None


@dataclass(frozen=True)
class QueryPlan:
    """All that is read in one snapshot."""

    roots: tuple[RootPlan, ...]
