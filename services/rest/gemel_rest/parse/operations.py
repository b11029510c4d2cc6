"""Several changes in one body (``docs/dialects/rest.md`` section 33)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gemel.errors import RequestError
from gemel_rest.parse.body import invalid_body

MOST = 1000
"""Operations of a request."""
METHODS = ("POST", "PATCH", "PUT", "DELETE")
MEMBERS = frozenset({"method", "path", "headers", "body"})
HEADERS = frozenset({"accept", "prefer", "content-profile", "if-match", "if-none-match"})
"""What an operation may say of itself; all else is said of the request."""
SAFE = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class Operation:
    """One of them."""

    method: str
    path: bytes
    query: bytes
    headers: Mapping[str, str]
    """By lower-case name."""
    body: Any
    """JSON."""


def parse_operations(value: Any) -> list[Operation]:
    """The operations of a JSON array.

    :raises RequestError: ``PGRST102``, it is something else; the details say where.
    """
    if not isinstance(value, list):
        raise _wrong("the body", "an array of operations")
    if len(value) > MOST:
        raise _wrong("the body", f"at most {MOST} operations")
    return [_operation(item, f"[{number}]") for number, item in enumerate(value)]


def _operation(item: Any, at: str) -> Operation:
    if not isinstance(item, dict):
        raise _wrong(at, "an object with method, path, and perhaps headers and body")
    if unknown := sorted(item.keys() - MEMBERS):
        raise _wrong(f"{at}.{unknown[0]}", f"one of the members {', '.join(sorted(MEMBERS))}")
    if item.get("method") not in METHODS:
        raise _wrong(f"{at}.method", f"one of {', '.join(METHODS)}")
    path = item.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise _wrong(f"{at}.path", "a text such as /album/1 or /album?id=eq.1")
    where, _, query = quote(path, safe=SAFE).partition("?")
    headers = _headers(item.get("headers", {}), f"{at}.headers")
    if (item["method"] == "DELETE") == ("body" in item):
        raise _wrong(f"{at}.body", "an object or an array of objects" if item["method"] != "DELETE" else "no member")
    if not isinstance(item.get("body", {}), dict | list):
        raise _wrong(f"{at}.body", "an object or an array of objects")
    return Operation(item["method"], where.encode(), query.encode(), headers, item.get("body"))


def _headers(value: Any, at: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _wrong(at, "an object of texts")
    headers = {name.lower(): text for name, text in value.items()}
    if unknown := sorted(headers.keys() - HEADERS):
        raise _wrong(f"{at}.{unknown[0]}", f"one of the headers {', '.join(sorted(HEADERS))}")
    return headers


def _wrong(at: str, expected: str) -> RequestError:
    return invalid_body("The body is no list of operations", f"{at} has to be {expected}.")
