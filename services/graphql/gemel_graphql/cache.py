"""Plans by (text, operation name, role, shape) (docs/decisions.md, 3).

On a hit nothing is parsed, planned or compiled.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from graphql import GraphQLInputType

from gemel.cache import BoundedCache
from gemel.serve import Prepared, PreparedWrite
from gemel_graphql.parse.operation import MISSING, Operation
from gemel_graphql.parse.outline import ODD
from gemel_graphql.parse.scope import Extract, Variables
from gemel_graphql.parse.shape import Measure, Shapes
from gemel_graphql.respond.frame import ReadFrame, WriteFrame

MOST_OPERATIONS: Final = 4096
PLAN_BYTES: Final = 48 << 20
LIVE_BYTES: Final = 8 << 20
"""Of subscriptions."""
MOST_SHAPES: Final = 64
"""Of one operation; further ones are planned every time."""
OVERHEAD: Final = 4096
CHARACTER: Final = 40
"""Bytes that an operation takes for each character of its text, about: its nodes are kept."""

Key: TypeAlias = tuple[str, str | None, str]
"""Text, operation name, role."""


@dataclass(frozen=True, slots=True)
class PreparedStream:
    """How the batches of a streaming subscription are found (``parse.streams.Stream``)."""

    steps: Prepared
    cursor: int
    last: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run for one shape."""

    extracts: tuple[Extract | None, ...]
    constants: tuple[object, ...]
    run: Prepared | PreparedWrite | None
    frame: ReadFrame | WriteFrame
    stream: PreparedStream | None = None
    """Of a streaming subscription."""

    def values(self, variables: Variables) -> tuple[object, ...]:
        """Values of the slots.

        :raises RequestError: one does not fit its place.
        """
        return tuple(
            constant if extract is None else extract(variables)
            for extract, constant in zip(self.extracts, self.constants, strict=True)
        )


@dataclass(eq=False)
class Entry:
    """The plans of one operation for one role."""

    operation: Operation
    defaults: dict[str, Any]
    """Default of every variable; null where there is none and it may be left out."""
    required: frozenset[str]
    measures: tuple[tuple[str, Measure], ...] = ()
    types: dict[str, GraphQLInputType] = field(default_factory=dict)
    """Types of the variables that were met so far; those of others have no influence yet."""
    plans: dict[Hashable, Plan] = field(default_factory=dict)

    @classmethod
    def of(cls, operation: Operation) -> "Entry":
        """An entry without plans."""
        declared = operation.declared.values()
        defaults = {item.name: None if item.default is MISSING else item.default for item in declared}
        return cls(operation, defaults, frozenset(item.name for item in declared if item.required))

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Value of every variable; ``None`` if something is wrong, which ``operation.resolve`` will tell."""
        if not given.keys() <= self.operation.used:
            return None
        values = {**self.defaults, **given}
        if any(values[name] is None for name in self.required):
            return None
        return values

    def shape(self, values: Variables) -> Hashable:
        """Shape of the variables."""
        try:
            return tuple([measure(values[name]) for name, measure in self.measures])
        except RecursionError:  # deeper than the parser lets pass: it tells so
            return ODD

    def keep(self, plan: Plan, values: Variables, types: Mapping[str, GraphQLInputType], shapes: Shapes) -> bool:
        """Remember a plan. When a variable was met for the first time the earlier plans are under incomplete shapes.

        :returns: whether there was room for it.
        """
        if not types.keys() <= self.types.keys():
            self.types.update(types)
            self.measures = tuple((name, shapes.measure(type_)) for name, type_ in self.types.items())
            self.plans.clear()
        if len(self.plans) >= MOST_SHAPES:
            return False
        self.plans[self.shape(values)] = plan
        return True


Plans: TypeAlias = BoundedCache[Key, Entry]


def entry_size(key: Key) -> int:
    """Bytes of an entry without plans, about."""
    return OVERHEAD + CHARACTER * len(key[0])
