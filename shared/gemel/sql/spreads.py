"""Spreads of to-many relations: a list for each field, in one common order (``docs/dialects/rest.md``, R8-2)."""

from collections.abc import Callable, Iterable, Iterator

from gemel.plan.model import Nested, Output
from gemel.sql.backend import Expression
from gemel.sql.build import Frame
from gemel.sql.fragment import Fragment, join, literal, sql
from gemel.sql.needed import needed
from gemel.sql.slices import read_from
from gemel.sql.texts import concat, json_array, key

ValueOf = Callable[[Frame, Output], Expression]
"""JSON text of a field that is no spread."""
Make = Callable[[Frame], Expression]


def missing(fields: Iterable[Output]) -> Iterator[tuple[str, str]]:
    """Keys, and what stands for the members of a row that is not there."""
    for item in fields:
        if not (isinstance(item, Nested) and item.spread):
            yield item.key, "null"
        elif item.hop.relation.to_many:
            yield from ((name, "[]") for name, _ in missing(item.rows.fields))
        else:
            yield from missing(item.rows.fields)


def lists(frame: Frame, item: Nested, value_of: ValueOf) -> Expression:
    """The members of a row that a to-many spread gives, without brackets."""
    builder, alias = frame.builder, frame.builder.alias()
    found, source = _rows(frame, item)
    columns: list[Fragment] = []
    members: list[Expression] = []
    for number, (name, make) in enumerate(_made(item.rows.fields, value_of)):
        columns.append(sql(make(found), f" AS j{number}"))
        values = sql("coalesce(", builder.backend.concat_rows(sql(f"{alias}.j{number}")), ", '')")
        members += [literal(","), key(builder, name)] if number else [key(builder, name)]
        members += [literal("["), values, literal("]")]
    chosen = sql("SELECT ", join(", ", columns), " ", source)
    return sql("(SELECT ", concat(members), " FROM (", chosen, f") AS {alias})")


def listed(item: Nested, value_of: ValueOf) -> Iterator[tuple[str, Make]]:
    """Keys of a to-many spread, and what makes the list under each."""
    for name, make in _made(item.rows.fields, value_of):
        yield name, _through(item, make, "[]")


def _rows(frame: Frame, item: Nested) -> tuple[Frame, Fragment]:
    inner = Frame(frame.builder, frame.builder.alias(), item.rows.table)
    parent = (frame, item.hop.relation)
    return read_from(item.rows.slice, inner, parent, needed(item.rows.table, item.rows.fields))


def _made(fields: Iterable[Output], value_of: ValueOf) -> Iterator[tuple[str, Make]]:
    """Keys, and what is under them for a row; spreads in spreads are resolved."""
    for item in fields:
        if isinstance(item, Nested) and item.spread:
            inner = zip(_made(item.rows.fields, value_of), missing(item.rows.fields), strict=True)
            for (name, make), (_, nothing) in inner:
                yield name, _through(item, make, nothing)
        else:
            yield item.key, _plain(item, value_of)


def _plain(item: Output, value_of: ValueOf) -> Make:
    return lambda frame: value_of(frame, item)


def _through(item: Nested, make: Make, nothing: str) -> Make:
    """One field of a spread within a spread: of one related row, or a list.

    :param nothing: what stands for it when there is no related row.
    """

    def value(frame: Frame) -> Expression:
        found, source = _rows(frame, item)
        made = make(found)
        if not item.hop.relation.to_many:
            return sql("coalesce((SELECT ", made, " ", source, " LIMIT 1), ", literal(nothing), ")")
        return json_array(frame.builder, sql("SELECT ", made, " AS j ", source))

    return value
