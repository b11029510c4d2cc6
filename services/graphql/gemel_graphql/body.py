"""Read the body of a request (``docs/dialects/graphql.md`` sections 11.1 to 11.3)."""

import json
from decimal import Decimal
from typing import Any, Final

import orjson

from gemel.apart import in_turns
from gemel.errors import RequestError
from gemel_graphql.listed import Listed
from gemel_graphql.service import Request, bad_body

_OUTLINE: Final = bytes(
    ord("0") if char in b"0123456789." else ord("e") if char in b"eE" else ord(" ") for char in range(256)
)
_LONG: Final = (b"0" * 16, b"0e")
"""In the outline of numbers that a float would lose digits of; inside a text it costs only time."""
PIECE: Final = 16_384
"""Bytes that are looked at in one go; of so many it is not worth the way to a thread."""


def read_requests(raw: bytes, listed: Listed) -> Request | list[Request | RequestError]:
    """One request, or a batch; a member of a batch that is wrong does not stop the others.

    :param listed: documents that can be asked for by their id.
    :raises RequestError: the body is no JSON, or no request.
    """
    found = _json(raw)
    if not isinstance(found, list):
        return read_request(found, listed, len(raw))
    return [_or_error(item, listed) for item in found]


def _json(raw: bytes) -> Any:
    try:
        found = orjson.loads(raw)
        return json.loads(raw, parse_float=_number) if _has_long_number(raw) else found
    except (ValueError, RecursionError) as error:
        raise RequestError("invalid-json", f"the body is not valid JSON: {error}") from None


def _has_long_number(raw: bytes) -> bool:
    for start in in_turns(range(0, len(raw), PIECE)):
        end = start + PIECE + len(_LONG[0]) - 1
        outline = raw[start:end].translate(_OUTLINE)  # a regular expression takes eight times as long
        if any(item in outline for item in _LONG):
            return True
    return False


def _number(text: str) -> float | Decimal:
    """A fraction: as a decimal if a float would change it."""
    value = float(text)
    return value if repr(value) == text else Decimal(text)


def _or_error(item: Any, listed: Listed) -> Request | RequestError:
    try:
        return read_request(item, listed)
    except RequestError as error:
        return error


def read_request(found: Any, listed: Listed, size: int = 0) -> Request:
    """A request, out of its JSON.

    :param listed: as of ``read_requests``.
    :param size: bytes of it, if they are known.
    :raises RequestError: it is none.
    """
    if not isinstance(found, dict):
        raise bad_body("expected an object or a list of objects as the body of the request")
    text, name, variables = found.get("query"), found.get("operationName"), found.get("variables")
    extensions = found.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise bad_body("expected an object of extensions", "extensions")
    if "query" in found and not isinstance(text, str):
        raise bad_body("expected a string as the query", "query")
    text = listed.text(extensions or {}, text, found.get("documentId"))
    if text is None:
        raise bad_body('key "query" not found')
    if name is not None and not isinstance(name, str):
        raise bad_body("expected a string as the name of the operation", "operationName")
    if variables is not None and not isinstance(variables, dict):
        raise bad_body("expected an object of variables", "variables")
    return Request(text, name or None, variables or {}, max(size, len(text)))
