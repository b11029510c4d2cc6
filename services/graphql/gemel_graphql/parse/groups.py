"""Groups of rows in aggregates (``docs/dialects/graphql.md`` section 20)."""

from collections.abc import Callable, Iterator

from gemel.request import ColumnField, ColumnRef, Constant, Count, GroupKey, GroupOrder, Groups, Measure, MeasureGroup
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.orders import chosen_direction, columns, measured
from gemel_graphql.parse.readers import limit_reader, offset_reader
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments, collect, in_capitals
from gemel_graphql.schema.meaning import ColumnOf, Part, meaning_of

Measures = Callable[[Scope, Selected], Iterator[Count | MeasureGroup | Constant]]


def groups(scope: Scope, selected: Selected, measures: Measures) -> Groups:
    """The rows by equal values.

    :param measures: reads what is computed.
    :raises RequestError: a field, an argument or a value is wrong.
    """
    given = {name: value for name, value in arguments(scope, selected).items() if not value.is_null}
    items: list[GroupKey | Measure | Constant] = []
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            items.append(Constant(item.key, selected.type.name))
        elif meaning_of(item.field) == Part("key"):
            items.append(GroupKey(item.key, tuple(_key(scope, item))))
        else:
            items.append(Measure(item.key, tuple(measures(scope, item))))
    order = tuple(_orders(given["order_by"])) if "order_by" in given else ()
    limit = given["limit"].slot(limit_reader) if "limit" in given else None
    offset = given["offset"].slot(offset_reader) if "offset" in given else None
    return Groups(selected.key, columns(given["by"]), tuple(items), order, limit, offset)


def _key(scope: Scope, selected: Selected) -> Iterator[ColumnField | Constant]:
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            yield Constant(item.key, selected.type.name)
        else:
            meaning: ColumnOf = meaning_of(item.field)
            column = ColumnRef(meaning.column.name, at=item.at)
            yield ColumnField(item.key, column, meaning.cast, capitals=in_capitals(item))


def _orders(order_by: Given) -> Iterator[GroupOrder]:
    for item in order_by.elements():
        for _, field, value in item.members():
            if value.is_null:
                continue
            if meaning_of(field) == Part("key"):
                yield from _by_key(value)
            else:
                for measure, column, way in measured(value):
                    yield GroupOrder(measure, column, way.descending, way.nulls_first)


def _by_key(item: Given) -> Iterator[GroupOrder]:
    for _, field, value in item.members():
        if not value.is_null:
            way = chosen_direction(value)
            column = ColumnRef(meaning_of(field).column.name, at=value.at)
            yield GroupOrder(None, column, way.descending, way.nulls_first)
