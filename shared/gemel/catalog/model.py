"""The frozen types of the catalog.

Names are those of the database (``docs/dialects/graphql.md`` section 1.1): a column is known by its column name, a
computed one by its attribute, a relation by the name of its ``relationship()``. Objects compare by identity: there is
one catalog per served app.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import Mapper

from gemel.catalog.types import ValueType

DEFAULT_SCHEMA = "public"
"""Name under which both APIs know the schema that the database calls its default."""

Verb = Literal["select", "insert", "update", "delete"]
"""What is done to rows."""

TableKey = tuple[str, str]
"""Schema and name."""

Pairs = tuple[tuple[str, str], ...]
"""Pairs of columns that are equal: (here, there)."""


class Cardinality(StrEnum):
    """How many rows stand on either side, named as REST clients expect (``rest.md`` section 7)."""

    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    ONE_TO_ONE = "one-to-one"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, eq=False)
class Column:
    """A column that can be read."""

    name: str
    attribute: str
    """Name of the mapped attribute."""
    type: ValueType
    nullable: bool
    has_default: bool
    """An insert may leave it out although it is not nullable."""
    generated: bool
    """The database alone writes it (``GENERATED ALWAYS``)."""
    comment: str | None
    expression: ColumnElement[object]
    """The table's column, or the expression of a computed one, over the mapped table."""
    computed: bool = False
    """A hybrid or column property: read only, and not part of ``*``."""
    fulltext: str | None = None
    """SQLite: name of the FTS5 table that holds this column under its own name (``info={"fts5": …}``)."""
    enum: TableKey | None = None
    """The enum table whose key it refers to."""


@dataclass(frozen=True, eq=False)
class Key:
    """Primary key or unique constraint."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ForeignKey:
    """Foreign key constraint."""

    name: str
    pairs: Pairs
    target: TableKey


@dataclass(frozen=True, eq=False)
class Junction:
    """The table between two sides of a many-to-many relation."""

    table: TableKey
    source: FromClause
    near: Pairs
    """(column of the origin, column of the junction)."""
    far: Pairs
    """(column of the junction, column of the target)."""
    near_constraint: str
    far_constraint: str


@dataclass(frozen=True, eq=False)
class Relation:
    """A way from the rows of one table to rows of another."""

    name: str
    """Name of the ``relationship()``; of one that only a foreign key tells of, the constraint's."""
    origin: TableKey
    target: TableKey
    cardinality: Cardinality
    pairs: Pairs
    """(column of the origin, column of the target); empty with a junction or a condition."""
    constraint: str
    """Name of the foreign key behind it; empty when there is none."""
    forward: bool
    """The origin holds the foreign key."""
    required: bool
    """An object that is there for every row, because its key is not null and enforced."""
    junction: Junction | None = None
    condition: ColumnElement[bool] | None = None
    """A join of the model's own, when it is more than equal columns; the target's columns are annotated ``remote``."""
    declared: bool = True
    """Comes from a ``relationship()``; else only from a foreign key."""

    @property
    def to_many(self) -> bool:
        """Gives a list."""
        return self.cardinality in (Cardinality.ONE_TO_MANY, Cardinality.MANY_TO_MANY)


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """A table as somebody sees it: all of it (``Table``), or what the policies of a role leave."""

    schema: str
    name: str
    columns: Mapping[str, Column]
    """What can be read: stored columns in the order of the table, then the computed ones."""
    insertable: Mapping[str, Column]
    """What an insert may give values to."""
    updatable: Mapping[str, Column]
    """What an update may give values to."""
    verbs: frozenset[Verb]
    """What can be done to its rows."""
    aggregates: bool
    """Whether something may be computed over its rows."""
    primary_key: Key | None
    unique: tuple[Key, ...]
    """Unique constraints, without the primary key."""
    constraints: tuple[Key, ...]
    """Those of all of these that the database has: a primary key may be the mapper's own."""
    relations: Mapping[str, Relation]
    """From ``relationship()``s, by attribute name."""
    detected: tuple[Relation, ...]
    """From foreign keys alone, each direction, and through junction tables (``rest.md`` section 7)."""
    writable: bool
    """No view of the database, and no select."""
    comment: str | None
    enum: bool = False
    """Its rows are the values of an enum (``info={"gemel_enum": True}``): a text key, and at most a description."""
    filtered: bool = False
    """Some of its rows may be hidden."""

    @property
    def key(self) -> TableKey:
        """Schema and name."""
        return (self.schema, self.name)

    def taken(self, verb: Verb) -> Mapping[str, Column]:
        """The columns that a verb can name as its own: that it gives, or gives values to."""
        return {"select": self.columns, "insert": self.insertable, "update": self.updatable}.get(verb, {})

    @property
    def stored(self) -> Iterator[Column]:
        """The columns that ``*`` stands for."""
        return (column for column in self.columns.values() if not column.computed)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Primary key, then unique constraints."""
        return ((self.primary_key,) if self.primary_key else ()) + self.unique


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(View):
    """A table, a view of the database, or a select that a class is mapped to; all of it. Only this can be in a plan."""

    foreign_keys: tuple[ForeignKey, ...]
    source: FromClause
    mapper: Mapper[object]


@dataclass(frozen=True, eq=False)
class Views:
    """What somebody sees."""

    tables: Mapping[TableKey, View]

    @property
    def schemas(self) -> tuple[str, ...]:
        """Names of the schemas, the default one first."""
        names = sorted({schema for schema, _ in self.tables} - {DEFAULT_SCHEMA})
        return (DEFAULT_SCHEMA, *names)


@dataclass(frozen=True, eq=False)
class Catalog(Views):
    """All that can be served."""

    tables: Mapping[TableKey, Table]
    warnings: tuple[str, ...] = ()
    """What of the models cannot be served, for the log at start."""

    def by_mapper(self, mapper: Mapper[object]) -> Table | None:
        """The table of a mapped class."""
        return next((table for table in self.tables.values() if table.mapper is mapper), None)
