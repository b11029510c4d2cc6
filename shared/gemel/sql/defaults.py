"""Defaults that the models give in Python: a bulk statement has to apply them itself (docs/decisions.md, 13)."""

from collections.abc import Callable, Container, Iterator
from typing import Any

import sqlalchemy as sa

from gemel.catalog import Column, Table
from gemel.request import request_value
from gemel.sql.backend import Expression
from gemel.sql.build import Builder
from gemel.sql.fragment import Fragment, literal, sql
from gemel.sql.lists import list_text
from gemel.sql.statement import Encoder, Parameter


def default_value(
    builder: Builder, column: Column, *, update: bool = False, batch: list[Encoder] | None = None
) -> Expression | None:
    """The model's default (or ``onupdate``) of a column; ``None`` if it has none, or leaves it to the database.

    :param batch: columns of the table that holds several rows; one is added if Python makes the default of each.
    """
    default = _default(column, update=update)
    if default is None:
        return None
    if default.is_clause_element:
        return sql(default.arg)
    if default.is_sequence:
        return sql(default.next_value())
    make = _maker(builder, column, default)
    return builder.assigned(column.type, _Made(builder, make) if batch is None else _MadeForEach(batch, make))


def onupdates(builder: Builder, table: Table, written: Container[str]) -> Iterator[Fragment]:
    """Assignments of the columns that an update changes by itself, but for those that it writes."""
    for column in table.stored:
        if column.name not in written and (value := default_value(builder, column, update=True)) is not None:
            yield sql(f"{builder.quote(column.name)} = ", value)


def stated_default(builder: Builder, column: Column, *, word: bool = True) -> Expression:
    """What ``SET column = DEFAULT`` means: the model's default, else the database's, else null.

    :param word: the database's may be said by the word DEFAULT, if it knows it.
    """
    value = default_value(builder, column)
    if value is not None:
        return value
    if word and builder.backend.dialect.name != "sqlite":
        return sql("DEFAULT")
    source: Any = column.expression
    stated: Any = getattr(getattr(source, "server_default", None), "arg", None)
    if stated is None:
        return sql("NULL")
    return literal(stated) if isinstance(stated, str) else sql("(", stated, ")")


def _default(column: Column, *, update: bool) -> Any:
    source: Any = column.expression
    if not isinstance(source, sa.Column):
        return None
    return source.onupdate if update else source.default


def _maker(builder: Builder, column: Column, default: Any) -> Callable[[], object]:
    """Makes a default in the form that a request could hold."""
    make = default.arg if default.is_callable else (lambda _: default.arg)
    declared: Any = column.expression.type
    take = _taken(builder, column, declared)
    return lambda: take(make(None))


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

    def __init__(self, builder: Builder, make: Callable[[], object]) -> None:
        self.builder, self.make = builder, make

    def __call__(self, encode: Encoder) -> Expression:
        make = self.make
        return self.builder.parameter(Parameter(None, lambda _: encode(make())))


class _MadeForEach:
    """Makes a column of a batch of what a function makes anew for each row."""

    def __init__(self, columns: list[Encoder], make: Callable[[], object]) -> None:
        self.columns, self.make = columns, make

    def __call__(self, encode: Encoder) -> Expression:
        make = self.make
        self.columns.append(lambda batch: list_text([encode(make()) for _ in batch.rows]))  # type: ignore[attr-defined]
        return sql(f"batch.c{len(self.columns) - 1}")
