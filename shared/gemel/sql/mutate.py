"""Plans of writes as statements.

A write is one statement (of an insert: one per row) that gives the keys of the rows written; what is returned is then
read by those keys, so that it is an ordinary read. A delete that returns reads first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gemel.catalog import Column, Table
from gemel.plan.model import Assignment, DeletePlan, InsertPlan, MutationPlan, RowsPlan, Test, UpdatePlan, WritePlan
from gemel.sql.backend import Backend, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import condition, order_by
from gemel.sql.defaults import default_value
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.objects import object_of
from gemel.sql.statement import Statement
from gemel.sql.values import assigned


@dataclass(frozen=True, eq=False)
class WriteSteps:
    """The statements of one write."""

    plan: WritePlan
    writes: tuple[Statement, ...]
    """Each gives the keys of the rows written, in the form of ``Backend.key``; of an insert followed by their texts."""
    find: Statement | None
    """Gives the keys of the rows that an update or delete is about, and locks them."""
    read: tuple[Statement, ...]
    """One per ``returning``: takes the keys behind the values of the request, gives one JSON array."""

    @property
    def table(self) -> Table:
        """What is written to."""
        return self.plan.table

    @property
    def reads_first(self) -> bool:
        """What is deleted has to be read before."""
        return isinstance(self.plan, DeletePlan) and bool(self.read)

    @property
    def width(self) -> int:
        """Columns of the key."""
        return len(key_columns(self.plan.table))


def compile_mutation(backend: Backend, plan: MutationPlan) -> tuple[WriteSteps, ...]:
    """Statements of each write, in order.

    :raises Unsupported: the database cannot say it.
    """
    return tuple(_write(backend, item) for item in plan.writes)


def key_columns(table: Table) -> tuple[Column, ...]:
    """Columns of the primary key."""
    assert table.primary_key is not None  # noqa: S101 - the plan refuses to write without one
    return tuple(table.columns[name] for name in table.primary_key.columns)


def _write(backend: Backend, plan: WritePlan) -> WriteSteps:
    given = isinstance(plan, InsertPlan)
    read = tuple(_read(backend, plan.table, rows, given=given) for rows in plan.returning)
    match plan:
        case InsertPlan():
            return WriteSteps(plan, tuple(_insert(backend, plan.table, row) for row in plan.rows), None, read)
        case UpdatePlan():
            writes = (_update(backend, plan),) if plan.assignments else ()
            return WriteSteps(plan, writes, _find(backend, plan), read)
        case DeletePlan():
            delete = _delete_found(backend, plan.table) if read else _delete(backend, plan)
            return WriteSteps(plan, (delete,), _find(backend, plan), read)


def _insert(backend: Backend, table: Table, row: tuple[Assignment, ...]) -> Statement:
    builder = Builder(backend)
    given = {item.column.name: assigned(builder, item.column.type, builder.bind(item.param)) for item in row}
    for column in table.stored:
        if column.name not in given and (value := default_value(builder, column)) is not None:
            given[column.name] = value
    target = builder.table(table.source)
    bare = Frame(builder, "", table)
    keys = key_columns(table)
    texts = [backend.text(bare.column(column), builder.stored(column.type)) for column in keys]
    returning = join(", ", [*(backend.key(bare.column(column)) for column in keys), *texts])
    if not given:
        return builder.statement(sql("INSERT INTO ", target, " DEFAULT VALUES RETURNING ", returning))
    names = ", ".join(builder.quote(name) for name in given)
    values = join(", ", given.values())
    return builder.statement(sql("INSERT INTO ", target, f" ({names}) VALUES (", values, ") RETURNING ", returning))


def _update(backend: Backend, plan: UpdatePlan) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), plan.table)
    changes: list[Part] = []
    for item in plan.assignments:
        bind, type_ = builder.bind(item.param), item.column.type
        inc = item.operator == "inc"
        value = backend.add(frame.column(item.column), type_, bind) if inc else assigned(builder, type_, bind)
        changes.append(sql(f"{builder.quote(item.column.name)} = ", value))
    written = {item.column.name for item in plan.assignments}
    for column in plan.table.stored:
        if column.name not in written and (value_or_none := default_value(builder, column, update=True)) is not None:
            changes.append(sql(f"{builder.quote(column.name)} = ", value_or_none))
    target = sql(builder.table(plan.table.source), f" AS {frame.alias}")
    return builder.statement(
        sql("UPDATE ", target, " SET ", join(", ", changes), _where(frame, plan.where), _returning(plan.table, builder))
    )


def _delete(backend: Backend, plan: DeletePlan) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), plan.table)
    target = sql(builder.table(plan.table.source), f" AS {frame.alias}")
    return builder.statement(sql("DELETE FROM ", target, _where(frame, plan.where), _returning(plan.table, builder)))


def _find(backend: Backend, plan: UpdatePlan | DeletePlan) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), plan.table)
    columns = join(", ", (backend.key(frame.column(column)) for column in key_columns(plan.table)))
    source = sql(" FROM ", builder.table(plan.table.source), f" AS {frame.alias}")
    return builder.statement(sql("SELECT ", columns, source, _where(frame, plan.where), backend.lock()))


def _delete_found(backend: Backend, table: Table) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), table)
    source, match = _keys(builder, frame)
    target = sql(builder.table(table.source), f" AS {frame.alias}")
    test = sql(" WHERE EXISTS (SELECT 1 FROM ", source, " WHERE ", match, ")")
    return builder.statement(sql("DELETE FROM ", target, test, _returning(table, builder)))


def _read(backend: Backend, table: Table, rows: RowsPlan, *, given: bool) -> Statement:
    """Rows by their keys: in the order asked, else as given (of an insert), else by key."""
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), table)
    source, match = _keys(builder, frame)
    if rows.slice.order:
        order: Expression = order_by(frame, rows.slice.order)
    elif given:
        order = sql("given.n")
    else:
        order = join(", ", (frame.column(column) for column in key_columns(table)))
    row = object_of(frame, rows.fields, strip=rows.strip_nulls)
    target = sql(builder.table(table.source), f" AS {frame.alias}")
    selected = sql("SELECT ", row, " AS j FROM ", source, " JOIN ", target, " ON ", match, " ORDER BY ", order)
    listed = backend.concat_rows(sql("chosen.j"))
    return builder.statement(sql("SELECT '[' || coalesce(", listed, ", '') || ']' FROM (", selected, ") AS chosen"))


def _keys(builder: Builder, frame: Frame) -> tuple[Expression, Fragment]:
    columns = key_columns(frame.table)
    source = builder.backend.keys([builder.stored(column.type) for column in columns], "given", builder.parameter)
    tests = (sql(frame.column(column), f" = given.c{number}") for number, column in enumerate(columns))
    return source, join(" AND ", tests)


def _where(frame: Frame, where: Test | None) -> Fragment:
    return sql(" WHERE ", condition(frame, where)) if where is not None else sql("")


def _returning(table: Table, builder: Builder) -> Fragment:
    bare = Frame(builder, "", table)
    columns: Iterable[Any] = (builder.backend.key(bare.column(column)) for column in key_columns(table))
    return sql(" RETURNING ", join(", ", columns))
