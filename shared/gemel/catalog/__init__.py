"""What exists: tables, columns, keys and relations, read once from the mappers of the app."""

from gemel.catalog.codec import Codec
from gemel.catalog.model import (
    DEFAULT_SCHEMA,
    Cardinality,
    Catalog,
    Column,
    ForeignKey,
    Junction,
    Key,
    Relation,
    Table,
    TableKey,
    Verb,
    View,
    Views,
)
from gemel.catalog.read import read_catalog
from gemel.catalog.types import Kind, ValueType

__all__ = [
    "DEFAULT_SCHEMA",
    "Cardinality",
    "Catalog",
    "Codec",
    "Column",
    "ForeignKey",
    "Junction",
    "Key",
    "Kind",
    "Relation",
    "Table",
    "TableKey",
    "ValueType",
    "Verb",
    "View",
    "Views",
    "read_catalog",
]
