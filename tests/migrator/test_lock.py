"""One migrator at a time (docs/decisions.md, 29)."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from backup.helpers import until
from databases import empty_database, postgresql_settings
from gemel.app import App
from gemel.settings import Settings
from gemel.state.lock import MIGRATION_LOCK, WAITING_LOCK, YIELD_LOCK, holders
from gemel_migrator import MigrationError, MigrationReport, lock, migrate
from migrator.apps import Writer
from migrator.reading import query, recorded, tables

LIMIT = 60.0


@contextmanager
def held(settings: Settings, function: str = "pg_advisory_lock") -> Iterator[None]:
    """Somebody else holds what a migrator needs."""
    if settings.is_postgresql:
        with psycopg.connect(settings.database, autocommit=True) as connection:
            connection.execute(f"SELECT {function}({MIGRATION_LOCK})")
            yield
    else:
        with closing(sqlite3.connect(settings.sqlite_path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield


def at_once(count: int, function: Callable[[], MigrationReport]) -> list[MigrationReport]:
    """Results of a function called by several threads that start together."""
    barrier = threading.Barrier(count)

    def start() -> MigrationReport:
        barrier.wait(LIMIT)
        return function()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(LIMIT) for future in [pool.submit(start) for _ in range(count)]]


def test_migrators_at_once_apply_each_revision_once(database: Settings, writer: Writer) -> None:
    writer.chain("a", "b", "c", "d")
    app = writer.load()
    reports = at_once(4, lambda: migrate(database, app))
    assert sorted(name for report in reports for name in report.app) == ["a", "b", "c", "d"]
    assert sorted(name for report in reports for name in report.state) == ["0001", "0002", "0003", "0004", "0005"]
    assert [row.revision for row in recorded(database)] == ["a", "b", "c", "d"]


def test_lock_that_is_not_had_in_time(database: Settings, chinook_app: App) -> None:
    settings = database.model_copy(update={"migrate_wait": 0.2})
    with held(settings), pytest.raises(MigrationError, match=r"held the lock for all of|database is locked"):
        migrate(settings, chinook_app)
    assert "artist" not in tables(settings)
    assert migrate(settings, chinook_app).app == ("0001",)


@pytest.fixture
def postgresql(postgresql_server: str, tmp_path: Path) -> Iterator[Settings]:
    with empty_database(postgresql_server) as address:
        yield postgresql_settings(address, tmp_path)


def test_backup_that_does_not_give_way_is_told(
    postgresql: Settings, chinook_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "YIELD_SECONDS", 1.0)
    settings = postgresql.model_copy(update={"migrate_wait": 0.0})
    with held(settings, "pg_advisory_lock_shared"), pytest.raises(MigrationError, match="or a backup held the lock"):
        migrate(settings, chinook_app)


def test_waiting_migrator_goes_on_when_the_lock_is_free(postgresql: Settings, chinook_app: App) -> None:
    waits = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with held(postgresql):
            future = pool.submit(migrate, postgresql, chinook_app, report=lambda line: waits.set())
            assert waits.wait(LIMIT)
            assert not future.done()
        assert future.result(LIMIT).app == ("0001",)


def test_lock_is_free_after_a_failure(postgresql: Settings, writer: Writer) -> None:
    writer.revision("a", None, "raise ValueError")
    with pytest.raises(MigrationError):
        migrate(postgresql, writer.load())
    assert query(postgresql, f"SELECT pg_try_advisory_lock({MIGRATION_LOCK})") == [(True,)]


def test_waiting_migrator_does_not_block_an_index_made_concurrently(postgresql: Settings, writer: Writer) -> None:
    """A waiter inside ``pg_advisory_lock`` would hold a snapshot for which the index waits: a deadlock."""
    writer.chain("a")
    writer.revision(
        "b",
        "a",
        """
        with op.get_context().autocommit_block():
            op.execute("SET statement_timeout = '20s'")
            op.execute("CREATE INDEX CONCURRENTLY t_a_index ON t_a (id)")
        """,
    )
    app = writer.load()
    reports = at_once(3, lambda: migrate(postgresql, app))
    assert sorted(name for report in reports for name in report.app) == ["a", "b"]
    assert query(postgresql, "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a_index'::regclass") == [(True,)]
    assert [row.revision for row in recorded(postgresql)] == ["a", "b"]


def test_table_that_somebody_uses_is_not_waited_for_without_limit(postgresql: Settings, writer: Writer) -> None:
    writer.chain("a")
    migrate(postgresql, writer.load())
    writer.revision("b", "a", "op.add_column('t_a', sa.Column('more', sa.Integer))")
    hasty = postgresql.model_copy(update={"migrate_wait": 0.2})
    with psycopg.connect(postgresql.database) as reader:
        reader.execute("SELECT count(*) FROM t_a")
        with pytest.raises(MigrationError, match=r"revision b .* lock timeout"):
            migrate(hasty, writer.load())
    assert migrate(hasty, writer.load()).app == ("b",)


def _locks(settings: Settings) -> list[tuple[int, str]]:
    """Our advisory locks that are held on the database, with their modes."""
    return [
        (number, mode)
        for number in (MIGRATION_LOCK, WAITING_LOCK, YIELD_LOCK)
        for (mode,) in query(settings, holders(number))
    ]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_backup_is_asked_to_give_way_after_the_wait(database: Settings, chinook_app: App) -> None:
    settings = database.model_copy(update={"migrate_wait": 0.2})
    with ThreadPoolExecutor(1) as pool:
        with held(settings, "pg_advisory_lock_shared"):
            report = pool.submit(migrate, settings, chinook_app)
            until(lambda: (YIELD_LOCK, "ShareLock") in _locks(settings))
            assert (WAITING_LOCK, "ShareLock") in _locks(settings)
        assert report.result(LIMIT).app == ("0001",)
    assert _locks(settings) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_another_migration_is_not_asked_to_give_way(database: Settings, chinook_app: App) -> None:
    settings = database.model_copy(update={"migrate_wait": 0.2})
    with held(settings), pytest.raises(MigrationError, match="held the lock for all of"):
        migrate(settings, chinook_app)
    assert _locks(settings) == []
