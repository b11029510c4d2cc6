"""Rows with a value of every type that both databases hold exactly (``docs/types.md``)."""

import json
from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)
DAYS = st.dates().map(str)
CLOCKS = st.times().map(str)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat())
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


def _integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _decimals(digits: int, scale: int) -> st.SearchStrategy[str]:
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda number: f"{number // 10**scale}.{abs(number) % 10**scale:0{scale}}")


def _interval(parts: tuple[bool, int, int]) -> str:
    negative, days, micros = parts
    sign = "-" if negative else ""
    seconds, fraction = divmod(micros, 1_000_000)
    return f"{sign}{days} days {sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


ROWS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "numbers": {
        "smallint": _integers(16),
        "integer": _integers(32),
        "bigint": _integers(64),
        "numeric": _decimals(15, 6),
        "numeric_12_3": _decimals(12, 3),
        "real": SINGLES.map(lambda number: f"{number:.9g}"),
        "double": FLOATS,
        "boolean": st.booleans() | st.sampled_from(["t", "yes", "OFF", "0"]),
    },
    "texts": {
        "text": TEXTS,
        "varchar_5": st.text(st.characters(codec="utf-8", exclude_characters="\0 "), max_size=5),
        "char_3": st.text(st.characters(codec="utf-8", exclude_characters="\0 "), max_size=3),
        "uuid": st.uuids().map(str),
        "bytea": st.binary(max_size=8).map(lambda raw: "\\x" + raw.hex()),
        "enum": st.sampled_from(["calm", "wild"]),
        "enum_values": st.sampled_from(["c", "w"]),
        "enum_text": st.sampled_from(["a", "b"]),
    },
    "moments": {
        "date": DAYS,
        "timestamp": MOMENTS,
        "timestamptz": MOMENTS.filter(lambda text: text[:4] not in ("0001", "9999")).map(lambda text: text + "+02:30"),
        "time": CLOCKS,
        "timetz": CLOCKS.map(lambda text: text + "+00"),
        "interval": st.tuples(st.booleans(), st.integers(0, 9999), st.integers(0, 86_399_999_999)).map(_interval),
    },
    "documents": {"json": DOCUMENTS, "jsonb": DOCUMENTS},
    "arrays": {
        "integers": st.lists(st.none() | _integers(32), max_size=4),
        "strings": st.lists(st.none() | TEXTS, max_size=4),
        "uuids": st.lists(st.none() | st.uuids().map(str), max_size=3),
        "booleans": st.lists(st.none() | st.booleans(), max_size=3),
    },
}
"""Strategies of the values of each column, by table."""


def rows(table: str) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of a table; a column may be null."""
    return st.fixed_dictionaries({name: st.none() | values for name, values in ROWS[table].items()})


def filter_text(value: object, table: str) -> str:
    """A value as it stands in a filter of REST."""
    if isinstance(value, list) and table == "arrays":
        return "{" + ",".join(_member(item) for item in value) + "}"
    return value if isinstance(value, str) and table != "documents" else json.dumps(value, ensure_ascii=False)


def _member(item: object) -> str:
    """Of PostgreSQL's array literal."""
    if isinstance(item, str):
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if item is None else json.dumps(item)
