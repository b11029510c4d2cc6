"""Inserts as statements: many rows are one statement on PostgreSQL, and one each on SQLite (docs/decisions.md, 10)."""

from collections.abc import Iterable, Sequence

from gemel.catalog import Column, Table
from gemel.plan.write_model import ConflictPlan, InsertPlan, NestedPlan, RowsToInsert, ShapePlan
from gemel.sql.backend import Backend, Bind, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import condition
from gemel.sql.defaults import default_value, onupdates
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.given import ManyRows, OneRow, as_given, batch_table
from gemel.sql.read_back import breaking, columns_of, key_columns, read_back, returning
from gemel.sql.statement import Encoder, Statement
from gemel.sql.steps import InsertedSteps, InsertSteps, NestedSteps, Returned, ShapeSteps
from gemel.sql.values import preset_value


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
    conflict = plan.conflict
    return InsertedSteps(
        plan,
        tuple(_shape(backend, plan, shape, returned) for shape in plan.shapes),
        returned,
        breaking(backend, plan.table, plan.check) if plan.check is not None else None,
        breaking(backend, plan.table, conflict.check) if conflict is not None and conflict.check is not None else None,
    )


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
    bare = Frame(builder, "", plan.table)
    texts = (backend.text(bare.column(column), builder.stored(column.type)) for column in key_columns(plan.table))
    head = insert_one(builder, plan, shape)
    return builder.statement(sql(head, _returning(builder, plan.table, returned, *texts)))


def insert_one(builder: Builder, plan: RowsToInsert, shape: ShapePlan) -> Fragment:
    """INSERT of the only row of a batch, up to what is returned."""
    values = _values(builder, plan, shape, [OneRow(builder, *place) for place in places(shape)])
    names, listed = _names(builder, values), join(", ", values.values())
    source = sql(f" ({names}) VALUES (", listed, ")") if values else sql(" DEFAULT VALUES")
    # SQLite's grammar has no upsert with DEFAULT VALUES; a row without values meets no other but by constants.
    conflict = plan.conflict if values or builder.backend.bulk else None
    return _head(builder, plan.table, source, conflict, shape)


def _many(backend: Backend, plan: RowsToInsert, shape: ShapePlan, returned: Returned) -> Statement:
    builder = Builder(backend)
    head = insert_many(builder, plan, shape)
    return builder.statement(sql(head, _returning(builder, plan.table, returned)))


def insert_many(builder: Builder, plan: RowsToInsert, shape: ShapePlan) -> Fragment:
    """INSERT of all rows of a batch, up to what is returned."""
    batch: list[Encoder] = []
    values = _values(builder, plan, shape, [ManyRows(builder, *place, batch) for place in places(shape)], batch)
    names, listed = _names(builder, values), join(", ", values.values())
    source = sql(f" ({names}) SELECT ", listed, " FROM ", batch_table(builder, batch))
    return _head(builder, plan.table, source, plan.conflict, shape)


def _there(backend: Backend, plan: RowsToInsert, shape: ShapePlan) -> Statement | None:
    """Whether a row with the same unique key is there; ``None`` if the rows of this shape do not say their keys."""
    builder = Builder(backend)
    assert plan.conflict is not None  # noqa: S101 - asked of upserts only
    given = [OneRow(builder, *place) for place in places(shape)]
    names = [column.name for column in (*shape.columns, *shape.handed)]
    presets = {one.column.name: one for one in shape.presets}
    tests: list[Part] = []
    for column in plan.conflict.columns:
        if column.name in presets:
            value = preset_value(Frame(builder, "", plan.table), presets[column.name])
        elif column.name in names:
            number = names.index(column.name)
            value = given_value(builder, column, given[number], handed=number >= len(shape.columns))
        else:
            return None
        tests.append(sql(f"{builder.quote(column.name)} = ", value))
    source = builder.table(plan.table.source)
    return builder.statement(sql("SELECT 1 FROM ", source, " WHERE ", join(" AND ", tests)))


def places(shape: ShapePlan) -> list[tuple[int, str | int]]:
    """Index and name of each value of a row of a batch."""
    names = (*shape.names, *(column.name for column in shape.handed))
    return list(enumerate(names))


def _values(
    builder: Builder,
    plan: RowsToInsert,
    shape: ShapePlan,
    binds: Sequence[Bind],
    batch: list[Encoder] | None = None,
) -> dict[str, Expression]:
    """What is given or handed, and the defaults of the model."""
    count = len(shape.columns)
    values = {
        column.name: given_value(builder, column, bind, handed=number >= count)
        for number, (column, bind) in enumerate(zip((*shape.columns, *shape.handed), binds, strict=True))
    }
    bare = Frame(builder, "", plan.table)
    values |= {one.column.name: preset_value(bare, one) for one in shape.presets}
    for column in plan.table.stored:
        if column.name not in values and (value := default_value(builder, column, batch=batch)) is not None:
            values[column.name] = value
    return values


def given_value(builder: Builder, column: Column, bind: Bind, *, handed: bool) -> Expression:
    """A value of a row: of the request, or handed on by a related row."""
    if handed:
        return builder.backend.kept(bind(as_given), builder.stored(column.type))
    return builder.assigned(column.type, bind)


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
    presets = {one.column.name: one for one in conflict.presets}
    names = [name for name in dict.fromkeys(column.name for column in update) if name not in presets]
    changes: list[Part] = [f"{builder.quote(name)} = excluded.{builder.quote(name)}" for name in names]
    changes += [sql(f"{builder.quote(name)} = ", preset_value(frame, one)) for name, one in presets.items()]
    changes += onupdates(builder, frame.table, {*names, *presets})
    where = sql(" WHERE ", condition(frame, conflict.where)) if conflict.where is not None else sql("")
    return sql(f" ON CONFLICT ({target}) DO UPDATE SET ", join(", ", changes), where)


def _returning(builder: Builder, table: Table, returned: Returned, *texts: Part) -> Fragment:
    marks = ("(xmax = 0)",) if returned.marks_new else ()
    return returning(builder, table, columns_of(table, returned), *marks, *texts)
