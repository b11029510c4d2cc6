"""Chinook in Python: the rows of the CSV files, and which relations there are between them.

All is written down here once more by hand: what the models and the catalog say is what is being tested.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias

Value: TypeAlias = str | int | float | Decimal | None
"""Numerics are ``Decimal``; timestamps are text such as ``2009-01-01T00:00:00``, which sorts as they do."""
Row: TypeAlias = Mapping[str, Value]
ColumnType: TypeAlias = Literal["integer", "numeric", "text", "timestamp"]

FOLDER = Path(__file__).parents[3] / "shared" / "chinook" / "data"

PLACE = "address city state country postal_code phone fax"
TEXT_COLUMNS = {
    "artist": "name",
    "album": "title",
    "genre": "name",
    "media_type": "name",
    "playlist": "name",
    "playlist_track": "",
    "track": "name composer",
    "employee": f"last_name first_name title {PLACE} email",
    "customer": f"first_name last_name company {PLACE} email",
    "invoice": "billing_address billing_city billing_state billing_country billing_postal_code",
    "invoice_line": "",
}
NUMERIC_COLUMNS = {"track": "unit_price", "invoice": "total", "invoice_line": "unit_price"}
TIMESTAMP_COLUMNS = {"employee": "birth_date hire_date", "invoice": "invoice_date"}

PRIMARY_KEYS = dict.fromkeys(TEXT_COLUMNS, ("id",)) | {"playlist_track": ("playlist_id", "track_id")}
TABLES = tuple(TEXT_COLUMNS)


@dataclass(frozen=True)
class Way:
    """How the rows of one table lead to rows of another: equal columns, perhaps over a junction."""

    target: str
    here: str
    there: str
    many: bool
    junction: tuple[str, str, str] | None = None
    """(table, its column that equals ``here``, its column that equals ``there``)."""


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key on a single column; all of Chinook's lead to ``id``."""

    table: str
    column: str
    target: str

    @property
    def name(self) -> str:
        """Of the constraint."""
        return f"{self.table}_{self.column}_fkey"


FOREIGN_KEYS = (
    ForeignKey("album", "artist_id", "artist"),
    ForeignKey("track", "album_id", "album"),
    ForeignKey("track", "media_type_id", "media_type"),
    ForeignKey("track", "genre_id", "genre"),
    ForeignKey("playlist_track", "playlist_id", "playlist"),
    ForeignKey("playlist_track", "track_id", "track"),
    ForeignKey("employee", "reports_to", "employee"),
    ForeignKey("customer", "support_rep_id", "employee"),
    ForeignKey("invoice", "customer_id", "customer"),
    ForeignKey("invoice_line", "invoice_id", "invoice"),
    ForeignKey("invoice_line", "track_id", "track"),
)

RELATIONSHIPS: Mapping[str, Mapping[str, Way]] = {
    "artist": {"albums": Way("album", "id", "artist_id", True)},
    "album": {
        "artist": Way("artist", "artist_id", "id", False),
        "tracks": Way("track", "id", "album_id", True),
    },
    "genre": {"tracks": Way("track", "id", "genre_id", True)},
    "media_type": {"tracks": Way("track", "id", "media_type_id", True)},
    "playlist": {
        "playlist_tracks": Way("playlist_track", "id", "playlist_id", True),
        "tracks": Way("track", "id", "id", True, ("playlist_track", "playlist_id", "track_id")),
    },
    "playlist_track": {
        "playlist": Way("playlist", "playlist_id", "id", False),
        "track": Way("track", "track_id", "id", False),
    },
    "track": {
        "album": Way("album", "album_id", "id", False),
        "media_type": Way("media_type", "media_type_id", "id", False),
        "genre": Way("genre", "genre_id", "id", False),
        "invoice_lines": Way("invoice_line", "id", "track_id", True),
        "playlist_tracks": Way("playlist_track", "id", "track_id", True),
        "playlists": Way("playlist", "id", "id", True, ("playlist_track", "track_id", "playlist_id")),
    },
    "employee": {
        "manager": Way("employee", "reports_to", "id", False),
        "reports": Way("employee", "id", "reports_to", True),
        "customers": Way("customer", "id", "support_rep_id", True),
    },
    "customer": {
        "support_rep": Way("employee", "support_rep_id", "id", False),
        "invoices": Way("invoice", "id", "customer_id", True),
    },
    "invoice": {
        "customer": Way("customer", "customer_id", "id", False),
        "lines": Way("invoice_line", "id", "invoice_id", True),
    },
    "invoice_line": {
        "invoice": Way("invoice", "invoice_id", "id", False),
        "track": Way("track", "track_id", "id", False),
    },
}


@dataclass(frozen=True)
class Table:
    """Rows in the order of the file, which is the order of the key."""

    name: str
    types: Mapping[str, ColumnType]
    """Of the stored columns in order, then of the computed ones."""
    stored: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Data:
    """All tables."""

    tables: Mapping[str, Table]
    _by_value: dict[tuple[str, str], dict[Value, list[Row]]] = field(default_factory=dict)

    def where(self, table: str, column: str, value: Value) -> list[Row]:
        """Rows of a table in which the column equals the value; none for a null."""
        if (table, column) not in self._by_value:
            groups: defaultdict[Value, list[Row]] = defaultdict(list)
            for row in self.tables[table].rows:
                groups[row[column]].append(row)
            self._by_value[table, column] = groups
        return self._by_value[table, column].get(value, []) if value is not None else []

    def related(self, row: Row, way: Way) -> list[Row]:
        """The rows to which the way leads from a row."""
        if way.junction is None:
            return self.where(way.target, way.there, row[way.here])
        middle, near, far = way.junction
        return [
            found
            for between in self.where(middle, near, row[way.here])
            for found in self.where(way.target, way.there, between[far])
        ]


def read_data() -> Data:
    """The sample data, typed; an empty field is null."""
    data = Data({name: _read(name) for name in TABLES})
    _compute(data)
    return data


def _read(name: str) -> Table:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        columns = next(reader)
        types = {column: _type(name, column) for column in columns}
        rows = tuple(
            {column: _typed(text, types[column]) for column, text in zip(columns, record, strict=True)}
            for record in reader
        )
    return Table(name, types, tuple(columns), rows)


def _type(table: str, column: str) -> ColumnType:
    if column in TEXT_COLUMNS[table].split():
        return "text"
    if column in NUMERIC_COLUMNS.get(table, "").split():
        return "numeric"
    if column in TIMESTAMP_COLUMNS.get(table, "").split():
        return "timestamp"
    return "integer"


def _typed(text: str, type_: ColumnType) -> Value:
    if text == "":
        return None
    if type_ == "integer":
        return int(text)
    if type_ == "numeric":
        return Decimal(text).quantize(Decimal("0.01"))
    return text.removesuffix("Z") if type_ == "timestamp" else text


def _compute(data: Data) -> None:
    """Fill in what the models compute: the number of an album's tracks, and full names."""
    for row in data.tables["album"].rows:
        _add(row, "track_count", len(data.where("track", "album_id", row["id"])))
    for name in ("employee", "customer"):
        for row in data.tables[name].rows:
            _add(row, "full_name", f"{row['first_name']} {row['last_name']}")
        _declare(data.tables[name], "full_name", "text")
    _declare(data.tables["album"], "track_count", "integer")


def _add(row: Row, column: str, value: Value) -> None:
    assert isinstance(row, dict)
    row[column] = value


def _declare(table: Table, column: str, type_: ColumnType) -> None:
    assert isinstance(table.types, dict)
    table.types[column] = type_
