"""PostgreSQL's array literals, as ``like(any).{O*,P*}`` takes them (PostgreSQL manual, 8.15.2), of one dimension."""

import re

from gemel.errors import RequestError

MEMBER = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^"{},\\]|\\.)*))\s*(,|$)', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse_array(text: str) -> list[str | None]:
    """Members of an array literal; an unquoted ``NULL`` is null.

    :raises RequestError: ``22P02``.
    """
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise _malformed(text, 'Array value must start with "{" or dimension information.')
    inner = inner[1:-1]
    if not inner.strip():
        return []
    members: list[str | None] = []
    position = 0
    while True:
        found = MEMBER.match(inner, position)
        if found is None or (found.group(1) is None and not found.group(2).strip()):
            raise _malformed(text, "Unexpected array element.")
        members.append(_value(found))
        if found.group(3) != ",":
            return members
        position = found.end()


def _value(found: re.Match[str]) -> str | None:
    if found.group(1) is not None:
        return ESCAPED.sub(r"\1", found.group(1))
    raw = found.group(2).strip()
    return None if raw.upper() == "NULL" else ESCAPED.sub(r"\1", raw)


def _malformed(text: str, details: str) -> RequestError:
    return RequestError("22P02", f'malformed array literal: "{text}"', details)
