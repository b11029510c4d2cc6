"""The query string: decoded, and sorted into what each parameter is (``docs/dialects/rest.md`` section 3)."""

from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from gemel.errors import RequestError
from gemel_rest.parse.filters import is_test
from gemel_rest.parse.text import Reader, not_implemented, parse

MAX_LENGTH = 65_536
"""Bytes that a query string may have."""
MAX_PARAMETERS = 1_000
OURS = frozenset({"first", "after"})
"""Names that upstream knows for columns alone: with a test they are filters (R31-2)."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters by what they are; texts are not parsed yet. A path names an embed; the empty one the table."""

    select: str | None
    columns: str | None
    on_conflict: str | None
    filters: tuple[tuple[str, str], ...]
    logic: tuple[tuple[str, str], ...]
    orders: dict[Path, str]
    limits: dict[Path, str]
    offsets: dict[Path, str]
    firsts: dict[Path, str]
    afters: dict[Path, str]
    pairs: tuple[tuple[str, str], ...]
    """All of them, as they came."""

    @property
    def is_paged(self) -> bool:
        """Rows of the table itself are cut off."""
        return any(() in part for part in (self.limits, self.offsets, self.firsts, self.afters))

    @property
    def canonical(self) -> str:
        """The query string sorted by name, encoded, with its question mark if it is not empty."""
        ordered = sorted(self.pairs, key=lambda pair: pair[0])
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in ordered)
        return f"?{text}" if text else ""


def parse_query(raw: bytes) -> Parameters:
    """Split and decode a query string. A percent sign that begins no code stands for itself, as upstream has it.

    :raises RequestError: ``PGRST100`` for what is no UTF-8, ``22021`` for a NUL, ``PGRST127`` when it is too long.
    """
    pairs = split_pairs(raw)
    found: dict[str, str] = {}
    by_kind: dict[str, dict[Path, str]] = {"order": {}, "limit": {}, "offset": {}, "first": {}, "after": {}}
    filters: list[tuple[str, str]] = []
    logic: list[tuple[str, str]] = []
    for name, value in pairs:
        last = name.rpartition(".")[2]
        if name in ("select", "columns", "on_conflict"):
            found.setdefault(name, value)
        elif last in by_kind and not (last in OURS and is_test(value)):
            by_kind[last].setdefault(_path(name), value)
        elif last in ("and", "or"):
            logic.append((name, value))
        else:
            filters.append((name, value))
    return Parameters(
        found.get("select"),
        found.get("columns"),
        found.get("on_conflict"),
        tuple(filters),
        tuple(logic),
        by_kind["order"],
        by_kind["limit"],
        by_kind["offset"],
        by_kind["first"],
        by_kind["after"],
        pairs,
    )


def split_pairs(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Names and values of a query string or of a form (``application/x-www-form-urlencoded``)."""
    if len(raw) > MAX_LENGTH:
        raise not_implemented(f"The query string is longer than {MAX_LENGTH} bytes.")
    parts = [part.partition(b"=") for part in raw.split(b"&") if b"=" in part]
    if len(parts) > MAX_PARAMETERS:
        raise not_implemented(f"There are more than {MAX_PARAMETERS} parameters.")
    return tuple((decode(name), decode(value)) for name, _, value in parts)


def decode(raw: bytes) -> str:
    """Undo the encoding of a name or value."""
    octets = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = octets[error.start]
        raise RequestError(
            "PGRST100", '"failed to parse query string" (line 1, column 1)', f"unexpected byte 0x{wrong:02x}: not UTF-8"
        ) from None
    if "\0" in text:
        raise RequestError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return text


def _path(name: str) -> Path:
    return parse("tree path", name, _names)[:-1] if "." in name else ()


def _names(reader: Reader) -> Path:
    names = [reader.name()]
    while reader.take("."):
        names.append(reader.name())
    reader.end('"." or end of input')
    return tuple(names)
