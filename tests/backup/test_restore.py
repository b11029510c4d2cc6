"""Restoring: all or nothing, and never by mistake."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from backup.helpers import evidence_of, files_folder, forge_evidence, query, taken
from gemel.settings import Settings
from gemel.state.lock import MIGRATION_LOCK
from gemel_backup.errors import BackupError, Corrupted
from gemel_backup.evidence import Rows
from gemel_backup.job import Job
from gemel_backup.restore import Options, is_live, restore

ARTISTS = 275


@pytest.fixture
def target(chinook: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database that is not there yet, of the same kind."""
    if not chinook.is_postgresql:
        yield chinook.model_copy(update={"database_uri": SecretStr(f"sqlite:///{tmp_path / 'target.sqlite3'}")})
        return
    name = f"{urlsplit(chinook.database).path.strip('/')}_target"
    address = urlunsplit(urlsplit(chinook.database)._replace(path=f"/{name}"))
    try:
        yield chinook.model_copy(update={"database_uri": SecretStr(address)})
    finally:
        with psycopg.connect(chinook.database, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def artists(settings: Settings) -> int:
    [(count,)] = query(settings, "SELECT count(*) FROM artist")
    return int(count)


def create(settings: Settings, statement: str = "") -> None:
    """Make the target, as an empty database or with what a statement makes."""
    if settings.is_postgresql:
        name = urlsplit(settings.database).path.strip("/")
        server = urlunsplit(urlsplit(settings.database)._replace(path="/postgres"))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    else:
        settings.sqlite_path.touch()
    if statement:
        query(settings, statement)


def test_into_a_database_that_is_not_there(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    restore(Job(chinook), store, manifest.id, target.database, Options())
    assert artists(target) == ARTISTS
    assert query(target, "SELECT max(id) FROM track") == query(chinook, "SELECT max(id) FROM track")


def test_into_an_empty_database(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    create(target)
    restore(Job(chinook), store, manifest.id, target.database, Options())
    assert artists(target) == ARTISTS


def test_database_that_is_not_empty_is_refused(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    create(target, "CREATE TABLE precious (id integer)")
    with pytest.raises(BackupError, match="is not empty.*--force"):
        restore(Job(chinook), store, manifest.id, target.database, Options())
    assert query(target, "SELECT count(*) FROM precious") == [(0,)]


def test_forced(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    create(target, "CREATE TABLE old (id integer)")
    restore(Job(chinook), store, manifest.id, target.database, Options(force=True))
    assert artists(target) == ARTISTS
    with pytest.raises(BackupError, match="old"):
        query(target, "SELECT * FROM old")


def test_what_was_written_since_is_gone(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    query(chinook, "INSERT INTO artist (id, name) VALUES (9999, 'New')")
    query(chinook, "UPDATE track SET name = 'x'")
    restore(Job(chinook), store, manifest.id, chinook.database, Options(force=True))
    assert artists(chinook) == ARTISTS
    assert query(chinook, "SELECT count(*) FROM track WHERE name = 'x'") == [(0,)]


def test_forced_restore_that_fails_leaves_the_target(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    forge_evidence(store, manifest, tables={**evidence_of(store, manifest).tables, "phantom": Rows(1, "1")})
    create(target, "CREATE TABLE precious (id integer)")
    with pytest.raises(BackupError, match="phantom is missing"):
        restore(Job(chinook), store, manifest.id, target.database, Options(force=True))
    assert query(target, "SELECT count(*) FROM precious") == [(0,)]
    if target.is_postgresql:
        name = urlsplit(target.database).path.strip("/")[:30]
        found = query(chinook, "SELECT datname FROM pg_database")
        assert not [other for (other,) in found if other.startswith(name) and "_restore_" in other]
    else:
        assert not list(target.sqlite_path.parent.glob(".target*"))


def test_corrupted_backup_is_not_restored(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    path = files_folder(store, manifest) / manifest.files[-1].path
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Corrupted):
        restore(Job(chinook), store, manifest.id, target.database, Options(force=True))


def test_target_of_another_kind_is_refused(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    other = "sqlite:///other.sqlite3" if chinook.is_postgresql else "postgresql://localhost/other"
    with pytest.raises(BackupError, match="the target must be a"):
        restore(Job(chinook), store, manifest.id, other, Options())


def test_unknown_backup_is_told(chinook: Settings) -> None:
    store, _ = taken(chinook)
    for name in ("20200101-000000-000000", "../../etc"):
        with pytest.raises(BackupError, match="there is no backup"):
            restore(Job(chinook), store, name, chinook.database, Options())


def test_live_database_is_known_however_it_is_written(chinook: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    if chinook.is_postgresql:
        parts = urlsplit(chinook.database)
        other = urlunsplit(
            parts._replace(netloc=parts.netloc.replace("127.0.0.1", "localhost"), query="sslmode=prefer")
        )
        assert is_live(chinook, other)
        assert not is_live(chinook, urlunsplit(parts._replace(path="/another")))
    else:
        monkeypatch.chdir(chinook.sqlite_path.parent)
        assert is_live(chinook, f"sqlite:///{chinook.sqlite_path.name}")
        assert not is_live(chinook, "sqlite:///another.sqlite3")
    assert is_live(chinook, chinook.database)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_sqlite_file_that_is_open_is_not_replaced(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    with closing(sqlite3.connect(chinook.sqlite_path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT count(*) FROM artist").fetchone()
        with pytest.raises(BackupError, match="is in use"):
            restore(Job(chinook), store, manifest.id, chinook.database, Options(force=True))
        assert connection.execute("SELECT count(*) FROM artist").fetchone() == (ARTISTS,)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_damaged_sqlite_file_is_replaced_with_its_log(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    chinook.sqlite_path.write_bytes(b"no database" * 1000)
    wal = chinook.sqlite_path.with_name(chinook.sqlite_path.name + "-wal")
    wal.write_bytes(b"of the old file")
    restore(Job(chinook), store, manifest.id, chinook.database, Options(force=True))
    assert not wal.exists()
    assert artists(chinook) == ARTISTS


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_database_under_migration_is_not_replaced(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    with psycopg.connect(chinook.database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        with pytest.raises(BackupError, match="a migration or a backup works on"):
            restore(Job(chinook), store, manifest.id, chinook.database, Options(force=True))
    assert artists(chinook) == ARTISTS


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_collation_is_kept(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    restore(Job(chinook), store, manifest.id, target.database, Options())
    question = "SELECT datcollate, datctype, encoding FROM pg_database WHERE datname = current_database()"
    assert query(target, question) == query(chinook, question)
