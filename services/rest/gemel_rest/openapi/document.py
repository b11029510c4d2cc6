"""The OpenAPI 3.1 document of a catalog: sorted, and the same for the same models."""

from typing import Any

from gemel.catalog import Catalog
from gemel.functions import Function, by_name
from gemel_rest.openapi.functions import TAG, function_path
from gemel_rest.openapi.operations import table_paths
from gemel_rest.openapi.responses import error_schema, shared_responses
from gemel_rest.openapi.schemas import names_of, table_schemas
from gemel_rest.openapi.several import TAG as SEVERAL
from gemel_rest.openapi.several import several_path

DESCRIPTION = (
    "Tables over HTTP in PostgREST's dialect: filters, ordering and related rows stand in the query string, pages and"
    " counts in headers. A row is also found under its key."
)


def make_document(
    catalog: Catalog, functions: tuple[Function, ...], title: str, prefix: str, *, visible: bool
) -> dict[str, Any]:
    """The document.

    :param functions: of the app.
    :param title: name of the app.
    :param prefix: where the tables are mounted.
    :param visible: whether the reader may see tables and functions.
    """
    names = names_of(catalog) if visible else {}
    schemas: dict[str, Any] = {"Error": error_schema()}
    paths: dict[str, Any] = {}
    tags = []
    for key in names:
        table = catalog.tables[key]
        schemas |= table_schemas(table, names)
        if key[0] == catalog.schemas[0]:  # those of other schemas are reached by a header, not by a path
            paths |= table_paths(catalog, table, names)
            tags.append({"name": table.name, **({"description": table.comment} if table.comment else {})})
    if visible:
        paths["/"] = several_path()
        tags.append({"name": SEVERAL})
    named = sorted(by_name(functions).items()) if visible else []
    paths |= dict(function_path(catalog, same, names) for _, same in named)
    tags += [{"name": TAG}] if named else []
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": DESCRIPTION},
        "servers": [{"url": prefix}],
        "security": [{"bearer": []}, {}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": shared_responses(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
