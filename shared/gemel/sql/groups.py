"""Rows that are groups: columns and what is computed over each group (``docs/dialects/rest.md`` section 6)."""

from gemel.catalog import Kind
from gemel.catalog.types import simple
from gemel.plan.model import Group, Output, RowsPlan, Value
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.fragment import Fragment, join, literal, sql
from gemel.sql.slices import Parent, from_where, limit, order
from gemel.sql.texts import concat, key
from gemel.sql.values import column_json, measured_json


def groups(plan: RowsPlan, builder: Builder, parent: Parent | None) -> Fragment:
    """SELECT with one column ``j``: the JSON text of each group."""
    frame = Frame(builder, builder.alias(), plan.table)
    by = [frame.use(item.use) for item in plan.fields if isinstance(item, Value)]
    members: list[Expression] = [literal("{")]
    for number, item in enumerate(plan.fields):
        members += [literal(","), *_member(frame, item)] if number else _member(frame, item)
    grouped = sql(" GROUP BY ", join(", ", by)) if by else sql("")
    row = concat([*members, literal("}")])
    source = from_where(frame, plan.slice, parent)
    return sql("SELECT ", row, " AS j ", source, grouped, order(frame, plan.slice), limit(builder, plan.slice))


def _member(frame: Frame, item: Output) -> list[Expression]:
    backend, name = frame.builder.backend, key(frame.builder, item.key)
    if isinstance(item, Value):
        return [name, column_json(frame, item)]
    assert isinstance(item, Group)  # noqa: S101 - the plan lets nothing else stand beside a group
    if item.use is None:
        value, type_ = sql("count(*)"), simple(Kind.BIGINT)
    else:
        given, kind = frame.use(item.use), item.use.type
        if item.before is not None:
            given, kind = backend.cast(given, frame.builder.stored(kind), item.before), item.before
        if item.after is None:
            return [name, measured_json(frame, item.name, given, kind)]
        measured, type_ = backend.measure(item.name, given, frame.builder.stored(kind))
        value = sql(measured)
    if item.after is not None:
        return [name, backend.json(backend.cast(value, type_, item.after), item.after)]
    return [name, backend.json(value, type_)]
