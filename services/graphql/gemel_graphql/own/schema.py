"""The schema of the app's own resolvers, and how it is merged into the generated one.

A mapped class in an annotation stands for the generated type of its table. To Strawberry it is a scalar of that name
that passes the object on; in the merged schema the generated type takes its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    is_specified_scalar_type,
)
from sqlalchemy.orm import Mapper
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from gemel.catalog import Table, TableKey
from gemel.errors import AppError
from gemel.policy import Access
from gemel_graphql.own.allow import allowed
from gemel_graphql.schema.meaning import OwnField, meant
from gemel_graphql.schema.rows import row
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types

PLACEHOLDER: Final = "gemel_placeholder"


@dataclass(frozen=True, eq=False)
class Roots:
    """Root fields of a merged schema."""

    query: Mapping[str, GraphQLField]
    mutation: Mapping[str, GraphQLField]


@dataclass(frozen=True, eq=False)
class Own:
    """The app's own part of the schema."""

    module: str
    schema: GraphQLSchema
    """Strawberry's, which is executed."""
    of_admin: Roots
    has_query: bool
    mappers: Mapping[TableKey, Mapper[Any]]
    """Of the tables whose rows may be given."""

    def of(self, access: Access, types: Types, log: Any) -> Roots:
        """What a role may ask: fields that let it (``allow``).

        One that gives rows which the role cannot read is left out, and warned of.
        """
        merge = _Merge(self.module, types, access, log)
        return _roots(merge, self.schema, has_query=self.has_query)


def _roots(merge: "_Merge", schema: GraphQLSchema, *, has_query: bool) -> Roots:
    query = merge.roots(schema.query_type, mutation=False) if has_query else {}
    return Roots(query, merge.roots(schema.mutation_type, mutation=True))


def read_own(module: ModuleType, types: Types) -> Own | None:
    """Read ``resolvers.py``; ``None`` if it has neither ``Query`` nor ``Mutation``.

    :param types: of the admin, who sees all of it.
    :raises AppError: Strawberry refuses it, or one of its names is taken by a generated type.
    """
    query, mutation = getattr(module, "Query", None), getattr(module, "Mutation", None)
    if query is None and mutation is None:
        return None
    mappers = {key: _whole(served).mapper for key, served in types.surface.tables.items()}
    schema = _strawberry(module.__name__, query or _Nothing, mutation, types)
    roots = _roots(_Merge(module.__name__, types), schema, has_query=query is not None)
    return Own(module.__name__, schema, roots, query is not None, mappers)


def _whole(served: Served) -> Table:
    assert isinstance(served.table, Table)  # noqa: S101 - the admin sees all of each
    return served.table


class _Hidden(Exception):
    """A field gives rows that the role cannot read."""


@strawberry.type
class _Nothing:
    """Strawberry demands a query."""

    @strawberry.field
    def nothing(self) -> bool:
        """Never reached: it is not merged."""
        return False


def _strawberry(module: str, query: type, mutation: type | None, types: Types) -> GraphQLSchema:
    config = StrawberryConfig(auto_camel_case=False, scalar_map=_placeholders(types))
    try:
        schema = strawberry.Schema(query=query, mutation=mutation, config=config)
    except Exception as error:
        raise AppError(f"{module}: Strawberry refuses it: {type(error).__name__}: {error}") from error
    return schema._schema


def _placeholders(types: Types) -> dict[object, ScalarDefinition]:
    return {
        _whole(served).mapper.class_: ScalarDefinition(
            name=types.names.type(served.name),
            description=PLACEHOLDER,
            specified_by_url=None,
            serialize=_passed_on,
            parse_value=_refused,
            parse_literal=None,
        )
        for served in types.surface.tables.values()
    }


def _passed_on(value: Any) -> Any:
    return value


def _refused(_: object) -> object:
    raise ValueError("a row cannot be an argument")


@dataclass(frozen=True, eq=False)
class _Merge:
    """Turns types of Strawberry's schema into those of the merged one."""

    module: str
    types: Types
    access: Access | None = None
    """``None``: the admin's."""
    log: Any = None
    made: dict[str, GraphQLObjectType] = field(default_factory=dict)

    def roots(self, type_: GraphQLObjectType | None, *, mutation: bool) -> dict[str, GraphQLField]:
        """Root fields."""
        found = {}
        for name, item in type_.fields.items() if type_ is not None else ():
            if self.access is not None and self.access.names.isdisjoint(allowed(item)):
                continue
            try:
                found[name] = self._field(f"{type_}.{name}", item, {"gemel": OwnField(mutation)})
            except _Hidden as hidden:
                self.log.warning(
                    "not served", field=name, role=self.access and self.access.role, reason=f"it gives rows of {hidden}"
                )
        return found

    def _fields(self, type_: GraphQLObjectType) -> Iterator[tuple[str, GraphQLField]]:
        for name, item in type_.fields.items():
            yield name, self._field(f"{type_.name}.{name}", item, meant(None))

    def _field(self, where: str, item: GraphQLField, extensions: dict[str, Any]) -> GraphQLField:
        for argument in item.args.values():
            self._check_input(argument.type, where)
        return GraphQLField(
            self._type(item.type),
            item.args,
            description=item.description,
            deprecation_reason=item.deprecation_reason,
            extensions=extensions,
        )

    def _check_input(self, type_: Any, where: str) -> None:
        while isinstance(type_, GraphQLNonNull | GraphQLList):
            type_ = type_.of_type
        if _is_placeholder(type_):
            raise AppError(f"{self.module}: {where}: a mapped class cannot be an argument; take its key")
        self._check_name(type_)

    def _type(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._type(type_.of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._type(type_.of_type))
        if _is_placeholder(type_):
            return row(self.types, self._served(type_.name))
        self._check_name(type_)
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_)
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            return type_
        raise AppError(f"{self.module}: {type_.name}: interfaces and unions cannot be merged yet")

    def _object(self, type_: GraphQLObjectType) -> GraphQLObjectType:
        made = self.made.get(type_.name)
        if made is None:
            if type_.interfaces:
                raise AppError(f"{self.module}: {type_.name}: interfaces and unions cannot be merged yet")
            made = self.made[type_.name] = GraphQLObjectType(
                type_.name, lambda: dict(self._fields(type_)), description=type_.description
            )
            _ = made.fields  # what is wrong with it shall stop the start, not a request
        return made

    def _served(self, name: str) -> Served:
        tables = self.types.surface.tables.values()
        found = next((served for served in tables if self.types.names.type(served.name) == name), None)
        if found is None or found.table.primary_key is None:  # its rows are read by their keys
            raise _Hidden(name)
        return found

    def _check_name(self, type_: GraphQLNamedType) -> None:
        if is_specified_scalar_type(type_):
            return
        if type_.name in self.types.surface.names:
            raise AppError(f"{self.module}: the name {type_.name!r} is taken by a generated type")
        if isinstance(type_, GraphQLInputObjectType):
            for item in type_.fields.values():
                inner: Any = item.type
                while isinstance(inner, GraphQLNonNull | GraphQLList):
                    inner = inner.of_type
                if inner is not type_:
                    self._check_input(inner, type_.name)


def _is_placeholder(type_: GraphQLNamedType) -> bool:
    return isinstance(type_, GraphQLScalarType) and type_.description == PLACEHOLDER
