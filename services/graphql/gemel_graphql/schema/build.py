"""The schema of a role."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    specified_directives,
)

from gemel.auth.actor import ADMIN
from gemel.catalog import Views
from gemel.policy import Access, Accesses
from gemel_graphql.schema.enums import Enums
from gemel_graphql.schema.names import Names
from gemel_graphql.schema.roots import mutation_fields, no_queries, query_fields
from gemel_graphql.schema.served import surface
from gemel_graphql.schema.streams import stream_fields
from gemel_graphql.schema.types import Types

NO_ENUMS: Final = Enums({})

CACHED: Final = {
    "refresh": GraphQLArgument(
        GraphQLNonNull(GraphQLBoolean), default_value=False, description="refresh the cache entry"
    ),
    "ttl": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=60, description="measured in seconds"),
}
"""Arguments of ``@cached`` (section 10.4)."""


@dataclass(frozen=True, eq=False)
class Schema:
    """What one role may ask."""

    query: GraphQLObjectType
    mutation: GraphQLObjectType | None
    subscription: GraphQLObjectType | None

    def whole(self) -> GraphQLSchema:
        """The schema with every type filled: for introspection only, since of many tables it takes seconds."""
        text = "whether this query should be cached; accepted, without an effect"
        cached = GraphQLDirective("cached", [DirectiveLocation.QUERY], CACHED, description=text)
        directives = [*specified_directives, cached]
        # graphql-core follows references by recursion, and a chain of tables is longer than the stack: it finds all
        # types collected already.
        roots = (self.query, self.mutation, self.subscription)
        types = _reachable([root for root in roots if root is not None])
        return GraphQLSchema(*roots, types=types, directives=directives, assume_valid=True)


def _reachable(roots: Sequence[GraphQLObjectType]) -> list[GraphQLNamedType]:
    found: dict[GraphQLNamedType, None] = dict.fromkeys(roots)
    waiting: list[GraphQLNamedType] = list(roots)
    while waiting:
        for type_ in map(get_named_type, _references(waiting.pop())):
            if type_ not in found:
                found[type_] = None
                waiting.append(type_)
    return list(found)


def _references(type_: GraphQLNamedType) -> Iterator[GraphQLType]:
    if isinstance(type_, GraphQLObjectType):
        for item in type_.fields.values():
            yield item.type
            yield from (argument.type for argument in item.args.values())
    elif isinstance(type_, GraphQLInputObjectType):
        yield from (member.type for member in type_.fields.values())


@dataclass(frozen=True, eq=False)
class Generated:
    """What the tables give: types, and fields of the roots."""

    types: Types
    query: Mapping[str, GraphQLField]
    mutation: Mapping[str, GraphQLField]
    subscription: Mapping[str, GraphQLField]
    warnings: tuple[str, ...]


def generate(views: Views, names: Names, enums: Enums = NO_ENUMS, *, stringify: bool = False) -> Generated:
    """Make the types of what a role sees.

    :param stringify: give numbers that a client could round as texts.
    """
    served = surface(views, names)
    types = Types(served, names, enums.values, stringify)
    warnings = list(served.warnings)
    query, mutation, streams = dict[str, GraphQLField](), dict[str, GraphQLField](), dict[str, GraphQLField]()
    for table in served.tables.values():
        _merge(query, types.fields(query_fields(types, table)), warnings)
        _merge(mutation, types.fields(mutation_fields(types, table)), warnings)
    for table in served.tables.values():
        _merge(
            streams, ((name, one) for name, one in types.fields(stream_fields(types, table)) if name not in query), []
        )
    return Generated(types, query, mutation, {**query, **streams}, tuple(warnings))


def _merge(fields: dict[str, GraphQLField], more: Iterator[tuple[str, GraphQLField]], warnings: list[str]) -> None:
    for name, field in more:
        if name in fields:
            warnings.append(f"root field {name!r} is not served by GraphQL: its name is taken")
        else:
            fields[name] = field


def everything(
    query: Mapping[str, GraphQLField], mutation: Mapping[str, GraphQLField], subscription: Mapping[str, GraphQLField]
) -> Schema:
    """Schema with these root fields; a role without any may ask for nothing (section 10.5)."""
    return Schema(
        GraphQLObjectType("query_root", dict(query) or no_queries()),
        GraphQLObjectType("mutation_root", dict(mutation)) if mutation else None,
        GraphQLObjectType("subscription_root", dict(subscription)) if subscription else None,
    )


class Schemas:
    """The schemas of one instance: that of each role is made when it is first asked for."""

    def __init__(self, accesses: Accesses, make: Callable[[Access], Schema]) -> None:
        """:raises AppError: the admin's cannot be made."""
        self._accesses, self._make = accesses, make
        self._made: dict[Access, Schema] = {}
        self.of(ADMIN)

    def of(self, role: str) -> Schema:
        """What a role may ask. All that no policy speaks of share one."""
        access = self._accesses.of(role)
        return self._made.get(access) or self._made.setdefault(access, self._make(access))
