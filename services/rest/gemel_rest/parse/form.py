"""What is known of a change before its body is: all that the URL and the headers say."""

from dataclasses import dataclass

from gemel.request import Condition, Conflict, Select, Source
from gemel_rest.parse.conditional import Expects
from gemel_rest.parse.model import Values, WriteShape
from gemel_rest.parse.single import Key

Layout = tuple[tuple[str, ...], ...]
"""What a body has beside its values: the columns of each kind of row."""


@dataclass(frozen=True, eq=False, slots=True)
class Form:
    """A change without its body. It is parsed once for each role, URL and headers."""

    shape: WriteShape
    source: Source
    content_type: str
    columns: tuple[str, ...] | None
    """Those of the body that count; ``None``: all."""
    fills: bool
    """A column that a row leaves out takes its default, else null."""
    conflict: Conflict | None
    put: Key | None
    """The row that a PUT makes or changes; ``None``: the table is not there, as the plan will say."""
    own: tuple[str, str] | None
    """Of an item: a column and its value by which the row is changed that a body leaves as it is."""
    where: Condition | None
    refuses_all: bool
    """Without a condition nothing is changed."""
    returning: tuple[Select, ...]
    exactly: int | None
    most: int | None
    expects: Expects | None
    """What has to be there before; ``seen``: the digests stand behind the values of the URL."""
    values: Values
    """Those of the URL; the digests and then those of the body come behind them."""
    keep: bool
    """Else it is rolled back in the end."""

    @property
    def first(self) -> int:
        """Slot of the first value of the body."""
        return len(self.values) + (self.expects == "seen")
