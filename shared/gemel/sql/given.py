"""Rows that come from outside of the database: parameters that hold many of them, and tables made of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gemel.catalog import Column, Table, ValueType
from gemel.errors import DatabaseError, Location
from gemel.plan.model import Param
from gemel.sql.backend import Bind, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.lists import list_of, list_text, unnested
from gemel.sql.processed import processed
from gemel.sql.statement import Encoder, Parameter

BATCH = -1
"""Slot of the rows of a batch: they stand behind the values of the request."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one shape."""

    rows: Sequence[Sequence[object]]
    """Of each row the values given, then those handed on by related rows."""
    at: Sequence[Location] = ()
    """Where each row stands in the request."""


def as_given(value: object) -> object:
    """The encoder of what a database gave in the form of ``Backend.key``."""
    return value


@dataclass
class OneRow:
    """Binds a place in the only row of a batch."""

    builder: Builder
    number: int
    name: str | int

    def __call__(self, encode: Encoder) -> Expression:
        """The parameter."""
        return self.builder.parameter(Parameter(BATCH, _column(encode, self.number, self.name, first)))


@dataclass
class ManyRows:
    """Makes a column of a table that holds the rows of a batch (PostgreSQL)."""

    builder: Builder
    number: int
    name: str | int
    columns: list[Encoder]

    def __call__(self, encode: Encoder) -> Expression:
        """The column."""
        self.columns.append(_column(encode, self.number, self.name, list_text))
        return sql(f"batch.c{len(self.columns) - 1}")


def first(encoded: list[object]) -> object:
    """Of a batch of one row."""
    return encoded[0]


def _column(encode: Encoder, number: int, name: str | int, give: Callable[[list[object]], object]) -> Encoder:
    """Encoder of a batch: what ``give`` makes of the encoded values of one column."""

    def encode_all(batch: object) -> object:
        assert isinstance(batch, Batch)  # noqa: S101 - nothing else stands in this slot
        encoded: list[object] = []
        try:
            for row in batch.rows:
                encoded.append(encode(row[number]))
        except DatabaseError as error:
            if not error.at and batch.at:
                error.at = (*batch.at[len(encoded)], name)
            raise
        return give(encoded)

    return encode_all


def batch_table(builder: Builder, columns: Iterable[Encoder]) -> Fragment:
    """What stands after FROM: the rows of a batch as a table of texts, in their order."""
    lists = [list_of(builder.parameter(Parameter(BATCH, encode)), "text") for encode in columns]
    return sql(unnested(lists, "batch"), " ORDER BY batch.n")


@dataclass(frozen=True)
class Keys:
    """Keys of rows as a table ``given``, and the test that a row of a frame has one of them."""

    source: Expression
    match: Fragment


def keys_of(builder: Builder, frame: Frame, columns: Sequence[Column]) -> Keys:
    """Of rows of the frame; their keys stand behind the values of the request (``Backend.key_values``)."""
    source = builder.backend.keys([builder.stored(column.type) for column in columns], "given", builder.parameter)
    return Keys(source, _match(frame, columns))


def named_keys(frame: Frame, keys: Sequence[tuple[Column, Param]]) -> Keys:
    """Of rows of the frame, as a request has them.

    :param keys: columns, each with the parameter of all keys.
    """
    builder, lists = frame.builder, list[tuple[ValueType, Bind]]()
    for number, (_, param) in enumerate(keys):
        bind = _bind_column(builder.bind(param), number)
        lists.append(
            (builder.stored(param.type), processed(bind, param.type.codec, builder.backend.dialect, many=True))
        )
    return Keys(builder.backend.lists(lists, "given"), _match(frame, [column for column, _ in keys]))


def _bind_column(bind: Bind, number: int) -> Bind:
    """Binds the values of one column of keys."""

    def made(encode: Encoder) -> Expression:
        return bind(lambda keys: encode([key[number] for key in keys]))  # type: ignore[attr-defined]

    return made


def _match(frame: Frame, columns: Iterable[Column]) -> Fragment:
    return join(" AND ", (sql(frame.column(column), f" = given.c{number}") for number, column in enumerate(columns)))


def image(builder: Builder, table: Table) -> tuple[Frame, Fragment]:
    """Rows that are no longer there, as their stored columns were given back: a frame, and what stands after FROM."""
    columns = tuple(table.stored)
    types: list[ValueType] = [builder.stored(column.type) for column in columns]
    frame = Frame(builder, builder.alias(), table)
    listed: list[Part] = [
        sql(builder.backend.image(sql(f"given.c{number}"), type_), f" AS {builder.quote(column.name)}")
        for number, (column, type_) in enumerate(zip(columns, types, strict=True))
    ]
    source = builder.backend.images(len(columns), "given", builder.parameter)
    return frame, sql("(SELECT ", join(", ", listed), " FROM ", source, f") AS {frame.alias}")
