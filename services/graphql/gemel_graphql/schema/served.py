"""Which tables, columns and relations have a place in the schema, and under which names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gemel.catalog import DEFAULT_SCHEMA, Column, Relation, TableKey, Verb, View, Views
from gemel.request.read import MeasureName
from gemel_graphql.schema.names import Names
from gemel_graphql.schema.scalars import BUILT_IN, NAMES, scalar_name

NAME: Final = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
"""GraphQL's names (October 2021, section 2.1.9) that are not reserved for introspection."""
ROOTS: Final = ("query_root", "mutation_root", "subscription_root")
RESERVED: Final = frozenset({*ROOTS, *BUILT_IN, *NAMES.values(), "ID"})
FIXED: Final = frozenset({"_and", "_or", "_not", "_cursor"})
"""Members that stand beside those of the table."""
ROW_MEASURES: Final[tuple[MeasureName, ...]] = (
    "sum", "avg", "min", "max", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop",
)  # fmt: skip
_TYPE_SUFFIXES: Final = (
    "", "_bool_exp", "_order_by", "_select_column", "_aggregate", "_aggregate_fields", "_aggregate_order_by",
    "_insert_input", "_set_input", "_inc_input", "_pk_columns_input", "_mutation_response",
    "_obj_rel_insert_input", "_arr_rel_insert_input", "_on_conflict", "_constraint", "_update_column", "_updates",
    "_append_input", "_prepend_input", "_delete_key_input", "_delete_elem_input", "_delete_at_path_input",
    "_nested_input", "_nested_deletes", "_stream_cursor_input", "_stream_cursor_value_input",
    *(f"_{kind}_rel_nested_input" for kind in ("arr", "obj", "one")),
    "_aggregate_bool_exp", "_group", "_group_key", "_group_order_by", "_group_key_order_by",
    *(f"_{name}_{kind}" for name in ROW_MEASURES for kind in ("fields", "order_by")),
)  # fmt: skip

_ENUM_SUFFIXES: Final = ("_enum", "_enum_comparison_exp")


@dataclass(frozen=True, eq=False)
class Served:
    """A table in the schema."""

    table: View
    name: str
    """Base of all its names, in the form of ``hasura-default``."""
    columns: tuple[Column, ...]
    """What can be read."""
    insertable: tuple[Column, ...]
    updatable: tuple[Column, ...]
    relations: tuple[Relation, ...]

    def may(self, verb: Verb) -> bool:
        """Whether there is anything that the verb can do to its rows.

        Rows are written where they can be told apart: by a key that is served, if the role sees one.
        """
        key = self.table.primary_key
        if verb != "select" and key is not None and not set(key.columns) <= {one.name for one in self.columns}:
            return False
        some = {"insert": self.insertable, "update": self.updatable}.get(verb, True)
        return verb in self.table.verbs and bool(some)


@dataclass(frozen=True)
class Surface:
    """All that is served, and what could not be."""

    tables: Mapping[TableKey, Served]
    names: frozenset[str]
    """Names of types that are taken."""
    warnings: tuple[str, ...] = field(default=())


def base_name(key: TableKey) -> str:
    """Base of all names of a table."""
    return key[1] if key[0] == DEFAULT_SCHEMA else f"{key[0]}_{key[1]}"


def surface(views: Views, names: Names) -> Surface:
    """Choose names. What has none that GraphQL accepts, or one that is taken, is left out and warned of."""
    warnings: list[str] = []
    scalars = frozenset(
        scalar_name(column.type) for table in views.tables.values() for column in table.columns.values()
    )
    taken = set(RESERVED | scalars) | {names.type(f"{name}_comparison_exp") for name in scalars | RESERVED}
    taken |= {names.type("order_by"), names.type("cursor_ordering")}
    named: dict[TableKey, str] = {}
    for key in sorted(views.tables, key=lambda key: (key[0] != DEFAULT_SCHEMA, key)):
        name = base_name(key)
        suffixes = (*_TYPE_SUFFIXES, *_ENUM_SUFFIXES) if views.tables[key].enum else _TYPE_SUFFIXES
        types = {names.type(name + suffix) for suffix in suffixes}
        if not NAME.fullmatch(name):
            warnings.append(f"table {name!r} is not served by GraphQL: that is not a GraphQL name")
        elif taken & types:
            clash = ", ".join(sorted(taken & types))
            warnings.append(f"table {name!r} is not served by GraphQL: its names are taken ({clash})")
        else:
            taken |= types
            named[key] = name
    members = _Members(names, named, warnings)
    tables = {key: members.served(views.tables[key]) for key in named}
    return Surface(tables, frozenset(taken), tuple(warnings))


@dataclass(frozen=True, eq=False)
class _Members:
    """Chooses the members of tables."""

    names: Names
    named: Mapping[TableKey, str]
    warnings: list[str]

    def served(self, table: View) -> Served:
        name, used = self.named[table.key], set[str]()
        every = {**table.columns, **table.insertable, **table.updatable}
        known = {column for column in every.values() if self._takes(used, name, column.name)}
        relations = (item for item in table.relations.values() if item.declared and item.target in self.named)
        return Served(
            table,
            name,
            tuple(column for column in table.columns.values() if column in known),
            tuple(column for column in table.insertable.values() if column in known),
            tuple(column for column in table.updatable.values() if column in known),
            tuple(item for item in relations if self._takes(used, name, item.name, aggregate=item.to_many)),
        )

    def _takes(self, used: set[str], table: str, member: str, *, aggregate: bool = False) -> bool:
        """Whether a member has its names, which are then used."""
        own = {self.names.field(member)} | ({self.names.field(f"{member}_aggregate")} if aggregate else set())
        if not all(map(NAME.fullmatch, (member, *own))) or own & FIXED:
            reason = "that is not a name that it can have there"
        elif own & used:
            reason = "its name is taken"
        else:
            used |= own
            return True
        self.warnings.append(f"{table}.{member} is not served by GraphQL: {reason}")
        return False
