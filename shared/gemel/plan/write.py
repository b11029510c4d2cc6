"""Plan writes."""

from collections.abc import Iterable

from gemel.catalog import Column, Kind, View
from gemel.catalog.types import simple
from gemel.errors import Mismatch
from gemel.plan.conditions import plan_where
from gemel.plan.insert import check_once, plan_inserted, plan_joined, reached, writable
from gemel.plan.model import Param, RowsPlan
from gemel.plan.names import Scope, both, column_of, slot_of
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
from gemel.policy import Access
from gemel.request import (
    AllColumns,
    Along,
    Assign,
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


def plan_mutation(access: Access, mutation: Mutation) -> MutationPlan:
    """Resolve all names of a mutation for a role.

    :raises PlanError: a name means nothing, the role may not use it, or it cannot be written.
    """
    scope = Scope(access)
    return MutationPlan(tuple(_write(scope, item) for item in mutation.writes))


def _write(scope: Scope, item: Write) -> WritePlan:
    match item:
        case Insert():
            table = writable(scope, item.source, "insert")
            rows = plan_inserted(scope, table, item.shapes, item.conflict)
            return InsertPlan(rows, slot_of(item.rows), _returning(scope, table, item.returning), item.exactly)
        case Update():
            return _update(scope, item)
        case Delete():
            return _delete(scope, item)
        case Expect():
            table = writable(scope, item.source, "select")
            row = plan_rows(scope, table, Select((AllColumns(),)))
            where = both(scope.visible(table), plan_where(scope, table, item.where))
            return ExpectPlan(scope.whole(table), where, row, slot_of(item.seen))


def _update(scope: Scope, item: Update) -> UpdatePlan:
    table = writable(scope, item.source, "update")
    check_once(table, (one.column for one in item.assignments))
    assignments = tuple(_assignment(table, one) for one in item.assignments)
    presets = scope.presets(table, "update") if assignments else ()
    return UpdatePlan(
        scope.whole(table),
        both(scope.changed(table, "update"), plan_where(scope, table, item.where)),
        (*assignments, *(Assignment(one.column, "set", None, one) for one in presets)),
        tuple(_along(scope, table, one) for one in item.along),
        _returning(scope, table, item.returning),
        item.exactly,
        item.most,
        scope.check(table, "update"),
    )


def _delete(scope: Scope, item: Delete) -> DeletePlan:
    table = writable(scope, item.source, "delete")
    where = both(scope.changed(table, "delete"), plan_where(scope, table, item.where))
    return DeletePlan(scope.whole(table), where, _returning(scope, table, item.returning), item.exactly, item.most)


def _along(scope: Scope, table: View, item: Along) -> AlongPlan:
    """:raises Mismatch: the relation is more than equal columns, or rows that this one refers to are inserted."""
    hop, joined = plan_joined(scope, table, item.link)
    insert = None
    if item.insert is not None:
        if hop.relation.forward:
            text = f"rows of {hop.table.name!r} cannot be inserted by an update of {table.name!r}, which refers to them"
            raise Mismatch("nested", text, table.name, item.link.name, at=item.link.at)
        far = tuple(there for _, there in joined)
        there = reached(scope, hop, item.link)
        insert = plan_inserted(scope, there, item.insert.shapes, item.insert.conflict, handed=far)
    return AlongPlan(
        joined,
        tuple(_delete(scope, one) for one in item.deletes),
        tuple(_update(scope, one) for one in item.updates),
        insert,
        slot_of(item.rows) if item.rows is not None else 0,
    )


def _returning(scope: Scope, table: View, selects: Iterable[Select]) -> tuple[RowsPlan, ...]:
    planned = tuple(plan_rows(scope, table, select, whole=True) for select in selects)
    if any(rows.is_grouped for rows in planned):
        raise Mismatch("group", "aggregates cannot be returned by a write", table.name)
    return planned


def _assignment(table: View, item: Assign) -> Assignment:
    found = table.columns.get(item.column.name)
    if found is not None and (found.computed or found.generated):
        text = f'column "{found.name}" can only be updated to DEFAULT'
        raise Mismatch("read-only", text, table.name, found.name, at=item.column.at)
    column = column_of(table, item.column, table.updatable)
    _check_operator(table, column, item)
    if item.value is None:
        return Assignment(column, item.operator, None)
    kind = ARGUMENTS.get(item.operator)
    type_ = column.type if kind is None else simple(kind)
    return Assignment(column, item.operator, Param(slot_of(item.value), type_, item.column.at))


def _check_operator(table: View, column: Column, item: Assign) -> None:
    wrong = ""
    if item.operator == "inc" and (not column.type.is_number or column.type.codec is not None):
        wrong = "which cannot be increased"
    if item.operator in DOCUMENT_CHANGES and (column.type.kind is not Kind.JSONB or column.type.codec is not None):
        wrong = "which is no document that could be changed in part"
    if wrong:
        text = f"column {table.name}.{column.name} is {column.type.name}, {wrong}"
        raise Mismatch("operator", text, table.name, column.name, at=item.column.at)
