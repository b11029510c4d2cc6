"""Scalars: how types of values are called (``docs/dialects/graphql.md`` section 10.1)."""

import re
from collections.abc import Mapping
from typing import Final

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
)

from gemel.catalog import Kind, ValueType

BUILT_IN: Final[Mapping[str, GraphQLScalarType]] = {
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "String": GraphQLString,
    "Boolean": GraphQLBoolean,
}
"""Scalars of GraphQL itself; ``ID`` is not used for columns."""

NAMES: Final[Mapping[Kind, str]] = {
    Kind.SMALLINT: "smallint",
    Kind.INTEGER: "Int",
    Kind.BIGINT: "bigint",
    Kind.REAL: "Float",
    Kind.DOUBLE: "float8",
    Kind.NUMERIC: "numeric",
    Kind.BOOLEAN: "Boolean",
    Kind.TEXT: "String",
    Kind.BPCHAR: "bpchar",
    Kind.UUID: "uuid",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.TIMETZ: "timetz",
    Kind.TIMESTAMP: "timestamp",
    Kind.TIMESTAMPTZ: "timestamptz",
    Kind.INTERVAL: "interval",
    Kind.JSON: "json",
    Kind.JSONB: "jsonb",
    Kind.BYTEA: "bytea",
}


def scalar_name(type_: ValueType) -> str:
    """Name of the scalar of a type; of an array the one of its members."""
    type_ = type_.served
    if type_.kind is Kind.ARRAY:
        return scalar_name(type_.item) if type_.item is not None else "String"
    if type_.kind is Kind.ENUM and type_.name == "text":  # no type of its own in the database
        return "String"
    return NAMES.get(type_.kind) or _sanitized(type_.name)


def _sanitized(name: str) -> str:
    """Name of a type that only the database knows, without schema, quotes and parameters."""
    bare = name.partition("(")[0].rpartition(".")[2].strip('" ')
    word = re.sub(r"\W", "_", bare, flags=re.ASCII) or "unknown"
    return f"_{word}" if word[0].isdecimal() else word


def is_array(type_: ValueType) -> bool:
    """Whether values are lists."""
    return type_.kind is Kind.ARRAY


Typed = GraphQLScalarType | GraphQLList[GraphQLNonNull[GraphQLScalarType]]


def wrapped(scalar: GraphQLScalarType, type_: ValueType) -> Typed:
    """The scalar, or a list of it when the type is an array."""
    return GraphQLList(GraphQLNonNull(scalar)) if is_array(type_) else scalar
