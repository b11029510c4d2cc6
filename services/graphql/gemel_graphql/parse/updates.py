"""What an update does to rows and to those related to them (``docs/dialects/graphql.md`` sections 9.3 and 21)."""

from collections.abc import Mapping
from typing import Final

from graphql import get_named_type

from gemel.catalog import Column, Kind
from gemel.catalog.types import simple
from gemel.errors import Location
from gemel.request import (
    Along,
    Assign,
    ColumnRef,
    Condition,
    Delete,
    Link,
    NestedInsert,
    Operation,
    Select,
    Slot,
    Source,
    Update,
)
from gemel_graphql.parse.conflicts import conflict
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.inserts import Rows, determined
from gemel_graphql.parse.outline import tie_of
from gemel_graphql.parse.readers import column_reader, list_reader, text_reader, value_reader
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.schema.meaning import RelatedRows, meaning_of

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
    along = _along(asked["_nested"]) if "_nested" in asked else ()
    return Update(key, source, where, _assignments(asked, at), along, returning, at=at)


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


def _along(nested: Given) -> tuple[Along, ...]:
    found = []
    for name, field, value in nested.members():
        if value.is_null:
            continue
        meaning: RelatedRows = meaning_of(field)
        source = Source(meaning.table.schema, meaning.table.name, at=value.at)
        parts = {part: item for part, item in value.parts().items() if not item.is_null}
        deletes = parts["delete"].elements() if "delete" in parts else []
        updates = parts["update"].elements() if "update" in parts else []
        insert, rows = _inserted(name, meaning, parts["insert"]) if "insert" in parts else (None, None)
        found.append(
            Along(
                Link(meaning.relation.name, at=value.at),
                tuple(Delete("", source, condition(item.parts()["where"]), at=item.at) for item in deletes),
                tuple(_related(source, item) for item in updates),
                insert,
                rows,
            )
        )
    return tuple(found)


def _related(source: Source, item: Given) -> Update:
    parts = item.parts()
    return updated("", source, condition(parts["where"]), parts, item.at)


def _inserted(name: str, meaning: RelatedRows, given: Given) -> tuple[NestedInsert | None, Slot | None]:
    tie = tie_of(name, meaning, get_named_type(given.type))
    parts = given.parts()
    rows = Rows(tie.rows, determined(tie), "update")
    made = (rows.add if tie.relation.to_many else rows.add_one)(parts["data"])
    resolved = conflict(meaning.table, parts)
    if not rows.shapes():
        return None, None
    return NestedInsert(Link(meaning.relation.name, at=given.at), rows.shapes(), resolved), given.scope.extracted(made)
