"""Rows of the tables of ``docs/types.md``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "types.md"
CELL = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Row:
    """What is said of a value."""

    table: str
    column: str
    sent: str
    """JSON."""
    given: str
    """JSON, or an SQLSTATE."""
    refusal: str | None
    """The code of GraphQL, where it is refused."""
    csv: str | None
    filter: str | None
    sqlite: str
    """``=``, an SQLSTATE, or JSON."""

    def given_on(self, kind: str) -> tuple[str, str | None]:
        """What a kind of database gives, and the code of GraphQL if that is a refusal."""
        if kind == "postgresql" or self.sqlite == "=":
            return self.given, self.refusal
        return (self.sqlite, "data-exception") if re.fullmatch(r"[0-9A-Z]{5}", self.sqlite) else (self.sqlite, None)


def read_rows(document: Path = DOCUMENT) -> Iterator[Row]:
    """All rows of all tables."""
    table = ""
    for line in document.read_text(encoding="utf-8").splitlines():
        if line.startswith("Table `"):
            table = CELL.findall(line)[0]
        elif line.startswith("| `"):
            column, sent, given, csv, filter_, sqlite = (cell.strip() for cell in line.strip("| ").split(" | "))
            codes = CELL.findall(given)
            yield Row(
                table,
                column.strip("`"),
                sent.strip("`"),
                codes[0],
                codes[1] if len(codes) > 1 else None,
                _content(csv),
                _content(filter_),
                sqlite.strip("`"),
            )


def _content(cell: str) -> str | None:
    return None if cell == "–" else CELL.findall(cell)[0]
