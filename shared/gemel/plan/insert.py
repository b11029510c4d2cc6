"""Plan rows to be inserted, and those nested in them (``docs/dialects/graphql.md`` section 9.2)."""

from collections.abc import Iterable

from gemel.catalog import Column, Verb, View
from gemel.errors import Mismatch
from gemel.plan.conditions import plan_where
from gemel.plan.model import Hop
from gemel.plan.names import Scope, both, column_of
from gemel.plan.write_model import ConflictPlan, Joined, NestedPlan, RowsToInsert, ShapePlan, step_of
from gemel.request import ColumnRef, Conflict, Link, NestedInsert, RowShape, Source


def writable(scope: Scope, source: Source, verb: Verb) -> View:
    """A table whose rows can be written and told apart.

    :param verb: ``insert``, ``update``, ``delete``, or ``select`` of rows that are about to be written.
    :raises UnknownTable, Denied: as ``Scope.table``.
    :raises Mismatch: it is a view, or has no primary key.
    """
    table = scope.table(source, verb)
    if not table.writable:
        raise Mismatch("read-only", f"cannot write to view {table.name!r}", table.name, at=source.at)
    if scope.whole(table).primary_key is None:
        raise Mismatch("no-key", f"table {table.name!r} has no primary key", table.name, at=source.at)
    return table


def check_once(table: View, refs: Iterable[ColumnRef], determined: Iterable[str] = (), told: str = "") -> None:
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
    table: View,
    shapes: Iterable[RowShape],
    conflict: Conflict | None,
    handed: tuple[Column, ...] = (),
) -> RowsToInsert:
    """Resolve what is known of rows before their values are.

    :param handed: columns that are filled from the row above.
    :raises PlanError: a name means nothing, or a column is given by two.
    """
    planned = tuple(_shape(scope, table, shape, handed) for shape in shapes)
    resolved = _conflict(scope, table, conflict, planned) if conflict is not None else None
    return RowsToInsert(scope.whole(table), planned, resolved, scope.check(table, "insert"))


def plan_joined(scope: Scope, table: View, link: Link) -> tuple[Hop, Joined]:
    """A relation along which rows can be written.

    :raises Mismatch: it leads over a table in between, or has a condition of its own.
    """
    hop = scope.hop(table, link)
    relation = hop.relation
    if relation.junction is not None or relation.condition is not None or not relation.pairs:
        text = f"nothing can be written along {link.name!r}: its rows are joined by more than a foreign key"
        raise Mismatch("nested", text, table.name, link.name, at=link.at)
    near_columns = scope.whole(table).columns
    return hop, tuple((near_columns[near], hop.table.columns[far]) for near, far in relation.pairs)


def reached(scope: Scope, hop: Hop, link: Link) -> View:
    """The table at the end of a link, for rows that are inserted along it.

    :raises Denied, Mismatch: as ``writable``.
    """
    return writable(scope, Source(hop.table.schema, hop.table.name, link.at), "insert")


def _shape(scope: Scope, table: View, shape: RowShape, handed: tuple[Column, ...]) -> ShapePlan:
    first: list[tuple[int, NestedPlan]] = []
    then: list[tuple[int, NestedPlan]] = []
    for number, item in enumerate(shape.nested):
        hop, joined = plan_joined(scope, table, item.link)
        target = reached(scope, hop, item.link)
        (first if hop.relation.forward else then).append((number, _nested(scope, target, item, hop, joined)))
    columns = tuple(_written(table, ref) for ref in shape.columns)
    others = (*handed, *(near for _, item in first for near, _ in item.joined))
    presets = tuple(one for one in scope.presets(table, "insert") if one.column not in others)
    check_once(table, shape.columns, {column.name for column in others}, ", or already determined by a related row")
    names = tuple(step_of(ref.at, ref.name) for ref in shape.columns)
    return ShapePlan(columns, names, others, tuple(first), tuple(then), presets)


def _nested(scope: Scope, target: View, item: NestedInsert, hop: Hop, joined: Joined) -> NestedPlan:
    far = () if hop.relation.forward else tuple(there for _, there in joined)
    return NestedPlan(item.link.name, joined, plan_inserted(scope, target, item.shapes, item.conflict, far))


def _written(table: View, ref: ColumnRef) -> Column:
    column = table.columns.get(ref.name)
    if column is not None and (column.computed or column.generated):
        text = f'cannot insert a non-DEFAULT value into column "{column.name}"'
        raise Mismatch("read-only", text, table.name, column.name, at=ref.at)
    return column_of(table, ref, table.insertable)


def _conflict(scope: Scope, table: View, conflict: Conflict, shapes: Iterable[ShapePlan]) -> ConflictPlan:
    """:raises Denied: rows that are there would be changed, which the role may not."""
    key = _unique(scope, table, conflict)
    if conflict.update == ():
        return ConflictPlan(key, (), None)
    scope.table(Source(table.schema, table.name, conflict.at), "update")
    if conflict.update is None:
        update = None
        for name in {column.name for shape in shapes for column in (*shape.columns, *shape.handed)}:
            if name not in {column.name for column in key}:
                column_of(table, ColumnRef(name), table.updatable)
    else:
        update = tuple(column_of(table, ref, table.updatable) for ref in conflict.update)
    where = both(scope.changed(table, "update"), plan_where(scope, table, conflict.where))
    return ConflictPlan(key, update, where, scope.presets(table, "update"), scope.check(table, "update"))


def _unique(scope: Scope, table: View, conflict: Conflict) -> tuple[Column, ...]:
    """:raises Mismatch: there is no such constraint, or its columns are not all known to the role."""
    known = {**table.columns, **table.insertable}
    if isinstance(conflict.key, tuple):
        return tuple(column_of(table, ref, known) for ref in conflict.key)
    whole = scope.whole(table)
    named = (key for key in whole.keys if conflict.key is None or key.name == conflict.key)
    found = next((key for key in named if set(key.columns) <= set(known)), None)
    if found is None or (conflict.key is None and found is not whole.primary_key):
        text = f'constraint "{conflict.key}" for table "{table.name}" does not exist'
        raise Mismatch("conflict-target", text, table.name, conflict.key or "", at=conflict.at)
    return tuple(known[name] for name in found.columns)
