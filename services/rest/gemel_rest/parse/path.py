"""Paths: which resource is meant (``docs/dialects/rest.md`` sections 1 and 2)."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from gemel.errors import RequestError
from gemel_rest.parse.text import ESCAPED, syntax_error

SEGMENT = re.compile(rb'"(?:[^"\\]|\\.)*"|%22(?:(?!%22|%5C|\\).|(?:%5C|\\).)*?%22|[^,]*', re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resource:
    """What a path names."""

    kind: Literal["root", "table", "item", "function"]
    name: str = ""
    key: tuple[str, ...] = ()
    """Of an item: the values of its primary key, in order."""

    @property
    def path(self) -> str:
        """Of a table or an item, encoded."""
        key = "/" + ",".join(quote(value, safe="") for value in self.key) if self.kind == "item" else ""
        return f"/{quote(self.name, safe='')}{key}"


def parse_path(raw: bytes) -> Resource:
    """The resource of a path.

    :param raw: the path behind the mount point, percent-encoded; empty or a slash alone is the root.
    :raises RequestError: ``PGRST125``, ``PGRST100`` for a key that does not parse.
    """
    if raw in (b"", b"/"):
        return Resource("root")
    parts = raw[1:].split(b"/")
    if not raw.startswith(b"/") or len(parts) > 2 or not all(parts):
        raise invalid_path()
    name = _decode(parts[0])
    if len(parts) == 1:
        return Resource("table", name)
    if name == "rpc":
        return Resource("function", _decode(parts[1]))
    return Resource("item", name, _key(parts[1]))


def invalid_path() -> RequestError:
    """``PGRST125``."""
    return RequestError("PGRST125", "Invalid path specified in request URL", status=404)


def _key(raw: bytes) -> tuple[str, ...]:
    """Split on commas before decoding, so that ``%2C`` in a value needs no quotes."""
    values: list[str] = []
    at = 0
    while True:
        found = SEGMENT.match(raw, at)
        end = found.end() if found else at
        values.append(_unquote(_decode(raw[at:end])))
        if end == len(raw):
            return tuple(values)
        if raw[end : end + 1] != b",":
            raise syntax_error("key", _decode(raw), end, '"," or end of input')
        at = end + 1


def _unquote(value: str) -> str:
    quoted = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return ESCAPED.sub(r"\1", value[1:-1]) if quoted else value


def _decode(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_path() from None
    if "\0" in text:
        raise invalid_path()
    return text
