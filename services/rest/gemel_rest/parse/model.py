"""What the parser gives: a question or a change for the engine, and what the answer has to look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gemel.catalog import Kind
from gemel.functions import Function
from gemel.request import Query
from gemel_rest.parse.accept import Media

Values: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What every answer needs to know."""

    media: Media
    singular: bool
    columns: tuple[tuple[str, Kind | None], ...] | None
    """Keys of a row and what they hold, where that is known; for CSV."""
    preferences: str
    """Value of Preference-Applied, perhaps empty."""
    profile: str | None
    """Value of Content-Profile."""


@dataclass(frozen=True, slots=True)
class ReadShape(Shape):
    """Of a read."""

    item: bool
    """An item route: nothing found is 404."""
    offset: int
    location: str
    """Value of Content-Location, perhaps empty."""
    after: bool = False
    """The rows begin behind a cursor: at which number is not known."""
    counted: bool = False
    """A total was asked for."""


@dataclass(frozen=True, slots=True)
class WriteShape(Shape):
    """Of a change."""

    verb: Literal["POST", "PATCH", "PUT", "DELETE"]
    returns: str
    """``minimal``, ``headers-only`` or ``representation``."""
    count: bool
    """The number of rows is the total."""
    path: str
    """Of the table or item, encoded, for Location."""
    key: tuple[str, ...]
    """Columns of the primary key."""
    key_name: str | None = None
    """Of that constraint."""
    item: bool = False
    """An item route: nothing found is 404."""
    merges: bool = False
    """An upsert that changes rows which are there: it has created something only if one was not."""


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A question."""

    query: Query
    values: Values
    shape: ReadShape


@dataclass(frozen=True, eq=False, slots=True)
class FunctionCall:
    """A call of a function."""

    function: Function
    arguments: Mapping[str, object]
    """As the client gave them."""
    query: Query | None
    """What to give of the rows of a mapped class."""
    values: Values
    """Of its slots but the last, which holds the keys of the rows that the function gave."""
    shape: ReadShape
    exactly: int | None
    """Roll back unless the function gives so many rows."""
    most: int | None
    """Roll back if it gives more."""
    keep: bool
    """Otherwise roll back once it is done."""
