"""A backup counts only if what comes out of it is what was taken."""

import gzip
import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from backup.helpers import (
    UNSIGNED,
    all_well,
    evidence_of,
    files_folder,
    folder_of,
    forge,
    forge_evidence,
    has_extensions,
    query,
    taken,
    until,
)
from gemel.settings import Settings
from gemel_backup.clients import Client
from gemel_backup.errors import BackupError, Corrupted, Unproven, Yielded
from gemel_backup.evidence import Rows
from gemel_backup.evidence import postgresql as of_postgresql
from gemel_backup.ids import SCRATCH_PREFIX, scratch_name
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import entries, latest_proven, open_index
from gemel_backup.keep.manifest import Manifest
from gemel_backup.keep.notes import read_manifest, read_notes
from gemel_backup.keep.seal import seal
from gemel_backup.keep.verify import verify
from gemel_backup.pace import Pace
from gemel_backup.postgresql import Address, Connection
from gemel_backup.prove.prove import prove
from gemel_backup.store import MANIFEST, FolderStore, open_store
from gemel_backup.work import back_up, prove_and_record

TRACKS = 3503


def databases(settings: Settings) -> set[str]:
    """Scratch databases of the server."""
    found = query(settings, "SELECT datname FROM pg_database") if settings.is_postgresql else []
    return {name for (name,) in found if name.startswith(SCRATCH_PREFIX)}


@pytest.fixture
def scratch_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the scratch databases that are made in this test; others make theirs on the same server."""
    names: list[str] = []

    def named(now: datetime) -> str:
        names.append(scratch_name(now))
        return names[-1]

    monkeypatch.setattr("gemel_backup.prove.scratch.scratch_name", named)
    return names


def assert_dropped(settings: Settings, names: list[str]) -> None:
    """One was made, if there had to be one, and it is gone."""
    assert len(names) == (1 if settings.is_postgresql else 0)
    assert not databases(settings) & set(names)


def table(settings: Settings, name: str) -> str:
    return f"public.{name}" if settings.is_postgresql else name


def test_taken_and_proven(chinook: Settings, scratch_names: list[str]) -> None:
    store = FolderStore(chinook.backups)
    outcome = back_up(Job(chinook), store, "chinook")
    manifest = outcome.manifest
    tables = evidence_of(store, manifest).tables
    assert tables[table(chinook, "track")].rows == TRACKS
    assert len([name for name in tables if "gemel" not in name]) == 12
    assert (manifest.revision, manifest.app) == ("0001", "chinook")
    assert read_manifest(store, manifest.id, UNSIGNED) == manifest
    assert set(outcome.proof.checks.values()) == all_well(chinook)
    [entry] = entries(store, open_index(chinook), UNSIGNED)
    assert (entry.id, entry.status, entry.stored) == (manifest.id, "proven", True)
    index = open_index(chinook)
    assert index is not None
    assert index.rows()[manifest.id].status == "proven"
    assert latest_proven(store, UNSIGNED) == manifest
    assert_dropped(chinook, scratch_names)


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_one_that_rests_between_its_turns_is_proven(chinook: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []

    class Counted(Pace):
        @contextmanager
        def turn(self) -> Iterator[None]:
            with super().turn():
                turns.append(threading.current_thread().name)
                yield

    monkeypatch.setattr("gemel_backup.take.postgresql.Pace", Counted)
    settings = chinook.model_copy(update={"backup_share": 25})
    outcome = back_up(Job(settings), open_store(settings), "chinook")
    assert outcome.proof is not None
    assert outcome.proof.error is None
    assert {name.partition("_")[0] for name in turns} == {"MainThread", "gemel-pace", "gemel-evidence"}


def test_taken_alone_is_not_proven(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    assert [entry.status for entry in entries(store, None, UNSIGNED)] == ["taken"]
    with pytest.raises(BackupError, match="there is no proven backup"):
        latest_proven(store, UNSIGNED)
    verify(Job(chinook), store, manifest.id)


def test_own_rows_are_left_out(chinook: Settings) -> None:
    back_up(Job(chinook), FolderStore(chinook.backups), "chinook")
    _, manifest = taken(chinook)
    names = ("gemel.backup", "gemel.slot") if chinook.is_postgresql else ("gemel_backup", "gemel_slot")
    store = FolderStore(chinook.backups)
    assert not set(names) & set(evidence_of(store, manifest).tables)
    prove(Job(chinook), store, manifest.id)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _largest(folder: Path) -> Path:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return max(files, key=lambda path: path.stat().st_size)


def _cut(folder: Path) -> None:
    path = _largest(folder)
    path.write_bytes(path.read_bytes()[:-1])


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit flipped": (lambda folder: _flip(_largest(folder)), "was changed: its SHA-256 is another"),
    "a byte lost": (_cut, "bytes instead of"),
    "a file lost": (lambda folder: _largest(folder).unlink(), "is missing"),
    "a file added": (lambda folder: (folder / "files" / "more").write_text("x"), "more was added"),
    "manifest changed": (lambda folder: _flip(folder / MANIFEST), "its manifest"),
    "manifest cut": (lambda folder: (folder / MANIFEST).write_bytes(b"{"), "its manifest is not well formed"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_corruption_is_found(chinook: Settings, fault: str) -> None:
    store, manifest = taken(chinook)
    do, text = FAULTS[fault]
    do(folder_of(store, manifest))
    for check in (verify, prove):
        with pytest.raises(Corrupted, match=text):
            check(Job(chinook), store, manifest.id)
    [entry] = entries(store, None, UNSIGNED)
    assert entry.status == "failed"
    assert text in (entry.error or "")


def test_wrong_count_fails_the_proof(chinook: Settings, scratch_names: list[str]) -> None:
    store, manifest = taken(chinook)
    name = table(chinook, "track")
    tables = evidence_of(store, manifest).tables
    forge_evidence(store, manifest, tables={**tables, name: Rows(TRACKS + 1, "0")})
    verify(Job(chinook), store, manifest.id)
    with pytest.raises(Unproven, match=f"table {name} has {TRACKS} rows instead of {TRACKS + 1}"):
        prove_and_record(Job(chinook), store, manifest.id)
    [entry] = entries(store, None, UNSIGNED)
    assert entry.status == "failed"
    index = open_index(chinook)
    assert index is not None
    assert index.rows()[manifest.id].status == "failed"
    assert_dropped(chinook, scratch_names)


def test_table_too_many_or_too_few_fails_the_proof(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    found = evidence_of(store, manifest).tables
    counts = {name: rows for name, rows in found.items() if name != table(chinook, "genre")}
    forge_evidence(store, manifest, tables={**counts, "phantom": Rows(0, "0")})
    with pytest.raises(Unproven, match=r"(?=.*genre was not taken)(?=.*table phantom is missing)"):
        prove(Job(chinook), store, manifest.id)


def test_proof_does_not_outlive_its_manifest(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    prove(Job(chinook), store, manifest.id)
    assert read_notes(store, manifest.id, UNSIGNED).proof is not None
    forge(store, manifest, app="another")
    assert [entry.status for entry in entries(store, None, UNSIGNED)] == ["taken"]


def test_later_proof_repairs_the_status(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    path = _largest(folder_of(store, manifest))
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(Corrupted):
        prove_and_record(Job(chinook), store, manifest.id)
    path.write_bytes(content)
    prove_and_record(Job(chinook), store, manifest.id)
    assert [entry.status for entry in entries(store, open_index(chinook), UNSIGNED)] == ["proven"]


def test_without_own_tables(chinook: Settings) -> None:
    settings = chinook.model_copy(update={"state": False})
    store = FolderStore(settings.backups)
    back_up(Job(settings), store, "chinook")
    assert [entry.status for entry in entries(store, open_index(settings), UNSIGNED)] == ["proven"]
    index = open_index(chinook)
    assert index is not None
    assert index.rows() == {}


def test_database_before_its_migration(database: Settings) -> None:
    if not database.is_postgresql:
        with pytest.raises(BackupError, match="there is nothing to back up|is not there"):
            back_up(Job(database), FolderStore(database.backups), "chinook")
        database.sqlite_path.touch()
    manifest = back_up(Job(database), FolderStore(database.backups), "chinook").manifest
    assert (manifest.tables, manifest.rows, manifest.revision) == (0, 0, None)


def test_stopped_work_leaves_nothing(chinook: Settings) -> None:
    store = FolderStore(chinook.backups)
    with pytest.raises(Yielded):
        back_up(Job(chinook, stop=lambda: True), store, "chinook")
    assert store.ids() == []
    assert not list(store.folder.glob(".partial-*"))
    assert [entry.status for entry in entries(store, open_index(chinook), UNSIGNED)] == ["yielded"]


def test_unknown_format_is_refused(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    changed = manifest.to_json().replace('"format": 1', '"format": 9')
    (folder_of(store, manifest) / MANIFEST).write_bytes(seal(changed, UNSIGNED))
    with pytest.raises(Corrupted, match="has format 9"):
        verify(Job(chinook), store, manifest.id)


def test_manifest_that_leads_outside_is_refused(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    [first, *rest] = manifest.files
    forge(store, manifest, files=(type(first)("../other", first.size, first.sha256), *rest))
    with pytest.raises(Corrupted, match="outside the backup"):
        verify(Job(chinook), store, manifest.id)


@pytest.fixture
def postgresql(
    copy_chinook: Callable[[str, Path], AbstractContextManager[Settings]], tmp_path: Path
) -> Iterator[Settings]:
    """Settings of a PostgreSQL database that holds Chinook."""
    with copy_chinook("postgresql", tmp_path) as settings:
        yield settings


def test_a_table_that_is_rewritten_before_it_is_locked(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older snapshot would see it empty, in the dump and in the evidence alike."""
    real, calls = of_postgresql.tables, itertools.count()
    changes = {
        0: "ALTER TABLE playlist_track ALTER COLUMN playlist_id TYPE bigint; CREATE TABLE one AS SELECT 1 AS i",
        2: "DROP TABLE one",
        3: "ALTER TABLE playlist_track ADD COLUMN place integer DEFAULT 7",
    }

    def tables(connection: Connection) -> Mapping[str, bool]:
        found = real(connection)
        if change := changes.pop(next(calls), None):
            query(postgresql, change)
        return found

    monkeypatch.setattr(of_postgresql, "tables", tables)
    store = open_store(postgresql)
    assert isinstance(store, FolderStore)
    made = back_up(Job(postgresql), store, "chinook")
    assert (changes, made.proof is not None) == ({}, True)
    assert evidence_of(store, made.manifest).tables["public.playlist_track"].rows == 8715


def test_a_schema_that_is_never_still(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real, number = of_postgresql.tables, itertools.count()

    def tables(connection: Connection) -> Mapping[str, bool]:
        found = real(connection)
        query(postgresql, f"CREATE TABLE made_{next(number)} AS SELECT 1 AS i")
        return found

    monkeypatch.setattr(of_postgresql, "tables", tables)
    with pytest.raises(Yielded, match="somebody changes the schema"):
        back_up(Job(postgresql), open_store(postgresql), "chinook")
    assert list(open_store(postgresql).ids()) == []


def test_pg_dump_does_not_wait_for_who_waits_for_the_backup(
    postgresql: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A circle that the database cannot see: our snapshot holds the table, somebody waits for it, pg_dump for him."""
    monkeypatch.setattr(of_postgresql, "LOCK_SECONDS", 1)
    job, address = Job(postgresql), Address.parse(postgresql.database)
    real, collect = of_postgresql.export, of_postgresql.collect
    change = threading.Thread(target=query, args=(postgresql, "ALTER TABLE track ADD COLUMN more integer"))

    def export(connection: Connection) -> str:
        exported = real(connection)
        evidence = collect(connection, address, job, exported)
        monkeypatch.setattr(of_postgresql, "collect", lambda *_: evidence)
        change.start()
        until(lambda: of_postgresql.is_waited_for(connection))
        return exported

    monkeypatch.setattr(of_postgresql, "export", export)
    with pytest.raises(Yielded, match="somebody changes the schema; nothing was taken: pg_dump"):
        back_up(job, open_store(postgresql), "chinook")
    change.join(60)
    assert query(postgresql, "SELECT count(more) FROM track") == [(0,)]


def _replace_data(store: FolderStore, manifest: Manifest, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Another dump of the largest table, and hashes that fit: what no hash can find."""
    path = _largest(files_folder(store, manifest) / "dump")
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines))))
    forge(store, manifest)


def test_row_that_the_dump_lacks_is_found(postgresql: Settings) -> None:
    store, manifest = taken(postgresql)
    _replace_data(store, manifest, lambda lines: lines[1:])
    verify(Job(postgresql), store, manifest.id)
    with pytest.raises(BackupError, match=f"{TRACKS - 1} rows instead of {TRACKS}|violates foreign key"):
        prove(Job(postgresql), store, manifest.id)


def test_value_that_was_changed_is_found(postgresql: Settings) -> None:
    store, manifest = taken(postgresql)
    _replace_data(store, manifest, lambda lines: [lines[0].replace(b"o", b"0"), *lines[1:]])
    verify(Job(postgresql), store, manifest.id)
    with pytest.raises(Unproven, match="has as many rows as it had, but other values"):
        prove(Job(postgresql), store, manifest.id)


def test_leftovers_of_dead_proofs_are_dropped(postgresql: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ids", "prove.scratch"):  # other tests drop on the same server what they take for leftovers
        monkeypatch.setattr(f"gemel_backup.{module}.SCRATCH_PREFIX", "gemel_leftovers_")
    now = datetime.now(UTC)
    old, young = scratch_name(now - timedelta(minutes=6)), scratch_name(now - timedelta(minutes=4))
    used = scratch_name(now - timedelta(hours=2))
    with psycopg.connect(postgresql.database, autocommit=True) as connection:
        for name in (old, young, used):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            store, manifest = taken(postgresql)
            with psycopg.connect(urlunsplit(urlsplit(postgresql.database)._replace(path=f"/{used}"))):
                prove(Job(postgresql), store, manifest.id)
            found = query(postgresql, "SELECT datname FROM pg_database WHERE starts_with(datname, 'gemel_leftovers_')")
            assert {name for (name,) in found} == {young, used}
        finally:
            for name in (old, young, used):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def test_proof_needs_no_source(postgresql: Settings) -> None:
    store, manifest = taken(postgresql)
    elsewhere = postgresql.model_copy(
        update={
            "scratch_database_uri": postgresql.database_uri,
            "database_uri": SecretStr("postgresql://nobody@127.0.0.1:1/gone"),
        }
    )
    assert prove(Job(elsewhere), store, manifest.id).error is None


def test_proof_without_a_server_is_told(postgresql: Settings, tmp_path: Path) -> None:
    store, manifest = taken(postgresql)
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(BackupError, match="set scratch_database_uri"):
        prove(Job(settings), store, manifest.id)


def test_database_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    settings = Settings(database_uri=SecretStr("postgresql://me:hunter2@127.0.0.1:1/gone"), data_dir=tmp_path)
    with pytest.raises(BackupError, match="'gone' on 127.0.0.1:1") as caught:
        taken(settings)
    assert "hunter2" not in str(caught.value)


# --- what a proof looks at besides -------------------------------------------


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_backup_that_was_renamed_is_refused(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    other = f"{manifest.id[:-6]}ffffff"
    folder_of(store, manifest).rename(store.folder / other)
    with pytest.raises(Corrupted, match=f"its manifest is that of backup {manifest.id}: the folder was renamed"):
        verify(Job(chinook), store, other)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_manifest_that_is_none_is_refused(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    for payload, text in (("x", "its manifest is not JSON"), ('{"format": 1}', "its manifest is not well formed: ")):
        (folder_of(store, manifest) / MANIFEST).write_bytes(seal(payload, UNSIGNED))
        with pytest.raises(Corrupted, match=text):
            verify(Job(chinook), store, manifest.id)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_backup_without_evidence_is_refused(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    path = files_folder(store, manifest) / "evidence.json"
    path.write_text("{}")
    forge(store, manifest)
    with pytest.raises(Corrupted, match="its evidence is not well formed"):
        prove(Job(chinook), store, manifest.id)
    path.unlink()
    forge(store, manifest)
    with pytest.raises(Corrupted, match="holds no evidence"):
        prove(Job(chinook), store, manifest.id)


def test_database_that_the_engine_cannot_read_is_not_proven(chinook: Settings) -> None:
    """Its revision is that of the app, and its tables are not."""
    query(chinook, "ALTER TABLE genre RENAME COLUMN name TO title")
    store, manifest = taken(chinook)
    with pytest.raises(Unproven, match="a query of the restored database failed"):
        prove(Job(chinook), store, manifest.id)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_what_a_proof_could_not_look_at_is_told(chinook: Settings) -> None:
    elsewhere = chinook.model_copy(update={"app": "no_such_app"})
    store, manifest = taken(elsewhere)
    assert "there is no module" in prove(Job(elsewhere), store, manifest.id).checks["query"]
    query(chinook, "UPDATE alembic_version SET version_num = '0000'")
    store, manifest = taken(chinook)
    assert "is of revision 0000, the app of 0001" in prove(Job(chinook), store, manifest.id).checks["query"]


def test_damage_that_amcheck_finds_fails_the_proof(
    postgresql: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_extensions(postgresql, "amcheck"):
        pytest.skip("the server lacks the extension amcheck")
    program = tmp_path / "pg_amcheck"
    program.write_text("#!/bin/sh\necho 'item order invariant violated' >&2\nexit 2\n")
    program.chmod(0o755)
    monkeypatch.setattr("gemel_backup.prove.amcheck.find_client", lambda *_: Client(program, (99,)))
    store, manifest = taken(postgresql)
    with pytest.raises(Unproven, match="the restored database is damaged: .*item order invariant violated"):
        prove(Job(postgresql), store, manifest.id)

    def missing(*_: object) -> Client:
        raise BackupError("there is none")

    monkeypatch.setattr("gemel_backup.prove.amcheck.find_client", missing)
    assert prove(Job(postgresql), store, manifest.id).checks["pages"] == "not done: there is none"


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_damaged_sqlite_database_is_found(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    _damage(files_folder(store, manifest) / "database.sqlite3")
    forge(store, manifest)
    with pytest.raises(Corrupted, match="SQLite's integrity check failed"):
        prove(Job(chinook), store, manifest.id)
    _damage(chinook.sqlite_path)
    with pytest.raises(Corrupted, match="SQLite's integrity check failed"):
        taken(chinook)


def _damage(path: Path) -> None:
    """An index that has another row than its table."""
    statements = (
        "CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'track' AND sql IS NOT NULL LIMIT 1",
        "DELETE FROM sqlite_schema WHERE name = (SELECT name FROM kept)",
        "PRAGMA schema_version = 9001",
        "DELETE FROM track WHERE id = 1",
        "INSERT INTO sqlite_schema SELECT * FROM kept",
        "PRAGMA schema_version = 9002",
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_reference_to_nothing_fails_the_proof(chinook: Settings) -> None:
    with sqlite3.connect(chinook.sqlite_path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE album SET artist_id = 99999 WHERE id = 1")
    store, manifest = taken(chinook)
    with pytest.raises(Corrupted, match="of table 'album' refers to a row of 'artist' that is not there"):
        prove(Job(chinook), store, manifest.id)
