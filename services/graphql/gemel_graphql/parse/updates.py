"""What an update does to rows (``docs/dialects/graphql.md`` section 9.3)."""

from collections.abc import Mapping
from typing import Final

from gemel.catalog import Column, Kind
from gemel.catalog.types import simple
from gemel.errors import Location
from gemel.request import (
    Assign,
    ColumnRef,
    Condition,
    Operation,
    Select,
    Slot,
    Source,
    Update,
)
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.readers import column_reader, list_reader, text_reader, value_reader
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.schema.meaning import meaning_of

OPERATORS: Final[tuple[tuple[str, Operation], ...]] = (
    ("_set", "set"),
    ("_inc", "inc"),
    ("_append", "append"),
    ("_prepend", "prepend"),
    ("_delete_key", "delete_key"),
    ("_delete_elem", "delete_elem"),
    ("_delete_at_path", "delete_at_path"),
)


def updated(
    key: str,
    source: Source,
    where: Condition,
    given: Mapping[str, Given],
    at: Location,
    returning: tuple[Select, ...] = (),
) -> Update:
    """An update.

    :param given: its operators, by name; a null is none.
    :raises RequestError: a value does not fit, or a column is in two operators.
    """
    asked = {name: item for name, item in given.items() if not item.is_null}
    return Update(key, source, where, _assignments(asked, at), returning=returning, at=at)


def _assignments(given: Mapping[str, Given], at: Location) -> tuple[Assign, ...]:
    found: dict[str, Assign] = {}
    for name, operator in OPERATORS:
        for _, field, value in given[name].members() if name in given else ():
            column = meaning_of(field).column
            if column.name in found:
                raise refuse(f"Column found in multiple operators: {column.name}", at)
            ref = ColumnRef(column.name, at=value.at)
            found[column.name] = Assign(ref, operator, _new_value(column, operator, value))
    return tuple(found.values())


def _new_value(column: Column, operator: Operation, value: Given) -> Slot:
    """A null is written as such, where the column takes it (section 9.1)."""
    if value.is_null and operator == "set" and column.nullable:
        return value.scope.constant(None)
    if value.is_null:
        raise value.unexpected_null()
    if operator == "delete_key":
        return value.slot(text_reader)
    if operator == "delete_elem":
        return value.slot(column_reader(simple(Kind.INTEGER)))
    if operator == "delete_at_path":
        return value.slot(list_reader(text_reader, "String"))
    return value.slot(value_reader(value.type, column.type))
