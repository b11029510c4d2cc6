"""Values for conditions: taken from the real rows, so that conditions hold for some, and odd ones besides."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gemel.request import Operator
from property.naive.data import ColumnType, Data

ODD_TEXTS = (
    "", "'", '"', "\\", "O'Reilly", 'say "hi"', "a,b", "(x)", "{a,b}", "[1]", "null", "NULL", "true", "%", "_", "50%",
    "é", "São Paulo", "日本", "🎵", " blank ", "a.b", "eq.5", "a\nb", "a\tb", "1+1", "x&y=z", "#", "%2C", "--", "$1",
    ":x",
    "?", ";", "`", "not.is.null", "a:b", "</script>", "\u2028",
)  # fmt: skip
SPECIAL_IN_REGEX = r".^$*+?()[]{}|\\"[:-1]
SPECIAL_IN_SIMILAR = r"%_|*+?{}()[]\\"[:-1]
PATTERNS = frozenset({Operator.LIKE, Operator.ILIKE, Operator.SIMILAR, Operator.REGEX, Operator.IREGEX})


@dataclass(frozen=True)
class Values:
    """Draws values of columns."""

    draw: Any
    data: Data

    def value(self, table: str, column: str, *, texts_only: bool = False) -> object:
        """A value for a comparison, in one of the forms that a client may send it in."""
        type_ = self.data.tables[table].types[column]
        found = self._stored(table, column)
        if type_ == "text":
            return found if self._often() else self._text()
        if type_ == "timestamp":
            return self._timestamp(str(found))
        number = self._number(found, type_)
        return str(number) if texts_only or not self._often() else number

    def values(self, table: str, column: str, *, texts_only: bool = False) -> list[object]:
        """A list of such values."""
        count = self.draw(st.integers(0, 4))
        return [self.value(table, column, texts_only=texts_only) for _ in range(count)]

    def pattern(self, table: str, column: str, operator: Operator) -> str:
        """A pattern of the operator's kind, made from a piece of a value."""
        text = str(self._stored(table, column))
        start = self.draw(st.integers(0, max(0, len(text) - 1)))
        piece = text[start : start + self.draw(st.integers(1, 3))] if self._often() else text
        if operator in (Operator.ILIKE, Operator.IREGEX):
            piece = self._other_case(piece)
        match operator:
            case Operator.LIKE | Operator.ILIKE:
                return self._like(_escaped(piece, "%_\\"))
            case Operator.SIMILAR:
                return self._similar(_escaped(piece, SPECIAL_IN_SIMILAR))
            case _:
                return self._regex(_escaped(piece, SPECIAL_IN_REGEX))

    def _stored(self, table: str, column: str) -> object:
        rows = self.data.tables[table].rows
        row = rows[self.draw(st.integers(0, len(rows) - 1))]
        present = row[column]
        return present if present is not None else next(row[column] for row in rows if row[column] is not None)

    def _often(self) -> bool:
        return bool(self.draw(st.integers(0, 3)))

    def _text(self) -> str:
        return str(self.draw(st.sampled_from(ODD_TEXTS)))

    def _timestamp(self, text: str) -> str:
        forms = (text, text.replace("T", " "), text[:10], f"{text}.5", f"{text[:11]}23:59:59")
        return str(self.draw(st.sampled_from(forms)))

    def _number(self, found: object, type_: ColumnType) -> object:
        step = self.draw(st.sampled_from((0, 0, 0, 1, -1)))
        if type_ == "numeric":
            shown = Decimal(str(found)) + step
            return self.draw(st.sampled_from((shown, shown, shown + Decimal("0.005"))))
        return int(str(found)) + step

    def _other_case(self, text: str) -> str:
        return "".join(char.swapcase() if len(char.swapcase().swapcase()) == 1 else char for char in text)

    def _like(self, piece: str) -> str:
        shape = self.draw(st.sampled_from(("%{}%", "{}%", "%{}", "{}", "%_{}%", "_{}%", "%{}%%", "{}_")))
        return str(shape).replace("{}", piece)

    def _similar(self, piece: str) -> str:
        shape = self.draw(st.sampled_from(("%{}%", "%({}|xyz)%", "{}%", "%{}", "%[A-M]{}%", "({})+%", "_{}%", "%{}.%")))
        return str(shape).replace("{}", piece)

    def _regex(self, piece: str) -> str:
        shape = self.draw(
            st.sampled_from(("{}", "^{}", "{}$", "^{}$", "^.*{}", "({}|xyz)", "[a-m]{}", "{}.+", "(?!x){}"))
        )
        return str(shape).replace("{}", piece)


def _escaped(text: str, special: str) -> str:
    return "".join(f"\\{char}" if char in special else char for char in text)
