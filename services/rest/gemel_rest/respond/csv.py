"""CSV out of JSON rows, in PostgreSQL's row-text form (``docs/dialects/rest.md`` section 12; manual 8.16.6)."""

import json
import re
from collections.abc import Sequence
from typing import Any

from gemel.catalog import Kind

SPECIAL = re.compile(r'[,"()\\\s]')
ZONE = re.compile(r"([+-][0-9]{2}):00(?=$| BC$)")


class _Number(str):
    """Digits as the database gave them."""

    __slots__ = ()


def to_csv(body: str, columns: Sequence[tuple[str, Kind | None]] | None) -> str:
    """Header line and rows, without a line break at the end.

    :param body: JSON array of flat or nested objects.
    :param columns: names and kinds of the columns, if known; else they are those of the first row.
    """
    rows: list[dict[str, Any]] = json.loads(body, parse_int=_Number, parse_float=_Number)
    if columns is None:
        columns = [(name, None) for name in (rows[0] if rows else {})]
        if not columns:
            return "\n"
    lines = [",".join(name for name, _ in columns)]
    lines += (",".join(_cell(row.get(name), kind) for name, kind in columns) for row in rows)
    return "\n".join(lines)


def _cell(value: object, kind: Kind | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) and kind not in (Kind.JSON, Kind.JSONB):
        return "t" if value else "f"
    if isinstance(value, str) and not isinstance(value, _Number) and kind not in (Kind.JSON, Kind.JSONB):
        return _quoted(_moment(value, kind))
    return _quoted(_json(value))


def _moment(text: str, kind: Kind | None) -> str:
    if kind not in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        return text
    return ZONE.sub(r"\1", text.replace("T", " ", 1))


def _quoted(text: str) -> str:
    if text and SPECIAL.search(text) is None:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'


def _json(value: object) -> str:
    match value:
        case _Number():
            return str(value)
        case dict():
            return "{" + ",".join(f"{_json(str(key))}:{_json(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ",".join(_json(item) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
