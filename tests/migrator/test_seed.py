"""Loading CSV files: all of them or nothing."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from chinook.models import Base, Customer, Invoice, Track
from gemel.app import App
from gemel.settings import Settings
from gemel_cli.records import SeedError, records
from gemel_cli.seed import seed
from gemel_migrator import migrate
from gemel_migrator.connect import make_engine
from migrator.apps import Writer
from migrator.reading import query

MODELS = """
import enum, uuid

class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

class Maker(Base):
    __tablename__ = "maker"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    since: Mapped[datetime | None]

class Part(Base):
    __tablename__ = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    sold: Mapped[bool | None]
    colour: Mapped[Colour | None]
    token: Mapped[uuid.UUID | None]
    facts: Mapped[dict | None] = mapped_column(JSON)
    picture: Mapped[bytes | None]
"""


@pytest.fixture
def shop(database: Settings, writer: Writer) -> App:
    """An app with the two tables above, migrated; its files are still to be written."""
    writer.models(MODELS)
    writer.revision(
        "a",
        None,
        f"""
        from {writer.name}.models import Base
        Base.metadata.create_all(op.get_bind())
        """,
    )
    writer.csv("maker", "id,name,since\n1,Acme,\n")
    app = writer.load()
    migrate(database, app)
    return app


def written(app: App, name: str, text: str) -> Path:
    path = app.data / f"{name}.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def orm_rows(settings: Settings, app: App, name: str) -> list[dict[str, Any]]:
    """All rows of a table as Python values."""
    table = next(item.tables[name] for item in app.metadata if name in item.tables)
    engine = make_engine(settings)
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
    engine.dispose()
    return rows


def test_chinook_is_loaded_as_its_files_say(chinook: Settings, chinook_app: App) -> None:
    engine = make_engine(chinook)
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            with (chinook_app.data / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
                expected = sum(1 for _ in csv.reader(file)) - 1
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == expected, table.name
        moment = connection.execute(select(Invoice.invoice_date).where(Invoice.id == 1)).scalar_one()
        assert moment == datetime(2007, 1, 1)  # noqa: DTZ001 - the column has no time zone
        assert connection.execute(select(Customer.company).where(Customer.id == 2)).scalar_one() is None
        quoted = connection.execute(select(Track.composer).where(Track.id == 112)).scalar_one()
        assert quoted == 'Enotris Johnson/Little Richard/Robert "Bumps" Blackwell'
    engine.dispose()


def test_keys_are_generated_past_the_data(chinook: Settings) -> None:
    assert query(chinook, "INSERT INTO artist (name) VALUES ('New') RETURNING id") == [(276,)]
    assert query(chinook, "INSERT INTO genre (name) VALUES ('New') RETURNING id") == [(26,)]


def test_tables_that_are_not_empty_are_refused(chinook: Settings, chinook_app: App) -> None:
    query(chinook, "UPDATE artist SET name = 'Changed' WHERE id = 1")
    with pytest.raises(SeedError, match=r"^not empty: artist, .*--force"):
        seed(chinook, chinook_app)
    assert query(chinook, "SELECT name FROM artist WHERE id = 1") == [("Changed",)]


def test_one_table_that_is_not_empty_is_enough(database: Settings, shop: App) -> None:
    written(shop, "part", "id,maker_id\n1,1\n")
    query(database, "INSERT INTO maker (id, name) VALUES (7, 'Other')")
    with pytest.raises(SeedError, match=r"^not empty: maker\."):
        seed(database, shop)


def test_force_replaces_the_rows(chinook: Settings, chinook_app: App) -> None:
    query(chinook, "UPDATE artist SET name = 'Changed' WHERE id = 1")
    query(chinook, "INSERT INTO artist (id, name) VALUES (9999, 'More')")
    counts = seed(chinook, chinook_app, force=True)
    assert counts["artist"] == 275
    assert query(chinook, "SELECT name FROM artist WHERE id IN (1, 9999)") == [("AC/DC",)]
    assert query(chinook, "INSERT INTO artist (name) VALUES ('New') RETURNING id") == [(276,)]


def test_force_that_fails_keeps_the_rows(database: Settings, shop: App) -> None:
    seed(database, shop)
    written(shop, "maker", "id,name\n1,Acme\nx,Bad\n")
    with pytest.raises(SeedError):
        seed(database, shop, force=True)
    assert query(database, "SELECT id, name FROM maker") == [(1, "Acme")]


def test_values_of_every_type(database: Settings, shop: App) -> None:
    identifier = "0b3ce7a2-7a0b-4d4e-9a53-0a2f5c1d2e3f"
    written(
        shop, "maker", 'id,name,since\r\n1,"",2020-01-02T03:04:05+02:00\r\n2,"a ""b"",\r\nc",2020-01-02 03:04:05\r\n'
    )
    written(
        shop,
        "part",
        "id,maker_id,price,sold,colour,token,facts,picture\n"
        f'1,2,12345678901.2345,true,RED,{identifier},"{{""a"": [1, null]}}",00ff\n'
        "2,1,,,,,,\n",
    )
    seed(database, shop)
    makers = orm_rows(database, shop, "maker")
    assert [(row["name"], row["since"].isoformat()) for row in makers] == [
        ("", "2020-01-02T01:04:05"),
        ('a "b",\r\nc', "2020-01-02T03:04:05"),
    ]
    first, second = orm_rows(database, shop, "part")
    assert str(first["price"]) == "12345678901.2345"
    assert (first["sold"], first["colour"].value, str(first["token"])) == (True, "red", identifier)
    assert (first["facts"], first["picture"]) == ({"a": [1, None]}, b"\x00\xff")
    assert {value for key, value in second.items() if not key.endswith("id")} == {None}


def test_progress_ends_at_the_last_line_of_each_file(database: Settings, chinook_app: App) -> None:
    migrate(database, chinook_app)
    told: dict[str, list[tuple[int, int]]] = {}
    seed(database, chinook_app, progress=lambda table, line, lines: told.setdefault(table, []).append((line, lines)))
    assert set(told) == {table.name for table in Base.metadata.sorted_tables}
    assert told["playlist_track"][-1] == (8716, 8716)
    assert len(told["playlist_track"]) >= 8
    assert all(steps == sorted(steps) for steps in told.values())


def test_database_that_is_not_migrated(database: Settings, chinook_app: App) -> None:
    with pytest.raises(SeedError, match=r"has no table 'artist': run `migrate` first"):
        seed(database, chinook_app)


WRONG = [
    (
        "maker",
        "id,nam\n1,A\n",
        "maker.csv line 1 column nam: table 'maker' has no such column; did you mean 'name'?",
    ),
    ("maker", "id,name,id\n", "maker.csv line 1 column id: is named twice"),
    ("maker", "", "maker.csv line 1: is empty"),
    ("maker", "id,name\n1,A\n2\n", "maker.csv line 3: has 1 fields, the header has 2"),
    ("maker", "id,name\n1,A\nx,B\n", "maker.csv line 3 column id: 'x' does not fit INTEGER: "),
    ("maker", "id,name\n1,\n", "maker.csv line 2 column name: is empty, and the column takes no null"),
    ("maker", 'id,name\n1,"A\nB"\n2,C\n3,' + 21 * "d" + "\n", "maker.csv line 5 column name: "),
    ("maker", "id,name,since\n1,A,soon\n", "maker.csv line 2 column since: 'soon' does not fit "),
    ("maker", 'id,name\n1,"A\n', "maker.csv line 2: a quote is opened and not closed"),
    ("maker", 'id,name\n1,A"b"\n', "maker.csv line 2: a quote stands within field 2"),
    ("maker", 'id,name\n1,"A"b\n', "maker.csv line 2: a quote stands within field 2"),
    ("maker", "id,name\n1,A\n2,A\n", "maker.csv line 3: "),
    ("maker", "id,name\n1,A\n2,B\n1,C\n", "maker.csv line 4: "),
    (
        "part",
        "id,maker_id,sold\n1,1,maybe\n",
        "part.csv line 2 column sold: 'maybe' does not fit BOOLEAN: is not true",
    ),
    (
        "part",
        "id,maker_id,price\n1,1,1e\n",
        "part.csv line 2 column price: '1e' does not fit NUMERIC(20, 4): is not a",
    ),
    ("part", "id,maker_id,facts\n1,1,{\n", "part.csv line 2 column facts: "),
    ("part", "id,maker_id,token\n1,1,42\n", "part.csv line 2 column token: "),
    ("part", "id,maker_id\n1,2\n", "part"),  # it refers to nothing
    ("parts", "id,maker_id\n1,1\n", "parts.csv: {app} has no table 'parts'; did you mean 'part'?"),
]
"""(table, text of its file, what is told)"""


def test_wrong_file_is_told_and_nothing_is_loaded(database: Settings, shop: App) -> None:
    good = {path: path.read_bytes() for path in shop.data.iterdir()}
    told = []
    for name, text, says in WRONG:
        path = written(shop, name, text)
        with pytest.raises(SeedError) as caught:
            seed(database, shop)
        told.append((says.format(app=shop.name), caught.value.message))
        assert query(database, "SELECT count(*) FROM maker") == [(0,)]
        path.unlink()
        for file, content in good.items():
            file.write_bytes(content)
    assert [(says, message) for says, message in told if says not in message] == []


def test_wrong_row_late_in_a_file_is_found(database: Settings, shop: App) -> None:
    """Also where rows go to the database in batches, and where records have more than one line."""
    lines = [f'{number},"n\n{number}",\n' for number in range(1, 2501)]
    lines[2400] = '2401,"n\n7",\n'
    written(shop, "maker", "id,name,since\n" + "".join(lines))
    with pytest.raises(SeedError, match=r"maker\.csv line 4802: .*(?i:unique)"):
        seed(database, shop)


def test_bytes_that_are_no_text(database: Settings, shop: App) -> None:
    (shop.data / "maker.csv").write_bytes(b"id,name\n1,\xff\n")
    with pytest.raises(SeedError, match=r"maker\.csv: is not UTF-8"):
        seed(database, shop)


def test_parents_that_have_no_file(database: Settings, shop: App) -> None:
    (shop.data / "maker.csv").unlink()
    written(shop, "part", "id,maker_id\n1,1\n")
    with pytest.raises(SeedError, match=r"maker\.csv: there is no such file, table 'maker' is empty.*part\.csv"):
        seed(database, shop)
    query(database, "INSERT INTO maker (id, name) VALUES (1, 'Acme')")
    assert seed(database, shop) == {"part": 1}


def test_no_files_at_all(database: Settings, shop: App) -> None:
    (shop.data / "maker.csv").unlink()
    with pytest.raises(SeedError, match=r"data: there are no CSV files"):
        seed(database, shop)


def test_decimal_that_sqlite_cannot_hold(database: Settings, shop: App) -> None:
    written(shop, "part", "id,maker_id,price\n1,1,1234567890123.4567\n")
    if database.is_postgresql:
        seed(database, shop)
        assert str(orm_rows(database, shop, "part")[0]["price"]) == "1234567890123.4567"
    else:
        with pytest.raises(SeedError, match="more than the 15 significant digits"):
            seed(database, shop)


def test_file_without_rows_starts_its_keys_at_one(database: Settings, shop: App) -> None:
    written(shop, "maker", "id,name\n")
    assert seed(database, shop) == {"maker": 0}
    assert query(database, "INSERT INTO maker (name) VALUES ('A') RETURNING id") == [(1,)]


def test_records_tell_null_from_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffa,b,c\n,"",x\n"1\n2",,\n', encoding="utf-8")
    assert [(record.line, record.fields) for record in records(path)] == [
        (1, ("a", "b", "c")),
        (2, (None, "", "x")),
        (3, ("1\n2", None, None)),
    ]
