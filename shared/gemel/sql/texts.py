"""Texts put together in SQL: the pieces that JSON is made of."""

import json
import re
from collections.abc import Iterable

from gemel.sql.backend import Expression
from gemel.sql.build import Builder
from gemel.sql.fragment import Fragment, join, literal, sql

SAFE = re.compile(r'[A-Za-z0-9_ ."{}\[\],:-]*\Z')
"""Text that may stand in a statement as a constant; what a client has named otherwise is bound."""


def constant(builder: Builder, text: str) -> Expression:
    """A text of the answer."""
    return literal(text) if SAFE.match(text) else sql("CAST(", builder.constant(text), " AS text)")


def key(builder: Builder, name: str) -> Expression:
    """Key of a member, with its colon."""
    return constant(builder, json_string(name) + ":")


def json_string(text: str | None) -> str:
    """JSON form of a text, or null."""
    return json.dumps(text, ensure_ascii=False)


def json_object(members: Iterable[tuple[Expression, Iterable[Expression]]]) -> list[Expression]:
    """Pieces of a JSON object.

    :param members: keys as ``key`` makes them, and the pieces of what is under each.
    """
    parts: list[Expression] = [literal("{")]
    for number, (name, value) in enumerate(members):
        parts += [literal(","), name, *value] if number else [name, *value]
    return [*parts, literal("}")]


def json_array(builder: Builder, selected: Fragment) -> Expression:
    """JSON array of the column ``j`` of a select."""
    alias = builder.alias()
    listed = builder.backend.concat_rows(sql(f"{alias}.j"))
    return sql("(SELECT '[' || coalesce(", listed, ", '') || ']' FROM (", selected, f") AS {alias})")


def concat(parts: Iterable[Expression]) -> Expression:
    """Texts one after the other, without brackets; neighbouring constants become one."""
    merged: list[Expression] = []
    for part in parts:
        both = _merged(merged[-1], part) if merged else None
        if both is None:
            merged.append(part)
        else:
            merged[-1] = both
    return join(" || ", merged)


def _merged(left: Expression, right: Expression) -> Expression | None:
    one, other = _constant_text(left), _constant_text(right)
    return None if one is None or other is None else sql(f"'{one}{other}'")


def _constant_text(part: Expression) -> str | None:
    if isinstance(part, Fragment) and len(part.parts) == 1 and isinstance(part.parts[0], str):
        text = part.parts[0]
        return text[1:-1] if text.startswith("'") else None
    return None
