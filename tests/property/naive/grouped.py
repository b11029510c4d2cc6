"""Rows that are groups: what they have in common, and what is computed over each (``rest.md``, R6-8 and R8-4)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any, TypeAlias

from gemel.request import ColumnField, Computed, Embed, Field, OrderColumn, Select
from property.naive.data import Data, Row, Table, Value
from property.naive.measure import average, count, measure
from property.naive.order import choose, cut, placed
from property.naive.relate import find_way
from property.naive.values import cast

Path: TypeAlias = tuple[Embed, ...]
"""Spreads, one in the other."""
EmbedOf: TypeAlias = Callable[[Table, Row, Embed], dict[str, Any]]
"""Related rows as they are shown."""
Missing: TypeAlias = Callable[[Table, Sequence[Field]], Iterator[tuple[str, Any]]]
"""Keys, and what stands for the members of a row that is not there."""


def is_grouped(fields: Sequence[Field]) -> bool:
    """Whether something is computed, by a field or within a spread of a related row."""
    return any(
        isinstance(item, Computed) or (isinstance(item, Embed) and item.spread and is_grouped(item.select.fields))
        for item in fields
    )


@dataclass(frozen=True)
class Leaf:
    """A member of a group, and the to-one spreads that it stands in."""

    path: Path
    field: ColumnField | Computed | Embed
    key: str
    nothing: Any = None
    """What it is without a row at the end of the spreads."""


@dataclass(frozen=True)
class Groups:
    """Makes groups of rows of a table."""

    data: Data
    table: Table
    select: Select
    values: Sequence[object]
    embed_of: EmbedOf
    missing: Missing
    shown: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    """What embeds gave, by row and embed: each of their keys is asked for by itself."""

    def of(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """All groups in order, before any is cut off."""
        leaves = list(self._leaves(self.table, self.select.fields, ()))
        keys = [leaf for leaf in leaves if not isinstance(leaf.field, Computed)]
        found: dict[str, list[Row]] = {} if keys else {repr([]): []}
        for row in rows:
            found.setdefault(repr([self._key(row, leaf) for leaf in keys]), []).append(row)
        groups = list(found.values())
        for order in reversed(list(self._orders)):
            sorted_by = [self._sorted_by(group[0], order) if group else None for group in groups]
            groups = placed(groups, sorted_by, descending=order.descending, nulls_first=order.nulls_first)
        objects = [{leaf.key: self._member(group, leaf) for leaf in leaves} for group in groups]
        if not self.select.strip_nulls:
            return objects
        return [{key: value for key, value in item.items() if value is not None} for item in objects]

    @property
    def is_total(self) -> bool:
        """Whether the order leaves nothing open: each leaf that is grouped by takes part in it."""
        ordered = {(tuple(link.name for link in order.path), order.column.name) for order in self._orders}
        return all(
            isinstance(leaf.field, ColumnField) and (_names(leaf.path), leaf.field.column.name) in ordered
            for leaf in self._leaves(self.table, self.select.fields, ())
            if not isinstance(leaf.field, Computed)
        )

    def _leaves(self, table: Table, fields: Sequence[Field], path: Path) -> Iterator[Leaf]:
        for item in fields:
            if isinstance(item, Embed) and item.spread:
                way = find_way(table.name, item.link)
                target = self.data.tables[way.target]
                if way.many:  # each of its fields is a list
                    yield from (Leaf(path, item, key, []) for key, _ in self.missing(target, item.select.fields))
                else:
                    yield from self._leaves(target, item.select.fields, (*path, item))
            else:
                assert isinstance(item, ColumnField | Computed | Embed)
                yield Leaf(path, item, item.key)

    @property
    def _orders(self) -> Iterator[OrderColumn]:
        return (order for order in self.select.rows.order if isinstance(order, OrderColumn))

    # --- of a row ------------------------------------------------------------

    def _end(self, row: Row, path: Path) -> tuple[Table, Row] | None:
        """The related row at the end of spreads."""
        table = self.table
        for embed in path:
            way = find_way(table.name, embed.link)
            table = self.data.tables[way.target]
            found = choose(self.data, table, self.data.related(row, way), embed.select.rows, self.values)
            found = cut(found, embed.select.rows, self.values)
            if not found:
                return None
            row = found[0]
        return table, row

    def _key(self, row: Row, leaf: Leaf) -> Any:
        end = self._end(row, leaf.path)
        if end is None:
            return leaf.nothing
        if isinstance(leaf.field, Embed):
            at = id(end[1]), id(leaf.field)
            if at not in self.shown:
                self.shown[at] = self.embed_of(*end, leaf.field)
            return self.shown[at][leaf.key]
        assert leaf.field.column is not None
        return end[1][leaf.field.column.name]

    def _sorted_by(self, row: Row, order: OrderColumn) -> Value:
        if not order.path:
            return row[order.column.name]
        (link,) = order.path
        seen = (item for item in self.select.fields if isinstance(item, Embed) and item.link == link)
        embed = next(item for item in seen if item.select.rows.where == order.where)
        end = self._end(row, (embed,))
        return end[1][order.column.name] if end is not None else None

    # --- of a group ----------------------------------------------------------

    def _member(self, rows: Sequence[Row], leaf: Leaf) -> Any:
        match leaf.field:
            case Computed():
                return self._computed(rows, leaf.path, leaf.field)
            case ColumnField(_, _, type_):
                value = self._key(rows[0], leaf)
                return cast(value, type_) if type_ else value
            case Embed():
                return self._key(rows[0], leaf)

    def _computed(self, rows: Sequence[Row], path: Path, item: Computed) -> Value:
        if item.column is None:
            return _cast(len(rows), item.after)
        ends = [self._end(row, path) for row in rows]
        given = [end[1][item.column.name] if end is not None else None for end in ends]
        values = [_cast(value, item.before) for value in given]
        if item.name == "count":
            return _cast(count([{"v": value} for value in values], ["v"], distinct=False), item.after)
        if item.name == "avg" and item.after is not None:
            exact = average(values)
            return None if exact is None else _rounded(exact)
        return _cast(measure(item.name, values), item.after)


def _cast(value: Value, to: str | None) -> Value:
    return cast(value, to) if to is not None else value


def _rounded(value: Fraction) -> int:
    """Halves go away from zero."""
    size = floor(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


def _names(path: Path) -> tuple[str, ...]:
    return tuple(item.link.name for item in path)
