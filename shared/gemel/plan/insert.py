"""Plan rows to be inserted, and those nested in them (``docs/dialects/graphql.md`` section 9.2)."""

from collections.abc import Iterable

from gemel.catalog import Column, Table
from gemel.errors import Mismatch
from gemel.plan.conditions import plan_condition
from gemel.plan.model import Hop
from gemel.plan.names import Scope, column_of
from gemel.plan.write_model import ConflictPlan, Joined, NestedPlan, RowsToInsert, ShapePlan, step_of
from gemel.request import ColumnRef, Conflict, Link, NestedInsert, RowShape, Source


def writable(scope: Scope, source: Source, verb: str) -> Table:
    """A table whose rows can be written and told apart.

    :param verb: ``insert``, ``update``, ``delete``, or ``select`` of rows that are about to be written.
    :raises UnknownTable, Denied: as ``Scope.table``.
    :raises Mismatch: it is a view, or has no primary key.
    """
    table = scope.table(source, verb)
    if not table.writable:
        raise Mismatch("read-only", f"cannot write to view {table.name!r}", table.name, at=source.at)
    if table.primary_key is None:
        raise Mismatch("no-key", f"table {table.name!r} has no primary key", table.name, at=source.at)
    return table


def check_once(table: Table, refs: Iterable[ColumnRef], determined: Iterable[str] = (), told: str = "") -> None:
    """Whether each column is given a value once.

    :param determined: columns whose values come from elsewhere.
    :param told: what the message says of those.
    :raises Mismatch: one is not.
    """
    seen = set(determined)
    for ref in refs:
        if ref.name in seen:
            text = f"column {table.name}.{ref.name} is given more than once{told}"
            raise Mismatch("written-twice", text, table.name, ref.name, at=ref.at)
        seen.add(ref.name)


def plan_inserted(
    scope: Scope,
    table: Table,
    shapes: Iterable[RowShape],
    conflict: Conflict | None,
    handed: tuple[Column, ...] = (),
) -> RowsToInsert:
    """Resolve what is known of rows before their values are.

    :param handed: columns that are filled from the row above.
    :raises PlanError: a name means nothing, or a column is given by two.
    """
    planned = tuple(_shape(scope, table, shape, handed) for shape in shapes)
    return RowsToInsert(table, planned, _conflict(scope, table, conflict) if conflict is not None else None)


def plan_joined(scope: Scope, table: Table, link: Link) -> tuple[Hop, Joined]:
    """A relation along which rows can be written.

    :raises Mismatch: it leads over a table in between, or has a condition of its own.
    """
    hop = scope.hop(table, link)
    relation = hop.relation
    if relation.junction is not None or relation.condition is not None or not relation.pairs:
        text = f"nothing can be written along {link.name!r}: its rows are joined by more than a foreign key"
        raise Mismatch("nested", text, table.name, link.name, at=link.at)
    return hop, tuple((table.columns[near], hop.table.columns[far]) for near, far in relation.pairs)


def _shape(scope: Scope, table: Table, shape: RowShape, handed: tuple[Column, ...]) -> ShapePlan:
    first: list[tuple[int, NestedPlan]] = []
    then: list[tuple[int, NestedPlan]] = []
    for number, item in enumerate(shape.nested):
        hop, joined = plan_joined(scope, table, item.link)
        target = writable(scope, Source(hop.table.schema, hop.table.name, item.link.at), "insert")
        (first if hop.relation.forward else then).append((number, _nested(scope, target, item, hop, joined)))
    columns = tuple(_written(table, ref) for ref in shape.columns)
    others = (*handed, *(near for _, item in first for near, _ in item.joined))
    check_once(table, shape.columns, {column.name for column in others}, ", or already determined by a related row")
    names = tuple(step_of(ref.at, ref.name) for ref in shape.columns)
    return ShapePlan(columns, names, others, tuple(first), tuple(then))


def _nested(scope: Scope, target: Table, item: NestedInsert, hop: Hop, joined: Joined) -> NestedPlan:
    far = () if hop.relation.forward else tuple(there for _, there in joined)
    return NestedPlan(item.link.name, joined, plan_inserted(scope, target, item.shapes, item.conflict, far))


def _written(table: Table, ref: ColumnRef) -> Column:
    column = column_of(table, ref, written=True)
    if column.computed or column.generated:
        text = f'cannot insert a non-DEFAULT value into column "{column.name}"'
        raise Mismatch("read-only", text, table.name, column.name, at=ref.at)
    return column


def _conflict(scope: Scope, table: Table, conflict: Conflict) -> ConflictPlan:
    update = None if conflict.update is None else tuple(_written(table, ref) for ref in conflict.update)
    where = plan_condition(scope, table, conflict.where) if conflict.where is not None else None
    return ConflictPlan(_unique(table, conflict), update, where)


def _unique(table: Table, conflict: Conflict) -> tuple[Column, ...]:
    """:raises Mismatch: there is no such constraint."""
    if isinstance(conflict.key, tuple):
        return tuple(column_of(table, ref, written=True) for ref in conflict.key)
    found = table.primary_key if conflict.key is None else None
    found = found or next((key for key in table.keys if key.name == conflict.key), None)
    if found is None:
        text = f'constraint "{conflict.key}" for table "{table.name}" does not exist'
        raise Mismatch("conflict-target", text, table.name, conflict.key or "", at=conflict.at)
    return tuple(table.columns[name] for name in found.columns)
