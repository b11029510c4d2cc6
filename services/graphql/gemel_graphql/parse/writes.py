"""What is written (``docs/dialects/graphql.md`` section 9)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from graphql import get_named_type

from gemel.catalog import View
from gemel.request import (
    And,
    ColumnRef,
    Compare,
    Condition,
    Delete,
    Insert,
    Operator,
    Select,
    Slot,
    Source,
    Write,
)
from gemel_graphql.parse.conflicts import conflict
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.parse.inserts import Rows
from gemel_graphql.parse.readers import value_reader
from gemel_graphql.parse.reads import fields
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments, collect
from gemel_graphql.parse.updates import updated
from gemel_graphql.schema.meaning import OneWrite, Part, WriteField, meaning_of


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
    table: View,
    verb: OneWrite,
    given: Mapping[str, Given],
    returning: tuple[Select, ...],
) -> Write:
    key, at = selected.key, (*selected.at, "args")
    match verb:
        case "insert" | "insert_one":
            return _insert(scope, selected, source, table, given, returning)
        case "update":
            return updated(key, source, condition(given["where"]), given, at, returning)
        case "update_by_pk":
            members = given["pk_columns"].members()
            chosen = _by_key(table, {meaning_of(field).column.name: value for _, field, value in members})
            return updated(key, source, chosen, given, at, returning)
        case "delete":
            return Delete(key, source, condition(given["where"]), returning, at=at)
        case "delete_by_pk":
            return Delete(key, source, _by_key(table, given), returning, at=at)


def _insert(
    scope: Scope,
    selected: Selected,
    source: Source,
    table: View,
    given: Mapping[str, Given],
    returning: tuple[Select, ...],
) -> Insert:
    """One of several rows, or of the only one."""
    several = "objects" in given
    objects = given["objects" if several else "object"]
    rows = Rows(get_named_type(objects.type))
    made = rows.add(objects) if several else rows.add_one(objects)
    slot, resolved = scope.extracted(made), conflict(table, given)
    return Insert(selected.key, source, rows.shapes(), slot, resolved, returning, at=objects.at)


def _many(selected: Selected, source: Source, updates: Given, returning: tuple[Select, ...]) -> tuple[Write, ...]:
    """Several updates; if none of them changes anything there are none (section 9.3)."""
    found = tuple(
        updated(selected.key, source, condition(parts["where"]), parts, item.at, returning)
        for item, parts in ((item, item.parts()) for item in updates.elements())
    )
    return found if any(one.assignments or one.along for one in found) else ()


def key_slots(table: View, given: Mapping[str, Given]) -> tuple[tuple[str, Slot], ...]:
    """The columns of the primary key with what was given for them."""
    return tuple(
        (name, given[name].slot(value_reader(given[name].type, table.columns[name].type))) for name in _key(table)
    )


def _key(table: View) -> tuple[str, ...]:
    return table.primary_key.columns if table.primary_key is not None else ()


def _by_key(table: View, given: Mapping[str, Given]) -> Condition:
    return And(
        tuple(
            Compare(ColumnRef(name, at=given[name].at), Operator.EQ, slot, at=given[name].at)
            for name, slot in key_slots(table, given)
        )
    )


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
