"""Conditions, joins and sort keys."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

from gemel.catalog import Kind, Relation, ValueType
from gemel.catalog.types import INTEGERS, simple
from gemel.plan.model import All, Comparison, Exists, Hop, Measured, Negation, Rule, Sort, Test
from gemel.plan.model import Any as AnyOf
from gemel.request import SEARCHES, Operator
from gemel.sql.backend import Expression
from gemel.sql.build import Frame
from gemel.sql.fragment import Part, join, sql
from gemel.sql.measures import counted
from gemel.sql.processed import processed

EXACT = INTEGERS | {Kind.NUMERIC}


def condition(frame: Frame, test: Test) -> Expression:
    """A condition on the rows of a frame."""
    match test:
        case All(items):
            return sql("(", join(" AND ", (condition(frame, item) for item in items)), ")") if items else sql("(1 = 1)")
        case AnyOf(items):
            return sql("(", join(" OR ", (condition(frame, item) for item in items)), ")") if items else sql("(1 = 0)")
        case Negation(item):
            return sql("(NOT ", condition(frame, item), ")")
        case Exists(hop, where):
            return exists(frame, hop, where)
        case Comparison():
            return _comparison(frame, test)
        case Rule(expression=expression):
            return sql("(", frame.adapt(expression), ")")


def _comparison(frame: Frame, item: Comparison) -> Expression:
    backend = frame.builder.backend
    value = _measured(frame, item.use) if isinstance(item.use, Measured) else frame.use(item.use)
    item = replace(item, use=replace(item.use, type=frame.builder.stored(item.use.type)))
    if item.param is None:
        return backend.compare(value, item, _no_value)
    many = item.operator is Operator.IN or item.quantifier is not None
    bind = processed(frame.builder.bind(item.param), item.param.type.codec, backend.dialect, many=many)
    if item.operator in SEARCHES:
        return backend.search(value, frame.rowid, item, bind)
    return backend.compare(value, item, bind)


def _measured(frame: Frame, item: Measured) -> Expression:
    other = Frame(frame.builder, frame.builder.alias(), item.hop.table)
    tests = [related(frame, other, item.hop)]
    if item.where is not None:
        tests.append(condition(other, item.where))
    source = sql(frame.builder.table(item.hop.table.source), f" AS {other.alias} WHERE ", join(" AND ", tests))
    if item.measure == "count":
        return sql("(SELECT ", counted(other, item.uses, distinct=item.distinct), " FROM ", source, ")")
    columns = [other.use(use) for use in item.uses]
    if item.distinct:  # aside, for SQLite knows DISTINCT in functions of one argument only
        alias = frame.builder.alias()
        named = (sql(column, f" AS c{number}") for number, column in enumerate(columns))
        source = sql("(SELECT DISTINCT ", join(", ", named), " FROM ", source, f") AS {alias}")
        columns = [sql(f"{alias}.c{number}") for number in range(len(columns))]
    return sql("(SELECT ", _measure(frame, item, join(", ", columns)), " FROM ", source, ")")


def _measure(frame: Frame, item: Measured, columns: Expression) -> Expression:
    backend = frame.builder.backend
    value, found = backend.measure(item.measure, columns, frame.builder.stored(item.uses[0].type))
    if item.type.kind is Kind.DOUBLE and found.kind in EXACT:  # SQLite compares a whole number with a double exactly
        return backend.cast(value, found, item.type)
    return value


def _no_value(*_: object, **__: object) -> Expression:
    raise AssertionError("an operator without a value asked for one")


def exists(frame: Frame, hop: Hop, where: Test | None) -> Expression:
    """Whether a related row exists that meets the condition."""
    other = Frame(frame.builder, frame.builder.alias(), hop.table)
    tests = [related(frame, other, hop)]
    if where is not None:
        tests.append(condition(other, where))
    source = frame.builder.table(hop.table.source)
    return sql("EXISTS (SELECT 1 FROM ", source, f" AS {other.alias} WHERE ", join(" AND ", tests), ")")


def related(frame: Frame, other: Frame, hop: Hop) -> Expression:
    """Whether a row of ``other`` is related to the row of ``frame``, and is there for the role."""
    test = joined(frame, other, hop.relation)
    return test if hop.visible is None else sql(test, " AND ", condition(other, hop.visible))


def joined(frame: Frame, other: Frame, relation: Relation) -> Expression:
    """Whether a row of ``other`` is related to the row of ``frame``."""
    if relation.condition is not None:
        return _custom(frame, other, relation.condition)
    if relation.junction is None:
        pairs = (sql(other.named(far), " = ", frame.named(near)) for near, far in relation.pairs)
        return join(" AND ", pairs)
    builder, junction, alias = frame.builder, relation.junction, frame.builder.alias()
    far = [(f"{alias}.{builder.quote(mine)}", other.named(theirs)) for mine, theirs in junction.far]
    near = [sql(f"{alias}.{builder.quote(mine)} = ", frame.named(own)) for own, mine in junction.near]
    chosen = ", ".join(mine for mine, _ in far)
    left: Expression = far[0][1] if len(far) == 1 else sql("(", join(", ", (theirs for _, theirs in far)), ")")
    source = builder.table(junction.source)
    return sql(left, " IN (SELECT ", chosen, " FROM ", source, f" AS {alias} WHERE ", join(" AND ", near), ")")


def _custom(frame: Frame, other: Frame, expression: sa.ColumnElement[bool]) -> Expression:
    def replaced(element: Any, **_: Any) -> Any:
        if not isinstance(element, sa.ColumnClause) or getattr(element, "table", None) is None:
            return None
        side = other if "remote" in element._annotations else frame
        return sa.literal_column(f"{side.alias}.{side.builder.quote(element.name)}", element.type)

    return sql("(", replacement_traverse(expression, {}, replaced), ")")


def order_by(frame: Frame, order: tuple[Sort, ...]) -> Expression:
    """What follows ORDER BY; the place of nulls is always said."""
    return join(", ", (_sort(frame, item) for item in order))


def _sort(frame: Frame, item: Sort) -> Expression:
    return placed(sort_value(frame, item)[0], descending=item.descending, nulls_first=item.nulls_first)


def placed(value: Part, *, descending: bool, nulls_first: bool) -> Expression:
    """A sort key with its direction and the place of its nulls."""
    return sql(value, " DESC" if descending else " ASC", " NULLS FIRST" if nulls_first else " NULLS LAST")


def sort_value(frame: Frame, item: Sort) -> tuple[Expression, ValueType]:
    """What a row is sorted by, and its type."""
    value, type_ = _sort_value(frame, item, item.path)
    return (frame.builder.backend.ordered(value, item.use) if item.many is None and item.use else value), type_


def _sort_value(frame: Frame, item: Sort, path: tuple[Hop, ...]) -> tuple[Expression, ValueType]:
    builder = frame.builder
    if path:
        hop = path[0]
        other = Frame(builder, builder.alias(), hop.table)
        value, type_ = _sort_value(other, item, path[1:])
        where = condition(other, item.where) if item.where is not None and len(path) == 1 else None
        return _scalar(frame, other, hop, value, where), type_
    if item.many is None:
        assert item.use is not None  # noqa: S101 - without a measure there is a column
        return frame.use(item.use), builder.stored(item.use.type)
    other = Frame(builder, builder.alias(), item.many.table)
    if item.use is None:
        return _scalar(frame, other, item.many, sql("count(*)"), single=False), simple(Kind.BIGINT)
    value, type_ = builder.backend.measure(str(item.measure), other.use(item.use), builder.stored(item.use.type))
    return _scalar(frame, other, item.many, value, single=False), type_


def _scalar(
    frame: Frame, other: Frame, hop: Hop, value: Expression, where: Expression | None = None, *, single: bool = True
) -> Expression:
    source = frame.builder.table(hop.table.source)
    test = related(frame, other, hop)
    test = test if where is None else sql(test, " AND ", where)
    end = " LIMIT 1)" if single else ")"
    return sql("(SELECT ", value, " FROM ", source, f" AS {other.alias} WHERE ", test, end)
