"""What the parser knows of the operation at hand, and what it collects: the values of slots."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    TypeNode,
    get_named_type,
)

from gemel.apart import give_way
from gemel.errors import Location
from gemel.request import Slot
from gemel_graphql.parse.operation import MISSING, Operation
from gemel_graphql.parse.refuse import refuse

Variables = Mapping[str, Any]
Extract = Callable[[Variables], object]

MOST_STEPS: Final = 96
"""Steps of a path into the query: about 45 nested selections. The engine's own recursion is bounded by it."""
MOST_SELECTIONS: Final = 10_000
"""Fields of an operation once its fragments are written out."""


@dataclass(eq=False)
class Scope:
    """State of parsing one operation with one set of values."""

    operation: Operation
    values: Variables
    """Of all declared variables."""
    extracts: list[Extract | None] = field(default_factory=list)
    """How each slot is filled; ``None``: with the constant."""
    constants: list[object] = field(default_factory=list)
    types: dict[str, GraphQLInputType] = field(default_factory=dict)
    """Types of the variables that were met."""
    cacheable: bool = True
    """Cleared when the request depends on a value that is no part of the shape."""
    selections: int = 0

    def constant(self, value: object) -> Slot:
        """A slot that always holds this."""
        self.extracts.append(None)
        self.constants.append(value)
        return Slot(len(self.constants) - 1)

    def extracted(self, extract: Extract) -> Slot:
        """A slot that is filled from the variables."""
        self.extracts.append(extract)
        self.constants.append(None)
        return Slot(len(self.constants) - 1)

    def count_selection(self, at: Location) -> None:
        """Bound the work.

        :raises RequestError: the operation is too large or too deep.
        """
        give_way()
        self.selections += 1
        if self.selections > MOST_SELECTIONS:
            raise refuse(f"the operation has more than {MOST_SELECTIONS} fields")
        self.check_depth(at)

    def check_depth(self, at: Location) -> None:
        """Bound the depth.

        :raises RequestError: too deep.
        """
        if len(at) > MOST_STEPS:
            raise refuse("the operation is nested too deeply")

    def use(self, name: str, type_: GraphQLInputType, *, has_default: bool, at: Location) -> Any:
        """The value of a variable that stands where ``type_`` is expected.

        :param has_default: the place has one of its own.
        :raises RequestError: it is declared with another type (section 10.2).
        """
        variable = self.operation.declared[name]
        has_default = has_default or variable.default not in (MISSING, None)
        if not _fits(variable.type, type_, has_default):
            raise refuse(
                f"variable '{name}' is declared as '{variable.type_text}', but used where '{type_}' is expected", at
            )
        self.types[name] = type_
        return self.values[name]


def _fits(declared: TypeNode, place: Any, has_default: bool) -> bool:
    """GraphQL's rule of allowed variables (October 2021, section 5.8.5), by names."""
    if isinstance(place, GraphQLNonNull):
        if isinstance(declared, NonNullTypeNode):
            return _fits(declared.type, place.of_type, False)
        return has_default and _fits(declared, place.of_type, False)
    if isinstance(declared, NonNullTypeNode):
        return _fits(declared.type, place, False)
    if isinstance(place, GraphQLList):
        return isinstance(declared, ListTypeNode) and _fits(declared.type, place.of_type, False)
    return isinstance(declared, NamedTypeNode) and declared.name.value == get_named_type(place).name
