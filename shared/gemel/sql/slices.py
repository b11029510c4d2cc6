"""Which rows: FROM, WHERE, ORDER BY, LIMIT and OFFSET of a slice."""

from collections.abc import Iterable

from gemel.catalog import Column, Relation
from gemel.plan.model import Param, Slice
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import condition, joined, order_by
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.given import named_keys
from gemel.sql.keyset import behind

NUMBER = "gemel_number"
"""Column that counts the rows in their order."""
Parent = tuple[Frame, Relation]
"""The row that the rows of a slice are related to."""


def read_from(
    cut: Slice,
    frame: Frame,
    parent: Parent | None,
    needed: Iterable[Column],
    *,
    aside: bool = False,
    numbered: bool = False,
) -> tuple[Frame, Fragment]:
    """The rows of a slice: a frame to read them from, and all from FROM on.

    Where rows are cut off, they are chosen in an inner select, so that nothing is computed for those that are skipped.

    :param needed: columns that will be read.
    :param aside: choose them in an inner select in any case.
    :param numbered: count the rows of the inner select in a column ``NUMBER``.
    """
    if not (cut.is_cut or aside):
        return frame, sql(from_where(frame, cut, parent), order(frame, cut))
    builder = frame.builder
    columns = {column.name: column for column in needed}
    chosen: list[Part] = [sql(frame.column(one), f" AS {builder.quote(one.name)}") for one in columns.values()]
    outer = Frame(builder, builder.alias(), frame.table, selected=True)
    if cut.distinct:
        inner = _distinct(frame, cut, parent, chosen)
    else:
        listed = join(", ", chosen or ["1 AS gemel_row"])
        inner = sql("SELECT ", listed, " ", from_where(frame, cut, parent), order(frame, cut))
    inner = sql(inner, limit(builder, cut))
    if numbered:
        alias = builder.alias()
        numbered_rows = f"SELECT {alias}.*, row_number() OVER () AS {NUMBER} "
        inner = sql(numbered_rows, "FROM (", inner, f") AS {alias}")
    return outer, sql("FROM (", inner, f") AS {outer.alias}")


def _distinct(frame: Frame, cut: Slice, parent: Parent | None, chosen: list[Part]) -> Fragment:
    """The first row of each combination, by the order of the whole."""
    alias = frame.builder.alias()
    by = join(", ", (frame.ordered(use) for use in cut.distinct))
    # Each window gets its own copy of the order: a parameter may stand in a statement once.
    place = sql("row_number() OVER (PARTITION BY ", by, order(frame, cut), ") AS gemel_place")
    number = sql("row_number() OVER (", order(frame, cut), ") AS gemel_rank")
    listed = join(", ", [*chosen, place, number])
    ranked = sql("SELECT ", listed, " ", from_where(frame, cut, parent))
    return sql("SELECT * FROM (", ranked, f") AS {alias} WHERE gemel_place = 1 ORDER BY gemel_rank")


def from_where(frame: Frame, cut: Slice, parent: Parent | None) -> Fragment:
    """FROM and WHERE."""
    tests = [joined(parent[0], frame, parent[1])] if parent is not None else []
    tests += [condition(frame, test) for test in (cut.visible, cut.where) if test is not None]
    if cut.after is not None:
        tests.append(behind(frame, cut.order, cut.after))
    source = sql("FROM ", _source(frame, cut))
    return sql(source, " WHERE ", join(" AND ", tests)) if tests else source


def _source(frame: Frame, cut: Slice) -> Fragment:
    table = sql(frame.builder.table(frame.table.source), f" AS {frame.alias}")
    if not cut.keys:
        return table
    keys = named_keys(frame, cut.keys)
    return sql(keys.source, " JOIN ", table, " ON ", keys.match)


def order(frame: Frame, cut: Slice) -> Fragment:
    """ORDER BY."""
    if cut.order:
        return sql(" ORDER BY ", order_by(frame, cut.order))
    return sql(" ORDER BY given.n") if cut.keys else sql("")


def limit(builder: Builder, cut: Slice) -> Fragment:
    """LIMIT and OFFSET of a slice."""
    return page(builder, cut.limit, cut.offset, cut.most)


def page(builder: Builder, limit: Param | None, offset: Param | None, most: int | None = None) -> Fragment:
    """LIMIT and OFFSET. SQLite knows no OFFSET without LIMIT."""
    backend, parts = builder.backend, list[Part]()
    if limit is not None or most is not None:
        bind = builder.bind(limit) if limit is not None else None
        parts += [" LIMIT ", backend.limit(bind, most)]
    elif offset is not None and backend.dialect.name == "sqlite":
        parts.append(" LIMIT -1")
    if offset is not None:
        parts += [" OFFSET ", backend.offset(builder.bind(offset))]
    return sql(*parts)
