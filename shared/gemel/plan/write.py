"""Plan writes."""

from gemel.catalog import Catalog, Table
from gemel.errors import Mismatch
from gemel.plan.conditions import plan_condition
from gemel.plan.model import Assignment, DeletePlan, InsertPlan, MutationPlan, Param, RowsPlan, UpdatePlan, WritePlan
from gemel.plan.names import Scope, column_of
from gemel.plan.read import plan_rows
from gemel.request import ColumnRef, Delete, Insert, Mutation, Select, Slot, Update, Write


def plan_mutation(catalog: Catalog, role: str, mutation: Mutation) -> MutationPlan:
    """Resolve all names of a mutation for a role.

    :raises PlanError: a name means nothing, the role may not use it, or it cannot be written.
    """
    scope = Scope(catalog, role)
    return MutationPlan(tuple(_write(scope, item) for item in mutation.writes))


def _write(scope: Scope, item: Write) -> WritePlan:
    table = scope.table(item.source, type(item).__name__.lower())
    if not table.writable:
        raise Mismatch("read-only", f"cannot write to view {table.name!r}", table.name, at=item.source.at)
    if table.primary_key is None:
        raise Mismatch("no-key", f"table {table.name!r} has no primary key", table.name, at=item.source.at)
    returning = tuple(_returning(scope, table, select) for select in item.returning)
    match item:
        case Insert(rows=rows):
            planned = tuple(tuple(_assignment(table, ref, "set", slot) for ref, slot in row) for row in rows)
            return InsertPlan(table, planned, returning, item.exactly)
        case Update():
            where = plan_condition(scope, table, item.where) if item.where is not None else None
            assignments = tuple(_assignment(table, one.column, one.operator, one.value) for one in item.assignments)
            return UpdatePlan(table, where, assignments, returning, item.exactly, item.most)
        case Delete():
            where = plan_condition(scope, table, item.where) if item.where is not None else None
            return DeletePlan(table, where, returning, item.exactly, item.most)


def _returning(scope: Scope, table: Table, select: Select) -> RowsPlan:
    rows = plan_rows(scope, table, select)
    if rows.is_grouped:
        raise Mismatch("group", "aggregates cannot be returned by a write", table.name)
    return rows


def _assignment(table: Table, ref: ColumnRef, operator: str, slot: Slot) -> Assignment:
    column = column_of(table, ref, written=True)
    if column.computed or column.generated:
        text = f'column "{column.name}" can only be updated to DEFAULT'
        raise Mismatch("read-only", text, table.name, column.name, at=ref.at)
    if operator == "inc" and (not column.type.is_number or column.type.codec is not None):
        text = f"column {table.name}.{column.name} is {column.type.name}, which cannot be increased"
        raise Mismatch("operator", text, table.name, column.name, at=ref.at)
    return Assignment(column, "inc" if operator == "inc" else "set", Param(slot.index, column.type, ref.at))
