"""Models, revisions and database agree; and where they do not, it is told."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gemel.app import App
from gemel.settings import Settings
from gemel.state.tables import SCHEMA, state_tables
from gemel_migrator import MigrationError, migrate
from gemel_migrator.connect import make_engine
from gemel_migrator.new import new_revision
from gemel_migrator.status import check, status
from migrator.apps import FIRST, Writer
from migrator.reading import query, recorded, tables

MAKER = """
op.create_table(
    'maker', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20), nullable=False)
)
"""


def test_chinook_is_what_its_models_say(chinook: Settings, chinook_app: App) -> None:
    assert check(chinook, chinook_app) == []
    engine = make_engine(chinook)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or not name.startswith("gemel_"),
            },
        )
        assert compare_metadata(context, chinook_app.metadata[0]) == []
    engine.dispose()


def test_our_own_tables_are_what_their_definition_says(database: Settings, chinook_app: App) -> None:
    migrate(database, chinook_app)
    ours = state_tables(postgresql=database.is_postgresql).metadata
    names = {table.name for table in ours.tables.values()}
    engine = make_engine(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: (
                    name == SCHEMA if kind == "schema" and database.is_postgresql else kind != "table" or name in names
                ),
            },
        )
        assert compare_metadata(context, ours) == []
    engine.dispose()


def test_differences_are_told(database: Settings, writer: Writer) -> None:
    writer.revision("a", None, MAKER)
    migrate(database, writer.load())
    assert check(database, writer.load()) == []
    writer.models(
        FIRST.replace(
            "name: Mapped[str] = mapped_column(String(20))", "name: Mapped[str|None] = mapped_column(String(30))"
        )
        + "    size: Mapped[int]\n"
        + "class Part(Base):\n    __tablename__ = 'part'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    query(database, "CREATE TABLE stray (id integer)")
    assert sorted(check(database, writer.load())) == [
        "column maker.name has nullable False in the database, True in the models",
        "column maker.name has type VARCHAR(20) in the database, VARCHAR(30) in the models",
        "column maker.size is missing in the database",
        "table part is missing in the database",
        "table stray is in the database, not in the models",
    ]


def test_our_own_tables_are_no_difference_but_a_like_named_one_is(database: Settings, writer: Writer) -> None:
    writer.revision("a", None, MAKER)
    migrate(database, writer.load())
    query(database, "CREATE TABLE gemel_own (id integer)")
    assert check(database, writer.load()) == ["table gemel_own is in the database, not in the models"]


def test_check_tells_what_is_wrong_with_the_files(database: Settings, writer: Writer) -> None:
    writer.revision("a", None, MAKER)
    writer.revision("b", "a", "pass", compatible="c")
    writer.revision("c", "b", "pass", compatible="a")
    migrate(database, writer.load())
    writer.head("b")
    found = check(database, writer.load())
    assert [line.split("migrations/")[1] for line in found] == [
        "HEAD says b, but the last revision is c",
        "versions/b.py: compatible_from = 'c' is no revision before b",
    ]


def test_check_of_a_database_that_is_behind(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    assert "is at base, the head is b: run `migrate`" in check(database, writer.load())[0]


def test_status_of_an_empty_database_changes_nothing(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    where = status(database, writer.load())
    assert (where.current, where.head, [script.revision for script in where.pending]) == (None, "b", ["a", "b"])
    assert tables(database) == set()


def test_new_revision_makes_the_database_as_the_models(database: Settings, writer: Writer) -> None:
    migrate(database, writer.load())
    first = new_revision(database, writer.load(), "The first")
    assert first.parent == writer.versions
    head = writer.load().head
    assert head is not None
    assert first.name == f"{head}_the_first.py"
    assert "gemel" not in first.read_text()
    assert migrate(database, writer.load()).app == (head,)
    writer.models(FIRST.replace("String(20)", "String(30)") + "    size: Mapped[int | None]\n")
    second = new_revision(database, writer.load(), "Grow")
    assert f"down_revision = '{head}'" in second.read_text()
    migrate(database, writer.load())
    assert check(database, writer.load()) == []
    assert [row.revision for row in recorded(database)] == [head, writer.load().head]


def test_new_revision_without_a_difference(database: Settings, writer: Writer) -> None:
    writer.revision("a", None, MAKER)
    migrate(database, writer.load())
    with pytest.raises(MigrationError, match=r"does not differ .* --empty"):
        new_revision(database, writer.load(), "Nothing")
    assert [path.name for path in writer.versions.glob("*.py")] == ["a.py"]
    assert writer.load().head == "a"
    path = new_revision(database, writer.load(), "Data", empty=True)
    assert path.name.startswith(str(writer.load().head))
    assert len(migrate(database, writer.load()).app) == 1


def test_new_revision_needs_a_database_at_the_head(database: Settings, writer: Writer) -> None:
    writer.chain("a")
    with pytest.raises(MigrationError, match="is at base, the head is a: run `migrate` first"):
        new_revision(database, writer.load(), "Too early")


def test_paths_with_spaces_and_percent_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "100 % of it"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    writer = Writer(folder)
    writer.models()
    settings = Settings(data_dir=folder / "var")
    migrate(settings, writer.load())
    new_revision(settings, writer.load(), "100 % sure")
    assert migrate(settings, writer.load()).app == (writer.load().head,)
