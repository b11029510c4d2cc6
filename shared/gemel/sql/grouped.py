"""The rows of an aggregate by equal values of columns, as a list."""

from collections.abc import Iterator

from gemel.catalog import Column
from gemel.plan.model import AggregatePlan, GroupList, GroupSort, KeyOf, Measures, Text, Value
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import placed
from gemel.sql.fragment import Part, join, literal, sql
from gemel.sql.measures import measured_columns, measures
from gemel.sql.slices import Parent, from_where, page, read_from
from gemel.sql.texts import concat, constant, json_string, key
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
    alias = builder.alias()
    listed = builder.backend.concat_rows(sql(f"{alias}.j"))
    cut = page(builder, item.limit, item.offset)
    return sql("(SELECT '[' || coalesce(", listed, ", '') || ']' FROM (", made, cut, f") AS {alias})")


def _object(frame: Frame, item: GroupList) -> Expression:
    members: list[Expression] = [literal("{")]
    for number, part in enumerate(item.items):
        members += [literal(",")] if number else []
        members += [key(frame.builder, part.key), *_member(frame, part)]
    return concat([*members, literal("}")])


def _member(frame: Frame, part: KeyOf | Measures | Text) -> list[Expression]:
    match part:
        case Measures(items=items):
            return measures(frame, items)
        case Text(text=text):
            return [constant(frame.builder, json_string(text))]
        case KeyOf(values=values):
            members: list[Expression] = [literal("{")]
            for number, value in enumerate(values):
                members += [literal(",")] if number else []
                given = (
                    column_json(frame, value)
                    if isinstance(value, Value)
                    else constant(frame.builder, json_string(value.text))
                )
                members += [key(frame.builder, value.key), given]
            return [*members, literal("}")]


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
