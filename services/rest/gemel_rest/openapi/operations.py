"""The operations on a table and on its rows."""

from typing import Any

from gemel.catalog import Catalog, Table, TableKey
from gemel_rest.openapi import parameters as given
from gemel_rest.openapi.responses import TAG, created, errors, read_responses, written
from gemel_rest.openapi.schemas import example_row

Operation = dict[str, Any]

COUNT = ("count=exact", "count=planned", "count=estimated")
RETURN = ("return=minimal", "return=representation")
RESOLUTION = ("resolution=merge-duplicates", "resolution=ignore-duplicates")
STRICT = ("handling=strict", "max-affected=<n>")


def table_paths(catalog: Catalog, table: Table, names: dict[TableKey, str]) -> dict[str, Any]:
    """Path items of a table."""
    name = names[table.key]
    paths = {f"/{table.name}": _table(catalog, table, name)}
    if table.primary_key is not None:
        path, item = _item(table, name)
        paths[path] = item
    return paths


def _table(catalog: Catalog, table: Table, name: str) -> dict[str, Any]:
    item: dict[str, Any] = {"get": _list(catalog, table, name)}
    item["head"] = {**item["get"], "operationId": f"head{name}", "summary": f"Headers of the list of {table.name}"}
    item["head"]["responses"] = without_content(item["get"]["responses"])
    item["head"]["parameters"] = [one for one in item["get"]["parameters"] if one["name"] != "Range"]
    if table.writable and table.primary_key is not None:
        item["post"] = _create(catalog, table, name)
        item["patch"] = _update(catalog, table, name)
        item["put"] = _upsert(catalog, table, name)
        item["delete"] = _delete(catalog, table, name)
    return item


def _operation(table: Table, identifier: str, summary: str, parameters: list[given.Parameter]) -> Operation:
    return {"operationId": identifier, "summary": summary, "tags": [table.name], "parameters": parameters}


def _list(catalog: Catalog, table: Table, name: str) -> Operation:
    parameters = [
        *given.filters(table),
        *given.logic(),
        given.select(table),
        given.order(table),
        *given.page(),
        *given.cursors(table),
        given.range_header(),
        given.prefer(*COUNT),
        given.profile("Accept-Profile", catalog.schemas),
    ]
    responses = {**read_responses(name, example_row(table)), **errors(400, 401, 403, 404, 406, 416)}
    return {**_operation(table, f"list{name}", f"List {table.name}", parameters), "responses": responses}


def _create(catalog: Catalog, table: Table, name: str) -> Operation:
    parameters = [
        given.columns(table),
        given.on_conflict(table),
        given.select(table),
        given.prefer(*RETURN, "return=headers-only", *RESOLUTION, "missing=default", "count=exact"),
        given.idempotency_key(),
        given.profile("Content-Profile", catalog.schemas),
    ]
    operation = _operation(table, f"create{name}", f"Insert into {table.name}", parameters)
    merged = {**created(name), "description": "Merged, and not one row was new"}
    responses = {"200": merged, "201": created(name), **errors(400, 401, 403, 404, 406, 409, 422)}
    return {**operation, "requestBody": _body(f"{name}Insert", many=True), "responses": responses}


def _update(catalog: Catalog, table: Table, name: str) -> Operation:
    operation = _operation(table, f"update{name}s", f"Change rows of {table.name}", _chosen(catalog, table))
    responses = {**written(name), **errors(400, 401, 403, 404, 406, 409)}
    return {**operation, "requestBody": _body(f"{name}Update", many=False), "responses": responses}


def _upsert(catalog: Catalog, table: Table, name: str) -> Operation:
    """Its filters are exactly the primary key."""
    key = table.primary_key.columns if table.primary_key is not None else ()
    parameters = [
        *(one for one in given.filters(table) if one["name"] in key),
        given.columns(table),
        given.select(table),
        given.prefer(*RETURN),
        given.profile("Content-Profile", catalog.schemas),
    ]
    operation = _operation(table, f"upsert{name}", f"Insert or change one row of {table.name}", parameters)
    responses = {"201": created(name), **written(name), **errors(400, 401, 403, 404, 405, 406, 409)}
    return {**operation, "requestBody": _body(f"{name}Insert", many=True), "responses": responses}


def _delete(catalog: Catalog, table: Table, name: str) -> Operation:
    operation = _operation(table, f"delete{name}s", f"Delete rows of {table.name}", _chosen(catalog, table))
    return {**operation, "responses": {**written(name), **errors(400, 401, 403, 404, 406, 409)}}


def _chosen(catalog: Catalog, table: Table) -> list[given.Parameter]:
    return [
        *given.filters(table),
        *given.logic(),
        given.select(table),
        given.prefer(*RETURN, "count=exact", *STRICT),
        given.profile("Content-Profile", catalog.schemas),
    ]


def _item(table: Table, name: str) -> tuple[str, dict[str, Any]]:
    key = table.primary_key.columns if table.primary_key is not None else ()
    parameter = "_".join(key)
    schema = {"type": "string", "pattern": ",".join(["[^,]+"] * len(key))}
    path = {
        "name": parameter,
        "in": "path",
        "required": True,
        "description": f"Primary key: {', '.join(key)}, separated by commas" if len(key) > 1 else "Primary key",
        "schema": schema,
        "examples": {"first": {"value": ",".join(str(example_row(table)[column]) for column in key)}},
    }
    known = given.tags("If-None-Match", "Entity tags that the client has: 304 if the row is one of them.")
    get = _operation(table, f"get{name}", f"One row of {table.name}", [path, given.select(table), known])
    get["responses"] = {
        "200": {"description": "The row", "headers": TAG, "content": _row(name)},
        "304": {"description": "The client has it", "headers": TAG},
        **errors(400, 401, 403, 404, 406),
    }
    item = {"get": get}
    if table.writable:
        item |= _item_changes(table, name, path)
    return f"/{table.name}/{{{parameter}}}", item


def _item_changes(table: Table, name: str, path: given.Parameter) -> dict[str, Operation]:
    seen = given.tags("If-Match", "Entity tags that the row may have: 412 if it has changed since it was read.")
    parameters, content = [path, given.select(table), given.prefer(*RETURN), seen], _row(name)
    responses = {
        "200": {"description": "The row, with `return=representation`", "content": content},
        "204": {"description": "Done"},
        **errors(400, 401, 403, 404, 406, 409, 412),
    }
    location = {"description": "Path of the new row", "schema": {"type": "string"}}
    created_one = {"description": "Inserted", "headers": {"Location": location}, "content": content}
    replace = _operation(table, f"replace{name}", f"Insert or change one row of {table.name}", parameters)
    update = _operation(table, f"update{name}", f"Change one row of {table.name}", parameters)
    delete = _operation(table, f"delete{name}", f"Delete one row of {table.name}", parameters)
    body = _body(f"{name}Update", many=False)
    return {
        "put": {**replace, "requestBody": body, "responses": {"201": created_one, **responses}},
        "patch": {**update, "requestBody": body, "responses": responses},
        "delete": {**delete, "responses": responses},
    }


def _row(name: str) -> dict[str, Any]:
    """One row as JSON."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _body(schema: str, *, many: bool) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{schema}"}
    either = {"oneOf": [one, {"type": "array", "items": one}]} if many else one
    content = {
        "application/json": {"schema": either},
        "text/csv": {"schema": {"type": "string"}},
        "application/x-www-form-urlencoded": {"schema": one},
    }
    return {"required": True, "content": content}


def without_content(responses: dict[str, Any]) -> dict[str, Any]:
    """Responses to HEAD, from those to GET."""
    return {
        status: {key: value for key, value in response.items() if key != "content"}
        if "$ref" not in response
        else {"description": "As of GET, without a body"}
        for status, response in responses.items()
    }
