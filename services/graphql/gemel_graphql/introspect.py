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
    get_variable_values,
    print_ast,
    specified_rules,
    validate,
)
from graphql.validation import ASTValidationRule, ValidationRule, recommended_rules

from gemel.apart import give_way, in_thread
from gemel_graphql.parse.contents import contents, reached_from, used_in, written_out
from gemel_graphql.parse.operation import Operation
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.request import Introspected
from gemel_graphql.parse.scope import Scope
from gemel_graphql.respond.introspection import IntrospectionText
from gemel_graphql.schema.build import Schema

KEPT: Final = 32
"""Answers that are remembered for each schema."""
MOST_KEPT: Final = 400
"""Fields of a question whose answer is remembered: of more it takes too long to tell that it is the same."""
LONGEST: Final = 16_384
"""Its characters."""
MOST_FIELDS: Final = 2_000
"""Fields of a question once its fragments are written out; a full introspection has about 80."""
MOST_SCHEMAS: Final = 4
"""Times that it may ask for all there is; nobody needs more than one, and a short question gets megabytes."""

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
        async with self._one:
            return await in_thread(self._answer, operation, fields, values)

    def _answer(self, operation: Operation, fields: Sequence[Introspected], values: Mapping[str, Any]) -> Texts:
        question = _question(operation, tuple(node for item in fields for node in item.nodes))
        given = {name: values[name] for name in sorted(question.variables)}
        if question.fields > MOST_KEPT:
            return self._written(question.document, given, operation, fields)
        key = (print_ast(question.document), orjson.dumps(given, default=str))
        found = self._kept.get(key)
        if found is None:
            found = self._written(question.document, given, operation, fields)
            self._keep(key, found)
        return found

    def _written(
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


class _Politeness(ValidationRule):
    """Forbids nothing: gives way at every node."""

    def enter(self, *_: object) -> None:
        """Of a node."""
        give_way()


_RULES: Final[Sequence[type[ASTValidationRule]]] = [_Politeness, *specified_rules, *recommended_rules]


@dataclass(frozen=True, eq=False, slots=True)
class _Question:
    """The part of an operation that is introspection."""

    document: DocumentNode
    fields: int
    variables: frozenset[str]


def _question(operation: Operation, nodes: tuple[FieldNode, ...]) -> _Question:
    selections = SelectionSetNode(selections=nodes)
    own, of_fragments = contents(selections), operation.contents
    if written_out(own, of_fragments, MOST_FIELDS) > MOST_FIELDS:  # before graphql-core begins with it
        raise refuse(f"the introspection has more than {MOST_FIELDS} fields")
    if sum(node.name.value == "__schema" for node in nodes) > MOST_SCHEMAS:
        raise refuse(f"'__schema' may be asked for {MOST_SCHEMAS} times in an operation")
    reached = reached_from(own, of_fragments)
    fragments = tuple(operation.fragments[name] for name in sorted(reached))
    used = used_in(own, reached)
    definitions = (item for item in operation.node.variable_definitions or () if item.variable.name.value in used)
    head = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=None,
        variable_definitions=tuple(definitions),
        directives=(),
        selection_set=selections,
    )
    asked = own.fields + sum(part.fields for part in reached.values())
    return _Question(DocumentNode(definitions=(head, *fragments)), asked, used)
