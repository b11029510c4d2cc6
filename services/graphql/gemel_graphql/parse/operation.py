"""Choose the operation of a document, and read its variables (``docs/dialects/graphql.md`` sections 10.3 and 10.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    FragmentDefinitionNode,
    IntValueNode,
    ListValueNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    print_ast,
)

from gemel_graphql.parse.contents import Contents, contents, reached_from, used_in
from gemel_graphql.parse.document import Document
from gemel_graphql.parse.refuse import Bare, refuse

MISSING: Final = object()
"""No value was given."""


@dataclass(frozen=True, eq=False)
class Declared:
    """A variable in the head of an operation."""

    name: str
    type: TypeNode
    default: object
    """``MISSING``, or its value as JSON."""

    @property
    def required(self) -> bool:
        """May not be null."""
        return isinstance(self.type, NonNullTypeNode)

    @property
    def type_text(self) -> str:
        """The type as it was written."""
        return print_ast(self.type)


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation whose fragments and variables are all defined."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    declared: Mapping[str, Declared]
    own: Contents
    """Of the operation, without its fragments."""
    contents: Mapping[str, Contents]
    """Of each fragment that it needs, directly or through others."""
    used: frozenset[str]
    """Variables that occur in it, also in its fragments."""

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation


def choose(document: Document, name: str | None) -> Operation:
    """The operation that is meant.

    :raises RequestError: it is not clear which, or it uses what is not defined.
    """
    node = _chosen(document, name)
    fragments = document.fragments
    of_fragments = {name: contents(fragment) for name, fragment in fragments.items()}
    _check_cycles(of_fragments)
    own = contents(node)
    reached = reached_from(own, of_fragments)
    used = used_in(own, reached)
    declared = _declared(node)
    for variable in sorted(used - set(declared)):
        raise refuse(f'unbound variable "{variable}"')
    return Operation(node, fragments, declared, own, reached, used)


def _chosen(document: Document, name: str | None) -> OperationDefinitionNode:
    if name is not None:
        for node in document.operations:
            if node.name is not None and node.name.value == name:
                return node
        raise refuse(f'no such operation found in the document: "{name}"')
    if len(document.operations) > 1:
        raise refuse("exactly one operation has to be present in the document when operationName is not specified")
    return document.operations[0]


def _declared(node: OperationDefinitionNode) -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for definition in node.variable_definitions or ():
        name = definition.variable.name.value
        if name in found:
            raise refuse(f'multiple definitions for variable "{name}"')
        found[name] = Declared(name, definition.type, _default(definition))
    return found


def _default(definition: VariableDefinitionNode) -> object:
    return MISSING if definition.default_value is None else json_value(definition.default_value)


def json_value(node: ValueNode) -> Any:
    """A literal without variables as JSON would say it; enum values are texts."""
    value = literal_value(node)
    return _unbared(value)


def _unbared(value: object) -> object:
    if isinstance(value, list):
        return [_unbared(item) for item in value]
    if isinstance(value, dict):
        return {name: _unbared(item) for name, item in value.items()}
    return str(value) if isinstance(value, Bare) else value


def literal_value(node: ValueNode) -> object:
    """A literal without variables as a Python value; enum values are ``Bare``."""
    match node:
        case NullValueNode():
            return None
        case IntValueNode():
            return _int(node.value)
        case FloatValueNode():
            return Decimal(node.value)
        case EnumValueNode():
            return Bare(node.value)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case ListValueNode():
            return [literal_value(item) for item in node.values]
        case ObjectValueNode():
            return {field.name.value: literal_value(field.value) for field in node.fields}
    raise refuse("a variable cannot stand in the default value of another")


def _int(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 4000 else Decimal(digits)  # Python refuses to read longer ones


# --- fragments ---------------------------------------------------------------


def _check_cycles(fragments: Mapping[str, Contents]) -> None:
    """Every fragment that can be taken away because it spreads none that is left is on no cycle."""
    left = {name: set(part.spreads) & set(fragments) for name, part in fragments.items()}
    while free := {name for name, spread in left.items() if not spread}:
        left = {name: spread - free for name, spread in left.items() if name not in free}
    if left:
        names = ", ".join(f'"{name}"' for name in sorted(left))
        raise refuse(f"the fragment definition(s) {names} form a cycle")


# --- values ------------------------------------------------------------------


def resolve(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Value of every variable: what was given, else its default, else null (section 10.3).

    :raises RequestError: one that may not be null is, or one was given that the operation does not use.
    """
    if not given.keys() <= operation.used:
        names = ", ".join(sorted(given.keys() - operation.used))
        raise refuse(f"unexpected variables in variableValues: {names}", ("variableValues",))
    values: dict[str, Any] = {}
    for name, variable in operation.declared.items():
        value = given.get(name, MISSING)
        if value is MISSING:
            value = variable.default
        if value is MISSING and variable.required:
            raise refuse(f'expecting a value for non-nullable variable: "{name}"')
        if value is None and variable.required:
            raise refuse(f'null value found for non-nullable type: "{variable.type_text}"')
        values[name] = None if value is MISSING else value
    return values
