"""Resolve names: tables, columns and relations, for a role."""

import difflib
from dataclasses import dataclass

from gemel.catalog import Catalog, Column, Kind, Table
from gemel.catalog.types import DOCUMENTS, simple
from gemel.errors import Denied, Mismatch, UnknownColumn, UnknownTable
from gemel.plan.model import Hop, Use
from gemel.plan.relate import find_relation
from gemel.request import ColumnRef, Link, Source

ADMIN = "admin"
ALIKE = 0.75
"""Similarity from which on a name is suggested (``rest.md`` section 27)."""


@dataclass(frozen=True)
class Scope:
    """What a role may see."""

    catalog: Catalog
    role: str

    def table(self, source: Source, verb: str) -> Table:
        """The table.

        :raises UnknownTable: there is none of this name.
        :raises Denied: the role may not do ``verb`` to it. Without policies only ``admin`` may anything.
        """
        table = self.catalog.tables.get((source.schema, source.table))
        if table is None:
            names = [name for schema, name in self.catalog.tables if schema == source.schema]
            near = difflib.get_close_matches(source.table, names, 1, ALIKE) if self.role == ADMIN else []
            raise UnknownTable(source.schema, source.table, next(iter(near), None), at=source.at)
        if self.role != ADMIN:
            raise Denied(table.name, verb, at=source.at)
        return table

    def hop(self, table: Table, link: Link) -> Hop:
        """The relation of ``table`` that the link names, and where it leads.

        :raises UnknownRelation, AmbiguousRelation: none fits, or several do.
        """
        relation = find_relation(self.catalog, table, link)
        schema, name = relation.target
        return Hop(relation, self.table(Source(schema, name, link.at), "select"))


def column_of(table: Table, ref: ColumnRef, *, written: bool = False) -> Column:
    """The column.

    :raises UnknownColumn: the table has none of this name.
    """
    column = table.columns.get(ref.name)
    if column is None:
        raise UnknownColumn(table.name, ref.name, written, at=ref.at)
    return column


def use_of(table: Table, ref: ColumnRef) -> Use:
    """The column, or the place in its document.

    :raises UnknownColumn: the table has none of this name.
    :raises Mismatch: a path into something that is no document.
    """
    column = column_of(table, ref)
    if not ref.path:
        as_text = ref.as_text and column.type.kind is Kind.JSONB
        return Use(column, (), as_text, simple(Kind.TEXT) if as_text else column.type)
    if column.type.kind not in DOCUMENTS | {Kind.ARRAY, Kind.OTHER}:
        text = f"column {table.name}.{column.name} is {column.type.name}, which has no places inside"
        raise Mismatch("json-path", text, table.name, column.name, at=ref.at)
    return Use(column, ref.path, ref.as_text, simple(Kind.TEXT if ref.as_text else Kind.JSONB))
