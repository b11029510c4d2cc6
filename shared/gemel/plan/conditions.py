"""Resolve conditions and orders."""

from collections.abc import Iterator

from gemel.apart import hold
from gemel.catalog import Column, Kind, Table, View
from gemel.catalog.types import MOMENTS, NUMBERS, simple
from gemel.errors import Mismatch
from gemel.plan.keyset import total_order
from gemel.plan.model import All, Any, Comparison, Exists, Hop, Measured, Negation, Param, Slice, Sort, Test
from gemel.plan.names import Scope, aggregated, slot_of, use_of
from gemel.request import (
    SEARCHES,
    And,
    Compare,
    Condition,
    Link,
    Not,
    Operator,
    Or,
    Order,
    OrderAggregate,
    OrderColumn,
    Related,
    RelatedMeasure,
    Rows,
    Slot,
    ValueTest,
)

PATTERNS = frozenset({Operator.LIKE, Operator.ILIKE, Operator.SIMILAR, Operator.REGEX, Operator.IREGEX})
TRUTHS = frozenset({Operator.TRUE, Operator.FALSE, Operator.UNKNOWN})
TEXT_ARGUMENT = PATTERNS | {
    Operator.HAS_KEY,
    Operator.HAS_KEYS_ANY,
    Operator.HAS_KEYS_ALL,
    *SEARCHES,
}
COMPARABLE = (
    NUMBERS
    | MOMENTS
    | {Kind.TEXT, Kind.BPCHAR, Kind.UUID, Kind.INTERVAL, Kind.ENUM, Kind.ARRAY, Kind.OTHER, Kind.PROCESSED}
)
OF_ANY_VALUE = frozenset({Operator.EQ, Operator.NEQ, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE}) | {
    Operator.IN,
    Operator.DISTINCT,
    Operator.NULL,
}
BIGINT = simple(Kind.BIGINT)
MEASURED_TYPES = {"count": Kind.INTEGER, "bool_and": Kind.BOOLEAN, "bool_or": Kind.BOOLEAN}
"""What is compared with; every other measure is compared as a double."""


def plan_slice(scope: Scope, table: View, rows: Rows, *, keyset: bool = False, most: int | None = None) -> Slice:
    """Resolve which rows are meant.

    :param keyset: cursors are asked for, so that the order has to be total.
    :param most: that the role may be given.
    :raises Mismatch: ``distinct`` columns are not the first of the order, or there are none for cursors.
    """
    distinct = tuple(use_of(table, ref) for ref in rows.distinct)
    order = tuple(plan_order(scope, table, item) for item in rows.order)
    if distinct and order:
        first = {
            item.use.column.name for item in order[: len(distinct)] if item.use and not item.path and not item.many
        }
        if first != {use.column.name for use in distinct}:
            text = '"distinct_on" columns must match initial "order_by" columns'
            raise Mismatch("distinct-order", text, table.name, at=rows.distinct[0].at)
    if keyset or rows.after is not None:
        order = total_order(table, rows, order)
    return Slice(
        where=plan_where(scope, table, rows.where),
        order=order,
        distinct=distinct,
        limit=whole(rows.limit),
        offset=whole(rows.offset),
        most=_least(rows.most, most),
        after=Param(slot_of(rows.after), simple(Kind.TEXT)) if rows.after is not None else None,
        visible=scope.visible(table),
        keys=tuple(_keys(scope.whole(table), rows.keys)) if rows.keys is not None else (),
    )


def _keys(table: Table, slot: Slot) -> Iterator[tuple[Column, Param]]:
    """The primary key, which the role need not see."""
    if table.primary_key is None:
        raise Mismatch("no-key", f"{table.name!r} has no primary key", table.name)
    columns = (table.columns[name] for name in table.primary_key.columns)
    return ((column, Param(slot_of(slot), column.type)) for column in columns)


def plan_where(scope: Scope, table: View, condition: Condition | None) -> Test | None:
    """Resolve a condition that need not be there."""
    return plan_condition(scope, table, condition) if condition is not None else None


def plan_condition(scope: Scope, table: View, condition: Condition) -> Test:
    """Resolve a condition on rows of ``table``."""
    match condition:
        case And(items):
            return All(tuple(plan_condition(scope, table, item) for item in items))
        case Or(items):
            return Any(tuple(plan_condition(scope, table, item) for item in items))
        case Not(item):
            return Negation(plan_condition(scope, table, item))
        case Related(link, where):
            hop = scope.hop(table, link)
            return Exists(hop, plan_where(scope, scope.seen(hop), where))
        case Compare():
            return _comparison(table, condition)
        case RelatedMeasure():
            return _measured(scope, table, condition)


def _comparison(table: View, item: Compare) -> Comparison:
    use = use_of(table, item.column)
    kind = use.type.kind
    searched = use.type.is_text or use.type.is_document or kind is Kind.OTHER
    if (
        (item.operator in PATTERNS and not use.type.is_text and kind is not Kind.OTHER)
        or (item.operator in TRUTHS and kind is not Kind.BOOLEAN)
        or (item.operator in SEARCHES and not searched)
        or (kind is Kind.PROCESSED and item.operator not in OF_ANY_VALUE)
    ):
        text = f"operator {item.operator.value!r} does not apply to column {table.name}.{use.column.name}"
        raise Mismatch("operator", f"{text}, which is {use.type.name}", table.name, use.column.name, at=item.column.at)
    if item.value is None:
        return Comparison(use, item.operator, None, None, None)
    kind_of_value = simple(Kind.TEXT) if item.operator in TEXT_ARGUMENT else use.type
    param = Param(slot_of(item.value), kind_of_value, item.at or item.column.at)
    return hold(Comparison(use, item.operator, param, item.quantifier, item.language))


def _measured(scope: Scope, table: View, item: RelatedMeasure) -> All:
    """:raises Mismatch: the measure does not apply to the columns."""
    hop = scope.hop(table, item.link)
    there = scope.seen(hop)
    aggregated(there, item.link.at)
    uses = tuple(use_of(there, ref) for ref in item.columns)
    for use in uses:
        check_measure(item.measure, there, use.column.name)
    where = plan_where(scope, there, item.where)
    type_ = simple(MEASURED_TYPES.get(item.measure, Kind.DOUBLE))
    measured = Measured(hop, item.measure, uses, item.distinct, where, type_)
    return All(tuple(_value_test(measured, test) for test in item.tests))


def _value_test(measured: Measured, test: ValueTest) -> Test:
    param = Param(slot_of(test.value), measured.type, test.at) if test.value is not None else None
    compared = Comparison(measured, test.operator, param, None, None)
    return Negation(compared) if test.negated else compared


def plan_order(scope: Scope, table: View, order: Order) -> Sort:
    """Resolve a sort key.

    :raises Mismatch: the path leads over a to-many relation, or the measure does not apply to the column.
    """
    match order:
        case OrderColumn(path, column, descending, nulls_first, condition):
            hops = _to_one(scope, table, path)
            end = scope.seen(hops[-1]) if hops else table
            where = plan_where(scope, end, condition)
            return Sort(hops, None, None, use_of(end, column), descending, nulls_first, where)
        case OrderAggregate(path, measure, column, descending, nulls_first):
            hops = _to_one(scope, table, path[:-1])
            many = scope.hop(scope.seen(hops[-1]) if hops else table, path[-1])
            there = scope.seen(many)
            aggregated(there, path[-1].at)
            use_or_none = use_of(there, column) if column is not None else None
            if use_or_none is not None:
                check_measure(measure, there, use_or_none.column.name)
            return Sort(hops, many, measure, use_or_none, descending, nulls_first)


def check_measure(name: str, table: View, column: str) -> None:
    """Whether a measure can be computed of a column.

    :raises Mismatch: it cannot.
    """
    kind = table.columns[column].type.kind
    fits = name == "count" or kind in (
        COMPARABLE if name in ("min", "max") else {Kind.BOOLEAN} if name in ("bool_and", "bool_or") else NUMBERS
    )
    if not fits:
        text = f"function {name}({table.columns[column].type.name}) does not exist"
        raise Mismatch("aggregate-type", text, table.name, column)


def _to_one(scope: Scope, table: View, path: tuple[Link, ...]) -> tuple[Hop, ...]:
    hops: list[Hop] = []
    for link in path:
        hop = scope.hop(scope.seen(hops[-1]) if hops else table, link)
        if hop.relation.to_many:
            text = f"{table.name!r} and {link.name!r} do not form a many-to-one or one-to-one relationship"
            raise Mismatch("order-to-many", text, table.name, link.name, at=link.at)
        hops.append(hop)
    return tuple(hops)


def whole(slot: Slot | None) -> Param | None:
    """A limit or an offset."""
    return Param(slot_of(slot), BIGINT) if slot is not None else None


def _least(one: int | None, other: int | None) -> int | None:
    found = [item for item in (one, other) if item is not None]
    return min(found) if found else None
