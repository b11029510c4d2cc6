"""The OpenAPI 3.1 document of what a role sees: sorted, and the same for the same models."""

from typing import Any

from gemel.functions import Function, by_name
from gemel.policy import Access
from gemel_rest.openapi.functions import TAG, function_path, is_served
from gemel_rest.openapi.operations import table_paths
from gemel_rest.openapi.responses import error_schema, shared_responses
from gemel_rest.openapi.schemas import names_of, table_schemas
from gemel_rest.openapi.several import TAG as SEVERAL
from gemel_rest.openapi.several import several_path

DESCRIPTION = (
    "Tables over HTTP in PostgREST's dialect: filters, ordering and related rows stand in the query string, pages and"
    " counts in headers. A row is also found under its key."
)


def make_document(access: Access, functions: tuple[Function, ...], title: str, prefix: str) -> dict[str, Any]:
    """The document, as a role sees it.

    :param functions: of the app.
    :param title: name of the app.
    :param prefix: where the tables are mounted.
    """
    views = access.views
    names = names_of(views)
    schemas: dict[str, Any] = {"Error": error_schema()}
    paths: dict[str, Any] = {}
    tags = []
    for key in names:
        table = views.tables[key]
        schemas |= table_schemas(table, names)
        if key[0] == views.schemas[0]:  # those of other schemas are reached by a header, not by a path
            paths |= table_paths(views, table, names)
            tags.append({"name": table.name, **({"description": table.comment} if table.comment else {})})
    if any(view.verbs - {"select"} for view in views.tables.values()):
        paths["/"] = several_path()
        tags.append({"name": SEVERAL})
    served = [one for one in functions if is_served(access, one)]
    named = sorted(by_name(served).items())
    paths |= dict(function_path(access, same, names) for _, same in named)
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
