"""Write the answer of an introspection as text (``docs/dialects/graphql.md`` section 10.5).

graphql-core's executor takes eleven seconds for a schema of a thousand tables, most of them for telling the same types
of columns again and again. Here a selection is resolved once into functions, and what is said of a type is said once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    get_argument_values,
    is_leaf_type,
    is_type,
)
from graphql.execution.values import VariableValues

from gemel.apart import give_way
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, collect

Write: TypeAlias = Callable[[Any], str]
"""Gives the JSON text of a value."""
Member: TypeAlias = tuple[str, Callable[..., Any], Mapping[str, Any], Write]
"""Key with its colon, resolver and its arguments, writer of what it gives."""

ROOTS: Final[Mapping[str, GraphQLField]] = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass(frozen=True)
class _Info:
    """What resolvers of introspection look at."""

    schema: GraphQLSchema
    parent_type: GraphQLObjectType


@dataclass(frozen=True, eq=False)
class IntrospectionText:
    """Writer of answers about one schema, for one operation that has been validated."""

    schema: GraphQLSchema
    scope: Scope
    variables: VariableValues

    def root(self, nodes: Sequence[FieldNode]) -> str:
        """JSON text of ``__schema`` or ``__type``, asked for by these nodes, which have one name and equal arguments.

        :raises RequestError: the selection is too large or too deep.
        """
        field = ROOTS[nodes[0].name.value]
        query = self.schema.query_type
        assert query is not None and field.resolve is not None  # noqa: S101, PT018 - every schema of ours has one
        value: Any = field.resolve(None, _Info(self.schema, query), **self._arguments(field, nodes[0]))
        return self._writer(field.type, [node.selection_set for node in nodes if node.selection_set is not None])(value)

    def _arguments(self, field: GraphQLField, node: FieldNode) -> Mapping[str, Any]:
        return get_argument_values(field, node, self.variables)

    def _writer(self, type_: Any, sets: Sequence[SelectionSetNode]) -> Write:
        if isinstance(type_, GraphQLNonNull):
            return self._writer(type_.of_type, sets)
        if isinstance(type_, GraphQLList):
            item = self._writer(type_.of_type, sets)
            return lambda values: "null" if values is None else f"[{','.join([item(value) for value in values])}]"
        if is_leaf_type(type_):
            return lambda value: "null" if value is None else orjson.dumps(type_.coerce_output_value(value)).decode()
        return self._object(type_, sets)

    def _object(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Write:
        members = [self._member(type_, item) for item in collect(self.scope, sets, type_, ())]
        info = _Info(self.schema, type_)
        said: dict[int, str] = {}

        def write(value: Any) -> str:
            give_way()
            found = said.get(id(value))
            if found is None:
                if value is None:
                    return "null"
                pairs = [key + inner(resolve(value, info, **given)) for key, resolve, given, inner in members]
                found = "{" + ",".join(pairs) + "}"
                if is_type(value):  # other values are made when they are asked for: their id is soon another's
                    said[id(value)] = found
            return found

        return write

    def _member(self, type_: GraphQLObjectType, item: Selected) -> Member:
        field = item.field or TypeNameMetaFieldDef
        assert field.resolve is not None  # noqa: S101 - all fields of introspection have one
        key = orjson.dumps(item.key).decode() + ":"
        return key, field.resolve, self._arguments(field, item.nodes[0]), self._writer(field.type, item.sets)
