"""Rows that are groups: what they have in common and what is computed over each (``docs/dialects/rest.md`` section 6).

What groups are made of is computed once, in a select of the rows: an expression with constants in it is another one
wherever it is written again, and related rows can be had in common only as the text that they make.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from gemel.catalog import Kind
from gemel.catalog.types import simple
from gemel.plan.model import Group, Nested, Output, RowsPlan, Value
from gemel.sql.backend import Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import placed, sort_value
from gemel.sql.fragment import Fragment, join, literal, sql
from gemel.sql.slices import Parent, from_where, limit, order
from gemel.sql.spreads import listed
from gemel.sql.texts import concat, json_object, key
from gemel.sql.values import measured_json, value_json

EmbedOf = Callable[[Frame, Output], Expression]
"""JSON text of related rows, and of the fields of such."""
Path = tuple[Nested, ...]
"""To-one spreads, one in the other."""


@dataclass(frozen=True)
class _List:
    """One field of a to-many spread, as the list that it is had in common as."""

    key: str
    make: Callable[[Frame], Expression]


@dataclass
class _Aside:
    """The columns of the select of the rows that are grouped."""

    alias: str
    columns: list[Fragment] = field(default_factory=list)
    by: list[Expression] = field(default_factory=list)

    def add(self, value: Expression, *, grouping: bool) -> Expression:
        """A column more, as it is read outside."""
        name = f"c{len(self.columns)}"
        self.columns.append(sql(value, f" AS {name}"))
        found = sql(f"{self.alias}.{name}")
        if grouping:
            self.by.append(found)
        return found


def groups(plan: RowsPlan, builder: Builder, parent: Parent | None, embed_of: EmbedOf) -> Fragment:
    """SELECT with one column ``j``: the JSON text of each group."""
    frame, aside = Frame(builder, builder.alias(), plan.table), _Aside(builder.alias())
    members = [
        (key(builder, item.key), _member(frame, aside, path, item, embed_of))
        for path, item in _leaves(plan.fields, (), embed_of)
    ]
    sorts = [_sort(frame, aside, plan, number) for number in range(len(plan.slice.order))]
    chosen = join(", ", aside.columns or ["1 AS gemel_row"])
    source = sql("FROM (SELECT ", chosen, " ", from_where(frame, plan.slice, parent), f") AS {aside.alias}")
    grouped = sql(" GROUP BY ", join(", ", aside.by)) if aside.by else sql("")
    ordered = sql(" ORDER BY ", join(", ", sorts)) if sorts else sql("")
    source = sql(" ", source, grouped, ordered, limit(builder, plan.slice))
    if plan.strip_nulls:
        return _stripped(builder, members, source)
    row = concat(json_object((name, [value]) for name, value in members))
    return sql("SELECT ", row, " AS j", source)


def _stripped(builder: Builder, members: list[tuple[Expression, Expression]], source: Fragment) -> Fragment:
    """Objects without nulls. Whether a value is null is asked outside: a backend may ask in a select of its own, in
    which ``count(*)`` would count that select's rows."""
    alias = builder.alias()
    columns = join(", ", (sql(value, f" AS j{number}") for number, (_, value) in enumerate(members)))
    kept = (builder.backend.member(name, sql(f"{alias}.j{number}")) for number, (name, _) in enumerate(members))
    row = sql("'{' || rtrim(", join(" || ", kept), ", ',') || '}'")
    return sql("SELECT ", row, " AS j FROM (SELECT ", columns, source, f") AS {alias}")


def _leaves(fields: Iterable[Output], path: Path, embed_of: EmbedOf) -> Iterator[tuple[Path, Output | _List]]:
    """The members of a group: those of a spread are lifted into it."""
    for item in fields:
        if isinstance(item, Nested) and item.spread and item.hop.relation.to_many:
            yield from ((path, _List(name, make)) for name, make in listed(item, embed_of))
        elif isinstance(item, Nested) and item.spread:
            yield from _leaves(item.rows.fields, (*path, item), embed_of)
        else:
            yield path, item


def _member(frame: Frame, aside: _Aside, path: Path, item: Output | _List, embed_of: EmbedOf) -> Expression:
    backend = frame.builder.backend
    match item:
        case Value(use=use, cast=cast):
            value, type_ = aside.add(_along(frame, path, lambda at: at.use(use)), grouping=True), use.type
            if cast is None:
                return value_json(frame.builder, value, type_)
            return backend.json(backend.cast(value, frame.builder.stored(type_), cast), cast)
        case Nested():
            return _common(frame, aside, path, lambda at: embed_of(at, item), "null")
        case _List(make=make):
            return _common(frame, aside, path, make, "[]")
        case Group():
            return _computed(frame, aside, path, item)
    raise AssertionError(f"{item} is no member of a group")


def _common(frame: Frame, aside: _Aside, path: Path, make: Callable[[Frame], Expression], nothing: str) -> Expression:
    """JSON that is grouped by; what the row at the end does not have is the same as that there is no such row."""
    return aside.add(sql("coalesce(", _along(frame, path, make), ", ", literal(nothing), ")"), grouping=True)


def _computed(frame: Frame, aside: _Aside, path: Path, item: Group) -> Expression:
    backend, use, before = frame.builder.backend, item.use, item.before
    if use is None:
        counted, type_ = sql("count(*)"), simple(Kind.BIGINT)
        return (
            backend.json(counted, type_)
            if item.after is None
            else backend.json(backend.cast(counted, type_, item.after), item.after)
        )
    given, kind = _along(frame, path, lambda at: at.use(use)), use.type
    if before is not None:
        given, kind = backend.cast(given, frame.builder.stored(kind), before), before
    return measured_json(frame, item.name, aside.add(given, grouping=False), kind, item.after)


def _along(frame: Frame, path: Path, make: Callable[[Frame], Expression]) -> Expression:
    """A value at the end of to-one spreads; null where there is no row."""
    if not path:
        return make(frame)
    builder, spread = frame.builder, path[0]
    cut = spread.rows.slice
    other = Frame(builder, builder.alias(), spread.rows.table)
    value = _along(other, path[1:], make)
    source = sql(from_where(other, cut, (frame, spread.hop.relation)), order(other, cut))
    if not cut.is_cut:
        return sql("(SELECT ", value, " ", source, " LIMIT 1)")
    inner = sql("SELECT ", value, " AS one ", source, limit(builder, cut))
    return sql("(SELECT one FROM (", inner, f") AS {builder.alias()} LIMIT 1)")


def _sort(frame: Frame, aside: _Aside, plan: RowsPlan, number: int) -> Expression:
    """A sort key, which the plan knows to be the same in all rows of a group."""
    item = plan.slice.order[number]
    value = aside.add(sort_value(frame, item)[0], grouping=True)
    return placed(value, descending=item.descending, nulls_first=item.nulls_first)
