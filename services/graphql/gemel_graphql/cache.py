"""Plans by (text, operation name, role, shape) (docs/decisions.md, 3).

On a hit nothing is parsed, planned or compiled.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from graphql import GraphQLInputType

from gemel.serve import Prepared, PreparedWrite
from gemel_graphql.parse.operation import MISSING, Operation
from gemel_graphql.parse.outline import ODD
from gemel_graphql.parse.scope import Extract, Variables
from gemel_graphql.parse.shape import Measure, Shapes
from gemel_graphql.respond.frame import ReadFrame, WriteFrame

MOST_OPERATIONS: Final = 1024
MOST_SHAPES: Final = 64
"""Of one operation; further ones are planned every time."""
LONGEST_TEXT: Final = 32_768
"""Characters; longer texts are planned every time."""

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

    def keep(self, plan: Plan, values: Variables, types: Mapping[str, GraphQLInputType], shapes: Shapes) -> None:
        """Remember a plan. When a variable was met for the first time the earlier plans are under incomplete shapes."""
        if not types.keys() <= self.types.keys():
            self.types.update(types)
            self.measures = tuple((name, shapes.measure(type_)) for name, type_ in self.types.items())
            self.plans.clear()
        if len(self.plans) < MOST_SHAPES:
            self.plans[self.shape(values)] = plan


class Plans:
    """The entries of one instance; the least recently used one goes first."""

    def __init__(self, most: int = MOST_OPERATIONS) -> None:
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._most = most

    def find(self, key: Key) -> Entry | None:
        """The entry of an operation."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def add(self, key: Key, entry: Entry) -> None:
        """Remember an entry."""
        if len(key[0]) > LONGEST_TEXT:
            return
        self._entries[key] = entry
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
