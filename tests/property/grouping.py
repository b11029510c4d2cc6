"""Random rows that are groups: aggregates among the fields, grouped by those beside them (``rest.md``, R6-8, R8-4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st

from gemel.request import ColumnField, ColumnRef, Computed, Condition, Embed, Field, Link, OrderColumn, Rows, Select
from property.naive.data import Table

if TYPE_CHECKING:
    from property.questions import Asker

MOST_VALUES = 60
"""Different values of a column that is grouped by."""
CASTS = {
    "integer": ("text", "bigint", "numeric", "float8"),
    "numeric": ("text", "integer", "float8"),
    "text": ("text",),
    "timestamp": ("text", "date"),
}
BEFORE = {"integer": ("bigint", "numeric", "float8"), "numeric": ("integer", "float8")}
"""Casts of what sums and averages are computed of."""
AFTER = {
    "count": ("text", "integer"),
    "sum": ("text", "bigint", "float8"),
    "avg": ("integer", "bigint"),
}
"""Casts of results; the least and the greatest are values of the column."""
MeasureName = Literal["count", "sum", "avg", "min", "max"]


@dataclass(frozen=True)
class Grouping:
    """Draws selects with aggregates for an asker."""

    asker: Asker

    def select(self, table: Table, parents: int, fanout: float) -> Select:
        """Groups of rows: of all of a table, or of those that belong to a number of parents."""
        asker, used = self.asker, set[str]()
        visits = ceil(parents * fanout)
        plain = list(self._plain(table, used))
        related = list(self._related(table, visits, used))
        lists = list(self._lists(table, visits, used))
        fields = [*plain, *related, *lists, *self._computed(table, used, least=1)]
        where = asker.condition(table, 2, visits) if asker.maybe(50) else None
        order = tuple(self._order(plain, related)) if asker.maybe(60) else ()
        cut = not related and not lists and asker.maybe(50)
        if cut:
            order = tuple(OrderColumn((), item.column, *asker.direction()) for item in plain)
        limit = asker.slot(asker.number(0, 8)) if cut else None
        offset = asker.slot(asker.number(0, 3)) if cut and asker.maybe(30) else None
        if asker.dialect != "rest":
            fields = asker.draw(st.permutations(fields))
        return Select(tuple(fields), Rows(where, order, (), limit, offset), asker.strip_nulls)

    def _plain(self, table: Table, used: set[str]) -> Iterator[ColumnField]:
        asker = self.asker
        few = [name for name in table.stored if len({row[name] for row in table.rows}) < MOST_VALUES]
        for name in dict.fromkeys(asker.one_of(few) for _ in range(asker.number(0, 2)) if few):
            key = name if name not in used and asker.maybe(70) else asker.key("c", used)
            used.add(key)
            yield asker.column_field(key, name, asker.cast(table, name))

    # --- related rows --------------------------------------------------------

    def _related(self, table: Table, visits: int, used: set[str], depth: int = 0) -> Iterator[Embed]:
        """Related rows that are grouped by, and what spreads lift."""
        asker = self.asker
        for _ in range(asker.number(0, 2 if depth == 0 else 1)):
            links = [(link, way) for link, way in asker.links(table, visits) if not way.many and link.name not in used]
            if not links:
                return
            link, way = asker.take(table, links, visits)
            target = asker.data.tables[way.target]
            if link.name not in table.types and asker.maybe(50):
                used.add(link.name)
                yield self._spread(target, link, visits, used, depth)
            else:
                fields = tuple(self._plain(target, set()))
                if fields:
                    yield Embed(asker.key("e", used), link, Select(fields, self._filtered(target), asker.strip_nulls))

    def _lists(self, table: Table, visits: int, used: set[str]) -> Iterator[Embed]:
        """A to-many spread: what it lifts are lists, by which rows are grouped, too."""
        asker, taken = self.asker, used | set(table.types)
        links = [(link, way) for link, way in asker.links(table, visits) if way.many and link.name not in taken]
        if links and asker.maybe(25):
            link, way = asker.take(table, links, visits)
            target = asker.data.tables[way.target]
            used.add(link.name)
            yield Embed(link.name, link, asker.lists(target, 2, visits, asker.fanout(table, way), used), spread=True)

    def _spread(self, target: Table, link: Link, visits: int, used: set[str], depth: int) -> Embed:
        fields: list[Field] = [*self._plain(target, used)]
        if self.asker.maybe(50):
            fields += self._computed(target, used, least=1)
        if depth == 0:
            fields += self._related(target, visits, used, depth + 1)
            fields += self._lists(target, visits, used)
        if not fields:
            fields += self._computed(target, used, least=1)
        select = Select(tuple(fields), self._filtered(target), self.asker.strip_nulls)
        return Embed(link.name, link, select, spread=True)

    def _filtered(self, table: Table) -> Rows:
        where: Condition | None = self.asker.condition(table, 0, 1) if self.asker.maybe(30) else None
        return Rows(where)

    # --- what is computed ----------------------------------------------------

    def _computed(self, table: Table, used: set[str], *, least: int) -> Iterator[Computed]:
        for _ in range(self.asker.number(least, 3)):
            yield self._aggregate(table, used)

    def _aggregate(self, table: Table, used: set[str]) -> Computed:
        asker = self.asker
        names: tuple[MeasureName, ...] = ("count", "count", "sum", "avg", "min", "max")
        name = asker.one_of(names)
        key = name if name not in used and asker.maybe(50) else asker.key("m", used)
        used.add(key)
        if name == "count" and asker.maybe(60):
            return Computed(key, name, after=self._after(name))
        numbers = [column for column in table.stored if table.types[column] in ("integer", "numeric")]
        column = asker.one_of(numbers if name in ("sum", "avg") else table.stored)
        return Computed(key, name, ColumnRef(column), *self._casts(name, table.types[column]))

    def _casts(self, name: MeasureName, type_: str) -> tuple[str | None, str | None]:
        """Before and after: one of them at most where the digits of the result would depend on both."""
        casts = BEFORE[type_] if name in ("sum", "avg") else CASTS[type_]
        before = self.asker.one_of(casts) if self.asker.maybe(25) else None
        if name in ("min", "max"):
            return before, self.asker.one_of(CASTS[type_]) if before is None and self.asker.maybe(25) else None
        return before, self._after(name) if before != "float8" or name == "count" else None

    def _after(self, name: MeasureName) -> str | None:
        return self.asker.one_of(AFTER[name]) if self.asker.maybe(25) else None

    # --- order ---------------------------------------------------------------

    def _order(self, plain: list[ColumnField], related: list[Embed]) -> Iterator[OrderColumn]:
        """Sort keys that the rows of a group have in common."""
        for item in plain:
            if self.asker.maybe(60):
                yield OrderColumn((), item.column, *self.asker.direction())
        for embed in related:
            fields = [item for item in embed.select.fields if isinstance(item, ColumnField)]
            shown = [item.column for item in fields if embed.spread or item.cast is None]
            if shown and self.asker.maybe(50):
                where = embed.select.rows.where
                yield OrderColumn((embed.link,), self.asker.one_of(shown), *self.asker.direction(), where)
