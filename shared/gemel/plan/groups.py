"""Resolve groups of rows."""

from gemel.catalog import View
from gemel.errors import Mismatch
from gemel.plan.conditions import check_measure, whole
from gemel.plan.measures import plan_measure, plan_values
from gemel.plan.model import GroupList, GroupSort, KeyOf, Measures, Text, Use
from gemel.plan.names import use_of
from gemel.request import ColumnRef, Constant, GroupKey, GroupOrder, Groups, Measure


def plan_groups(table: View, groups: Groups, most: int | None) -> GroupList:
    """Resolve groups of the rows of ``table``.

    :param most: of them.
    :raises Mismatch: of kind ``group``: there is no column to group by, one has no equality, or a column is asked for
        that the rows of a group need not have in common.
    """
    by = tuple(_grouped(table, ref) for ref in dict.fromkeys(groups.by))
    if not by:
        raise Mismatch("group", "groups need a column that they are made by", table.name)
    names = frozenset(use.column.name for use in by)
    items = tuple(_item(table, item, names) for item in groups.items)
    order = tuple(_order(table, item, names) for item in groups.order)
    rest = tuple(GroupSort(None, use, descending=False, nulls_first=False) for use in by)
    cut = (whole(groups.limit), whole(groups.offset), most)
    return GroupList(groups.key, by, items, (*order, *rest), *cut)


def _grouped(table: View, ref: ColumnRef) -> Use:
    use = use_of(table, ref)
    if use.path or use.type.is_document:
        text = f"rows cannot be grouped by {table.name}.{use.column.name}, which is {use.column.type.name}"
        raise Mismatch("group", text, table.name, use.column.name, at=ref.at)
    return use


def _item(table: View, item: GroupKey | Measure | Constant, names: frozenset[str]) -> KeyOf | Measures | Text:
    match item:
        case GroupKey(key, columns):
            for part in columns:
                if not isinstance(part, Constant):
                    _check(table, part.column, names)
            return KeyOf(key, plan_values(table, columns))
        case Measure(key, parts):
            return Measures(key, tuple(plan_measure(table, part) for part in parts))
        case Constant(key, text):
            return Text(key, text)


def _order(table: View, item: GroupOrder, names: frozenset[str]) -> GroupSort:
    use = use_of(table, item.column) if item.column is not None else None
    if item.measure is None and item.column is not None:
        _check(table, item.column, names)
    if item.measure is not None and use is not None:
        check_measure(item.measure, table, use.column.name)
    return GroupSort(item.measure, use, item.descending, item.nulls_first)


def _check(table: View, ref: ColumnRef, names: frozenset[str]) -> None:
    if ref.name not in names:
        text = f"the rows of a group need not have {table.name}.{ref.name} in common: group by it, too"
        raise Mismatch("group", text, table.name, ref.name, at=ref.at)
