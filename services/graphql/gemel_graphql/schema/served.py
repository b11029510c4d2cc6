"""Which tables, columns and relations have a place in the schema, and under which names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gemel.catalog import DEFAULT_SCHEMA, Catalog, Column, Relation, Table, TableKey
from gemel.request.read import MeasureName
from gemel_graphql.schema.scalars import BUILT_IN, NAMES, scalar_name

NAME: Final = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
"""GraphQL's names (October 2021, section 2.1.9) that are not reserved for introspection."""
ROOTS: Final = ("query_root", "mutation_root", "subscription_root")
RESERVED: Final = frozenset({*ROOTS, *BUILT_IN, *NAMES.values(), "ID", "order_by"})
ROW_MEASURES: Final[tuple[MeasureName, ...]] = (
    "sum", "avg", "min", "max", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop",
)  # fmt: skip
_TYPE_SUFFIXES: Final = (
    "", "_bool_exp", "_order_by", "_select_column", "_aggregate", "_aggregate_fields", "_aggregate_order_by",
    "_insert_input", "_set_input", "_inc_input", "_pk_columns_input", "_mutation_response",
    "_aggregate_bool_exp", "_group", "_group_key", "_group_order_by", "_group_key_order_by",
    *(f"_{name}_{kind}" for name in ROW_MEASURES for kind in ("fields", "order_by")),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Served:
    """A table in the schema."""

    table: Table
    name: str
    """Base of all its names."""
    columns: tuple[Column, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Surface:
    """All that is served, and what could not be."""

    tables: Mapping[TableKey, Served]
    names: frozenset[str]
    """Names of types that are taken."""
    warnings: tuple[str, ...] = field(default=())


def surface(catalog: Catalog) -> Surface:
    """Choose names. What has none that GraphQL accepts, or one that is taken, is left out and warned of."""
    warnings: list[str] = []
    scalars = frozenset(
        scalar_name(column.type) for table in catalog.tables.values() for column in table.columns.values()
    )
    taken = set(RESERVED | scalars) | {f"{name}_comparison_exp" for name in scalars | RESERVED}
    named: dict[TableKey, str] = {}
    for key in sorted(catalog.tables, key=lambda key: (key[0] != DEFAULT_SCHEMA, key)):
        name = key[1] if key[0] == DEFAULT_SCHEMA else f"{key[0]}_{key[1]}"
        types = {name + suffix for suffix in _TYPE_SUFFIXES}
        if not NAME.fullmatch(name):
            warnings.append(f"table {name!r} is not served by GraphQL: that is not a GraphQL name")
        elif taken & types:
            clash = ", ".join(sorted(taken & types))
            warnings.append(f"table {name!r} is not served by GraphQL: its names are taken ({clash})")
        else:
            taken |= types
            named[key] = name
    tables = {key: _served(catalog.tables[key], name, named, warnings) for key, name in named.items()}
    return Surface(tables, frozenset(taken), tuple(warnings))


def _served(table: Table, name: str, named: Mapping[TableKey, str], warnings: list[str]) -> Served:
    columns = tuple(column for column in table.columns.values() if _usable(column.name, name, warnings))
    used = {column.name for column in columns}
    return Served(table, name, columns, tuple(_relations(table, name, named, used, warnings)))


def _relations(
    table: Table, name: str, named: Mapping[TableKey, str], used: set[str], warnings: list[str]
) -> Iterator[Relation]:
    for relation in table.relations.values():
        if not relation.declared or relation.target not in named or not _usable(relation.name, name, warnings):
            continue
        names = {relation.name, f"{relation.name}_aggregate"} if relation.to_many else {relation.name}
        if used & names:
            warnings.append(f"relation {name}.{relation.name} is not served by GraphQL: its name is taken")
            continue
        used |= names
        yield relation


def _usable(member: str, table: str, warnings: list[str]) -> bool:
    if NAME.fullmatch(member) and member not in {"_and", "_or", "_not", "_cursor"}:
        return True
    warnings.append(f"{table}.{member} is not served by GraphQL: that is not a name that it can have there")
    return False
