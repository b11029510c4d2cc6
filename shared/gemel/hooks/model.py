"""What is known of the hooks of an app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Mapper

Verb = Literal["insert", "update", "delete"]
Moment = Literal["before", "after", "committed"]


@dataclass(frozen=True, eq=False)
class Hook:
    """A function of the app that is called around writes."""

    name: str
    """Module and name, by which an outbox finds it again."""
    moment: Moment
    verbs: frozenset[Verb]
    mapper: Mapper[Any]
    call: Callable[..., Any]
    takes_session: bool
    is_async: bool

    def is_about(self, mapper: Mapper[Any], verb: Verb) -> bool:
        """Whether it is called around such a write; a hook of a class is one of its subclasses, too."""
        return verb in self.verbs and mapper.isa(self.mapper)


@dataclass(frozen=True)
class Event:
    """A write that was committed, as a ``@committed`` hook is told of it."""

    id: int
    """The same each time the hook is told of it: at least once, and more often if it fails or the process ends."""
    verb: Verb
    table: str
    """Schema and name, joined by a dot."""
    key: Mapping[str, Any]
    """Primary key by column, in JSON's types, as are the values below."""
    old: Mapping[str, Any] | None
    """Stored columns before an update or delete."""
    new: Mapping[str, Any] | None
    """Stored columns after an insert or update."""
    trace_id: str | None
    """Of the request that wrote."""


class Hooks:
    """The hooks of an app, in the order in which its ``hooks.py`` defines them."""

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        self._hooks = tuple(hooks)
        self._found: dict[tuple[Moment, Mapper[Any], Verb], tuple[Hook, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def of(self, moment: Moment, mapper: Mapper[Any], verb: Verb) -> tuple[Hook, ...]:
        """Those that are called then."""
        key = (moment, mapper, verb)
        if key not in self._found:
            self._found[key] = tuple(one for one in self._hooks if one.moment == moment and one.is_about(mapper, verb))
        return self._found[key]

    def around(self, mapper: Mapper[Any], verb: Verb) -> bool:
        """Whether any is called around such a write."""
        return any(one.is_about(mapper, verb) for one in self._hooks)

    @property
    def committed(self) -> Mapping[str, Hook]:
        """Those that are told what was committed, by name."""
        return {one.name: one for one in self._hooks if one.moment == "committed"}
