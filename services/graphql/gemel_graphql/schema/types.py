"""The types of one schema, each made once and filled when it is first looked into."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
)

from gemel.catalog import Column, Kind, TableKey, ValueType
from gemel_graphql.schema.meaning import ColumnOf, Direction, meant
from gemel_graphql.schema.names import Names
from gemel_graphql.schema.scalars import BUILT_IN, Typed, scalar_name, wrapped
from gemel_graphql.schema.served import Served, Surface

T = TypeVar("T", bound=GraphQLNamedType)
Fields = Callable[[], Mapping[str, GraphQLField]]
InputFields = Callable[[], Mapping[str, GraphQLInputField]]

STRINGIFIED = frozenset({Kind.BIGINT, Kind.NUMERIC, Kind.DOUBLE})
"""Kinds that the stringify option is about (section 10.1)."""
DIRECTIONS: Mapping[str, Direction] = {
    "asc": Direction(descending=False, nulls_first=False),
    "asc_nulls_first": Direction(descending=False, nulls_first=True),
    "asc_nulls_last": Direction(descending=False, nulls_first=False),
    "desc": Direction(descending=True, nulls_first=True),
    "desc_nulls_first": Direction(descending=True, nulls_first=True),
    "desc_nulls_last": Direction(descending=True, nulls_first=False),
}
_DIRECTION_TEXTS = {
    "asc": "in ascending order, nulls last",
    "asc_nulls_first": "in ascending order, nulls first",
    "asc_nulls_last": "in ascending order, nulls last",
    "desc": "in descending order, nulls first",
    "desc_nulls_first": "in descending order, nulls first",
    "desc_nulls_last": "in descending order, nulls last",
}


@dataclass(frozen=True, eq=False)
class Types:
    """Store of named types. Names are given to it in the form of ``hasura-default``, and written as ``names`` does.

    Fields are thunks: of a thousand tables only those that a request touches are ever filled. Introspection fills the
    rest in a thread of its own, hence the atomic ``setdefault``.
    """

    surface: Surface
    names: Names
    enums: Mapping[TableKey, Mapping[str, str | None]]
    """Rows of the tables that are enums."""
    stringify: bool = False
    """Numbers that a client could round are given as texts."""
    _made: dict[str, Any] = field(default_factory=dict)
    _shared: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def named(self) -> tuple[GraphQLNamedType, ...]:
        """All types that have been made."""
        return tuple(self._made.values())

    def _keep(self, made: T) -> T:
        kept: T = self._made.setdefault(made.name, made)
        return kept

    def shared(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """A field that stands in several types: of a thousand tables they are most of the memory."""
        return self._shared.get(key) or self._shared.setdefault(key, make())

    def served(self, key: TableKey) -> Served:
        """The table at the other end of a relation."""
        return self.surface.tables[key]

    def object(
        self, name: str, description: str | None, fields: Fields, extensions: dict[str, Any] | None = None
    ) -> GraphQLObjectType:
        """An object type."""
        name = self.names.type(name)
        found: GraphQLObjectType | None = self._made.get(name)
        if found is None:
            made = GraphQLObjectType(
                name, lambda: dict(self.fields(fields().items())), description=description, extensions=extensions
            )
            found = self._keep(made)
        return found

    def fields(self, fields: Iterable[tuple[str, GraphQLField]]) -> Iterator[tuple[str, GraphQLField]]:
        """Fields under the names that they are served by; an argument's ``out_name`` is the name that it was given."""
        for name, item in fields:
            for argument, declared in item.args.items():
                declared.out_name = declared.out_name or argument
            item.args = {self.names.field(argument): declared for argument, declared in item.args.items()}
            yield self.names.field(name), item

    def input(
        self, name: str, description: str | None, fields: InputFields, extensions: dict[str, Any] | None = None
    ) -> GraphQLInputObjectType:
        """An input type."""

        def named() -> Mapping[str, GraphQLInputField]:
            return {self.names.field(member): item for member, item in fields().items()}

        name = self.names.type(name)
        made = self._made.get(name)
        return made or self._keep(GraphQLInputObjectType(name, named, description=description, extensions=extensions))

    def enum(
        self,
        name: str,
        description: str,
        values: Mapping[str, GraphQLEnumValue],
        extensions: dict[str, Any] | None = None,
    ) -> GraphQLEnumType:
        """An enum type.

        :param values: by the name that they are served by, for a column is written in another way than a word.
        """
        name = self.names.type(name)
        made = self._made.get(name)
        return made or self._keep(GraphQLEnumType(name, dict(values), description=description, extensions=extensions))

    def scalar(self, type_: ValueType) -> GraphQLScalarType:
        """The scalar of a column's type, or of its members'."""
        name = scalar_name(type_)
        return BUILT_IN.get(name) or self._made.get(name) or self._keep(GraphQLScalarType(name))

    def given(self, column: Column) -> ColumnOf:
        """A column whose values are given."""
        return ColumnOf(column, "text" if self.stringify and column.type.kind in STRINGIFIED else None)

    def typed(self, type_: ValueType) -> Typed:
        """The scalar, or a list of it."""
        return wrapped(self.scalar(type_), type_)

    def order_by(self) -> GraphQLEnumType:
        """The enum of directions."""
        values = {
            self.names.value(name): GraphQLEnumValue(name, _DIRECTION_TEXTS[name], extensions=meant(direction))
            for name, direction in DIRECTIONS.items()
        }
        return self.enum("order_by", "column ordering options", values)
