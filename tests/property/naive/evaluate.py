"""The naive evaluator: a query answered in the most obvious way, from lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gemel.request import (
    Aggregate,
    AllColumns,
    ColumnField,
    ColumnRef,
    Constant,
    Count,
    Embed,
    EmbedAggregate,
    Field,
    GroupKey,
    GroupOrder,
    Groups,
    Measure,
    MeasureGroup,
    Nodes,
    One,
    OrderColumn,
    Query,
    Root,
    Rows,
    Select,
)
from property.naive.data import PRIMARY_KEYS, Data, Row, Table, Value
from property.naive.grouped import Groups as Grouped
from property.naive.grouped import is_grouped
from property.naive.measure import count, measure
from property.naive.order import choose, cut, is_total, placed
from property.naive.relate import find_way
from property.naive.values import cast, read_value


class Bag(list[Any]):
    """A list whose order the question leaves open."""


@dataclass(frozen=True)
class Answer:
    """What is expected of one root, in the shape of the JSON."""

    body: Any
    total: int | None = None
    """Rows without limit and offset, of a select that asked for it."""


@dataclass(frozen=True)
class Naive:
    """Answers questions about the data."""

    data: Data
    values: Sequence[object]
    """Of the slots."""

    def answers(self, query: Query) -> list[Answer]:
        """One per root."""
        return [self._root(root) for root in query.roots]

    def _root(self, root: Root) -> Answer:
        table = self.data.tables[root.source.table]
        match root.content:
            case Select() as select:
                total = self._total(table, select) if root.total else None
                return Answer(self._select(table, table.rows, select), total)
            case Aggregate() as aggregate:
                return Answer(self._aggregate(table, table.rows, aggregate))
            case One(key, fields):
                wanted = {name: read_value(self.values[slot.index], table.types[name]) for name, slot in key}
                found = [row for row in table.rows if all(row[name] == value for name, value in wanted.items())]
                return Answer(self._object(table, found[0], fields) if found else None)

    def _total(self, table: Table, select: Select) -> int:
        found = choose(self.data, table, table.rows, _chosen(select), self.values)
        return len(self._groups(table, select).of(found)) if is_grouped(select.fields) else len(found)

    def _groups(self, table: Table, select: Select) -> Grouped:
        return Grouped(self.data, table, select, self.values, lambda *row: dict(self._embed(*row)), self._missing)

    def _select(self, table: Table, rows: Sequence[Row], select: Select) -> list[Any]:
        found = choose(self.data, table, rows, _chosen(select), self.values)
        if is_grouped(select.fields):
            groups = self._groups(table, select)
            made = cut(groups.of(found), select.rows, self.values)
            return made if groups.is_total else Bag(made)
        objects = [self._object(table, row, select.fields) for row in cut(found, select.rows, self.values)]
        if select.strip_nulls:
            objects = [{key: value for key, value in item.items() if value is not None} for item in objects]
        return objects if is_total(table, select.rows) else Bag(objects)

    def _object(self, table: Table, row: Row, fields: Sequence[Field]) -> dict[str, Any]:
        return {key: value for field in fields for key, value in self._members(table, row, field)}

    def _members(self, table: Table, row: Row, field: Field) -> Iterator[tuple[str, Any]]:
        match field:
            case ColumnField(key, column, type_):
                yield key, cast(row[column.name], type_) if type_ else row[column.name]
            case AllColumns():
                yield from ((name, row[name]) for name in table.stored)
            case Constant(key, text):
                yield key, text
            case Embed():
                yield from self._embed(table, row, field)
            case EmbedAggregate(key, link, aggregate):
                way = find_way(table.name, link)
                target = self.data.tables[way.target]
                yield key, self._aggregate(target, self.data.related(row, way), aggregate)

    def _embed(self, table: Table, row: Row, embed: Embed) -> Iterator[tuple[str, Any]]:
        way = find_way(table.name, embed.link)
        target = self.data.tables[way.target]
        if way.many and embed.spread:
            yield from self._lists(target, self.data.related(row, way), embed.select)
            return
        found = self._select(target, self.data.related(row, way), embed.select)
        if way.many:
            yield embed.key, found
        elif not embed.spread:
            yield embed.key, found[0] if found else None
        elif found:
            yield from found[0].items()
        else:
            yield from self._missing(target, embed.select.fields)

    def _lists(self, table: Table, rows: Sequence[Row], select: Select) -> Iterator[tuple[str, list[Any]]]:
        """A list for each field of a to-many spread; behind the asked order stands that of the primary key."""
        last = (
            OrderColumn((), ColumnRef(name), descending=False, nulls_first=False) for name in PRIMARY_KEYS[table.name]
        )
        ask = replace(select.rows, order=(*select.rows.order, *last))
        found = cut(choose(self.data, table, rows, ask, self.values), ask, self.values)
        objects = [self._object(table, row, select.fields) for row in found]
        yield from ((key, [item.get(key) for item in objects]) for key, _ in self._missing(table, select.fields))

    def _missing(self, table: Table, fields: Sequence[Field]) -> Iterator[tuple[str, Any]]:
        """Keys, and what stands for the members of a row that is not there."""
        for field in fields:
            if isinstance(field, AllColumns):
                yield from ((name, None) for name in table.stored)
            elif isinstance(field, Embed) and field.spread:
                way = find_way(table.name, field.link)
                inner = self._missing(self.data.tables[way.target], field.select.fields)
                yield from ((key, [] if way.many else value) for key, value in inner)
            else:
                yield field.key, None

    def _aggregate(self, table: Table, rows: Sequence[Row], ask: Aggregate) -> dict[str, Any]:
        found = cut(choose(self.data, table, rows, ask.rows, self.values), ask.rows, self.values)
        answer: dict[str, Any] = {}
        for item in ask.items:
            match item:
                case Measure(key, items):
                    answer[key] = {part.key: _measured(found, part) for part in items}
                case Nodes(key, fields):
                    nodes = [self._object(table, row, fields) for row in found]
                    answer[key] = nodes if is_total(table, ask.rows) else Bag(nodes)
                case Groups():
                    answer[item.key] = self._group_list(found, item)
                case Count() | Constant():
                    answer[item.key] = _measured(found, item)
        return answer

    def _group_list(self, rows: Sequence[Row], ask: Groups) -> list[Any]:
        groups: dict[tuple[Value, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(row[column.name] for column in ask.by), []).append(row)
        plain = [GroupOrder(None, column, descending=False, nulls_first=False) for column in ask.by]
        members = list(groups.values())
        for order in reversed([*ask.order, *plain]):
            keys = [len(item) if order.measure == "count" else item[0][_name(order)] for item in members]
            members = placed(members, keys, descending=order.descending, nulls_first=order.nulls_first)
        first = int(str(self.values[ask.offset.index])) if ask.offset is not None else 0
        last = first + int(str(self.values[ask.limit.index])) if ask.limit is not None else None
        return [self._group_object(item, ask) for item in members[first:last]]

    def _group_object(self, rows: Sequence[Row], ask: Groups) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for item in ask.items:
            match item:
                case GroupKey(key, columns):
                    answer[key] = {
                        part.key: part.text if isinstance(part, Constant) else rows[0][part.column.name]
                        for part in columns
                    }
                case Measure(key, items):
                    answer[key] = {part.key: _measured(rows, part) for part in items}
                case Constant(key, text):
                    answer[key] = text
        return answer


def _chosen(select: Select) -> Rows:
    """Which rows are meant; those that are grouped have no order of their own."""
    return Rows(select.rows.where) if is_grouped(select.fields) else select.rows


def _name(order: GroupOrder) -> str:
    assert order.column is not None
    return order.column.name


def _measured(rows: Sequence[Row], item: Count | MeasureGroup | Constant) -> Any:
    match item:
        case Count(_, columns, distinct):
            return count(rows, [column.name for column in columns], distinct=distinct)
        case Constant(_, text):
            return text
        case MeasureGroup(_, name, columns):
            return {
                part.key: part.text
                if isinstance(part, Constant)
                else measure(name, [row[part.column.name] for row in rows])
                for part in columns
            }
