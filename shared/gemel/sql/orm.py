"""Statements of writes that go through objects: what SQLAlchemy cannot know of a request (docs/decisions.md, 13)."""

from collections.abc import Sequence
from dataclasses import replace

from gemel.catalog import Column, Table
from gemel.plan.model import Test
from gemel.plan.write_model import DeletePlan, Preset, ShapePlan, UpdatePlan
from gemel.sql.backend import Backend, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.change import delete_steps, new_value
from gemel.sql.conditions import condition
from gemel.sql.fragment import join, sql
from gemel.sql.given import OneRow
from gemel.sql.insert import given_value, places
from gemel.sql.read_back import columns_of, key_columns, rows_by_key
from gemel.sql.statement import Statement
from gemel.sql.steps import DeleteSteps, Returned
from gemel.sql.values import preset_value


def given_values(backend: Backend, table: Table, shape: ShapePlan) -> Statement:
    """The values of the only row of a batch, as the database has them: one row of the shape's columns."""
    builder = Builder(backend)
    listed = [
        given_value(builder, column, OneRow(builder, *place), handed=number >= len(shape.columns))
        for number, (column, place) in enumerate(zip((*shape.columns, *shape.handed), places(shape), strict=True))
    ]
    listed += [preset_value(Frame(builder, "", table), one) for one in shape.presets]
    return builder.statement(sql("SELECT ", join(", ", listed)))


def written_columns(shape: ShapePlan) -> tuple[Column, ...]:
    """The columns of that row."""
    return (*shape.columns, *shape.handed, *(one.column for one in shape.presets))


def new_values(backend: Backend, plan: UpdatePlan | DeletePlan) -> Statement:
    """Of rows by their keys: the key, and what an update makes of its columns, as the database has them."""
    builder = Builder(backend)
    frame, source = rows_by_key(builder, plan.table)
    changes = plan.assignments if isinstance(plan, UpdatePlan) else ()
    values: list[Expression] = [frame.column(column) for column in key_columns(plan.table)]
    values += [new_value(frame, item, stated=True) for item in changes]
    return builder.statement(sql("SELECT ", join(", ", values), " FROM ", source, " ORDER BY given.n"))


def preset_values(backend: Backend, table: Table, presets: Sequence[Preset]) -> Statement:
    """Of the row of the given key: what policies have columns written with."""
    builder = Builder(backend)
    frame, source = rows_by_key(builder, table)
    values = join(", ", (preset_value(frame, one) for one in presets))
    return builder.statement(sql("SELECT ", values, " FROM ", source))


def meets(backend: Backend, table: Table, where: Test) -> Statement:
    """Gives a row if the row of the given key meets a condition."""
    builder = Builder(backend)
    frame, source = rows_by_key(builder, table)
    return builder.statement(sql("SELECT 1 FROM ", source, " WHERE ", condition(frame, where)))


def delete_by_key(backend: Backend, plan: DeletePlan) -> DeleteSteps:
    """The same delete, of rows by their keys."""
    return delete_steps(backend, replace(plan, where=None), key_columns(plan.table))


def returned_texts(backend: Backend, table: Table, returned: Returned) -> Sequence[str]:
    """SQL texts, over the bare table, of the columns that a write gives back, and of the key as text."""
    builder = Builder(backend)
    bare = Frame(builder, "", table)
    found = [backend.key(bare.column(column)) for column in columns_of(table, returned)]
    found += [backend.text(bare.column(column), builder.stored(column.type)) for column in key_columns(table)]
    return [builder.statement(sql(one)).text for one in found]
