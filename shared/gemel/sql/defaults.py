"""Defaults that the models give in Python: a bulk statement has to apply them itself (docs/decisions.md, 13)."""

from datetime import date, datetime, time
from enum import Enum
from typing import Any

import sqlalchemy as sa

from gemel.catalog import Column, ValueType
from gemel.sql.backend import Expression
from gemel.sql.build import Builder
from gemel.sql.fragment import sql
from gemel.sql.statement import Encoder, Parameter


def default_value(builder: Builder, column: Column, *, update: bool = False) -> Expression | None:
    """The model's default (or ``onupdate``) of a column; ``None`` if it has none, or leaves it to the database."""
    source: Any = column.expression
    if not isinstance(source, sa.Column):
        return None
    default: Any = source.onupdate if update else source.default
    if default is None:
        return None
    if default.is_clause_element:
        return sql(default.arg)
    if default.is_sequence:
        return sql(default.next_value())
    made = default.arg if default.is_callable else (lambda _: default.arg)
    return builder.backend.assign(column.type, _Made(builder, made, column.type))


class _Made:
    """Binds what a function makes anew each time."""

    def __init__(self, builder: Builder, make: Any, type_: ValueType) -> None:
        self.builder, self.make, self.type = builder, make, type_

    def __call__(self, encode: Encoder, *, array: bool = False) -> Expression:
        make = self.make
        return self.builder.parameter(Parameter(None, lambda _: encode(request_value(make(None)))), array=array)


def request_value(value: object) -> object:
    """A Python value as a request could hold it."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    return str(value)
