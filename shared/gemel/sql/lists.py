"""Lists of texts as parameters of PostgreSQL: one text each, which the server takes apart.

A driver's own encoding of a list holds Python's lock until it is done, and is slower: asyncpg asks of each member
whether it is a list itself. ``string_to_array`` is immutable, unlike the input function of arrays, so that the planner
takes the list for the constant that it is (docs/decisions.md, 142).
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from gemel.apart import in_turns
from gemel.errors import DatabaseError
from gemel.sql.backend import Expression
from gemel.sql.fragment import Fragment, join, sql

_SEPARATOR, _NULL = "\x1f", "\x1e"
_OTHERS: Final = (range(0x01, 0x20), range(0xE000, 0xF900), range(0x20, 0xD800), range(0xF900, 0x110000))
"""Code points that can take their place: those first that texts seldom have."""
_PIECE: Final = 1000
"""Members that are put together in one go."""


def list_text(items: Sequence[object]) -> str:
    """What :func:`list_of` takes apart: a separator, the word for NULL, and each member behind a separator.

    :param items: texts, and ``None`` for NULL.
    :raises DatabaseError: 54000, the members have every character that there is.
    """
    text = _joined(items, _SEPARATOR, _NULL)
    if text.count(_SEPARATOR) == len(items) + 1 and text.count(_NULL) == items.count(None) + 1:
        return text
    present = set("".join(str(item) for item in items if item is not None))
    free = _free(present)
    separator, null = next(free, None), next(free, None)
    if separator is None or null is None:
        raise DatabaseError("54000", "a list of texts leaves no character to separate them by")
    return _joined(items, separator, null)


def _free(present: set[str]) -> Iterator[str]:
    return (char for char in map(chr, chain(*_OTHERS)) if char not in present)


def _joined(items: Sequence[object], separator: str, null: str) -> str:
    pieces = [separator + null]
    for start in in_turns(range(0, len(items), _PIECE)):
        given = (null if item is None else str(item) for item in items[start : start + _PIECE])
        pieces += (separator, separator.join(given))
    return "".join(pieces)


def list_of(text: Expression, name: str) -> Fragment:
    """The list as an array.

    :param text: the parameter that has the text.
    :param name: of the type of its members.
    """
    parts = sql("string_to_array(", text, ", left(", text, ", 1), substr(", text, ", 2, 1))")
    return sql("CAST((", parts, f")[3:] AS {name}[])")


def unnested(lists: Sequence[Expression], alias: str) -> Fragment:
    """A table of arrays side by side, to stand after FROM: columns ``c0…``, and ``n`` in their order."""
    names = ", ".join(f"c{number}" for number in range(len(lists)))
    return sql("unnest(", join(", ", lists), f") WITH ORDINALITY AS {alias}({names}, n)")
