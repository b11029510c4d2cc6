"""Types whose values Python makes and reads: ``TypeDecorator`` and ``UserDefinedType`` (docs/decisions.md, 7).

What the APIs show of such a column is the Python value in JSON, in Pydantic's form; what a client sends becomes the
Python value that the type takes. Which type of Python that is, is told by the annotation of the mapped attribute
(``Mapped[Money]``), else it is that of the type underneath. Null is null on both sides.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from sqlalchemy.engine import Dialect

from gemel.catalog.types import INTEGERS, Kind, ValueType, simple, value_type

Declared = sa.types.TypeEngine[Any]
HOOKS = {
    "binds": ("process_bind_param", "bind_processor", "load_dialect_impl"),
    "reads": ("process_result_value", "result_processor"),
}
SERVED: tuple[tuple[type, Kind], ...] = (
    (bool, Kind.BOOLEAN),
    (int, Kind.BIGINT),
    (float, Kind.DOUBLE),
    (Decimal, Kind.NUMERIC),
    (Enum, Kind.ENUM),
    (str, Kind.TEXT),
    (datetime, Kind.TIMESTAMP),
    (date, Kind.DATE),
    (time, Kind.TIME),
    (timedelta, Kind.INTERVAL),
    (UUID, Kind.UUID),
    (bytes, Kind.BYTEA),
)
"""The first match counts; what is none of these is a document."""
NATURAL: dict[Kind, Any] = {
    Kind.SMALLINT: int,
    Kind.INTEGER: int,
    Kind.BIGINT: int,
    Kind.REAL: float,
    Kind.DOUBLE: float,
    Kind.NUMERIC: Decimal,
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.TIMESTAMP: datetime,
    Kind.TIMESTAMPTZ: datetime,
    Kind.TIME: time,
    Kind.TIMETZ: time,
    Kind.INTERVAL: timedelta,
    Kind.UUID: UUID,
}
"""Types of Python that SQLAlchemy's own types take, of those that are not what JSON has."""


@dataclass(frozen=True, eq=False)
class Codec:
    """The Python of one column's type."""

    declared: Declared
    served: ValueType
    """What the APIs take and give."""
    reads: bool
    """Results go through Python; else they are served as the database has them."""
    accept: Callable[[object], object]
    """From a value of a request to the Python value that the type takes.

    :raises ValueError: it is none.
    """

    def stored(self, dialect: Dialect) -> ValueType:
        """What the database holds."""
        declared = self.declared
        return value_type(
            declared.load_dialect_impl(dialect) if isinstance(declared, sa.types.TypeDecorator) else declared
        )

    def bind(self, value: object, dialect: Dialect) -> object:
        """From a value of a request, not null, to one of the type that is stored.

        :raises Exception: whatever the app's code raises of a value that it does not like.
        """
        return _bound(self.declared, self.accept(value), dialect)

    def result(self, value: object, dialect: Dialect) -> object:
        """From a value of the type that is stored, not null, to the Python value.

        :raises Exception: whatever the app's code raises of a value that it does not like.
        """
        return _read(self.declared, value, dialect)


def column_type(declared: Declared, hint: Any = None) -> ValueType:
    """Type of a column, with a codec if Python has a part in it.

    :param hint: the Python type of its attribute, if that is known.
    """
    stored = value_type(declared)
    binds, reads = (any(_hooked(declared, name) for name in HOOKS[part]) for part in ("binds", "reads"))
    if not (binds or reads):
        return stored
    accept = _adapter(hint)
    served = _served(stored, hint) if accept is not None else stored
    codec = Codec(declared, served, reads, accept or _natural(stored))
    if not reads and served.kind is stored.kind and not _hooked(declared, "load_dialect_impl"):
        return replace(stored, codec=codec)
    return ValueType(Kind.PROCESSED, stored.name, codec=codec)


def has_sql(declared: Declared) -> bool:
    """Whether a type wraps its column or its values in SQL, which is not applied."""
    return any(_hooked(declared, name) for name in ("bind_expression", "column_expression"))


def _hooked(declared: Declared, name: str) -> bool:
    """Whether a class that is not SQLAlchemy's says it."""
    owner = next((one for one in type(declared).__mro__ if name in vars(one)), None)
    own = owner is not None and not owner.__module__.startswith("sqlalchemy.")
    return own or (isinstance(declared, sa.types.TypeDecorator) and _hooked(declared.impl_instance, name))


def _bound(declared: Declared, value: object, dialect: Dialect) -> object:
    if isinstance(declared, sa.types.TypeDecorator):
        inner = declared.process_bind_param(value, dialect) if _hooked(declared, "process_bind_param") else value
        return None if inner is None else _bound(declared.load_dialect_impl(dialect), inner, dialect)
    process = declared.bind_processor(dialect) if _hooked(declared, "bind_processor") else None
    return value if process is None else process(value)


def _read(declared: Declared, value: object, dialect: Dialect) -> object:
    if isinstance(declared, sa.types.TypeDecorator):
        inner = _read(declared.load_dialect_impl(dialect), value, dialect)
        return declared.process_result_value(inner, dialect) if _hooked(declared, "process_result_value") else inner
    process = declared.result_processor(dialect, None) if _hooked(declared, "result_processor") else None
    return value if process is None else process(value)


def _adapter(hint: Any) -> Callable[[object], object] | None:
    if hint is None or hint is Any:
        return None
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
    except (PydanticSchemaGenerationError, PydanticUserError):
        return None  # a class of which Pydantic knows nothing
    return _bytes if hint is bytes else adapter.validate_python


def _natural(stored: ValueType) -> Callable[[object], object]:
    if stored.kind is Kind.BYTEA:
        return _bytes
    if stored.is_text or stored.kind is Kind.ENUM:
        return str
    adapter = _adapter(NATURAL.get(stored.kind))
    return adapter or (lambda value: value)


def _bytes(value: object) -> bytes:
    """The hex form of PostgreSQL."""
    if isinstance(value, bytes):
        return value
    text = str(value)
    return bytes.fromhex(text[2:]) if text.startswith("\\x") else text.encode()


def _served(stored: ValueType, hint: Any) -> ValueType:
    kind = next((kind for of, kind in SERVED if isinstance(hint, type) and issubclass(hint, of)), Kind.JSONB)
    if kind is Kind.BIGINT and stored.kind in INTEGERS:
        return stored
    if kind is Kind.TIMESTAMP and stored.kind is Kind.TIMESTAMPTZ:
        return stored
    if kind is Kind.ENUM:
        return ValueType(kind, "text", labels=tuple(str(item.value) for item in hint))
    return stored if kind is stored.kind else simple(kind)
