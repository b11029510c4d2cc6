"""The operations on functions (``docs/dialects/rest.md`` R25-7)."""

from collections.abc import Iterator
from typing import Any

from gemel.catalog import TableKey, View
from gemel.functions import Function, Parameter
from gemel.policy import Access
from gemel_rest.openapi import parameters as given
from gemel_rest.openapi.operations import COUNT, without_content
from gemel_rest.openapi.responses import HEADERS, errors, read_responses
from gemel_rest.openapi.schemas import example_row, pascal

TAG = "functions"
SAMPLES = {
    "boolean": "true", "bigint": "1", "double precision": "0.5", "numeric": "0.99", "text": "a", "uuid": given.UUID,
    "timestamp": "2009-01-01T00:00:00", "date": "2009-01-01", "time": "12:00:00", "interval": "P1D", "bytea": "a",
}  # fmt: skip
"""Of each type an argument in a query string; of a list and of a document there are others."""


def is_served(access: Access, one: Function) -> bool:
    """Whether a role may call a function, and read the rows that it names."""
    mapper = one.returns.mapper
    return one.may_be_called(access.names) and (mapper is None or access.of_class(mapper) is not None)


def function_path(
    access: Access, named: tuple[Function, ...], names: dict[TableKey, str]
) -> tuple[str, dict[str, Any]]:
    """Path item of the functions of one name."""
    name = named[0].name
    identifier = f"call{pascal(name)}"
    item = {"post": _post(access, named, names, identifier)}
    reading = next((one for one in named if not one.writes), None)
    if reading is not None:
        get = _operation(access, reading, names, f"{identifier}Get", "Accept-Profile")
        get["parameters"] = [*map(_argument, reading.parameters), *get["parameters"]]
        item["get"] = get
        item["head"] = {**get, "operationId": f"{identifier}Head", "responses": without_content(get["responses"])}
        item["head"]["parameters"] = [one for one in get["parameters"] if one["name"] != "Range"]
    return f"/rpc/{name}", item


def _post(access: Access, named: tuple[Function, ...], names: dict[TableKey, str], identifier: str) -> dict[str, Any]:
    operation = _operation(access, named[0], names, identifier, "Content-Profile")
    operation["parameters"] = [one for one in operation["parameters"] if one["name"] != "Range"]
    bodies = [_body(one) for one in named]
    schema = bodies[0] if len(bodies) == 1 else {"oneOf": bodies}
    kinds = ("application/json", "application/x-www-form-urlencoded")
    content = {kind: {"schema": schema} for kind in kinds}
    required = all(any(item.required for item in one.parameters) for one in named)
    return {**operation, "requestBody": {"required": required, "content": content}}


def _operation(
    access: Access, one: Function, names: dict[TableKey, str], identifier: str, profile: str
) -> dict[str, Any]:
    table = access.of_class(one.returns.mapper) if one.returns.mapper is not None else None
    summary = (one.comment or f"Call {one.name}").partition("\n")[0]
    described = {"description": one.comment} if one.comment else {}
    return {
        "operationId": identifier,
        "summary": summary,
        **described,
        "tags": [TAG],
        "parameters": [*_asked(one, table), given.profile(profile, access.views.schemas)],
        "responses": {**_responses(one, table, names), **errors(400, 401, 403, 404, 406, 409, 416)},
    }


def _asked(one: Function, table: View | None) -> Iterator[given.Parameter]:
    """What can be asked of the rows, under names that are no arguments."""
    if table is not None:
        taken = {given.quoted(item.name) for item in one.parameters}
        yield from (one for one in (*given.filters(table), *given.cursors(table)) if one["name"] not in taken)
        yield from (*given.logic(), given.select(table), given.order(table), *given.page(), given.range_header())
    yield given.prefer(*COUNT)


def _argument(one: Parameter) -> given.Parameter:
    plain = not one.is_list and one.type != "json"
    schema = one.schema if plain else {"type": "string"}
    sample = "{}" if one.is_list or one.type == "json" else SAMPLES[one.type]
    found = {"name": one.name, "in": "query", "required": one.required, "description": f"Argument: {one.type}"}
    if one.variadic:
        return {**found, "schema": {"type": "array", "items": schema}, "examples": {"one": {"value": [sample]}}}
    return {**found, "schema": schema, "examples": {"one": {"value": sample}}}


def _body(one: Function) -> dict[str, Any]:
    schemas = {
        item.name: {"type": "array", "items": item.schema} if item.variadic else item.schema for item in one.parameters
    }
    required = [item.name for item in one.parameters if item.required]
    found = {"type": "object", "additionalProperties": False, "properties": schemas}
    return {**found, **({"required": required} if required else {})}


def _responses(one: Function, table: View | None, names: dict[TableKey, str]) -> dict[str, Any]:
    returns = one.returns
    if returns.form == "nothing":
        return {"204": {"description": "Done"}}
    if table is not None and returns.many:
        return read_responses(names[table.key], example_row(table))
    schema: dict[str, Any] = returns.schema
    if table is not None:
        schema = {"oneOf": [{"$ref": f"#/components/schemas/{names[table.key]}"}, {"type": "null"}]}
    elif returns.many:
        schema = {"type": "array", "items": schema}
    content = {"application/json": {"schema": schema}}
    return {"200": {"description": "What it gives", "headers": HEADERS, "content": content}}
