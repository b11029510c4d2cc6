"""Arrays, which SQLite keeps as JSON: from lists, or from PostgreSQL's literals (its manual, 8.15.2)."""

import re
from collections.abc import Callable
from uuid import UUID

from gemel.catalog import Kind, ValueType
from gemel.errors import DatabaseError
from gemel.sql.encode import json_text, shown
from gemel.sql.statement import Encoder

MEMBER = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^"{},\\\s]|\\.|\s+(?=[^"{},\s]))+))\s*', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def array_encoder(item: ValueType, one: Encoder) -> Encoder:
    """Encoder of a list, or of the text of an array literal, to JSON.

    :param one: encoder of its members to their storage form.
    """
    member = _member(item, one)

    def encode(value: object) -> object:
        if value is None:
            return None
        found = value if isinstance(value, list | tuple) else _Literal(shown(value)).parse()
        _check_shape(found)
        return json_text(_each(found, member))

    return encode


def _member(item: ValueType, one: Encoder) -> Encoder:
    """Members stand in the array as they stand in JSON, which for a truth value is not how SQLite stores one."""
    if item.kind is Kind.BOOLEAN:
        return lambda value: None if (stored := one(value)) is None else bool(stored)
    if item.kind is Kind.UUID:
        return lambda value: None if (stored := one(value)) is None else str(UUID(str(stored)))
    return one


def _each(found: object, member: Callable[[object], object]) -> list[object]:
    assert isinstance(found, list | tuple)  # noqa: S101 - the caller has made sure
    return [_each(item, member) if isinstance(item, list | tuple) else member(item) for item in found]


def _check_shape(found: object) -> object:
    """The lengths of each dimension, which have to agree."""
    if not isinstance(found, list | tuple):
        return ()
    shapes = {_check_shape(item) for item in found}
    if len(shapes) > 1:
        text = "Multidimensional arrays must have sub-arrays with matching dimensions."
        raise DatabaseError("22P02", f'malformed array literal: "{shown(list(found))}"', text)
    return (len(found), *next(iter(shapes), ()))  # type: ignore[misc]


class _Literal:
    """The text of an array, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text.strip(), 0

    def parse(self) -> list[object]:
        if not self.text.startswith("{"):
            raise self._malformed('Array value must start with "{" or dimension information.')
        found = self._array()
        if self.position != len(self.text):
            raise self._malformed("Junk after closing right brace.")
        return found

    def _array(self) -> list[object]:
        self.position += 1
        members: list[object] = []
        if self._skip() == "}":
            self.position += 1
            return members
        while True:
            members.append(self._array() if self._skip() == "{" else self._value())
            sign = self._skip()
            self.position += 1
            if sign == "}":
                return members
            if sign != ",":
                raise self._malformed("Unexpected array element.")

    def _skip(self) -> str:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1
        return self.text[self.position : self.position + 1]

    def _value(self) -> str | None:
        found = MEMBER.match(self.text, self.position)
        if found is None:
            raise self._malformed("Unexpected array element.")
        self.position = found.end()
        if found[1] is not None:
            return ESCAPED.sub(r"\1", found[1])
        return None if found[2].upper() == "NULL" else ESCAPED.sub(r"\1", found[2])

    def _malformed(self, details: str) -> DatabaseError:
        return DatabaseError("22P02", f'malformed array literal: "{self.text}"', details)
