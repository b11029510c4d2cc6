"""Several changes in one request (``docs/dialects/rest.md`` section 33)."""

from typing import Any

from gemel_rest.openapi import parameters as given
from gemel_rest.openapi.responses import errors
from gemel_rest.parse.operations import HEADERS, METHODS, MOST

TAG = "several changes"


def several_path() -> dict[str, Any]:
    """Path item of the root: ``POST /``."""
    content = {"schema": {"type": "array", "maxItems": MOST, "items": _operation()}, "example": [_example()]}
    answers = {"schema": {"type": "array", "items": _answer()}}
    return {
        "post": {
            "operationId": "writeSeveral",
            "summary": "Several changes in one transaction: all of them, or none",
            "tags": [TAG],
            "parameters": [given.idempotency_key()],
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {
                "200": {"description": "An answer to each", "content": {"application/json": answers}},
                **errors(400, 401, 403, 404, 406, 409, 412, 422),
            },
        }
    }


def _operation() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["method", "path"],
        "additionalProperties": False,
        "properties": {
            "method": {"type": "string", "enum": list(METHODS)},
            "path": {"type": "string", "pattern": "^/", "description": "Of a table or an item, with its query string"},
            "headers": {
                "type": "object",
                "additionalProperties": text,
                "description": f"Any of {', '.join(sorted(HEADERS))}",
            },
            "body": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
        },
    }


def _example() -> dict[str, Any]:
    return {"method": "DELETE", "path": "/table?id=eq.0", "headers": {"Prefer": "count=exact"}}


def _answer() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["status", "headers", "body"],
        "properties": {
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {"type": ["object", "array", "string", "null"]},
        },
    }
