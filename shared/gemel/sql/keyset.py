"""Cursors: where a row stands in a total order, and the rows behind it.

A cursor is the JSON text of an array: a mark of the order, then the row's sort values. It is read when it is
bound, so that statements are the same for all cursors of an order.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from gemel.catalog import Kind
from gemel.catalog.types import simple
from gemel.errors import DatabaseError
from gemel.plan.model import Param, Sort
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import sort_value
from gemel.sql.fragment import join, literal, sql
from gemel.sql.statement import Encoder, Parameter
from gemel.sql.texts import concat

TEXT = simple(Kind.TEXT)
REFUSED = "22023"
"""invalid_parameter_value"""


def cursor(frame: Frame, order: Sequence[Sort]) -> Expression:
    """JSON of the cursor of a row: a string."""
    backend = frame.builder.backend
    parts: list[Expression] = [literal(f'["{mark(order)}"')]
    for item in order:
        value, type_ = sort_value(frame, item)
        parts += [literal(","), backend.json(value, type_)]
    return backend.json(sql("(", concat([*parts, literal("]")]), ")"), TEXT)


def behind(frame: Frame, order: Sequence[Sort], param: Param) -> Expression:
    """Whether a row stands behind the one whose cursor is given."""
    keys = [_Key(frame, item, _Bind(frame.builder, param, number, order)) for number, item in enumerate(order)]
    if _is_plain(order):
        symbol = "<" if order[0].descending else ">"
        return _row(symbol, [key.value for key in keys], [key.given for key in keys])
    tests = []
    for number, key in enumerate(keys):
        equal = [sql("(", other.value, " IS NOT DISTINCT FROM ", other.given, ")") for other in keys[:number]]
        tests.append(sql("(", join(" AND ", [*equal, key.beyond]), ")"))
    return sql("(", join(" OR ", tests), ")")


def _is_plain(order: Sequence[Sort]) -> bool:
    """Whether rows can be compared as such, for which both databases use an index."""
    one_way = len({item.descending for item in order}) == 1
    return one_way and all(
        item.use and not item.path and not item.many and not item.use.path and not item.use.column.nullable
        for item in order
    )


def _row(symbol: str, values: Sequence[Expression], given: Sequence[Expression]) -> Expression:
    return sql("((", join(", ", values), f") {symbol} (", join(", ", given), "))")


@dataclass(frozen=True)
class _Key:
    """A sort key of the row, beside that of the cursor. An expression is made anew for each place it stands in."""

    frame: Frame
    sort: Sort
    bind: "_Bind"

    @property
    def value(self) -> Expression:
        return sort_value(self.frame, self.sort)[0]

    @property
    def given(self) -> Expression:
        type_ = sort_value(self.frame, self.sort)[1]
        return self.frame.builder.backend.assign(type_, self.bind)

    @property
    def beyond(self) -> Expression:
        test = sql(self.value, " < " if self.sort.descending else " > ", self.given)
        first, second = (self.value, self.given) if self.sort.nulls_first else (self.given, self.value)
        return sql("(", test, " OR (", first, " IS NOT NULL AND ", second, " IS NULL))")


@dataclass(frozen=True)
class _Bind:
    """Binds one value of a cursor."""

    builder: Builder
    param: Param
    number: int
    order: Sequence[Sort]

    def __call__(self, encode: Encoder) -> Expression:
        """The parameter."""
        wanted, count, number = mark(self.order), len(self.order), self.number
        item = Parameter(self.param.slot, lambda text: encode(_read(text, wanted, count)[number]), at=self.param.at)
        return self.builder.parameter(item)


def _read(text: object, wanted: str, count: int) -> list[str | bool | None]:
    """The values of a cursor.

    :raises DatabaseError: 22023, it is none, or one of another order.
    """
    try:
        found = json.loads(text, parse_int=str, parse_float=str) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(item is None or isinstance(item, str | bool) for item in found):
        raise DatabaseError(REFUSED, "the cursor is none: give one as it was received")
    if found[:1] != [wanted] or len(found) != count + 1:
        raise DatabaseError(REFUSED, "the cursor belongs to another order: give it with the order it was received in")
    return found[1:]


def mark(order: Sequence[Sort]) -> str:
    """What tells the cursors of an order from those of others: the same in every process."""
    text = repr([_name(item) for item in order])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _name(item: Sort) -> tuple[object, ...]:
    hops = [hop.relation.name for hop in (*item.path, *([item.many] if item.many else []))]
    use = item.use
    place = (use.column.name, use.path, use.as_text) if use is not None else ()
    named = (hops, item.measure, place, item.descending, item.nulls_first)
    return named if item.where is None else (*named, "filtered")
