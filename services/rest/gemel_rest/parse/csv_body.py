"""CSV bodies (``docs/dialects/rest.md`` section 14, RFC 4180)."""

import re

from gemel.errors import RequestError

FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)')


def parse_csv(raw: bytes) -> list[dict[str, object]]:
    """Rows of a CSV text whose first line names the columns. Unquoted ``NULL`` is null, an empty field the empty text.

    :raises RequestError: ``PGRST102``, or ``22021`` for a NUL.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _invalid("Empty or invalid csv") from None
    if "\0" in text:
        raise RequestError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    lines = _lines(text)
    if not lines:
        raise _invalid("Empty or invalid csv")
    names = [str(name) for name in lines[0]]
    if any(len(line) != len(names) for line in lines):
        raise _invalid("All lines must have same number of fields")
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


def _lines(text: str) -> list[list[str | None]]:
    lines: list[list[str | None]] = []
    line: list[str | None] = []
    at = 0
    while at < len(text) or line:
        found = FIELD.match(text, at)
        if found is None:
            raise _invalid("Empty or invalid csv")
        line.append(_value(found))
        at = found.end()
        if found.group(3) != ",":
            lines.append(line)
            line = []
    return lines


def _value(found: re.Match[str]) -> str | None:
    if found.group(1) is not None:
        return found.group(1).replace('""', '"')
    return None if found.group(2) == "NULL" else found.group(2)


def _invalid(message: str) -> RequestError:
    return RequestError("PGRST102", message)
