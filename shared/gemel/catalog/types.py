"""Types of values: a SQLAlchemy type reduced to what both APIs and both databases need to know of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Dialect

if TYPE_CHECKING:
    from gemel.catalog.codec import Codec


class Kind(StrEnum):
    """Families of types. The value is PostgreSQL's name (appendix of its manual, chapter 8)."""

    SMALLINT = "smallint"
    INTEGER = "integer"
    BIGINT = "bigint"
    REAL = "real"
    DOUBLE = "double precision"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    TEXT = "text"
    BPCHAR = "bpchar"
    UUID = "uuid"
    DATE = "date"
    TIME = "time"
    TIMETZ = "timetz"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    INTERVAL = "interval"
    JSON = "json"
    JSONB = "jsonb"
    BYTEA = "bytea"
    ENUM = "enum"
    ARRAY = "array"
    OTHER = "other"
    PROCESSED = "processed"
    """Read, or made and shown as something else, by the app's Python; ``ValueType.codec`` says how."""


INTEGERS = frozenset({Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT})
FLOATS = frozenset({Kind.REAL, Kind.DOUBLE})
NUMBERS = INTEGERS | FLOATS | {Kind.NUMERIC}
TEXTS = frozenset({Kind.TEXT, Kind.BPCHAR})
DOCUMENTS = frozenset({Kind.JSON, Kind.JSONB})
MOMENTS = frozenset({Kind.DATE, Kind.TIME, Kind.TIMETZ, Kind.TIMESTAMP, Kind.TIMESTAMPTZ})


@dataclass(frozen=True)
class ValueType:
    """Type of a column or of a value."""

    kind: Kind
    name: str
    """Name of the type in PostgreSQL without its parameters, quoted where needed; what a value is cast to."""
    length: int | None = None
    """Most characters."""
    precision: int | None = None
    scale: int | None = None
    """Digits after the point that a numeric is printed with."""
    labels: tuple[str, ...] = ()
    """Values of an enum, as the database stores them."""
    item: "ValueType | None" = None
    """Type of an array's members."""
    codec: "Codec | None" = None
    """Of a type that has Python of the app's in it."""

    @property
    def served(self) -> "ValueType":
        """What the APIs take and give."""
        return self.codec.served if self.codec is not None and self.kind is Kind.PROCESSED else self

    def stored(self, dialect: Dialect) -> "ValueType":
        """What the database holds."""
        return self.codec.stored(dialect) if self.codec is not None else self

    @property
    def is_number(self) -> bool:
        """Can be summed."""
        return self.kind in NUMBERS

    @property
    def is_text(self) -> bool:
        """Can be matched against patterns."""
        return self.kind in TEXTS

    @property
    def is_document(self) -> bool:
        """JSON or JSONB."""
        return self.kind in DOCUMENTS


def simple(kind: Kind) -> ValueType:
    """The type that a kind stands for when nothing more is known."""
    return ValueType(kind, kind.value)


def value_type(declared: sa.TypeEngine[object]) -> ValueType:
    """Classify a SQLAlchemy type. A type that is not known is ``OTHER`` under its own name."""
    if isinstance(declared, sa.Interval):
        return simple(Kind.INTERVAL)
    if isinstance(declared, sa.TypeDecorator):
        return value_type(declared.impl_instance)
    if isinstance(declared, sa.Enum):
        return _enum(declared)
    if isinstance(declared, sa.JSON):  # what PostgreSQL stores: JSON().with_variant(JSONB(), "postgresql")
        declared = declared.dialect_impl(pg.dialect())  # type: ignore[no-untyped-call]
    for classes, kind in _KINDS:
        if isinstance(declared, classes):
            return _described(declared, kind)
    if isinstance(declared, pg.DOMAIN):
        return value_type(declared.data_type)
    if isinstance(declared, sa.ARRAY):
        item = value_type(declared.item_type)
        return ValueType(Kind.ARRAY, f"{item.name}[]", item=item)
    return ValueType(Kind.OTHER, declared.compile(pg.dialect()).lower())  # type: ignore[no-untyped-call]


# The first match counts, so the special stand before the general.
_KINDS: tuple[tuple[tuple[type[sa.TypeEngine[Any]], ...], Kind], ...] = (
    ((sa.SmallInteger,), Kind.SMALLINT),
    ((sa.BigInteger,), Kind.BIGINT),
    ((sa.Integer,), Kind.INTEGER),
    ((sa.REAL,), Kind.REAL),
    ((sa.Float,), Kind.DOUBLE),
    ((sa.Numeric,), Kind.NUMERIC),
    ((sa.Boolean,), Kind.BOOLEAN),
    ((sa.Uuid,), Kind.UUID),
    ((sa.Date,), Kind.DATE),
    ((sa.DateTime,), Kind.TIMESTAMP),
    ((sa.Time,), Kind.TIME),
    ((pg.INTERVAL,), Kind.INTERVAL),
    ((pg.JSONB,), Kind.JSONB),
    ((sa.JSON,), Kind.JSON),
    ((sa.LargeBinary, sa.BINARY, sa.VARBINARY), Kind.BYTEA),
    ((sa.CHAR, sa.NCHAR), Kind.BPCHAR),
    ((sa.String,), Kind.TEXT),
)


def _described(declared: sa.TypeEngine[object], kind: Kind) -> ValueType:
    if kind is Kind.TIMESTAMP and getattr(declared, "timezone", False):
        kind = Kind.TIMESTAMPTZ
    if kind is Kind.TIME and getattr(declared, "timezone", False):
        kind = Kind.TIMETZ
    if kind is Kind.NUMERIC:
        return ValueType(kind, "numeric", precision=declared.precision, scale=declared.scale)  # type: ignore[attr-defined]
    if kind is Kind.BPCHAR:
        return ValueType(kind, "bpchar", length=declared.length)  # type: ignore[attr-defined]
    if kind is Kind.TEXT:
        return ValueType(kind, "text", length=declared.length)  # type: ignore[attr-defined]
    return simple(kind)


def _enum(declared: sa.Enum) -> ValueType:
    labels = tuple(str(label) for label in declared.enums)
    if not declared.native_enum or not declared.name:
        return ValueType(Kind.ENUM, "text", labels=labels)
    quote = pg.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
    parts = (part for part in (declared.schema, declared.name) if part)
    return ValueType(Kind.ENUM, ".".join(quote(part) for part in parts), labels=labels)
