"""Pieces of SQL: text with SQLAlchemy elements and other pieces in between.

Text comes from this package and from identifiers of the catalog only, quoted by the dialect; every value is a bind
parameter. SQLAlchemy compiles the whole, so that the expressions of models and policies can stand anywhere in it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from gemel.apart import give_way, hold

Part = str | ColumnElement[Any]


class Fragment(ColumnElement[Any]):
    """Text and elements in a row."""

    inherit_cache = False
    type = NullType()

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)
        hold(self)


@compiles(Fragment)
def _compile(element: Fragment, compiler: SQLCompiler, **options: Any) -> str:
    give_way()
    return "".join(
        part if isinstance(part, str) else compiler.process(part, **options | {"within_columns_clause": False})
        for part in element.parts
    )


def sql(*parts: Part) -> Fragment:
    """Put parts in a row."""
    return Fragment(parts)


def join(separator: str, parts: Iterable[Part]) -> Fragment:
    """Put parts in a row with a text in between."""
    found: list[Part] = []
    for part in parts:
        found += [separator, part] if found else [part]
    return Fragment(found)


def literal(text: str) -> Fragment:
    """A text constant of ours (SQL:2016 5.3). Never of a client's making: those are bound."""
    return Fragment(("'" + text.replace("'", "''") + "'",))
