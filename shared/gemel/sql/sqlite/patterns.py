"""Patterns of LIKE, SIMILAR TO and regular expressions, in the forms that SQLite and Python understand."""

import re
from collections.abc import Iterator

import regex

from gemel.apart import in_turns
from gemel.errors import DatabaseError
from gemel.sql.encode import like_pattern, plain_text

ESCAPE = "\\"


def glob_pattern(value: object) -> object:
    """LIKE pattern (SQL:2016 8.5, escape ``\\``) as a GLOB pattern, which SQLite matches with case.

    :raises DatabaseError: 22025, the pattern ends in its escape character.
    """
    if value is None:
        return None
    return "".join(_globbed(kind, char) for kind, char in _like_tokens(str(like_pattern(value))))


def folded_pattern(value: object) -> object:
    """LIKE pattern in lower case, with a checked end.

    :raises DatabaseError: 22025, the pattern ends in its escape character.
    """
    if value is None:
        return None
    return "".join(
        (ESCAPE if kind == "literal" and char in "%_\\" else "") + char
        for kind, char in _like_tokens(str(like_pattern(value)))
    ).lower()


def _like_tokens(pattern: str) -> Iterator[tuple[str, str]]:
    chars = in_turns(pattern)
    for char in chars:
        if char == ESCAPE:
            yield "literal", next(chars)
        else:
            yield "wild" if char in "%_" else "literal", char


def _globbed(kind: str, char: str) -> str:
    if kind == "wild":
        return "*" if char == "%" else "?"
    return f"[{char}]" if char in "*?[" else char


def regular_expression(value: object) -> object:
    """A regular expression, checked.

    :raises DatabaseError: 2201B, it cannot be compiled.
    """
    if value is None:
        return None
    text = str(plain_text(value))
    try:
        regex.compile(text)
    except (regex.error, RecursionError, OverflowError) as error:
        raise DatabaseError("2201B", f"invalid regular expression: {error}") from None
    return text


def similar_pattern(value: object) -> object:
    """SIMILAR TO pattern (SQL:2016 8.6) as an anchored regular expression.

    :raises DatabaseError: 2201B, it cannot be compiled.
    """
    if value is None:
        return None
    parts: list[str] = []
    in_class = False
    chars = in_turns(str(plain_text(value)))
    for char in chars:
        if char == ESCAPE:
            parts.append(re.escape(next(chars, ESCAPE)))
        elif in_class:
            in_class = char != "]"
            parts.append(ESCAPE + char if char in "[&~\\" else char)
        elif char == "[":
            in_class = True
            parts.append(char)
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or (re.escape(char) if char in ".^$" else char))
    return regular_expression(f"(?s:\\A(?:{''.join(parts)})\\Z)")
