"""Rows and aggregates as JSON texts, made by the database.

An object is put together from pieces of text, not by the databases' own JSON functions, which limit the number of
members and change the order of keys (docs/decisions.md, 10).
"""

from collections.abc import Iterable, Iterator

from gemel.catalog import Column
from gemel.plan.model import (
    AggregatePlan,
    Computing,
    CountOf,
    GroupList,
    MeasureOf,
    Measures,
    Nested,
    NestedAggregate,
    NodeList,
    Output,
    Position,
    RowsPlan,
    Text,
    Value,
)
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.fragment import Fragment, join, literal, sql
from gemel.sql.grouped import group_list
from gemel.sql.groups import groups
from gemel.sql.keyset import cursor
from gemel.sql.measures import count_of, is_column, measured_columns, measures
from gemel.sql.needed import needed
from gemel.sql.slices import NUMBER, Parent, from_where, read_from
from gemel.sql.spreads import lists, missing
from gemel.sql.texts import concat, constant, json_array, json_object, json_string, key
from gemel.sql.values import column_json


def objects(plan: RowsPlan, builder: Builder, parent: Parent | None = None) -> Fragment:
    """SELECT with one column ``j``: the JSON text of each row, in order."""
    if plan.is_grouped:
        return groups(plan, builder, parent, _value)
    frame = Frame(builder, builder.alias(), plan.table)
    found, source = read_from(plan.slice, frame, parent, needed(plan.table, plan.fields))
    return sql("SELECT ", object_of(found, plan.fields, strip=plan.strip_nulls), " AS j ", source)


def one_of(selected: Fragment) -> Expression:
    """The object of the first row of a select, or null."""
    return sql("coalesce((", selected, " LIMIT 1), 'null')")


def object_of(frame: Frame, fields: tuple[Output, ...], *, strip: bool = False) -> Expression:
    """JSON text of a row."""
    if strip and fields:
        members = join(" || ", (_unless_null(frame, item) for item in fields))
        return sql("'{' || rtrim(", members, ", ',') || '}'")
    return concat([literal("{"), *_members(frame, fields), literal("}")])


def _members(frame: Frame, fields: Iterable[Output]) -> Iterator[Expression]:
    for number, item in enumerate(fields):
        if number:
            yield literal(",")
        if isinstance(item, Nested) and item.spread:
            yield lists(frame, item, _value) if item.hop.relation.to_many else _spread(frame, item)
        else:
            yield key(frame.builder, item.key)
            yield _value(frame, item)


def _value(frame: Frame, item: Output) -> Expression:
    builder = frame.builder
    match item:
        case Value():
            return column_json(frame, item)
        case Text(text=text):
            return constant(builder, json_string(text))
        case Position(order=order):
            return cursor(frame, order)
        case Nested(hop=hop, rows=inner):
            selected = objects(inner, builder, (frame, hop.relation))
            # Only what is grouped or to-many is a list: the objects of a to-one relation are one or none.
            return json_array(builder, selected) if hop.relation.to_many else one_of(_single(selected, inner))
        case NestedAggregate(hop=hop, aggregate=aggregate):
            return aggregate_of(aggregate, builder, (frame, hop.relation))
    raise AssertionError(f"{item} is no member of a row")


def _single(selected: Fragment, inner: RowsPlan) -> Fragment:
    """A select that LIMIT can follow."""
    return sql("SELECT j FROM (", selected, ") AS one") if inner.slice.is_cut or inner.is_grouped else selected


def _unless_null(frame: Frame, item: Output) -> Expression:
    if isinstance(item, Nested) and item.spread and item.hop.relation.to_many:  # lists are never null
        return sql(lists(frame, item, _value), " || ','") if item.rows.fields else literal("")
    if isinstance(item, Nested) and item.spread:
        members = join(" || ", (_unless_null_of(frame, item, inner) for inner in item.rows.fields))
        return sql(members) if item.rows.fields else literal("")
    return frame.builder.backend.member(key(frame.builder, item.key), _value(frame, item))


def _unless_null_of(frame: Frame, item: Nested, inner: Output) -> Expression:
    builder = frame.builder
    other = Frame(builder, builder.alias(), item.rows.table)
    found, source = read_from(item.rows.slice, other, (frame, item.hop.relation), needed(item.rows.table, (inner,)))
    nothing = "".join(f"{json_string(name)}:{text}," for name, text in missing((inner,)) if text != "null")
    return sql(
        "coalesce((SELECT ", _unless_null(found, inner), " ", source, " LIMIT 1), ", constant(builder, nothing), ")"
    )


def _spread(frame: Frame, item: Nested) -> Expression:
    """The members of a related row beside those of this one; all null when there is none."""
    builder, fields = frame.builder, item.rows.fields
    inner = Frame(builder, builder.alias(), item.rows.table)
    parent = (frame, item.hop.relation)
    found, source = read_from(item.rows.slice, inner, parent, needed(item.rows.table, fields))
    nothing = ",".join(f"{json_string(name)}:{text}" for name, text in missing(fields))
    members = concat(_members(found, fields))
    return sql("coalesce((SELECT ", members, " ", source, " LIMIT 1), ", constant(builder, nothing), ")")


# --- aggregates --------------------------------------------------------------


def aggregate_of(plan: AggregatePlan, builder: Builder, parent: Parent | None = None) -> Expression:
    """JSON object of what is computed over rows."""
    frame, source = _rows_of(plan, builder, parent)
    members = ((key(builder, item.key), _computed(frame, plan, item, parent)) for item in plan.items)
    return sql("(SELECT ", concat(json_object(members)), " ", source, ")")


def _rows_of(plan: AggregatePlan, builder: Builder, parent: Parent | None) -> tuple[Frame, Fragment]:
    """What is aggregated; nothing where no member is made of it, for then there would be an object for every row."""
    frame = Frame(builder, builder.alias(), plan.table)
    if not any(_is_aggregate(item) for item in plan.items):
        return frame, sql("")
    nodes = any(isinstance(item, NodeList) for item in plan.items)
    if plan.slice.is_cut or nodes:
        columns = _needed_by_aggregate(plan)
        return read_from(plan.slice, frame, parent, columns, aside=True, numbered=nodes)
    return frame, from_where(frame, plan.slice, parent)


def _is_aggregate(item: Computing) -> bool:
    if isinstance(item, Measures):
        return any(
            isinstance(part, CountOf) or (isinstance(part, MeasureOf) and any(map(is_column, part.values)))
            for part in item.items
        )
    return isinstance(item, NodeList | CountOf)


def _needed_by_aggregate(plan: AggregatePlan) -> Iterator[Column]:
    for item in plan.items:
        if isinstance(item, NodeList):
            yield from needed(plan.table, item.fields)
        elif isinstance(item, Measures):
            yield from measured_columns(item.items)
        elif isinstance(item, CountOf):
            yield from measured_columns((item,))


def _computed(frame: Frame, plan: AggregatePlan, item: Computing, parent: Parent | None) -> list[Expression]:
    builder = frame.builder
    match item:
        case Measures(items=items):
            return measures(frame, items)
        case NodeList(fields=fields):
            order = sql(f"{frame.alias}.{NUMBER}")
            row = object_of(frame, fields)
            if item.most is not None:  # what is null is not listed
                row = sql(f"CASE WHEN {frame.alias}.{NUMBER} <= {item.most} THEN ", row, " END")
            listed = builder.backend.concat_rows(row, order)
            return [sql("'[' || coalesce(", listed, ", '') || ']'")]
        case GroupList():
            return [group_list(plan, item, builder, parent)]
        case Text(text=text):
            return [constant(builder, json_string(text))]
        case CountOf():
            return [count_of(frame, item)]
