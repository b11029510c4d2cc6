"""The operations on a table and on its rows."""

from typing import Any

from gemel.catalog import TableKey, Verb, View, Views
from gemel_rest.openapi import parameters as given
from gemel_rest.openapi.responses import TAG, created, errors, read_responses, written
from gemel_rest.openapi.schemas import example_row

Operation = dict[str, Any]

COUNT = ("count=exact", "count=planned", "count=estimated")
RETURN = ("return=minimal", "return=representation")
RESOLUTION = ("resolution=merge-duplicates", "resolution=ignore-duplicates")
ITEM_VERBS: dict[str, Verb] = {"patch": "update", "delete": "delete"}
STRICT = ("handling=strict", "max-affected=<n>")


def table_paths(views: Views, table: View, names: dict[TableKey, str]) -> dict[str, Any]:
    """Path items of a table."""
    name = names[table.key]
    paths = {f"/{table.name}": _table(views, table, name)}
    if table.primary_key is not None:
        path, item = _item(table, name)
        paths[path] = item
    return paths


def _table(views: Views, table: View, name: str) -> dict[str, Any]:
    item: dict[str, Any] = {}
    if "select" in table.verbs:
        item |= _reads(views, table, name)
    if "insert" in table.verbs:
        item["post"] = _create(views, table, name)
    if "update" in table.verbs:
        item["patch"] = _update(views, table, name)
    if {"insert", "update"} <= table.verbs and table.primary_key is not None:
        item["put"] = _upsert(views, table, name)
    if "delete" in table.verbs:
        item["delete"] = _delete(views, table, name)
    return item


def _reads(views: Views, table: View, name: str) -> dict[str, Any]:
    item = {"get": _list(views, table, name)}
    item["head"] = {**item["get"], "operationId": f"head{name}", "summary": f"Headers of the list of {table.name}"}
    item["head"]["responses"] = without_content(item["get"]["responses"])
    item["head"]["parameters"] = [one for one in item["get"]["parameters"] if one["name"] != "Range"]
    return item


def _operation(table: View, identifier: str, summary: str, parameters: list[given.Parameter]) -> Operation:
    return {"operationId": identifier, "summary": summary, "tags": [table.name], "parameters": parameters}


def _list(views: Views, table: View, name: str) -> Operation:
    parameters = [
        *given.filters(table),
        *given.logic(),
        given.select(table),
        given.order(table),
        *given.page(),
        *given.cursors(table),
        given.range_header(),
        given.prefer(*COUNT),
        given.profile("Accept-Profile", views.schemas),
    ]
    responses = {**read_responses(name, example_row(table)), **errors(400, 401, 403, 404, 406, 416)}
    return {**_operation(table, f"list{name}", f"List {table.name}", parameters), "responses": responses}


def _create(views: Views, table: View, name: str) -> Operation:
    parameters = [
        given.columns(table),
        given.on_conflict(table),
        given.select(table),
        given.prefer(*RETURN, "return=headers-only", *_resolutions(table), "missing=default", "count=exact"),
        given.idempotency_key(),
        given.profile("Content-Profile", views.schemas),
    ]
    operation = _operation(table, f"create{name}", f"Insert into {table.name}", parameters)
    merged = {**created(name), "description": "Merged, and not one row was new"}
    responses = {"200": merged, "201": created(name), **errors(400, 401, 403, 404, 406, 409, 422)}
    return {**operation, "requestBody": _body(f"{name}Insert", many=True), "responses": responses}


def _resolutions(table: View) -> tuple[str, ...]:
    return RESOLUTION if "update" in table.verbs else RESOLUTION[1:]


def _update(views: Views, table: View, name: str) -> Operation:
    operation = _operation(table, f"update{name}s", f"Change rows of {table.name}", _chosen(views, table))
    responses = {**written(name), **errors(400, 401, 403, 404, 406, 409)}
    return {**operation, "requestBody": _body(f"{name}Update", many=False), "responses": responses}


def _upsert(views: Views, table: View, name: str) -> Operation:
    """Its filters are exactly the primary key."""
    key = table.primary_key.columns if table.primary_key is not None else ()
    parameters = [
        *(one for one in given.filters(table) if one["name"] in key),
        given.columns(table),
        given.select(table),
        given.prefer(*RETURN),
        given.profile("Content-Profile", views.schemas),
    ]
    operation = _operation(table, f"upsert{name}", f"Insert or change one row of {table.name}", parameters)
    responses = {"201": created(name), **written(name), **errors(400, 401, 403, 404, 405, 406, 409)}
    return {**operation, "requestBody": _body(f"{name}Insert", many=True), "responses": responses}


def _delete(views: Views, table: View, name: str) -> Operation:
    operation = _operation(table, f"delete{name}s", f"Delete rows of {table.name}", _chosen(views, table))
    return {**operation, "responses": {**written(name), **errors(400, 401, 403, 404, 406, 409)}}


def _chosen(views: Views, table: View) -> list[given.Parameter]:
    return [
        *given.filters(table),
        *given.logic(),
        given.select(table),
        given.prefer(*RETURN, "count=exact", *STRICT),
        given.profile("Content-Profile", views.schemas),
    ]


def _item(table: View, name: str) -> tuple[str, dict[str, Any]]:
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
    changes = _item_changes(table, name, path)
    item = {"get": get} if "select" in table.verbs else {}
    if {"insert", "update"} <= table.verbs:
        item["put"] = changes["put"]
    item |= {method: changes[method] for method, verb in ITEM_VERBS.items() if verb in table.verbs}
    return f"/{table.name}/{{{parameter}}}", item


def _item_changes(table: View, name: str, path: given.Parameter) -> dict[str, Operation]:
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
