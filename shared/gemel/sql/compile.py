"""Plans of reads as statements."""

from dataclasses import replace

from gemel.plan.model import AggregatePlan, OnePlan, QueryPlan, RootPlan, RowsPlan
from gemel.sql.backend import Backend, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.objects import aggregate_of, objects, one_of
from gemel.sql.slices import from_where
from gemel.sql.statement import Statement

COLUMNS = 3
"""Columns of the answer that each root takes: body, rows, total."""


def compile_query(backend: Backend, plan: QueryPlan) -> Statement:
    """One statement with one row: of each root the body (JSON text), the number of rows in it, and the total.

    One statement is one snapshot, without a transaction (docs/decisions.md, 4).

    :raises Unsupported: the database cannot say it.
    """
    builder = Builder(backend)
    if len(plan.roots) == 1:
        return builder.statement(_root(builder, plan.roots[0]))
    columns: list[Part] = []
    for root in plan.roots:
        body = sql("(SELECT body FROM (", _root(builder, root), f") AS {builder.alias()})")
        columns += [body, sql("0"), sql("NULL")]
    return builder.statement(sql("SELECT ", join(", ", columns)))


def _root(builder: Builder, root: RootPlan) -> Fragment:
    match root.content:
        case OnePlan(rows=rows):
            return _whole(one_of(objects(rows, builder)))
        case AggregatePlan():
            return _whole(aggregate_of(root.content, builder))
        case RowsPlan():
            return _list(builder, root.content, root)


def _whole(body: Expression) -> Fragment:
    return sql("SELECT ", body, " AS body, 1 AS rows, NULL AS total")


def _list(builder: Builder, plan: RowsPlan, root: RootPlan) -> Fragment:
    alias = builder.alias()
    listed = builder.backend.concat_rows(sql(f"{alias}.j"))
    body = sql("'[' || coalesce(", listed, ", '') || ']' AS body, count(*) AS rows")
    counted = _counted(builder, plan, root)
    return sql("SELECT ", body, ", ", counted, " AS total FROM (", objects(plan, builder), f") AS {alias}")


def _counted(builder: Builder, plan: RowsPlan, root: RootPlan) -> Expression:
    if not root.total or (root.estimate == "planned" and builder.backend.estimates):
        return sql("NULL")
    most = plan.slice.most if root.estimate is not None and builder.backend.estimates else None
    if most is not None:  # one more tells that there are more
        return sql("(SELECT count(*) FROM (", uncut(builder, plan), f" LIMIT {most + 1}) AS {builder.alias()})")
    if plan.is_grouped or plan.slice.distinct:
        return sql("(SELECT count(*) FROM (", uncut(builder, plan), f") AS {builder.alias()})")
    inner = Frame(builder, builder.alias(), plan.table)
    return sql("(SELECT count(*) ", from_where(inner, replace(plan.slice, after=None), None), ")")


def uncut(builder: Builder, plan: RowsPlan) -> Fragment:
    """A select of all rows that a total counts: without limit, offset and cursor."""
    if plan.is_grouped or plan.slice.distinct:
        whole = replace(plan, slice=replace(plan.slice, limit=None, offset=None, most=None, after=None))
        return objects(whole, builder)
    frame = Frame(builder, builder.alias(), plan.table)
    return sql("SELECT 1 ", from_where(frame, replace(plan.slice, after=None), None))
