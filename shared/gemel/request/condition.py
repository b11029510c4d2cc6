"""Conditions on rows. Three-valued as in SQL: a row counts when its condition is true."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from gemel.errors import Location
from gemel.request.terms import ColumnRef, Link, Slot


class Operator(StrEnum):
    """Tests of one column. Negations are written with ``Not``."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    """The slot holds a list; true for none when it is empty."""
    NULL = "null"
    """Takes no value."""
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    DISTINCT = "distinct"
    """``IS DISTINCT FROM``."""
    LIKE = "like"
    """Case-sensitive; ``%`` and ``_``, backslash escapes."""
    ILIKE = "ilike"
    SIMILAR = "similar"
    """``SIMILAR TO`` (SQL:2016 8.6); anchored."""
    REGEX = "regex"
    """POSIX regular expression, found anywhere."""
    IREGEX = "iregex"
    CONTAINS = "contains"
    """``@>``: JSON, arrays, ranges."""
    CONTAINED = "contained"
    OVERLAPS = "overlaps"
    HAS_KEY = "has_key"
    HAS_KEYS_ANY = "has_keys_any"
    HAS_KEYS_ALL = "has_keys_all"
    LEFT_OF = "left_of"
    """Ranges: strictly left of."""
    RIGHT_OF = "right_of"
    NOT_RIGHT_OF = "not_right_of"
    """Ranges: does not extend to the right of."""
    NOT_LEFT_OF = "not_left_of"
    ADJACENT = "adjacent"
    FTS = "fts"
    """``@@ to_tsquery``."""
    FTS_PLAIN = "fts_plain"
    FTS_PHRASE = "fts_phrase"
    FTS_WEB = "fts_web"


SEARCHES = frozenset({Operator.FTS, Operator.FTS_PLAIN, Operator.FTS_PHRASE, Operator.FTS_WEB})
"""Text search."""


@dataclass(frozen=True)
class And:
    """All of them; true when there are none."""

    items: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    """Any of them; false when there are none."""

    items: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """SQL's NOT: unknown stays unknown."""

    item: "Condition"


@dataclass(frozen=True)
class Compare:
    """A test of one column."""

    column: ColumnRef
    operator: Operator
    value: Slot | None = None
    """``None`` for the operators that take no value."""
    quantifier: Literal["any", "all"] | None = None
    """The slot holds a list, and the test has to hold for any or all of it."""
    language: str | None = None
    """Text search configuration of the ``FTS…`` operators."""
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Related:
    """At least one related row exists that meets the condition."""

    link: Link
    where: "Condition | None" = None


MeasureTest: TypeAlias = Literal[
    "count", "bool_and", "bool_or", "sum", "avg", "min", "max", "stddev_samp", "var_samp", "corr", "covar_samp"
]


@dataclass(frozen=True)
class ValueTest:
    """A test of what has been computed."""

    operator: Operator
    value: Slot | None = None
    negated: bool = False
    language: str | None = None
    """As of :class:`Compare`."""
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class RelatedMeasure:
    """What is computed over the related rows that meet ``where`` passes all the tests.

    Over no rows a ``count`` is 0 and all else is null. ``count`` takes any number of columns, ``corr`` and
    ``covar_samp`` two, the others one.
    """

    link: Link
    measure: MeasureTest
    columns: tuple[ColumnRef, ...]
    tests: tuple[ValueTest, ...]
    distinct: bool = False
    where: "Condition | None" = None


Condition: TypeAlias = And | Or | Not | Compare | Related | RelatedMeasure
