"""Inserts as statements: many rows are one statement on PostgreSQL, and one each on SQLite (docs/decisions.md, 10)."""

from collections.abc import Iterable, Sequence

from gemel.catalog import Column, Table
from gemel.plan.write_model import ConflictPlan, InsertPlan, NestedPlan, RowsToInsert, ShapePlan
from gemel.sql.backend import Backend, Bind, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import condition
from gemel.sql.defaults import default_value, made_default
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.given import ManyRows, OneRow, as_given, batch_table
from gemel.sql.read_back import key_columns, read_back
from gemel.sql.statement import Encoder, Statement
from gemel.sql.steps import InsertedSteps, InsertSteps, NestedSteps, Returned, ShapeSteps
from gemel.sql.values import assigned


def insert_steps(backend: Backend, plan: InsertPlan) -> InsertSteps:
    """Statements of an insert."""
    read = tuple(read_back(backend, plan.table, rows, as_given=True) for rows in plan.returning)
    return InsertSteps(plan, inserted_steps(backend, plan.rows), read)


def inserted_steps(backend: Backend, plan: RowsToInsert, handed_on: Iterable[Column] = ()) -> InsertedSteps:
    """Statements that insert rows, and those nested in them.

    :param handed_on: columns that rows which refer to these are joined by.
    """
    wanted = {near.name for shape in plan.shapes for _, item in shape.then for near, _ in item.joined}
    wanted |= {column.name for column in handed_on}
    merges = plan.conflict is not None and plan.conflict.merges
    returned = Returned(len(key_columns(plan.table)), tuple(sorted(wanted)), merges and backend.marks_new)
    return InsertedSteps(plan, tuple(_shape(backend, plan, shape, returned) for shape in plan.shapes), returned)


def _shape(backend: Backend, plan: RowsToInsert, shape: ShapePlan, returned: Returned) -> ShapeSteps:
    bulk = backend.bulk and bool(shape.columns or shape.handed)
    merges = plan.conflict is not None and plan.conflict.merges
    return ShapeSteps(
        shape,
        _one(backend, plan, shape, returned),
        _many(backend, plan, shape, returned) if bulk else None,
        _there(backend, plan, shape) if merges and not backend.marks_new else None,
        tuple(_nested(backend, number, item, (far for _, far in item.joined)) for number, item in shape.first),
        tuple(_nested(backend, number, item) for number, item in shape.then),
    )


def _nested(backend: Backend, number: int, plan: NestedPlan, handed_on: Iterable[Column] = ()) -> NestedSteps:
    return NestedSteps(number, plan, inserted_steps(backend, plan.rows, handed_on))


def _one(backend: Backend, plan: RowsToInsert, shape: ShapePlan, returned: Returned) -> Statement:
    builder = Builder(backend)
    values = _given(builder, shape, [OneRow(builder, *place) for place in _places(shape)])
    for column in plan.table.stored:
        if column.name not in values and (value := default_value(builder, column)) is not None:
            values[column.name] = value
    keys = key_columns(plan.table)
    bare = Frame(builder, "", plan.table)
    texts = (backend.text(bare.column(column), builder.stored(column.type)) for column in keys)
    names, listed = _names(builder, values), join(", ", values.values())
    source = sql(f" ({names}) VALUES (", listed, ")") if values else sql(" DEFAULT VALUES")
    # SQLite's grammar has no upsert with DEFAULT VALUES; a row without values meets no other but by constants.
    conflict = plan.conflict if values or backend.bulk else None
    head = _head(builder, plan.table, source, conflict, shape)
    return builder.statement(sql(head, _returning(builder, plan.table, returned), ", ", join(", ", texts)))


def _many(backend: Backend, plan: RowsToInsert, shape: ShapePlan, returned: Returned) -> Statement:
    builder = Builder(backend)
    columns: list[Encoder] = []
    values = _given(builder, shape, [ManyRows(builder, *place, columns) for place in _places(shape)])
    for column in plan.table.stored:
        if column.name not in values and (value := made_default(builder, column, columns)) is not None:
            values[column.name] = value
    names, listed = _names(builder, values), join(", ", values.values())
    source = sql(f" ({names}) SELECT ", listed, " FROM ", batch_table(builder, columns))
    head = _head(builder, plan.table, source, plan.conflict, shape)
    return builder.statement(sql(head, _returning(builder, plan.table, returned)))


def _there(backend: Backend, plan: RowsToInsert, shape: ShapePlan) -> Statement | None:
    """Whether a row with the same unique key is there; ``None`` if the rows of this shape do not say their keys."""
    builder = Builder(backend)
    assert plan.conflict is not None  # noqa: S101 - asked of upserts only
    given = [OneRow(builder, *place) for place in _places(shape)]
    names = [column.name for column in (*shape.columns, *shape.handed)]
    tests: list[Part] = []
    for column in plan.conflict.columns:
        if column.name not in names:
            return None
        number = names.index(column.name)
        value = _value(builder, column, given[number], handed=number >= len(shape.columns))
        tests.append(sql(f"{builder.quote(column.name)} = ", value))
    source = builder.table(plan.table.source)
    return builder.statement(sql("SELECT 1 FROM ", source, " WHERE ", join(" AND ", tests)))


def _places(shape: ShapePlan) -> list[tuple[int, str | int]]:
    """Index and name of each value of a row of a batch."""
    names = (*shape.names, *(column.name for column in shape.handed))
    return list(enumerate(names))


def _given(builder: Builder, shape: ShapePlan, binds: Sequence[Bind]) -> dict[str, Expression]:
    count = len(shape.columns)
    own = {column.name: _value(builder, column, binds[n], handed=False) for n, column in enumerate(shape.columns)}
    others = {
        column.name: _value(builder, column, binds[count + n], handed=True) for n, column in enumerate(shape.handed)
    }
    return own | others


def _value(builder: Builder, column: Column, bind: Bind, *, handed: bool) -> Expression:
    if handed:
        return builder.backend.kept(bind(as_given), builder.stored(column.type))
    return assigned(builder, column.type, bind)


def _names(builder: Builder, values: dict[str, Expression]) -> str:
    return ", ".join(builder.quote(name) for name in values)


def _head(
    builder: Builder, table: Table, source: Fragment, conflict: ConflictPlan | None, shape: ShapePlan
) -> Fragment:
    alias = builder.alias()
    resolved = _conflict(builder, Frame(builder, alias, table), conflict, shape) if conflict is not None else sql("")
    return sql("INSERT INTO ", builder.table(table.source), f" AS {alias}", source, resolved)


def _conflict(builder: Builder, frame: Frame, conflict: ConflictPlan, shape: ShapePlan) -> Fragment:
    """https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT, which SQLite follows."""
    target = ", ".join(builder.quote(column.name) for column in conflict.columns)
    update = (*shape.columns, *shape.handed) if conflict.update is None else conflict.update
    if not update:
        return sql(f" ON CONFLICT ({target}) DO NOTHING")
    names = {column.name for column in update}
    changes: list[Part] = [f"{builder.quote(name)} = excluded.{builder.quote(name)}" for name in names_in_order(update)]
    for column in frame.table.stored:
        if column.name not in names and (value := default_value(builder, column, update=True)) is not None:
            changes.append(sql(f"{builder.quote(column.name)} = ", value))
    where = sql(" WHERE ", condition(frame, conflict.where)) if conflict.where is not None else sql("")
    return sql(f" ON CONFLICT ({target}) DO UPDATE SET ", join(", ", changes), where)


def names_in_order(columns: Sequence[Column]) -> tuple[str, ...]:
    """Names, each once."""
    return tuple(dict.fromkeys(column.name for column in columns))


def _returning(builder: Builder, table: Table, returned: Returned) -> Fragment:
    bare, backend = Frame(builder, "", table), builder.backend
    columns = [*key_columns(table), *(table.columns[name] for name in returned.more)]
    listed: list[Part] = [backend.key(bare.column(column)) for column in columns]
    if returned.marks_new:
        listed.append("(xmax = 0)")
    return sql(" RETURNING ", join(", ", listed))
