"""What is written (``docs/dialects/graphql.md`` section 9)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from gemel.catalog import Column, Kind, Table
from gemel.catalog.types import simple
from gemel.request import (
    And,
    Assign,
    ColumnRef,
    Compare,
    Condition,
    Delete,
    Insert,
    Operator,
    Select,
    Slot,
    Source,
    Update,
    Write,
)
from gemel.request import (
    Operation as ChangeOperation,
)
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.inserts import conflict, inserted
from gemel_graphql.parse.readers import column_reader, list_reader, text_reader, value_reader
from gemel_graphql.parse.reads import fields
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments, collect
from gemel_graphql.schema.meaning import OneWrite, Part, WriteField, meaning_of

OPERATORS: Final[tuple[tuple[str, ChangeOperation], ...]] = (
    ("_set", "set"),
    ("_inc", "inc"),
    ("_append", "append"),
    ("_prepend", "prepend"),
    ("_delete_key", "delete_key"),
    ("_delete_elem", "delete_elem"),
    ("_delete_at_path", "delete_at_path"),
)


@dataclass(frozen=True)
class ResponsePart:
    """A member of a mutation's response."""

    key: str
    content: Literal["affected", "text"] | int
    """The count, a constant, or which of the returned lists."""
    text: str = ""


@dataclass(frozen=True)
class Response:
    """How the answer of a write looks: the parts of an object, or the only row (``None``)."""

    parts: tuple[ResponsePart, ...] | None
    listed: bool = False
    """There is one for each of several writes."""


def write(scope: Scope, selected: Selected, meaning: WriteField) -> tuple[tuple[Write, ...], Response]:
    """The writes of a root field of a mutation.

    :raises RequestError: an argument, a value or a selection is wrong.
    """
    given = arguments(scope, selected)
    table = meaning.table
    if meaning.verb in ("insert", "update", "update_many", "delete"):
        returning, response = _response(scope, selected)
    else:
        returning, response = (Select(fields(scope, selected)),), Response(None)
    source = Source(table.schema, table.name, at=selected.at)
    if meaning.verb == "update_many":
        return _many(selected, source, given["updates"], returning), replace(response, listed=True)
    return (_write(scope, selected, source, table, meaning.verb, given, returning),), response


def _write(
    scope: Scope,
    selected: Selected,
    source: Source,
    table: Table,
    verb: OneWrite,
    given: Mapping[str, Given],
    returning: tuple[Select, ...],
) -> Write:
    key, at = selected.key, (*selected.at, "args")
    match verb:
        case "insert":
            rows = inserted(given["objects"].elements())
            return Insert(
                key, source, rows.shapes, rows.slot(scope), conflict(table, given), returning, at=(*at, "objects")
            )
        case "insert_one":
            rows = inserted([given["object"]])
            return Insert(
                key, source, rows.shapes, rows.slot(scope), conflict(table, given), returning, at=(*at, "object")
            )
        case "update":
            return Update(key, source, condition(given["where"]), _assignments(given, at), returning=returning, at=at)
        case "update_by_pk":
            members = given["pk_columns"].members()
            chosen = _by_key(table, {meaning_of(field).column.name: value for _, field, value in members})
            return Update(key, source, chosen, _assignments(given, at), returning=returning, at=at)
        case "delete":
            return Delete(key, source, condition(given["where"]), returning, at=at)
        case "delete_by_pk":
            return Delete(key, source, _by_key(table, given), returning, at=at)


def _many(selected: Selected, source: Source, updates: Given, returning: tuple[Select, ...]) -> tuple[Write, ...]:
    found = []
    for item in updates.elements():
        parts = item.parts()
        changes = _assignments(parts, item.at)
        chosen = condition(parts["where"])
        found.append(Update(selected.key, source, chosen, changes, returning=returning, at=item.at))
    return tuple(found)


def key_slots(table: Table, given: Mapping[str, Given]) -> tuple[tuple[str, Slot], ...]:
    """The columns of the primary key with what was given for them."""
    return tuple(
        (name, given[name].slot(value_reader(given[name].type, table.columns[name].type))) for name in _key(table)
    )


def _key(table: Table) -> tuple[str, ...]:
    return table.primary_key.columns if table.primary_key is not None else ()


def _by_key(table: Table, given: Mapping[str, Given]) -> Condition:
    return And(
        tuple(
            Compare(ColumnRef(name, at=given[name].at), Operator.EQ, slot, at=given[name].at)
            for name, slot in key_slots(table, given)
        )
    )


def _assignments(given: Mapping[str, Given], at: tuple[str | int, ...]) -> tuple[Assign, ...]:
    found: dict[str, Assign] = {}
    for name, operator in OPERATORS:
        values = given.get(name)
        if values is None or values.is_null:
            continue
        for _, field, value in values.members():
            column = meaning_of(field).column
            if column.name in found:
                raise refuse(f"Column found in multiple operators: {column.name}", at)
            ref = ColumnRef(column.name, at=value.at)
            found[column.name] = Assign(ref, operator, _new_value(column, operator, value))
    return tuple(found.values())


def _new_value(column: Column, operator: ChangeOperation, value: Given) -> Slot:
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


def _response(scope: Scope, selected: Selected) -> tuple[tuple[Select, ...], Response]:
    returning: list[Select] = []
    parts: list[ResponsePart] = []
    for item in collect(scope, selected.sets, selected.type, selected.at):
        if item.field is None:
            parts.append(ResponsePart(item.key, "text", selected.type.name))
        elif meaning_of(item.field) == Part("affected_rows"):
            parts.append(ResponsePart(item.key, "affected"))
        else:
            parts.append(ResponsePart(item.key, len(returning)))
            returning.append(Select(fields(scope, item)))
    return tuple(returning), Response(tuple(parts))
