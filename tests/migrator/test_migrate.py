"""Applying revisions and taking them back, on both databases."""

from pathlib import Path

import pytest

from gemel.app import App
from gemel.settings import Settings
from gemel.state.readiness import Revision, compatible
from gemel_migrator import MigrationError, downgrade, migrate
from gemel_migrator.status import status
from migrator.apps import Writer
from migrator.reading import query, recorded, tables


def test_second_run_changes_nothing(database: Settings, chinook_app: App) -> None:
    first = migrate(database, chinook_app)
    second = migrate(database, chinook_app)
    assert (first.state, first.app, first.head) == (("0001", "0002", "0003", "0004", "0005"), ("0001",), "0001")
    assert (second.state, second.app, second.head) == ((), (), "0001")
    assert recorded(database) == [Revision("0001", None)]


def test_reports_each_revision_once(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    lines: list[str] = []
    migrate(database, writer.load(), report=lines.append)
    assert [line.split(": ")[1].split()[0] for line in lines] == ["0001", "0002", "0003", "0004", "0005", "a", "b"]


def test_makes_the_data_folder(tmp_path: Path, chinook_app: App) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "var")
    migrate(settings, chinook_app)
    assert settings.sqlite_path.is_file()
    assert settings.sqlite_path.parent == tmp_path / "new" / "var"


def test_folder_that_cannot_be_made_is_told(tmp_path: Path, chinook_app: App) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MigrationError, match=r"cannot be made.*set data_dir"):
        migrate(Settings(data_dir=tmp_path / "file" / "var"), chinook_app)


def test_state_off_keeps_no_table_of_ours(database: Settings, chinook_app: App) -> None:
    settings = database.model_copy(update={"state": False})
    report = migrate(settings, chinook_app)
    assert (report.state, report.app) == ((), ("0001",))
    assert not {name for name in tables(settings) if name.startswith("gemel")}
    if settings.is_postgresql:
        assert tables(settings, "gemel") == set()
    assert recorded(settings) == [Revision("0001", None)]


def test_state_turned_on_later_records_what_was_applied(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b", compatible="a")
    migrate(database.model_copy(update={"state": False}), writer.load())
    report = migrate(database, writer.load())
    assert (report.state, report.app) == (("0001", "0002", "0003", "0004", "0005"), ())
    assert recorded(database) == [Revision("a", None), Revision("b", "a")]


def test_failed_revision_leaves_those_before_it(database: Settings, writer: Writer) -> None:
    writer.chain("a")
    path = writer.revision(
        "b", "a", "op.create_table('made', sa.Column('id', sa.Integer))\nop.execute('SELECT * FROM nowhere')"
    )
    with pytest.raises(MigrationError, match=r"(?s)revision b .*rolled back.*nowhere") as caught:
        migrate(database, writer.load())
    assert str(path) in caught.value.message
    assert recorded(database) == [Revision("a", None)]
    assert status(database, writer.load()).current == "a"
    assert "t_a" in tables(database)
    assert "made" not in tables(database)


def test_revision_with_a_bug_is_told_as_such(database: Settings, writer: Writer) -> None:
    writer.revision("a", None, "raise LookupError('no such thing')")
    with pytest.raises(MigrationError, match=r"revision a .*LookupError: no such thing"):
        migrate(database, writer.load())


def test_record_is_written_in_the_revisions_transaction(database: Settings, writer: Writer) -> None:
    """A revision that breaks the record cannot be applied: record and revision stand or fall together."""
    table = "gemel.revision" if database.is_postgresql else "gemel_revision"
    writer.revision(
        "a", None, f"op.create_table('made', sa.Column('id', sa.Integer))\nop.execute('DROP TABLE {table}')"
    )
    with pytest.raises(MigrationError, match="revision a"):
        migrate(database, writer.load())
    assert "made" not in tables(database)
    assert status(database, writer.load()).current is None


def test_down_removes_the_record(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b", "c")
    app = writer.load()
    migrate(database, app)
    lines: list[str] = []
    downgrade(database, app, "a", report=lines.append)
    assert lines == [f"{app.name}: c -> a"]
    assert recorded(database) == [Revision("a", None)]
    assert tables(database) & {"t_a", "t_b", "t_c"} == {"t_a"}
    assert [script.revision for script in status(database, app).pending] == ["b", "c"]
    downgrade(database, app, "base")
    assert (recorded(database), status(database, app).current) == ([], None)
    assert migrate(database, app).app == ("a", "b", "c")


def test_down_to_an_unknown_revision(database: Settings, writer: Writer) -> None:
    writer.chain("a")
    app = writer.load()
    migrate(database, app)
    with pytest.raises(MigrationError, match="zzz"):
        downgrade(database, app, "zzz")
    assert recorded(database) == [Revision("a", None)]


def test_chinook_goes_down_to_nothing(chinook: Settings, chinook_app: App) -> None:
    downgrade(chinook, chinook_app, "base")
    assert not tables(chinook) - {
        "alembic_version", "gemel_migration", "gemel_revision", "gemel_backup", "gemel_idempotency", "gemel_outbox",
        "gemel_slot", "gemel_api_key", "gemel_audit",
    }  # fmt: skip


def test_several_heads_are_refused(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    writer.revision("c", "a", "pass")
    with pytest.raises(MigrationError, match="several heads: b, c"):
        migrate(database, writer.load())


def test_wrong_head_file_is_refused(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    writer.head("a")
    with pytest.raises(MigrationError, match="HEAD says a, but the last revision is b"):
        migrate(database, writer.load())


def test_broken_chain_is_refused(database: Settings, writer: Writer) -> None:
    writer.revision("b", "missing", "pass")
    with pytest.raises(MigrationError, match="missing"):
        migrate(database, writer.load())


def test_revision_file_that_cannot_be_read_is_refused(database: Settings, writer: Writer) -> None:
    writer.revision("a", None, "pass").write_text("revision = 'a'\ndef upgrade(:\n", encoding="utf-8")
    with pytest.raises(MigrationError, match="versions"):
        migrate(database, writer.load())


def test_app_without_migrations(database: Settings, writer: Writer) -> None:
    report = migrate(database, writer.load())
    assert (report.state, report.app, report.head) == (("0001", "0002", "0003", "0004", "0005"), (), None)


def test_code_older_than_the_database_is_refused(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    migrate(database, writer.load())
    (writer.versions / "b.py").unlink()
    writer.head("a")
    with pytest.raises(MigrationError, match=r"stands at revision b .*older than the database"):
        migrate(database, writer.load())
    with pytest.raises(MigrationError, match="older than the database"):
        downgrade(database, writer.load(), "base")
    assert not compatible("a", recorded(database))


def test_code_older_than_the_database_but_compatible(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b", "c", compatible="a")
    migrate(database, writer.load())
    for name in "bc":
        (writer.versions / f"{name}.py").unlink()
    writer.head("a")
    lines: list[str] = []
    report = migrate(database, writer.load(), report=lines.append)
    assert (report.app, report.head) == ((), "a")
    assert "at c, which is compatible with this code's a" in lines[0]
    assert compatible("a", recorded(database))
    assert [row.revision for row in recorded(database)] == ["a", "b", "c"]


def test_order_of_the_record_survives_a_clock_that_was_set_back(database: Settings, writer: Writer) -> None:
    writer.chain("b", compatible=None)
    migrate(database, writer.load())
    table = "gemel.revision" if database.is_postgresql else "gemel_revision"
    query(database, f"UPDATE {table} SET applied_at = '2999-01-01 00:00:00.000000'")
    writer.revision("a", "b", "pass")
    migrate(database, writer.load())
    assert [row.revision for row in recorded(database)] == ["b", "a"]


def test_branches_that_are_merged_are_applied(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b")
    writer.revision("c", "a", "op.create_table('t_c', sa.Column('id', sa.Integer))")
    path = writer.revision("d", "?", "pass")
    path.write_text(path.read_text().replace("'?'", "('b', 'c')"), encoding="utf-8")
    report = migrate(database, writer.load())
    assert report.app[0] == "a"
    assert set(report.app[1:3]) == {"b", "c"}
    assert report.app[3] == report.head == "d"
    assert [row.revision for row in recorded(database)] == list(report.app)
    assert migrate(database, writer.load()).app == ()


def test_broken_references_stop_a_revision_on_sqlite(tmp_path: Path, writer: Writer) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    writer.revision(
        "a",
        None,
        """
        op.create_table('p', sa.Column('id', sa.Integer, primary_key=True))
        op.create_table('q', sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id')))
        op.execute('INSERT INTO q VALUES (7)')
        """,
    )
    with pytest.raises(MigrationError, match="table 'q' refers to a row of 'p'"):
        migrate(settings, writer.load())
    assert "q" not in tables(settings)
