"""Updates and deletes as statements."""

from gemel.catalog import Column
from gemel.plan.model import Test
from gemel.plan.write_model import AlongPlan, Assignment, DeletePlan, ExpectPlan, UpdatePlan
from gemel.sql.backend import Backend, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import condition
from gemel.sql.defaults import onupdates, stated_default
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.given import keys_of
from gemel.sql.insert import inserted_steps
from gemel.sql.read_back import breaking, columns_of, key_columns, read_back, read_gone, returning
from gemel.sql.statement import Statement
from gemel.sql.steps import AlongSteps, DeleteSteps, ExpectSteps, Returned, UpdateSteps
from gemel.sql.values import preset_value

Columns = tuple[Column, ...]


def update_steps(backend: Backend, plan: UpdatePlan, within: Columns | None = None) -> UpdateSteps:
    """Statements of an update.

    :param within: restrict it to rows whose columns have one of the values that stand behind those of the request.
    """
    wanted = sorted({near.name for item in plan.along for near, _ in item.joined})
    returned = Returned(len(key_columns(plan.table)), tuple(wanted))
    return UpdateSteps(
        plan,
        _update(backend, plan, returned, within) if plan.assignments else None,
        _find(backend, plan, returned, within),
        returned,
        tuple(_along(backend, item) for item in plan.along),
        tuple(read_back(backend, plan.table, rows, as_given=False) for rows in plan.returning),
        breaking(backend, plan.table, plan.check) if plan.check is not None and plan.assignments else None,
    )


def delete_steps(backend: Backend, plan: DeletePlan, within: Columns | None = None) -> DeleteSteps:
    """Statements of a delete."""
    returned = Returned(len(key_columns(plan.table)), ())
    return DeleteSteps(
        plan,
        _delete(backend, plan, within),
        _find(backend, plan, returned, within),
        tuple(read_gone(backend, plan.table, rows) for rows in plan.returning),
    )


def expect_steps(backend: Backend, plan: ExpectPlan) -> ExpectSteps:
    """Statements that look at a row."""
    returned = Returned(len(key_columns(plan.table)), ())
    find = _find(backend, plan, returned, None)
    return ExpectSteps(plan, find, read_back(backend, plan.table, plan.row, as_given=False))


def _along(backend: Backend, plan: AlongPlan) -> AlongSteps:
    far = tuple(there for _, there in plan.joined)
    return AlongSteps(
        plan,
        tuple(delete_steps(backend, item, far) for item in plan.deletes),
        tuple(update_steps(backend, item, far) for item in plan.updates),
        inserted_steps(backend, plan.insert) if plan.insert is not None else None,
    )


def _update(backend: Backend, plan: UpdatePlan, returned: Returned, within: Columns | None) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), plan.table)
    changes: list[Part] = [_change(frame, item) for item in plan.assignments]
    written = {item.column.name for item in plan.assignments}
    changes += onupdates(builder, plan.table, written)
    target = sql(builder.table(plan.table.source), f" AS {frame.alias}")
    where = _where(frame, plan.where, within)
    given_back = returning(builder, plan.table, columns_of(plan.table, returned))
    return builder.statement(sql("UPDATE ", target, " SET ", join(", ", changes), where, given_back))


def _change(frame: Frame, item: Assignment) -> Expression:
    return sql(f"{frame.builder.quote(item.column.name)} = ", new_value(frame, item))


def new_value(frame: Frame, item: Assignment, *, stated: bool = False) -> Expression:
    """What an assignment gives its column.

    :param stated: the word DEFAULT will not do.
    """
    builder, column = frame.builder, item.column
    backend, type_ = builder.backend, builder.stored(column.type)
    if item.preset is not None:
        return preset_value(frame, item.preset)
    if item.param is None:
        return stated_default(builder, column, word=not stated)
    if item.operator == "set":
        return builder.assigned(column.type, builder.bind(item.param))
    if item.operator == "inc":
        return backend.add(frame.column(column), type_, builder.bind(item.param))
    return backend.edited(frame.column(column), item.operator, item.param.type, builder.bind(item.param))


def _delete(backend: Backend, plan: DeletePlan, within: Columns | None) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), plan.table)
    target = sql(builder.table(plan.table.source), f" AS {frame.alias}")
    columns = tuple(plan.table.stored) if plan.returning else key_columns(plan.table)
    where = _where(frame, plan.where, within)
    return builder.statement(sql("DELETE FROM ", target, where, returning(builder, plan.table, columns)))


def _find(
    backend: Backend, plan: UpdatePlan | DeletePlan | ExpectPlan, returned: Returned, within: Columns | None
) -> Statement:
    """In the order of the key, so that two of these wait for each other instead of locking each other out."""
    builder = Builder(backend)
    frame = Frame(builder, builder.alias(), plan.table)
    listed = join(", ", (backend.key(frame.column(column)) for column in columns_of(plan.table, returned)))
    source = sql(" FROM ", builder.table(plan.table.source), f" AS {frame.alias}")
    order = join(", ", (frame.column(column) for column in key_columns(plan.table)))
    where = _where(frame, plan.where, within)
    return builder.statement(sql("SELECT ", listed, source, where, " ORDER BY ", order, backend.lock()))


def _where(frame: Frame, where: Test | None, within: Columns | None) -> Fragment:
    tests: list[Part] = [condition(frame, where)] if where is not None else []
    if within is not None:
        keys = keys_of(frame.builder, frame, within)
        tests.append(sql("EXISTS (SELECT 1 FROM ", keys.source, " WHERE ", keys.match, ")"))
    return sql(" WHERE ", join(" AND ", tests)) if tests else sql("")
