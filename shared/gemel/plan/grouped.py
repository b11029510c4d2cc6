"""What rows that are groups may hold, and be sorted by (``docs/dialects/rest.md``, R6-8 and R8-4)."""

from collections.abc import Iterable, Iterator

from gemel.catalog import View
from gemel.errors import Mismatch
from gemel.plan.model import Group, Nested, Output, RowsPlan, Sort, Value


def check_grouped(plan: RowsPlan) -> None:
    """Whether groups can be made of rows.

    :raises Mismatch: ``group``, a field that rows cannot have in common; ``group-order``, a sort key that differs
        within a group.
    """
    for item in _members(plan.fields):
        if not isinstance(item, Value | Nested | Group):
            raise Mismatch("group", f"{item.key!r} cannot be selected beside an aggregate", plan.table.name, item.key)
    for sort in plan.slice.order:
        if not _is_common(plan, sort):
            raise _differs(plan, sort)


def _members(fields: Iterable[Output]) -> Iterator[Output]:
    """What to-one spreads lift into the row, too."""
    for item in fields:
        if isinstance(item, Nested) and item.spread and not item.hop.relation.to_many:
            yield from _members(item.rows.fields)
        else:
            yield item


def check_spread(table: View, item: Nested) -> None:
    """Whether related rows can be spread.

    :raises Mismatch: ``group``, there may be many of them and something is computed over them.
    """
    if not (item.spread and item.hop.relation.to_many and item.rows.is_grouped):
        return
    text = "Aggregates are not implemented for one-to-many or many-to-many spreads."
    raise Mismatch("group", text, table.name, item.key)


def _is_common(plan: RowsPlan, sort: Sort) -> bool:
    fields: tuple[Output, ...] = plan.fields
    for hop in sort.path:
        embeds = (item for item in fields if isinstance(item, Nested) and item.hop == hop and _shows(item, sort))
        fields = tuple(inner for item in embeds for inner in item.rows.fields if item.spread or not _is_cast(inner))
    return sort.many is None and _has(fields, sort)


def _shows(item: Nested, sort: Sort) -> bool:
    """Whether the row that is sorted by is the one that is embedded."""
    rows = item.rows.slice
    return rows.where == sort.where and rows.limit is None and rows.offset is None


def _is_cast(item: Output) -> bool:
    """An embed is had in common as its text, in which different values may look alike."""
    return isinstance(item, Value) and item.cast is not None


def _has(fields: Iterable[Output], sort: Sort) -> bool:
    return any(isinstance(item, Value) and item.use == sort.use for item in fields)


def _differs(plan: RowsPlan, sort: Sort) -> Mismatch:
    table = sort.path[-1].table if sort.path else plan.table
    name = sort.use.column.name if sort.use is not None else ""
    text = f'column "{table.name}.{name}" must appear in the GROUP BY clause or be used in an aggregate function'
    return Mismatch("group-order", text, table.name, name)
