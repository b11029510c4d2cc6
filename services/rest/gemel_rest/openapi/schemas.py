"""JSON Schemas of tables (JSON Schema 2020-12): as read, as inserted, as changed."""

from collections.abc import Mapping
from typing import Any

from gemel.catalog import Column, Kind, TableKey, ValueType, View, Views

Schema = dict[str, Any]

BIG = 2**63

TYPES: dict[Kind, Schema] = {
    Kind.SMALLINT: {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    Kind.INTEGER: {"type": "integer", "format": "int32"},
    Kind.BIGINT: {"type": "integer", "format": "int64"},
    Kind.REAL: {"type": "number", "format": "float"},
    Kind.DOUBLE: {"type": "number", "format": "double"},
    Kind.NUMERIC: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TEXT: {"type": "string"},
    Kind.BPCHAR: {"type": "string"},
    Kind.UUID: {"type": "string", "format": "uuid"},
    Kind.DATE: {"type": "string", "format": "date"},
    # Without a zone these are not what JSON Schema calls a time and a date-time (RFC 3339).
    Kind.TIME: {"type": "string", "examples": ["12:00:00"]},
    Kind.TIMESTAMP: {"type": "string", "examples": ["2009-01-01T00:00:00"]},
    Kind.TIMETZ: {"type": "string", "format": "time"},
    Kind.TIMESTAMPTZ: {"type": "string", "format": "date-time"},
    Kind.INTERVAL: {"type": "string"},
    Kind.BYTEA: {"type": "string", "pattern": r"^\\x([0-9a-f]{2})*$"},
    Kind.ENUM: {"type": "string"},
    Kind.JSON: {},
    Kind.JSONB: {},
    Kind.OTHER: {},
}


def names_of(views: Views) -> dict[TableKey, str]:
    """Name of each table's schema: ``playlist_track`` is ``PlaylistTrack``; unique, in order."""
    names: dict[TableKey, str] = {}
    for schema, table in sorted(views.tables, key=lambda key: (views.schemas.index(key[0]), key[1])):
        name = pascal(table)
        if name in names.values() or not name:
            name = f"{pascal(schema)}{name}"
        while name in names.values():
            name += "_"
        names[(schema, table)] = name
    return names


def pascal(name: str) -> str:
    """``playlist_track`` is ``PlaylistTrack``."""
    words = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in name).split()
    return "".join(word[:1].upper() + word[1:] for word in words)


def value_schema(value: ValueType) -> Schema:
    """Schema of a value that is not null."""
    value = value.served
    if value.kind is Kind.ARRAY and value.item is not None:
        item = value_schema(value.item)
        return {"type": "array", "items": _or_null(item)}
    schema = dict(TYPES[value.kind]) if value.kind in TYPES else {}
    if value.length is not None:
        schema["maxLength"] = value.length
    if value.labels:
        schema["enum"] = list(value.labels)
    if value.kind is Kind.NUMERIC and value.precision is not None:
        schema["description"] = f"numeric({value.precision},{value.scale or 0})"
    return schema


def column_schema(column: Column) -> Schema:
    """Schema of a column."""
    schema = value_schema(column.type)
    if column.nullable:
        schema = _or_null(schema)
    if column.comment:
        schema["description"] = column.comment
    if column.computed or column.generated:
        schema["readOnly"] = True
    return schema


def _or_null(schema: Schema) -> Schema:
    if "type" not in schema:
        return schema
    found = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found


def table_schemas(table: View, names: dict[TableKey, str]) -> dict[str, Schema]:
    """The schemas of a table, by name."""
    name = names[table.key]
    schemas = {name: _read(table, names)}
    if "insert" in table.verbs:
        needed = [one.name for one in table.insertable.values() if not one.nullable and not one.has_default]
        schemas[f"{name}Insert"] = {**_given(table.insertable), **({"required": needed} if needed else {})}
    if "update" in table.verbs:
        schemas[f"{name}Update"] = _given(table.updatable)
    return schemas


def _given(columns: Mapping[str, Column]) -> Schema:
    properties = {name: column_schema(column) for name, column in columns.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _read(table: View, names: dict[TableKey, str]) -> Schema:
    """Stored columns are always there unless ``select`` says otherwise; computed ones and embeds when selected."""
    properties: Schema = {column.name: column_schema(column) for column in table.columns.values()}
    relations: Schema = {}
    for relation in table.relations.values():
        target = {"$ref": f"#/components/schemas/{names[relation.target]}"}
        one = {"oneOf": [target, {"type": "null"}]}
        properties.setdefault(relation.name, {"type": "array", "items": target} if relation.to_many else one)
        relations[relation.name] = {"target": relation.target[1], "cardinality": relation.cardinality.value}
        if relation.constraint:
            relations[relation.name]["foreignKey"] = relation.constraint
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": [column.name for column in table.stored],
        "x-relationships": relations,
    }
    return {"description": table.comment, **schema} if table.comment else schema


def example_row(table: View) -> dict[str, Any]:
    """A row as it could be read."""
    return {column.name: _example(column) for column in table.stored}


def _example(column: Column) -> Any:
    type_ = column.type.served
    kind = type_.kind
    examples: dict[Kind, Any] = {
        Kind.REAL: 0.5,
        Kind.DOUBLE: 0.5,
        Kind.NUMERIC: 0.99,
        Kind.BOOLEAN: True,
        Kind.UUID: "00000000-0000-4000-8000-000000000001",
        Kind.DATE: "2009-01-01",
        Kind.TIME: "12:00:00",
        Kind.TIMETZ: "12:00:00+00",
        Kind.TIMESTAMP: "2009-01-01T00:00:00",
        Kind.TIMESTAMPTZ: "2009-01-01T00:00:00+00:00",
        Kind.INTERVAL: "1 day",
        Kind.BYTEA: "\\x00",
        Kind.ARRAY: [],
        Kind.JSON: {},
        Kind.JSONB: {},
    }
    if kind in (Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT):
        return 1
    return type_.labels[0] if type_.labels else examples.get(kind, column.name[: column.type.length])
