"""Types that a REST client may cast to (``docs/dialects/rest.md`` section 6). Names come from this list only."""

from gemel.catalog import Kind, ValueType
from gemel.catalog.types import simple
from gemel.errors import Location, Mismatch

NAMES = {
    "text": Kind.TEXT,
    "varchar": Kind.TEXT,
    "character varying": Kind.TEXT,
    "int": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "integer": Kind.INTEGER,
    "smallint": Kind.SMALLINT,
    "int2": Kind.SMALLINT,
    "bigint": Kind.BIGINT,
    "int8": Kind.BIGINT,
    "numeric": Kind.NUMERIC,
    "decimal": Kind.NUMERIC,
    "real": Kind.REAL,
    "float4": Kind.REAL,
    "float8": Kind.DOUBLE,
    "double precision": Kind.DOUBLE,
    "bool": Kind.BOOLEAN,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "timestamp": Kind.TIMESTAMP,
    "timestamptz": Kind.TIMESTAMPTZ,
    "json": Kind.JSON,
    "jsonb": Kind.JSONB,
    "uuid": Kind.UUID,
}


def cast_type(name: str, at: Location = ()) -> ValueType:
    """The type of this name.

    :raises Mismatch: of kind ``cast``, it is not known.
    """
    kind = NAMES.get(name.strip().lower())
    if kind is None:
        raise Mismatch("cast", f'type "{name}" does not exist', name=name, at=at)
    return simple(kind)
