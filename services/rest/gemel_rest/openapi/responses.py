"""Responses, and the errors that all operations share."""

from typing import Any

Responses = dict[str, Any]

ERRORS: dict[int, tuple[str, str, str, str]] = {
    400: ("BadRequest", "The request does not parse, or names what is not there", "42703", "column a.b does not exist"),
    401: ("Unauthorized", "Who asks is not known", "PGRST302", "Anonymous access is disabled"),
    403: ("Forbidden", "The role may not do this", "42501", "permission denied for table a"),
    404: ("NotFound", "There is no such table or row", "PGRST205", "Could not find the table 'public.a'"),
    405: ("MethodNotAllowed", "Not one row by its key is meant", "PGRST105", "Filters must include all and only"),
    406: ("NotAcceptable", "No such representation, or not exactly one row", "PGRST116", "Cannot coerce the result"),
    409: ("Conflict", "A key is taken or refers to nothing", "23505", "duplicate key value violates unique constraint"),
    412: (
        "PreconditionFailed",
        "The row is not as the client saw it",
        "PT412",
        "The precondition of the change does not hold",
    ),
    422: ("UnprocessableContent", "The Idempotency-Key is that of another request", "PT422", "The key was used before"),
    416: ("RangeNotSatisfiable", "The page begins behind the end", "PGRST103", "Requested range not satisfiable"),
}


def errors(*statuses: int) -> Responses:
    """References to the shared responses."""
    return {str(status): {"$ref": f"#/components/responses/{ERRORS[status][0]}"} for status in statuses}


def shared_responses() -> Responses:
    """The shared responses, by name."""
    found: Responses = {}
    for name, text, code, message in ERRORS.values():
        example = {"code": code, "message": message, "details": None, "hint": None}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}}
        headers = {"Proxy-Status": {"description": "Code of the error", "schema": {"type": "string"}}}
        found[name] = {"description": text, "headers": headers, "content": content}
    return found


def error_schema() -> dict[str, Any]:
    """Body of every error."""
    text = {"type": ["string", "null"]}
    return {
        "type": "object",
        "description": "An error; the code is one of PostgREST's or an SQLSTATE.",
        "required": ["code", "message", "details", "hint"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "details": {"type": ["string", "array", "null"], "items": {"type": "object"}},
            "hint": text,
        },
    }


def read_responses(name: str, example: dict[str, Any]) -> Responses:
    """Answers to a list."""
    described = {"200": "Rows", "206": "Some of the rows: the total is known and larger"}
    content = _content(name, example)
    return {status: {"description": text, "headers": HEADERS, "content": content} for status, text in described.items()}


def created(name: str) -> dict[str, Any]:
    """Answer to an insert."""
    location = {"description": "Where the row is, with `return=headers-only`", "schema": {"type": "string"}}
    return {"description": "Inserted", "headers": {**HEADERS, "Location": location}, "content": _content(name, None)}


def written(name: str) -> Responses:
    """Answers to a change."""
    return {
        "200": {
            "description": "The rows, with `return=representation`",
            "headers": HEADERS,
            "content": _content(name, None),
        },
        "204": {"description": "Done", "headers": HEADERS},
    }


def _content(name: str, example: dict[str, Any] | None) -> dict[str, Any]:
    row = {"$ref": f"#/components/schemas/{name}"}
    rows: dict[str, Any] = {"schema": {"type": "array", "items": row}}
    one: dict[str, Any] = {"schema": row}
    stripped = {"schema": {"type": "array", "items": {"type": "object"}}}
    if example is not None:
        rows, one = {**rows, "example": [example]}, {**one, "example": example}
    return {
        "application/json": rows,
        "application/vnd.pgrst.object+json": one,
        "application/vnd.pgrst.array+json;nulls=stripped": stripped,
        "text/csv": {"schema": {"type": "string"}},
    }


TAG: dict[str, Any] = {"ETag": {"description": "Entity tag of the row", "schema": {"type": "string"}}}
HEADERS: dict[str, Any] = {
    "Content-Range": {
        "description": "First and last row, and the total if it was asked for",
        "schema": {"type": "string", "examples": ["0-24/275", "0-24/*", "*/*"]},
    },
    "Preference-Applied": {"description": "Preferences that were honoured", "schema": {"type": "string"}},
}
