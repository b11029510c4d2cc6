"""The rows of an aggregate by equal values of columns, as a list."""

from collections.abc import Iterator

from gemel.catalog import Column
from gemel.plan.model import AggregatePlan, GroupList, GroupSort, KeyOf, Measures, Text, Value
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import placed
from gemel.sql.fragment import Part, join, sql
from gemel.sql.measures import measured_columns, measures
from gemel.sql.slices import Parent, from_where, page, read_from
from gemel.sql.texts import concat, constant, json_array, json_object, json_string, key
from gemel.sql.values import column_json


def group_list(plan: AggregatePlan, item: GroupList, builder: Builder, parent: Parent | None) -> Expression:
    """JSON array of groups. It is a select of its own over the same rows as its neighbours."""
    frame = Frame(builder, builder.alias(), plan.table)
    # An expression with constants in it is another one wherever it is written again: it is computed aside, once.
    if plan.slice.is_cut or any(use.column.computed for use in item.by):
        frame, source = read_from(plan.slice, frame, parent, _needed(item), aside=True)
    else:
        source = from_where(frame, plan.slice, parent)
    by = join(", ", (frame.use(use) for use in item.by))
    order = join(", ", (_sort(frame, sort) for sort in item.order))
    made = sql("SELECT ", _object(frame, item), " AS j ", source, " GROUP BY ", by, " ORDER BY ", order)
    return json_array(builder, sql(made, page(builder, item.limit, item.offset, item.most)))


def _object(frame: Frame, item: GroupList) -> Expression:
    return concat(json_object((key(frame.builder, part.key), _member(frame, part)) for part in item.items))


def _member(frame: Frame, part: KeyOf | Measures | Text) -> list[Expression]:
    match part:
        case Measures(items=items):
            return measures(frame, items)
        case Text(text=text):
            return [constant(frame.builder, json_string(text))]
        case KeyOf(values=values):
            return json_object((key(frame.builder, value.key), [_value(frame, value)]) for value in values)


def _value(frame: Frame, item: Value | Text) -> Expression:
    return column_json(frame, item) if isinstance(item, Value) else constant(frame.builder, json_string(item.text))


def _sort(frame: Frame, sort: GroupSort) -> Expression:
    if sort.measure is None and sort.use is not None:
        value: Part = frame.use(sort.use)
    elif sort.use is None:
        value = "count(*)"
    else:
        value, _ = frame.builder.backend.measure(
            str(sort.measure), frame.use(sort.use), frame.builder.stored(sort.use.type)
        )
    return placed(value, descending=sort.descending, nulls_first=sort.nulls_first)


def _needed(item: GroupList) -> Iterator[Column]:
    yield from (use.column for use in item.by)
    yield from (sort.use.column for sort in item.order if sort.use is not None)
    for part in item.items:
        if isinstance(part, Measures):
            yield from measured_columns(part.items)
