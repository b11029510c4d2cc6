"""What is written (``docs/dialects/graphql.md`` section 9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gemel.catalog import Column, Table
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
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.readers import value_reader
from gemel_graphql.parse.reads import fields
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments, collect
from gemel_graphql.schema.meaning import MutationVerb, Part, WriteField, meaning_of

Pair = tuple[ColumnRef, Slot]


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


def write(scope: Scope, selected: Selected, meaning: WriteField) -> tuple[Write, Response]:
    """A root field of a mutation.

    :raises RequestError: an argument, a value or a selection is wrong.
    """
    given = arguments(scope, selected)
    table = meaning.table
    if meaning.verb in ("insert", "update", "delete"):
        returning, response = _response(scope, selected)
    else:
        returning, response = (Select(fields(scope, selected)),), Response(None)
    source = Source(table.schema, table.name, at=selected.at)
    return _write(selected, source, table, meaning.verb, given, returning), response


def _write(
    selected: Selected,
    source: Source,
    table: Table,
    verb: MutationVerb,
    given: Mapping[str, Given],
    returning: tuple[Select, ...],
) -> Write:
    key, at = selected.key, (*selected.at, "args")
    match verb:
        case "insert":
            rows = tuple(_row(item) for item in given["objects"].elements())
            return Insert(key, source, rows, returning, at=(*at, "objects"))
        case "insert_one":
            return Insert(key, source, (_row(given["object"]),), returning, at=(*at, "object"))
        case "update":
            return Update(key, source, condition(given["where"]), _assignments(given, at), returning, at=at)
        case "update_by_pk":
            members = given["pk_columns"].members()
            chosen = _by_key(table, {meaning_of(field).column.name: value for _, field, value in members})
            return Update(key, source, chosen, _assignments(given, at), returning, at=at)
        case "delete":
            return Delete(key, source, condition(given["where"]), returning, at=at)
        case "delete_by_pk":
            return Delete(key, source, _by_key(table, given), returning, at=at)


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


def _row(item: Given) -> tuple[Pair, ...]:
    return tuple(_value(meaning_of(field).column, value) for _, field, value in item.members())


def _value(column: Column, value: Given) -> Pair:
    """A column and its new value. A null is written as such, where the column takes it (section 9.1)."""
    ref = ColumnRef(column.name, at=value.at)
    if not value.is_null:
        return ref, value.slot(value_reader(value.type, column.type))
    if not column.nullable:
        raise value.unexpected_null()
    return ref, value.scope.constant(None)


def _assignments(given: Mapping[str, Given], at: tuple[str | int, ...]) -> tuple[Assign, ...]:
    found: dict[str, Assign] = {}
    for name, operator in (("_set", "set"), ("_inc", "inc")):
        values = given.get(name)
        if values is None or values.is_null:
            continue
        for ref, slot in _row(values):
            if ref.name in found:
                raise refuse(f"Column found in multiple operators: {ref.name}", at)
            found[ref.name] = Assign(ref, "inc" if operator == "inc" else "set", slot)
    return tuple(found.values())


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
