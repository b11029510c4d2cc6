"""Defaults that the models give in Python: a bulk statement has to apply them itself (docs/decisions.md, 13)."""

from typing import Any

import sqlalchemy as sa

from gemel.catalog import Column
from gemel.sql.backend import Expression
from gemel.sql.build import Builder
from gemel.sql.encode import request_value
from gemel.sql.fragment import sql
from gemel.sql.statement import Encoder, Parameter
from gemel.sql.values import assigned


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
    return assigned(builder, column.type, _Made(builder, made, _taken(builder, column, source.type)))


def _taken(builder: Builder, column: Column, declared: Any) -> Encoder:
    """From what the model makes to what a request could hold; a codec takes it as it is."""
    if column.type.codec is not None:
        return lambda value: value
    if not isinstance(declared, sa.Enum):
        return request_value
    label: Encoder | None = declared.bind_processor(builder.backend.dialect)  # type: ignore[no-untyped-call]
    return label or request_value


class _Made:
    """Binds what a function makes anew each time."""

    def __init__(self, builder: Builder, make: Any, take: Encoder) -> None:
        self.builder, self.make, self.take = builder, make, take

    def __call__(self, encode: Encoder, *, array: bool = False) -> Expression:
        make, take = self.make, self.take
        return self.builder.parameter(Parameter(None, lambda _: encode(take(make(None)))), array=array)
