"""Introspection: validated by graphql-core and answered in a thread, and kept as text.

Specified in ``docs/dialects/graphql.md`` section 10.5.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_variable_values,
    print_ast,
    specified_rules,
    validate,
)
from graphql.validation import recommended_rules

from gemel_graphql.parse.operation import Operation, reached, walk, written_out
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.request import Introspected
from gemel_graphql.parse.scope import Scope
from gemel_graphql.respond.introspection import IntrospectionText
from gemel_graphql.schema.build import Schema

KEPT: Final = 32
"""Answers that are remembered for each schema."""
LONGEST: Final = 16_384
"""Characters of a question whose answer is remembered."""
MOST_FIELDS: Final = 2_000
"""Fields of a question once its fragments are written out; a full introspection has about 80."""

Texts: TypeAlias = Mapping[str, str]
"""JSON text by response name."""


@dataclass(eq=False)
class Introspection:
    """Introspection of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._whole: GraphQLSchema | None = None
        self._kept: OrderedDict[tuple[str, bytes], Texts] = OrderedDict()
        self._one = asyncio.Lock()
        """Of a large schema an answer takes seconds of a processor: never more than one at a time."""

    async def answer(self, operation: Operation, fields: Sequence[Introspected], values: Mapping[str, Any]) -> Texts:
        """JSON texts of the fields of introspection.

        :param values: of the variables.
        :raises RequestError: the question is not valid.
        """
        nodes = tuple(node for item in fields for node in item.nodes)
        document = _document(operation, nodes)
        used = {
            item.name.value for node in document.definitions for item in walk(node) if isinstance(item, VariableNode)
        }
        given = {name: values[name] for name in sorted(used)}
        key = (print_ast(document), orjson.dumps(given, default=str))
        async with self._one:
            found = self._kept.get(key)
            if found is None:
                found = await asyncio.to_thread(self._answer, document, given, operation, fields)
                self._keep(key, found)
        return found

    def _answer(
        self, document: DocumentNode, values: Mapping[str, Any], operation: Operation, fields: Sequence[Introspected]
    ) -> Texts:
        if self._whole is None:
            self._whole = self._schema.whole()
        for error in validate(self._whole, document, _RULES, max_errors=1):
            raise refuse(error.message)
        [head] = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        variables = get_variable_values(self._whole, head.variable_definitions or (), dict(values))
        if isinstance(variables, list):
            raise refuse(variables[0].message)
        text = IntrospectionText(self._whole, Scope(operation, values), variables)
        return {field.key: text.root(field.nodes) for field in fields}

    def _keep(self, key: tuple[str, bytes], found: Texts) -> None:
        if len(key[0]) + len(key[1]) > LONGEST:
            return
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


_RULES: Final = [*specified_rules, *recommended_rules]


def _document(operation: Operation, nodes: tuple[FieldNode, ...]) -> DocumentNode:
    """The part of an operation that is introspection."""
    selections = SelectionSetNode(selections=nodes)
    fragments = tuple(sorted(reached(selections, operation.fragments), key=lambda item: item.name.value))
    if written_out(selections, operation.fragments, MOST_FIELDS) > MOST_FIELDS:  # before graphql-core begins with it
        raise refuse(f"the introspection has more than {MOST_FIELDS} fields")
    used = {
        item.name.value for node in (selections, *fragments) for item in walk(node) if isinstance(item, VariableNode)
    }
    definitions = (item for item in operation.node.variable_definitions or () if item.variable.name.value in used)
    head = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=None,
        variable_definitions=tuple(definitions),
        directives=(),
        selection_set=selections,
    )
    return DocumentNode(definitions=(head, *fragments))
