"""The words of a request."""

from dataclasses import dataclass, field

from gemel.errors import Location


@dataclass(frozen=True)
class Slot:
    """Place of a value: index into the tuple of values that travels with the request.

    A value is what JSON or a URL can hold: ``str int float Decimal bool None list dict``. A text is accepted for
    every type and read as PostgreSQL would read it. A slot of ``IN_LIST``-like operators holds a list of such values.
    """

    index: int


class Written(str):
    """A text in the form that the database reads, also where it could be the value itself: of a document its JSON."""

    __slots__ = ()


@dataclass(frozen=True)
class Source:
    """A table by name."""

    schema: str
    table: str
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class ColumnRef:
    """A column, or a place inside a JSON column."""

    name: str
    path: tuple[str | int, ...] = ()
    """Keys and indexes into the document; a negative index counts from the end."""
    as_text: bool = False
    """The text of what is there, not its JSON: with a path ``->>``; without one the text of the whole document."""
    at: Location = field(default=(), compare=False)


@dataclass(frozen=True)
class Link:
    """A relation by name, from the table that is spoken of."""

    name: str
    """Name of a ``relationship()``; with ``detect`` also a table, a constraint or a column (``rest.md`` section 7)."""
    hint: str | None = None
    detect: bool = False
    """Look at foreign keys too, not only at the relations that the models declare."""
    at: Location = field(default=(), compare=False)
