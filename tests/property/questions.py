"""Random questions: what both APIs, both databases and the naive evaluator have to answer alike.

A question is a :class:`gemel.request.Query` with its values, of which a dialect can say everything; the printers
(:mod:`property.say_graphql`, :mod:`property.say_rest`) turn it into a client's text.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from typing import Any, Literal, TypeAlias, TypeVar

from hypothesis import strategies as st

from gemel.request import (
    Aggregate,
    AllColumns,
    And,
    ColumnField,
    ColumnRef,
    Compare,
    Condition,
    Constant,
    Count,
    Embed,
    EmbedAggregate,
    Field,
    GroupKey,
    GroupOrder,
    Groups,
    Link,
    Measure,
    MeasureGroup,
    Nodes,
    Not,
    One,
    Operator,
    Or,
    Order,
    OrderAggregate,
    OrderColumn,
    Query,
    Related,
    RelatedMeasure,
    Root,
    Rows,
    Select,
    Slot,
    Source,
    ValueTest,
)
from property.drawn_values import PATTERNS, Values
from property.grouping import CASTS, Grouping
from property.naive.data import PRIMARY_KEYS, RELATIONSHIPS, TABLES, Data, Table, Way
from property.naive.relate import find_way, offered

Dialect: TypeAlias = Literal["engine", "graphql", "rest"]
Item = TypeVar("Item")

SCHEMA = "public"
MOST_ROWS = 300
"""Rows of one list in an answer, beyond which there is always a limit."""
MOST_VISITS = 40_000
"""Rows that a question may lead to over its relations, about."""
ORDERINGS = (Operator.EQ, Operator.NEQ, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
STATISTICS = ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop")
MEASURE_TESTS = ("count", "sum", "avg", "min", "max")
TEXT_PATTERNS = {
    "engine": tuple(sorted(PATTERNS)),
    "graphql": tuple(sorted(PATTERNS)),
    "rest": tuple(sorted(PATTERNS - {Operator.SIMILAR})),
}
QUANTIFIED = (*ORDERINGS[:1], *ORDERINGS[2:], *TEXT_PATTERNS["rest"])


@dataclass(frozen=True)
class Question:
    """A query, the values of its slots, and how the client words it."""

    query: Query
    values: tuple[object, ...]
    style: int
    """Seed of the printer's choices among texts that mean the same."""


@st.composite
def questions(draw: Any, data: Data, dialect: Dialect) -> Question:
    """Questions that the dialect can say."""
    asker = Asker(draw, data, dialect)
    query = asker.query()
    return Question(query, tuple(asker.values), draw(st.integers(0, 2**16)))


@dataclass
class Asker:
    """Draws a query, collecting its values."""

    draw: Any
    data: Data
    dialect: Dialect
    values: list[object] = field(default_factory=list)
    strip_nulls: bool = False
    visits_left: float = MOST_VISITS

    # --- draws ---------------------------------------------------------------

    def maybe(self, percent: int) -> bool:
        """True about so often; shrinks to false."""
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of them; shrinks to the first."""
        return self.draw(st.sampled_from(items))  # type: ignore[no-any-return]

    def number(self, least: int, most: int) -> int:
        """A small number."""
        return int(self.draw(st.integers(least, most)))

    def slot(self, value: object) -> Slot:
        """A new place of a value."""
        self.values.append(value)
        return Slot(len(self.values) - 1)

    @property
    def drawn(self) -> Values:
        """Draws values of columns."""
        return Values(self.draw, self.data)

    # --- roots ---------------------------------------------------------------

    def query(self) -> Query:
        """One root, or several where the dialect has them."""
        self.strip_nulls = self.dialect != "graphql" and self.maybe(10)
        roots = 1 if self.dialect == "rest" else self.one_of((1, 1, 1, 2, 3))
        return Query(tuple(self._root(f"r{number}") for number in range(roots)))

    def _root(self, key: str) -> Root:
        table = self.data.tables[self.one_of(TABLES)]
        source = Source(SCHEMA, table.name)
        if self.dialect == "rest":
            content = Grouping(self).select(table, 1, len(table.rows)) if self.maybe(25) else self._select(table)
            return Root(key, source, content, self.maybe(50))
        kind = self.one_of(("select", "select", "select", "aggregate", "one"))
        if kind == "one":
            return Root(key, source, self._one(table))
        if kind == "aggregate":
            return Root(key, source, self._aggregate(table))
        if self.dialect == "engine" and self.maybe(10):
            return Root(key, source, Grouping(self).select(table, 1, len(table.rows)), total=self.maybe(50))
        return Root(key, source, self._select(table), total=self.dialect == "engine" and self.maybe(20))

    def _one(self, table: Table) -> One:
        names = PRIMARY_KEYS[table.name]
        row = self.one_of(table.rows)
        key = {name: row[name] if self.maybe(85) else 0 for name in names}
        slots = tuple((name, self.slot(value)) for name, value in key.items())
        return One(slots, self._fields(table, 1, 1))

    def _select(self, table: Table, depth: int = 0, parents: int = 1, fanout: float | None = None) -> Select:
        """Rows of a table: of all of it, or those that belong to a number of parents."""
        visits = ceil(parents * (len(table.rows) if fanout is None else fanout))
        limited = visits > MOST_ROWS or self.maybe(40)
        fields = self._fields(table, depth, min(visits, parents * (12 if depth == 0 else 6)) if limited else visits)
        return Select(fields, self._rows(table, visits, fields, limited=limited), self.strip_nulls)

    # --- rows ----------------------------------------------------------------

    def _rows(self, table: Table, visits: int, fields: tuple[Field, ...], *, limited: bool) -> Rows:
        """Which rows, of so many as are looked at."""
        where = self.condition(table, 3, visits) if self.maybe(55) else None
        if self.dialect == "rest":
            where = self._with_remaining(where, fields)
        distinct = self._distinct(table) if self.dialect != "rest" and self.maybe(15) else ()
        order: list[Order] = [OrderColumn((), ref, *self.direction()) for ref in distinct]
        if self.maybe(50):
            order += [self._sort_key(table, fields, visits) for _ in range(self.number(1, 2))]
        limit = self.limit(6 if visits > len(table.rows) else 12) if limited else None
        offset = self.limit(3) if self.maybe(15) else None
        if limit or offset or distinct or self.maybe(70):
            order += [OrderColumn((), ColumnRef(name), *self.direction()) for name in PRIMARY_KEYS[table.name]]
        return Rows(where, tuple(order), distinct, limit, offset)

    def limit(self, most: int) -> Slot:
        if self.dialect != "rest" and self.maybe(4):
            return self.slot(None)
        return self.slot(0 if self.maybe(4) else self.number(1, most))

    def _distinct(self, table: Table) -> tuple[ColumnRef, ...]:
        first = self.one_of(table.stored)
        second = self.one_of(table.stored)
        names = {first: None, second: None} if self.maybe(40) else {first: None}
        return tuple(ColumnRef(name) for name in names)

    def direction(self) -> tuple[bool, bool]:
        return self.maybe(50), self.maybe(50)

    def _sort_key(self, table: Table, fields: tuple[Field, ...], visits: int) -> Order:
        path, seen = self._path(table, fields) if self.maybe(35) else ((), None)
        end = self._end(table, path)
        many = [(link, way) for link, way in self.links(end, visits) if way.many]
        if self.dialect != "rest" and many and self.maybe(40):
            return self._sort_aggregate(end, path, self.take(end, many, visits)[0])
        return OrderColumn(path, ColumnRef(self.one_of(tuple(end.types))), *self.direction(), seen)

    def _sort_aggregate(self, end: Table, path: tuple[Link, ...], link: Link) -> OrderAggregate:
        target = self._end(end, (link,))
        name, column = self._measure(target)
        reference = None if name == "count" else ColumnRef(column)
        return OrderAggregate((*path, link), name, reference, *self.direction())  # type: ignore[arg-type]

    def _path(self, table: Table, fields: tuple[Field, ...]) -> tuple[tuple[Link, ...], Condition | None]:
        """Along to-one links; REST: along one that is embedded, with the condition of the embed."""
        if self.dialect == "rest":
            embeds = [item for item in fields if isinstance(item, Embed) and not find_way(table.name, item.link).many]
            seen = [(item.link, item.select.rows.where) for item in embeds if is_uncut(item)]
            if not seen:
                return (), None
            link, where = self.one_of(seen)
            return (link,), where
        path: tuple[Link, ...] = ()
        for _ in range(self.number(1, 2)):
            ones = [link for link, way in self.links(self._end(table, path)) if not way.many]
            path = (*path, self.one_of(ones)) if ones else path
        return path, None

    def _end(self, table: Table, path: Sequence[Link]) -> Table:
        for link in path:
            table = self.data.tables[find_way(table.name, link).target]
        return table

    # --- conditions ----------------------------------------------------------

    def condition(self, table: Table, depth: int, visits: int) -> Condition:
        """A condition that is tried on so many rows."""
        kinds = ("compare", "compare", "compare", "and", "or", "or", "not", "related", "related", "measure")
        match self.one_of(kinds if depth else ("compare",)):
            case "and":
                return And(self._conditions(table, depth - 1, visits))
            case "or":
                return Or(self._conditions(table, depth - 1, visits))
            case "not":
                return Not(self.condition(table, depth - 1, visits))
            case "related" if links := self.links(table, visits):
                return self._related(table, *self.take(table, links, visits), depth, visits)
            case "measure" if self.dialect != "rest" and (links := self._many(table, visits)):
                return self._related_measure(table, *self.take(table, links, visits), depth, visits)
            case _:
                return self._compare(table)

    def _many(self, table: Table, visits: int) -> list[tuple[Link, Way]]:
        return [(link, way) for link, way in self.links(table, visits) if way.many]

    def _related_measure(self, table: Table, link: Link, way: Way, depth: int, visits: int) -> RelatedMeasure:
        target = self.data.tables[way.target]
        name = self.one_of(MEASURE_TESTS)
        numbers = [column for column in target.stored if target.types[column] in ("integer", "numeric")]
        counts_rows = name == "count" and self.maybe(50)
        columns = () if counts_rows else (ColumnRef(self.one_of(target.stored if name == "count" else numbers)),)
        inner = ceil(visits * self.fanout(table, way))
        where = self.condition(target, depth - 1, inner) if self.maybe(40) else None
        tests = tuple(self._value_test() for _ in range(self.number(1, 2)))
        return RelatedMeasure(link, name, columns, tests, self.maybe(20), where)  # type: ignore[arg-type]

    def _value_test(self) -> ValueTest:
        if self.maybe(15):
            return ValueTest(Operator.NULL, negated=self.maybe(50))
        operator = self.one_of((Operator.GT, Operator.LT, Operator.GTE, Operator.LTE, Operator.NEQ))
        return ValueTest(operator, self.slot(self.one_of((0, 1, 2, 3, 10, 200, 300_000))))

    def _conditions(self, table: Table, depth: int, visits: int) -> tuple[Condition, ...]:
        least = 1 if self.dialect == "rest" or self.maybe(90) else 0
        return tuple(self.condition(table, depth, visits) for _ in range(self.number(least, 3)))

    def _related(self, table: Table, link: Link, way: Way, depth: int, visits: int) -> Condition:
        target = self.data.tables[way.target]
        inner = ceil(visits * self.fanout(table, way))
        return Related(link, self.condition(target, depth - 1, inner) if self.maybe(75) else None)

    def _with_remaining(self, where: Condition | None, fields: tuple[Field, ...]) -> Condition | None:
        """Perhaps only the rows for which an embed has rows, or has none (``rest.md`` section 7)."""
        for item in fields:
            if (
                isinstance(item, Embed)
                and not item.select.rows.limit
                and not item.select.rows.offset
                and self.maybe(30)
            ):
                remains: Condition = Related(item.link, item.select.rows.where)
                remains = Not(remains) if self.maybe(30) else remains
                where = remains if where is None else And((where, remains))
        return where

    def _compare(self, table: Table) -> Compare:
        name = self.one_of(tuple(table.types))
        is_text = table.types[name] == "text"
        operators = [*ORDERINGS, Operator.NEQ, Operator.GTE, Operator.LTE, Operator.IN, Operator.NULL]
        if is_text:
            operators += TEXT_PATTERNS[self.dialect] * 2
        if self.dialect != "graphql":
            operators.append(Operator.DISTINCT)
        operator = self.one_of(operators)
        if operator is Operator.NULL:
            return Compare(ColumnRef(name), operator)
        quantifiers: tuple[Literal["any", "all"], ...] = ("any", "all")
        quantified = self.dialect != "graphql" and operator in QUANTIFIED and self.maybe(15)
        value = self._values(table, name, operator) if quantified else self._value(table, name, operator)
        return Compare(ColumnRef(name), operator, self.slot(value), self.one_of(quantifiers) if quantified else None)

    def _value(self, table: Table, name: str, operator: Operator) -> object:
        if operator is Operator.IN:
            return self._values(table, name, operator)
        if self.dialect == "engine" and self.maybe(4):
            return None
        if operator in PATTERNS:
            pattern = self.drawn.pattern(table.name, name, operator)
            return pattern.replace("*", "_") if self.dialect == "rest" and "like" in operator else pattern
        return self.drawn.value(table.name, name, texts_only=self.dialect == "rest")

    def _values(self, table: Table, name: str, operator: Operator) -> list[object]:
        single = operator if operator is not Operator.IN else Operator.EQ
        found = [self._value(table, name, single) for _ in range(self.number(0, 4))]
        if self.dialect == "rest" and found == [""]:  # in.("") is the empty list
            return []
        return found

    # --- fields --------------------------------------------------------------

    def _fields(self, table: Table, depth: int, parents: int, used: set[str] | None = None) -> tuple[Field, ...]:
        """Fields of so many rows; ``used`` are the keys that are taken already."""
        used = set() if used is None else used
        found: list[Field] = []
        if self.dialect != "graphql" and self.maybe(15) and not used & set(table.stored):
            used |= set(table.stored)
            found.append(AllColumns())
        found += self._plain(table, used)
        if depth < 3 and self.maybe((70, 50, 30)[depth]):
            for _ in range(self.number(1, 2)):
                found += self._embed(table, depth, parents, used)
        return tuple(self.draw(st.permutations(found)) if self.dialect != "rest" else found)

    def _plain(self, table: Table, used: set[str]) -> Iterator[Field]:
        for _ in range(self.number(1, 3)):
            name = self.one_of(tuple(table.types))
            key = name if name not in used and self.maybe(70) else self.key("c", used)
            used.add(key)
            yield self.column_field(key, name, self.cast(table, name))
        if self.dialect != "rest" and self.maybe(10):
            text = table.name if self.dialect == "graphql" else self.one_of(("x", 'a "b" \\ é'))
            yield Constant(self.key("__typename", used), text)

    def column_field(self, key: str, name: str, cast: str | None = None) -> ColumnField:
        return ColumnField(key, ColumnRef(name), cast)

    def cast(self, table: Table, name: str) -> str | None:
        return self.one_of(CASTS[table.types[name]]) if self.dialect != "graphql" and self.maybe(10) else None

    def key(self, stem: str, used: set[str]) -> str:
        key = next(name for number in count() if (name := f"{stem}{number}") not in used)
        used.add(key)
        return key

    def _embed(self, table: Table, depth: int, parents: int, used: set[str]) -> Iterator[Field]:
        links = self.links(table, parents)
        if not links:
            return
        link, way = self.take(table, links, parents)
        target, fanout = self.data.tables[way.target], self.fanout(table, way)
        is_free = link.name not in used | set(table.types)
        if self.dialect != "rest" and way.many and self.maybe(25):
            yield EmbedAggregate(self.key("a", used), link, self._aggregate(target, depth + 1, parents, fanout))
        elif self.dialect != "graphql" and not way.many and is_free and self.maybe(30):
            used.add(link.name)
            yield Embed(link.name, link, self._to_one(target, depth + 1, parents, used), spread=True)
        elif self.dialect != "graphql" and way.many and is_free and self.maybe(25):
            used.add(link.name)
            yield Embed(link.name, link, self.lists(target, depth + 1, parents, fanout, used), spread=True)
        elif self.dialect != "graphql" and self.maybe(15):
            yield Embed(self.key("g", used), link, Grouping(self).select(target, parents, fanout))
        else:
            key = link.name if is_free and self.maybe(60) else self.key("e", used)
            used.add(key)
            many = way.many
            select = self._select(target, depth + 1, parents, fanout) if many else None
            yield Embed(key, link, select or self._to_one(target, depth + 1, parents))

    def _to_one(self, target: Table, depth: int, parents: int, used: set[str] | None = None) -> Select:
        fields = self._fields(target, depth, parents, used)
        cut = self.dialect != "graphql" and self.maybe(20)
        if self.dialect == "rest" and not cut and self.maybe(25):
            return Select(fields, Rows(self.condition(target, 1, parents)), self.strip_nulls)
        return Select(fields, self._rows(target, parents, fields, limited=False) if cut else Rows(), self.strip_nulls)

    def lists(self, table: Table, depth: int, parents: int, fanout: float, used: set[str]) -> Select:
        """What a to-many spread puts beside the fields of its parent."""
        visits = ceil(parents * fanout)
        limited = visits > MOST_ROWS or self.maybe(30)
        where = self.condition(table, 1, visits) if self.maybe(30) else None
        order = tuple(self._sort_key(table, (), visits) for _ in range(self.number(0, 2)))
        limit = self.slot(self.number(0, 4)) if limited else None
        offset = self.slot(self.number(0, 2)) if self.maybe(10) else None
        fields = self._fields(table, max(2, depth), min(visits, parents * 4) if limited else visits, used)
        return Select(fields, Rows(where, order, (), limit, offset), self.strip_nulls)

    # --- aggregates ----------------------------------------------------------

    def _aggregate(self, table: Table, depth: int = 0, parents: int = 1, fanout: float | None = None) -> Aggregate:
        visits = ceil(parents * (len(table.rows) if fanout is None else fanout))
        items: list[Measure | Nodes | Groups | Constant | Count] = []
        nodes = self.maybe(40)
        limited = self.maybe(25) or (nodes and visits > MOST_ROWS)
        if nodes:
            items.append(Nodes("nodes", self._fields(table, max(2, depth), min(visits, parents * 6))))
        if not items or self.maybe(70):
            items.append(self._measures(table))
        if self.maybe(25):
            items.append(self._groups(table))
        return Aggregate(tuple(items), self._rows(table, visits, (), limited=limited))

    def _groups(self, table: Table) -> Groups:
        by = tuple(dict.fromkeys(self.one_of(table.stored) for _ in range(self.number(1, 2))))
        key = GroupKey("key", tuple(ColumnField(name, ColumnRef(name)) for name in by))
        order: list[GroupOrder] = []
        if self.maybe(40):
            order.append(GroupOrder("count", None, *self._way()))
        if self.maybe(40):
            order.append(GroupOrder(None, ColumnRef(self.one_of(by)), *self._way()))
        limit = self.slot(self.number(0, 20)) if self.maybe(50) else None
        offset = self.slot(self.number(0, 3)) if self.maybe(20) else None
        columns = tuple(ColumnRef(name) for name in by)
        return Groups("groups", columns, (key, self._measures(table)), tuple(order), limit, offset)

    def _way(self) -> tuple[bool, bool]:
        """Descending, and nulls first."""
        return self.maybe(50), self.maybe(50)

    def _measures(self, table: Table) -> Measure:
        makers: tuple[Callable[[Table, str], Count | MeasureGroup], ...] = (self._count, self._group)
        made = [self.one_of(makers)(table, f"m{number}") for number in range(self.number(1, 4))]
        return Measure("aggregate", tuple(made))

    def _count(self, table: Table, key: str) -> Count:
        names = {self.one_of(table.stored): None for _ in range(self.number(0, 2))}
        return Count(key, tuple(ColumnRef(name) for name in names), bool(names) and self.maybe(50))

    def _group(self, table: Table, key: str) -> MeasureGroup:
        name, column = self._measure(table, count=False)
        fields: tuple[ColumnField | Constant, ...] = (ColumnField(column, ColumnRef(column)),)
        if name in ("min", "max") and self.maybe(50):
            fields = (*fields, ColumnField("x", ColumnRef(self.one_of(table.stored))))
        return MeasureGroup(key, name, fields)  # type: ignore[arg-type]

    def _measure(self, table: Table, *, count: bool = True) -> tuple[str, str]:
        """A measure and a column that it applies to."""
        names = (*(("count",) if count else ()), "min", "max", "sum", "avg", self.one_of(STATISTICS))
        name = self.one_of(names)
        numbers = [column for column in table.stored if table.types[column] in ("integer", "numeric")]
        return name, self.one_of(table.stored if name in ("min", "max") else numbers)

    # --- links ---------------------------------------------------------------

    def links(self, table: Table, visits: int = 0) -> list[tuple[Link, Way]]:
        """The ways from so many rows of a table, by the names that the dialect may use."""
        found = [(Link(name, detect=self.dialect == "rest"), way) for name, way in RELATIONSHIPS[table.name].items()]
        found += [] if self.dialect == "graphql" else list(detected_links(table.name))
        return [(link, way) for link, way in found if visits * self.fanout(table, way) <= self.visits_left]

    def take(self, table: Table, links: list[tuple[Link, Way]], visits: int) -> tuple[Link, Way]:
        """One of the links, to be followed from so many rows."""
        link, way = self.one_of(links)
        self.visits_left -= visits * self.fanout(table, way)
        return link, way

    def fanout(self, table: Table, way: Way) -> float:
        """Rows that belong to one row, about."""
        middle = self.data.tables[way.junction[0]] if way.junction else self.data.tables[way.target]
        return max(1, len(middle.rows) / len(table.rows)) if way.many else 1


def is_uncut(item: Embed) -> bool:
    """Whether all related rows that meet the condition are embedded."""
    return item.select.rows == Rows(item.select.rows.where)


def detected_links(table: str) -> Iterator[tuple[Link, Way]]:
    """Names and hints by which REST finds a way from a table, as far as they are unambiguous."""
    ways = list(offered(table))
    for way, names, hints in ways:
        for name in sorted(names):
            same = [others for _, other_names, others in ways if name in other_names]
            if len(same) == 1 and name not in RELATIONSHIPS[table]:
                yield Link(name, detect=True), way
            for hint in sorted(hints):
                if sum(hint in others for others in same) == 1:
                    yield Link(name, hint, detect=True), way
