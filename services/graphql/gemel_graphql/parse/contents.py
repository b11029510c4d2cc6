"""What stands in a part of a document, found in one walk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import FieldNode, FragmentSpreadNode, Node, VariableNode

from gemel.apart import give_way
from gemel_graphql.parse.refuse import refuse

_CHILDREN: Final[Mapping[str, tuple[str, ...]]] = {
    "operation_definition": ("selection_set", "directives", "variable_definitions"),
    "variable_definition": ("directives",),
    "fragment_definition": ("selection_set", "directives"),
    "selection_set": ("selections",),
    "field": ("selection_set", "arguments", "directives"),
    "fragment_spread": ("directives",),
    "inline_fragment": ("selection_set", "directives"),
    "directive": ("arguments",),
    "argument": ("value",),
    "object_value": ("fields",),
    "object_field": ("value",),
    "list_value": ("values",),
}
"""Where fields, spreads and variables can be below a kind of node. The variables that a head declares are not used
there, and what they are by default holds none."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Of a node and all below it, without the fragments that it spreads."""

    fields: int
    spreads: tuple[str, ...]
    """Names of fragments, each as often as it is spread."""
    variables: frozenset[str]
    """That are used."""


def contents(node: Node) -> Contents:
    """What stands in a node."""
    fields, spreads, variables = 0, list[str](), set[str]()
    stack: list[Node] = [node]
    while stack:
        give_way()
        item = stack.pop()
        match item:
            case FieldNode():
                fields += 1
            case VariableNode():
                variables.add(item.name.value)
            case FragmentSpreadNode():
                spreads.append(item.name.value)
        for key in _CHILDREN.get(item.kind, ()):
            below = getattr(item, key)
            if isinstance(below, Node):
                stack.append(below)
            elif below:
                stack.extend(below)
    return Contents(fields, tuple(spreads), frozenset(variables))


def reached_from(part: Contents, fragments: Mapping[str, Contents]) -> dict[str, Contents]:
    """The fragments that a part needs, directly or through others.

    :raises RequestError: one is not defined.
    """
    found: dict[str, Contents] = {}
    waiting = sorted(set(part.spreads))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in fragments:
            raise refuse(f'reference to undefined fragment "{name}"')
        found[name] = fragments[name]
        waiting.extend(set(fragments[name].spreads))
    return found


def used_in(part: Contents, reached: Mapping[str, Contents]) -> frozenset[str]:
    """Variables that a part uses, also in the fragments that it needs.

    :param reached: as of :func:`reached_from`.
    """
    return part.variables.union(*(item.variables for item in reached.values()))


def written_out(part: Contents, fragments: Mapping[str, Contents], most: int) -> int:
    """Fields and spreads of a part once its fragments are written out; not counted far beyond ``most``.

    :param fragments: all that it needs, by name.
    """
    count, waiting = 0, [part]
    while waiting and count <= most:
        item = waiting.pop()
        count += item.fields + len(item.spreads)
        waiting.extend(fragments[name] for name in item.spreads)
    return count
