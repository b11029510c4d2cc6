"""An app with one table per family of types; a column per type, named as ``docs/types.md`` names it."""

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import MetaData, Table, create_engine
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeEngine, UserDefinedType

from gemel.app import App
from gemel.settings import Settings


class Mood(enum.Enum):
    """Its values differ from its names."""

    calm = "c"
    wild = "w"


class XML(UserDefinedType[str]):
    """A type that SQLAlchemy does not know."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """As PostgreSQL calls it."""
        return "XML"


def _array(item: TypeEngine[Any]) -> TypeEngine[Any]:
    return sa.ARRAY(item).with_variant(sa.JSON(), "sqlite")


def _values(of: type[enum.Enum]) -> list[str]:
    return [str(item.value) for item in of]


FAMILIES: Mapping[str, Mapping[str, TypeEngine[Any]]] = {
    "numbers": {
        "smallint": sa.SmallInteger(),
        "integer": sa.Integer(),
        "bigint": sa.BigInteger(),
        "numeric": sa.Numeric(),
        "numeric_12_3": sa.Numeric(12, 3),
        "real": sa.REAL(),
        "double": sa.Double(),
        "boolean": sa.Boolean(),
    },
    "texts": {
        "text": sa.Text(),
        "varchar_5": sa.String(5),
        "char_3": sa.CHAR(3),
        "uuid": sa.Uuid(),
        "bytea": sa.LargeBinary(),
        "enum": sa.Enum(Mood, name="mood"),
        "enum_values": sa.Enum(Mood, name="mood_value", values_callable=_values),
        "enum_text": sa.Enum("a", "b", native_enum=False, name="letter"),
    },
    "moments": {
        "date": sa.Date(),
        "timestamp": sa.DateTime(),
        "timestamptz": sa.DateTime(timezone=True),
        "time": sa.Time(),
        "timetz": sa.Time(timezone=True),
        "interval": sa.Interval(),
    },
    "documents": {
        "json": sa.JSON(none_as_null=True),
        "jsonb": pg.JSONB(none_as_null=True).with_variant(sa.JSON(none_as_null=True), "sqlite"),
    },
    "arrays": {
        "integers": _array(sa.Integer()),
        "strings": _array(sa.Text()),
        "uuids": _array(sa.Uuid()),
        "booleans": _array(sa.Boolean()),
    },
    "postgresql": {
        "int4range": pg.INT4RANGE(),
        "tstzrange": pg.TSTZRANGE(),
        "int4multirange": pg.INT4MULTIRANGE(),
        "inet": pg.INET(),
        "cidr": pg.CIDR(),
        "macaddr": pg.MACADDR(),
        "xml": XML(),
        "tsvector": pg.TSVECTOR(),
        "bit_3": pg.BIT(3),
        "money": pg.MONEY(),
        "domain": pg.DOMAIN("positive", sa.Integer(), check=sa.text("VALUE > 0")),
    },
}
SERVER_ONLY = frozenset({"postgresql"})
"""Families that only PostgreSQL has."""


def typed_app(settings: Settings) -> App:
    """Create the tables of all families that the database has, and map them."""
    metadata, mapped, mappers = MetaData(), registry(), []
    for family, columns in FAMILIES.items():
        if settings.is_postgresql or family not in SERVER_ONLY:
            key = sa.Column("id", sa.Integer, primary_key=True)
            table = Table(family, metadata, key, *(sa.Column(name, type_) for name, type_ in columns.items()))
            mappers.append(mapped.map_imperatively(type(family.title(), (), {}), table))
    create_all(settings, metadata)
    mappers.sort(key=lambda mapper: mapper.class_.__name__)
    return App(name="values", folder=Path(__file__).parent, mappers=tuple(mappers), metadata=(metadata,))


def create_all(settings: Settings, metadata: MetaData) -> None:
    """Create the tables."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.is_postgresql:
        engine = create_engine("postgresql+psycopg://" + settings.database.removeprefix("postgresql://"))
    else:
        engine = create_engine(f"sqlite:///{settings.sqlite_path}")
    metadata.create_all(engine)
    engine.dispose()
