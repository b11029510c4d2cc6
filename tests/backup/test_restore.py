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

from backup.helpers import drop_database, evidence_of, files_folder, forge_evidence, query, taken
from gemel.settings import Settings
from gemel.state.lock import MIGRATION_LOCK
from gemel_backup.errors import BackupError, Corrupted
from gemel_backup.evidence import Rows
from gemel_backup.job import Job
from gemel_backup.restore import Options, is_live, restore, switch

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
    with pytest.raises(BackupError, match="is not empty.*backup switch"):
        restore(Job(chinook), store, manifest.id, target.database, Options())
    assert query(target, "SELECT count(*) FROM precious") == [(0,)]


def test_restore_that_fails_leaves_nothing(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    forge_evidence(store, manifest, tables={**evidence_of(store, manifest).tables, "phantom": Rows(1, "1")})
    with pytest.raises(BackupError, match="phantom is missing"):
        restore(Job(chinook), store, manifest.id, target.database, Options())
    if target.is_postgresql:
        name = urlsplit(target.database).path.strip("/")[:30]
        found = query(chinook, "SELECT datname FROM pg_database")
        assert not [other for (other,) in found if other.startswith(name) and "_restore_" in other]
    else:
        assert not list(target.sqlite_path.parent.glob("*target*"))


def test_some_tables(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    track = "public.track" if chinook.is_postgresql else "track"
    restore(Job(chinook), store, manifest.id, target.database, Options(tables=("artist", track)))
    assert artists(target) == ARTISTS
    assert query(target, "SELECT count(*), min(name) FROM track") == query(
        chinook, "SELECT count(*), min(name) FROM track"
    )
    if target.is_postgresql:
        assert query(target, "SELECT count(*) FROM album") == [(0,)]
        assert query(target, "SELECT count(*) FROM pg_indexes WHERE tablename = 'album'") != [(0,)]
    else:
        assert query(target, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1") == [
            ("artist",),
            ("track",),
        ]


def test_unknown_table_is_told(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    with pytest.raises(BackupError, match=r"has no table 'artists'; there are (public\.)?artist, "):
        restore(Job(chinook), store, manifest.id, target.database, Options(tables=("artists",)))


def test_progress_is_told(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    told: dict[str, list[tuple[int, int]]] = {}
    job = Job(chinook, report=lambda what, done, total: told.setdefault(what, []).append((done, total)))
    restore(job, store, manifest.id, target.database, Options())
    expected = {"check the hashes", "restore", "compare the tables"} if chinook.is_postgresql else {"check the hashes"}
    assert set(told) == expected
    for steps in told.values():
        assert all(0 < done <= total for done, total in steps)
        assert max(done for done, _ in steps) == steps[0][1]


def test_switch_keeps_the_old_database(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    query(chinook, "INSERT INTO artist (id, name) VALUES (9999, 'New')")
    restore(Job(chinook), store, manifest.id, target.database, Options())
    old = switch(Job(chinook), target.database)
    assert artists(chinook) == ARTISTS
    if chinook.is_postgresql:
        address = urlunsplit(urlsplit(chinook.database)._replace(path=f"/{old}"))
        assert artists(chinook.model_copy(update={"database_uri": SecretStr(address)})) == ARTISTS + 1
    else:
        with closing(sqlite3.connect(old)) as connection:
            assert connection.execute("SELECT count(*) FROM artist").fetchone() == (ARTISTS + 1,)
        assert not target.sqlite_path.exists()
        assert chinook.sqlite_path.stat().st_mode == Path(old).stat().st_mode
    drop_database(chinook, old)


def test_switch_ends_sessions(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    restore(Job(chinook), store, manifest.id, target.database, Options())
    if chinook.is_postgresql:
        with psycopg.connect(chinook.database) as idle:
            idle.execute("SELECT 1")
            drop_database(chinook, switch(Job(chinook), target.database))
            with pytest.raises(psycopg.OperationalError):
                idle.execute("SELECT 1")
    else:
        with closing(sqlite3.connect(chinook.sqlite_path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("SELECT count(*) FROM artist").fetchone()
            with pytest.raises(BackupError, match="is in use"):
                switch(Job(chinook), target.database)
            assert connection.execute("SELECT count(*) FROM artist").fetchone() == (ARTISTS,)
        assert target.sqlite_path.exists()


def test_switch_to_what_is_not_there(chinook: Settings, target: Settings) -> None:
    for source, text in (
        (target.database, "is not there"),
        (chinook.database, "of the settings itself"),
        ("sqlite:///x" if chinook.is_postgresql else "postgresql://h/x", "of the same kind"),
    ):
        with pytest.raises(BackupError, match=text):
            switch(Job(chinook), source)
    assert artists(chinook) == ARTISTS


def test_corrupted_backup_is_not_restored(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    path = files_folder(store, manifest) / manifest.files[-1].path
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Corrupted):
        restore(Job(chinook), store, manifest.id, target.database, Options())


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
def test_damaged_sqlite_file_is_replaced_with_its_log(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    chinook.sqlite_path.write_bytes(b"no database" * 1000)
    wal = chinook.sqlite_path.with_name(chinook.sqlite_path.name + "-wal")
    wal.write_bytes(b"of the old file")
    restore(Job(chinook), store, manifest.id, target.database, Options())
    switch(Job(chinook), target.database)
    assert not wal.exists()
    assert artists(chinook) == ARTISTS


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_database_under_migration_is_not_replaced(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    restore(Job(chinook), store, manifest.id, target.database, Options())
    with psycopg.connect(chinook.database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        with pytest.raises(BackupError, match="a migration or a backup works on"):
            switch(Job(chinook), target.database)
    assert artists(chinook) == ARTISTS
    assert artists(target) == ARTISTS


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_collation_is_kept(chinook: Settings, target: Settings) -> None:
    store, manifest = taken(chinook)
    restore(Job(chinook), store, manifest.id, target.database, Options())
    question = "SELECT datcollate, datctype, encoding FROM pg_database WHERE datname = current_database()"
    assert query(target, question) == query(chinook, question)


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_damaged_file_is_not_put_into_place(chinook: Settings, target: Settings) -> None:
    target.sqlite_path.write_bytes(chinook.sqlite_path.read_bytes()[:40_960])
    with pytest.raises(BackupError, match="SQLite's integrity check failed|malformed"):
        switch(Job(chinook), target.database)
    assert artists(chinook) == ARTISTS
