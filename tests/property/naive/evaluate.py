"""The naive evaluator: a query answered in the most obvious way, from lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gemel.request import (
    Aggregate,
    AllColumns,
    ColumnField,
    Computed,
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
    Query,
    Root,
    Select,
)
from property.naive.data import Data, Row, Table, Value
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
                total = len(choose(self.data, table, table.rows, select.rows, self.values)) if root.total else None
                return Answer(self._select(table, table.rows, select), total)
            case Aggregate() as aggregate:
                return Answer(self._aggregate(table, table.rows, aggregate))
            case One(key, fields):
                wanted = {name: read_value(self.values[slot.index], table.types[name]) for name, slot in key}
                found = [row for row in table.rows if all(row[name] == value for name, value in wanted.items())]
                return Answer(self._object(table, found[0], fields) if found else None)

    def _select(self, table: Table, rows: Sequence[Row], select: Select) -> list[Any]:
        found = choose(self.data, table, rows, select.rows, self.values)
        if any(isinstance(field, Computed) for field in select.fields):
            return self._groups(found, select)
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
        found = self._select(target, self.data.related(row, way), embed.select)
        if way.many:
            yield embed.key, found
        elif not embed.spread:
            yield embed.key, found[0] if found else None
        elif found:
            yield from found[0].items()
        else:
            yield from ((key, None) for key in self._keys(target, embed.select.fields))

    def _keys(self, table: Table, fields: Sequence[Field]) -> Iterator[str]:
        """Keys of an object's members."""
        for field in fields:
            if isinstance(field, AllColumns):
                yield from table.stored
            elif isinstance(field, Embed) and field.spread:
                target = self.data.tables[find_way(table.name, field.link).target]
                yield from self._keys(target, field.select.fields)
            else:
                yield field.key

    def _groups(self, rows: Sequence[Row], select: Select) -> list[Any]:
        """Rows grouped by the columns among the fields; without any, one group of all rows."""
        plain = [field for field in select.fields if isinstance(field, ColumnField)]
        groups: dict[tuple[Value, ...], list[Row]] = {} if plain else {(): []}
        for row in rows:
            groups.setdefault(tuple(row[field.column.name] for field in plain), []).append(row)
        return Bag([self._group(key, members, select.fields) for key, members in groups.items()])

    def _group(self, key: tuple[Value, ...], rows: Sequence[Row], fields: Sequence[Field]) -> dict[str, Any]:
        given = iter(key)
        return {
            field.key: _computed(rows, field) if isinstance(field, Computed) else next(given)
            for field in fields
            if isinstance(field, Computed | ColumnField)
        }

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


def _computed(rows: Sequence[Row], item: Computed) -> Value:
    if item.name == "count":
        return count(rows, [item.column.name] if item.column else [], distinct=False)
    assert item.column is not None
    return measure(item.name, [row[item.column.name] for row in rows])
