"""What is read: fields of rows, their lists and aggregates (``docs/dialects/graphql.md`` sections 2, 3 and 8)."""

from collections.abc import Iterator, Mapping

from gemel.apart import hold
from gemel.catalog import Column
from gemel.request import (
    Aggregate,
    ColumnField,
    ColumnRef,
    Constant,
    Count,
    Cursor,
    Embed,
    EmbedAggregate,
    Field,
    Groups,
    Link,
    Measure,
    MeasureGroup,
    Nodes,
    Rows,
    Select,
    Slot,
)
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.groups import groups
from gemel_graphql.parse.orders import columns, orders
from gemel_graphql.parse.path import read_path
from gemel_graphql.parse.readers import Reader, limit_reader, offset_reader, text_reader
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments, collect, in_capitals
from gemel_graphql.schema.meaning import ColumnOf, MeasureOf, Part, RelatedAggregate, RelatedRows, meaning_of


def fields(scope: Scope, selected: Selected, *, listed: bool = False) -> tuple[Field, ...]:
    """What is selected of rows.

    :param listed: the rows are members of a list, and so have a place in it.
    :raises RequestError: a field, an argument or a value is wrong.
    """
    return tuple(_fields(scope, selected, listed))


def _fields(scope: Scope, selected: Selected, listed: bool) -> Iterator[Field]:
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            yield Constant(item.key, selected.type.name)
            continue
        match meaning_of(item.field):
            case ColumnOf(column, cast):
                yield hold(ColumnField(item.key, _column(scope, item, column), cast, capitals=in_capitals(item)))
            case RelatedRows(relation):
                link = Link(relation.name, at=item.at)
                chosen = rows(arguments(scope, item)) if relation.to_many else _nothing(scope, item)
                yield Embed(item.key, link, Select(fields(scope, item, listed=relation.to_many), chosen))
            case RelatedAggregate(relation):
                yield EmbedAggregate(item.key, Link(relation.name, at=item.at), aggregate(scope, item))
            case Part("cursor"):
                # Clients that are made from the schema select it everywhere: what has no place has none.
                yield Cursor(item.key) if listed else Constant(item.key, None)


def _nothing(scope: Scope, item: Selected) -> Rows:
    arguments(scope, item)
    return Rows()


def _column(scope: Scope, item: Selected, column: Column) -> ColumnRef:
    given = arguments(scope, item).get("path")
    if given is None or given.is_null:
        return ColumnRef(column.name, at=item.at)
    return ColumnRef(column.name, read_path(given.constant_text(), given.at), at=item.at)


def rows(given: Mapping[str, Given]) -> Rows:
    """Which rows, by the arguments of a list; an argument that is null counts as not given."""
    present = {name: value for name, value in given.items() if not value.is_null}
    where, order = present.get("where"), present.get("order_by")
    if "first" in present and "limit" in present:
        raise refuse("'first' and 'limit' say the same: give one of them", present["first"].at)
    return Rows(
        where=condition(where) if where is not None else None,
        order=orders(order) if order is not None else (),
        distinct=columns(present["distinct_on"]) if "distinct_on" in present else (),
        limit=_number(present.get("first", present.get("limit")), limit_reader),
        offset=_number(present.get("offset"), offset_reader),
        after=present["after"].slot(text_reader) if "after" in present else None,
    )


def _number(given: Given | None, read: Reader) -> Slot | None:
    return given.slot(read) if given is not None else None


def aggregate(scope: Scope, selected: Selected) -> Aggregate:
    """What is made over rows."""
    chosen = rows(arguments(scope, selected))
    items: list[Measure | Nodes | Groups | Constant | Count] = []
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            items.append(Constant(item.key, selected.type.name))
        elif meaning_of(item.field) == Part("nodes"):
            items.append(Nodes(item.key, fields(scope, item, listed=True)))
        elif meaning_of(item.field) == Part("groups"):
            items.append(groups(scope, item, _measures))
        else:
            items.append(Measure(item.key, tuple(_measures(scope, item))))
    return Aggregate(tuple(items), chosen)


def _measures(scope: Scope, selected: Selected) -> Iterator[Count | MeasureGroup | Constant]:
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            yield Constant(item.key, selected.type.name)
            continue
        match meaning_of(item.field):
            case MeasureOf(name):
                yield MeasureGroup(item.key, name, tuple(_measured(scope, item)))
            case _:
                yield _count(item, arguments(scope, item))


def _count(item: Selected, given: Mapping[str, Given]) -> Count:
    present = {name: value for name, value in given.items() if not value.is_null}
    distinct = "distinct" in present and present["distinct"].truth()
    return Count(item.key, columns(present["columns"]) if "columns" in present else (), distinct)


def _measured(scope: Scope, selected: Selected) -> Iterator[ColumnField | Constant]:
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            yield Constant(item.key, selected.type.name)
        else:
            meaning: ColumnOf = meaning_of(item.field)
            yield ColumnField(item.key, ColumnRef(meaning.column.name, at=item.at), meaning.cast)
