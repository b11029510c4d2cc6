"""Plan writes."""

from collections.abc import Iterable

from gemel.catalog import Catalog, Column, Kind, Table
from gemel.catalog.types import simple
from gemel.errors import Mismatch
from gemel.plan.conditions import plan_condition
from gemel.plan.insert import check_once, plan_inserted, plan_joined, writable
from gemel.plan.model import Param, RowsPlan, Test
from gemel.plan.names import Scope, column_of
from gemel.plan.read import plan_rows
from gemel.plan.write_model import (
    AlongPlan,
    Assignment,
    DeletePlan,
    ExpectPlan,
    InsertPlan,
    MutationPlan,
    UpdatePlan,
    WritePlan,
)
from gemel.request import (
    AllColumns,
    Along,
    Assign,
    Condition,
    Delete,
    Expect,
    Insert,
    Mutation,
    Operation,
    Select,
    Update,
    Write,
)

ARGUMENTS: dict[Operation, Kind] = {
    "delete_key": Kind.TEXT,
    "delete_elem": Kind.INTEGER,
    "delete_at_path": Kind.TEXT,
}
"""Types of what is not a value of the column."""
DOCUMENT_CHANGES = frozenset({"append", "prepend", *ARGUMENTS})


def plan_mutation(catalog: Catalog, role: str, mutation: Mutation) -> MutationPlan:
    """Resolve all names of a mutation for a role.

    :raises PlanError: a name means nothing, the role may not use it, or it cannot be written.
    """
    scope = Scope(catalog, role)
    return MutationPlan(tuple(_write(scope, item) for item in mutation.writes))


def _write(scope: Scope, item: Write) -> WritePlan:
    match item:
        case Insert():
            table = writable(scope, item.source, "insert")
            rows = plan_inserted(scope, table, item.shapes, item.conflict)
            return InsertPlan(rows, item.rows.index, _returning(scope, table, item.returning), item.exactly)
        case Update():
            return _update(scope, item)
        case Delete():
            return _delete(scope, item)
        case Expect():
            table = writable(scope, item.source, "select")
            row = plan_rows(scope, table, Select((AllColumns(),)))
            return ExpectPlan(table, _where(scope, table, item.where), row, item.seen.index)


def _update(scope: Scope, item: Update) -> UpdatePlan:
    table = writable(scope, item.source, "update")
    check_once(table, (one.column for one in item.assignments))
    return UpdatePlan(
        table,
        _where(scope, table, item.where),
        tuple(_assignment(table, one) for one in item.assignments),
        tuple(_along(scope, table, one) for one in item.along),
        _returning(scope, table, item.returning),
        item.exactly,
        item.most,
    )


def _delete(scope: Scope, item: Delete) -> DeletePlan:
    table = writable(scope, item.source, "delete")
    where = _where(scope, table, item.where)
    return DeletePlan(table, where, _returning(scope, table, item.returning), item.exactly, item.most)


def _along(scope: Scope, table: Table, item: Along) -> AlongPlan:
    """:raises Mismatch: the relation is more than equal columns, or rows that this one refers to are inserted."""
    hop, joined = plan_joined(scope, table, item.link)
    insert = None
    if item.insert is not None:
        if hop.relation.forward:
            text = f"rows of {hop.table.name!r} cannot be inserted by an update of {table.name!r}, which refers to them"
            raise Mismatch("nested", text, table.name, item.link.name, at=item.link.at)
        far = tuple(there for _, there in joined)
        insert = plan_inserted(scope, hop.table, item.insert.shapes, item.insert.conflict, handed=far)
    return AlongPlan(
        joined,
        tuple(_delete(scope, one) for one in item.deletes),
        tuple(_update(scope, one) for one in item.updates),
        insert,
        item.rows.index if item.rows is not None else 0,
    )


def _where(scope: Scope, table: Table, where: Condition | None) -> Test | None:
    return plan_condition(scope, table, where) if where is not None else None


def _returning(scope: Scope, table: Table, selects: Iterable[Select]) -> tuple[RowsPlan, ...]:
    planned = tuple(plan_rows(scope, table, select) for select in selects)
    if any(rows.is_grouped for rows in planned):
        raise Mismatch("group", "aggregates cannot be returned by a write", table.name)
    return planned


def _assignment(table: Table, item: Assign) -> Assignment:
    column = column_of(table, item.column, written=True)
    if column.computed or column.generated:
        text = f'column "{column.name}" can only be updated to DEFAULT'
        raise Mismatch("read-only", text, table.name, column.name, at=item.column.at)
    _check_operator(table, column, item)
    if item.value is None:
        return Assignment(column, item.operator, None)
    kind = ARGUMENTS.get(item.operator)
    type_ = column.type if kind is None else simple(kind)
    return Assignment(column, item.operator, Param(item.value.index, type_, item.column.at))


def _check_operator(table: Table, column: Column, item: Assign) -> None:
    wrong = ""
    if item.operator == "inc" and (not column.type.is_number or column.type.codec is not None):
        wrong = "which cannot be increased"
    if item.operator in DOCUMENT_CHANGES and (column.type.kind is not Kind.JSONB or column.type.codec is not None):
        wrong = "which is no document that could be changed in part"
    if wrong:
        text = f"column {table.name}.{column.name} is {column.type.name}, {wrong}"
        raise Mismatch("operator", text, table.name, column.name, at=item.column.at)
