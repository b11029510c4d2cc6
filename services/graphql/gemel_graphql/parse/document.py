"""Read a document: graphql-core lexes and parses, what a name may mean is checked elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    Source,
    ValueNode,
    VariableDefinitionNode,
)
from graphql.language.parser import Parser

from gemel.apart import hold
from gemel.errors import RequestError
from gemel_graphql.parse.lexer import PoliteLexer
from gemel_graphql.parse.refuse import refuse

MOST_TOKENS: Final = 50_000
"""Tokens of a document; about half a megabyte of text."""


class _PoliteParser(Parser):
    """Nodes of which a document may have many are freed one by one."""

    def parse_field(self) -> FieldNode:
        return hold(super().parse_field())

    def parse_fragment(self) -> FragmentSpreadNode | InlineFragmentNode:
        return hold(super().parse_fragment())

    def parse_directive(self, is_const: bool) -> DirectiveNode:
        return hold(super().parse_directive(is_const))

    def parse_argument(self, is_const: bool = False) -> ArgumentNode:
        return hold(super().parse_argument(is_const))

    def parse_variable_definition(self) -> VariableDefinitionNode:
        return hold(super().parse_variable_definition())

    def parse_value_literal(self, is_const: bool) -> ValueNode:
        return hold(super().parse_value_literal(is_const))

    def parse_object_field(self, is_const: bool) -> ObjectFieldNode:
        return hold(super().parse_object_field(is_const))


@dataclass(frozen=True, eq=False)
class Document:
    """A document, by name."""

    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]


def read_document(text: str, tokens: int = MOST_TOKENS) -> Document:
    """Parse a text.

    :param tokens: that it may have.
    :raises RequestError: it is not GraphQL, or defines other things than operations and fragments.
    """
    operations: list[OperationDefinitionNode] = []
    fragments: dict[str, FragmentDefinitionNode] = {}
    for definition in _definitions(text, tokens):
        match definition:
            case OperationDefinitionNode():
                operations.append(definition)
            case FragmentDefinitionNode():
                name = definition.name.value
                if name in fragments:
                    raise refuse(f'multiple definitions for fragment "{name}"')
                fragments[name] = definition
            case _:
                raise refuse("unexpected: a document may only define operations and fragments")
    _check_names(operations)
    return Document(tuple(operations), fragments)


def _definitions(text: str, tokens: int) -> tuple[object, ...]:
    source = Source(text)
    parser = _PoliteParser(
        source, no_location=True, max_tokens=tokens, lexer=PoliteLexer(source), allow_empty_selection_sets=False
    )
    try:
        return tuple(parser.parse_document().definitions)
    except GraphQLSyntaxError as error:
        raise _no_query(error) from None
    except RecursionError:
        raise refuse("not a valid graphql query: it is nested too deeply", ("query",)) from None


def _no_query(error: GraphQLSyntaxError) -> RequestError:
    where = ""
    if error.locations:
        where = f" (line {error.locations[0].line}, column {error.locations[0].column})"
    return refuse(f"not a valid graphql query: {error.description}{where}", ("query",))


def _check_names(operations: list[OperationDefinitionNode]) -> None:
    names = [operation.name.value for operation in operations if operation.name is not None]
    twice = next((name for name in names if names.count(name) > 1), None) if len(names) > 1 else None
    if twice is not None:
        raise refuse(f'multiple definitions for operation "{twice}"')
    if len(operations) > 1 and len(names) < len(operations):
        raise refuse("a document with several operations must name each of them")
    if not operations:
        raise refuse("no operations found in the document")
