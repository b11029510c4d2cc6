"""What is run: one SQL text, and how the values of a request become its parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gemel.catalog import Codec
from gemel.errors import DatabaseError, Location

Encoder = Callable[[object], object]
"""From a value of a request to what the driver takes.

:raises DatabaseError: the value does not fit.
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a statement."""

    slot: int | None
    """Where its value is; ``None`` for a constant, or for what ``encode`` makes anew each time."""
    encode: Encoder | None
    constant: object = None
    at: Location = ()


@dataclass(frozen=True, eq=False, slots=True)
class Statement:
    """A compiled statement."""

    text: str
    parameters: tuple[Parameter, ...]
    codecs: tuple[Codec, ...] = ()
    """Of marked values in what it gives (``gemel.sql.processed``)."""

    def bind(self, values: Sequence[object]) -> list[object]:
        """Parameters in the order of the driver.

        :raises DatabaseError: a value does not fit; ``at`` says which.
        """
        bound: list[object] = []
        for item in self.parameters:
            if item.encode is None:
                bound.append(item.constant)
                continue
            try:
                bound.append(item.encode(None if item.slot is None else values[item.slot]))
            except DatabaseError as error:
                error.at = error.at or item.at
                raise
        return bound
