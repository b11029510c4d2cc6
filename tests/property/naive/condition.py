"""Whether a row meets a condition."""

import operator
from collections.abc import Callable, Mapping, Sequence

from gemel.request import And, Compare, Condition, Not, Operator, Or, Related, RelatedMeasure, ValueTest
from property.naive import patterns
from property.naive.data import Data, Row, Table, Value
from property.naive.logic import Truth, conjunction, disjunction, negation
from property.naive.measure import count, measure
from property.naive.relate import find_way
from property.naive.values import read_list, read_value

TESTS: Mapping[Operator, Callable[..., bool]] = {
    Operator.EQ: operator.eq,
    Operator.NEQ: operator.ne,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.LIKE: patterns.like,
    Operator.ILIKE: lambda text, pattern: patterns.like(text, pattern, fold=True),
    Operator.SIMILAR: patterns.similar,
    Operator.REGEX: patterns.regex,
    Operator.IREGEX: lambda text, pattern: patterns.regex(text, pattern, fold=True),
}
"""Of two values that are not null. Texts compare by code point, as Python's do."""


def holds(data: Data, table: Table, row: Row, condition: Condition, values: Sequence[object]) -> Truth:
    """True, false or unknown."""
    match condition:
        case And(items):
            return conjunction(holds(data, table, row, item, values) for item in items)
        case Or(items):
            return disjunction(holds(data, table, row, item, values) for item in items)
        case Not(item):
            return negation(holds(data, table, row, item, values))
        case Related(link, where):
            way = find_way(table.name, link)
            target = data.tables[way.target]
            return any(
                where is None or holds(data, target, found, where, values) is True for found in data.related(row, way)
            )
        case RelatedMeasure():
            return _related_measure(data, table, row, condition, values)
        case Compare():
            return _compare(table, row, condition, values)


def _related_measure(data: Data, table: Table, row: Row, item: RelatedMeasure, values: Sequence[object]) -> Truth:
    way = find_way(table.name, item.link)
    target = data.tables[way.target]
    found = [
        other
        for other in data.related(row, way)
        if item.where is None or holds(data, target, other, item.where, values) is True
    ]
    names = [column.name for column in item.columns]
    if item.measure == "count":
        measured: Value = count(found, names, distinct=item.distinct)
    else:
        given = [other[names[0]] for other in found]
        measured = measure(item.measure, list(dict.fromkeys(given)) if item.distinct else given)
    return conjunction(_tested(measured, test, values) for test in item.tests)


def _tested(value: Value, test: ValueTest, values: Sequence[object]) -> Truth:
    if test.operator is Operator.NULL:
        found: Truth = value is None
    else:
        assert test.value is not None
        found = _test(test.operator, value, read_value(values[test.value.index], "integer"))
    return negation(found) if test.negated else found


def _compare(table: Table, row: Row, item: Compare, values: Sequence[object]) -> Truth:
    value = row[item.column.name]
    if item.operator is Operator.NULL:
        return value is None
    assert item.value is not None
    raw, type_ = values[item.value.index], table.types[item.column.name]
    if item.operator is Operator.IN:
        return disjunction(_test(Operator.EQ, value, other) for other in read_list(raw, type_))
    if item.quantifier == "any":
        return disjunction(_test(item.operator, value, other) for other in read_list(raw, type_))
    if item.quantifier == "all":
        return conjunction(_test(item.operator, value, other) for other in read_list(raw, type_))
    return _test(item.operator, value, read_value(raw, type_))


def _test(name: Operator, value: Value, other: Value) -> Truth:
    if name is Operator.DISTINCT:
        return value != other
    if value is None or other is None:
        return None
    return TESTS[name](value, other)
