"""Errors that are not the client's: nothing is half written, and the service goes on (docs/dialects/rest.md, 22)."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.execute import SQLiteDatabase
from gemel.settings import Settings
from lossy import line_to

TWO = [
    {"method": "POST", "path": "/playlist", "body": {"name": "a"}},
    {"method": "PATCH", "path": "/genre/1", "body": {"name": "b"}},
]
"""The first is done before the second has to wait."""


def set_for_all(settings: Settings, name: str, value: str) -> None:
    """A parameter of new connections to a PostgreSQL database."""
    database = sql.Identifier(urlsplit(settings.database).path[1:])
    with psycopg.connect(settings.database, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET {} = {}").format(database, sql.Identifier(name), value))


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Somebody else is changing genre 1, and takes their time."""
    if settings.is_postgresql:
        with psycopg.connect(settings.database) as other:
            other.execute("UPDATE genre SET name = 'x' WHERE id = 1")
            yield
            other.rollback()
    else:
        with closing(sqlite3.connect(settings.sqlite_path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


def unchanged(rest: Rest) -> bool:
    return rest.rows("/playlist?id=gt.18") == [] and rest.rows("/genre?id=eq.1&select=name") == [{"name": "Rock"}]


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_lock_is_not_waited_for_for_ever(chinook: Settings, chinook_app: App, limit: str) -> None:
    """R22-25, R22-28: SQLite has one lock, and says so after the time that a statement may take."""
    settings = chinook.model_copy(update={"statement_timeout": 0.5})
    if chinook.is_postgresql and limit == "lock_timeout":
        set_for_all(chinook, "lock_timeout", "100ms")
    with serving(settings, chinook_app) as rest:
        with locked(chinook):
            answer = rest("POST", "/", TWO)
            wanted = (504, "57014") if chinook.is_postgresql and limit == "statement_timeout" else (503, "55P03")
            assert problem(answer) == wanted
            assert answer.headers.get("retry-after") == ("1" if wanted[0] == 503 else None)
            assert unchanged(rest)
        assert [one["status"] for one in rest("POST", "/", TWO).json()] == [201, 204]


@pytest.mark.parametrize("chinook", ["sqlite"], indirect=True)
def test_the_first_write_waits_for_another(chinook: Settings, chinook_app: App) -> None:
    """R22-25: it puts the file into WAL mode, for which nobody else may be writing at that moment."""
    settings = chinook.model_copy(update={"statement_timeout": 0.5})
    with closing(sqlite3.connect(chinook.sqlite_path, isolation_level=None, check_same_thread=False)) as other:
        assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        with serving(settings, chinook_app) as rest:
            other.execute("BEGIN IMMEDIATE")
            assert problem(rest("DELETE", "/genre?id=eq.-1")) == (503, "55P03")
            threading.Timer(0.2, other.execute, ["ROLLBACK"]).start()
            assert rest("DELETE", "/genre?id=eq.-1").status_code == 204
            assert other.execute("SELECT count(*) FROM genre").fetchone() == (25,)
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("chinook", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost(chinook: Settings, chinook_app: App) -> None:
    """R21-5, R21-6: in the middle of a change nothing of it is kept; what cannot connect says so; then all goes on."""
    with line_to(chinook.database) as line:
        own = chinook.model_copy(update={"database_uri": SecretStr(line.address)})
        with serving(own, chinook_app) as rest, locked(chinook):
            assert rest.rows("/genre?id=eq.1&select=name") == [{"name": "Rock"}]
            threading.Timer(0.3, line.cut).start()
            lost = rest("POST", "/", TWO)
            assert (problem(lost), lost.headers["retry-after"]) == ((503, "PGRST001"), "1")
            assert problem(rest("GET", "/genre")) == (503, "PGRST000")
            line.mend()
            assert unchanged(rest)


def test_a_database_that_is_read_only(chinook: Settings, chinook_app: App) -> None:
    """R22-8: a replica, or a file that may not be written: reads are served."""
    if chinook.is_postgresql:
        set_for_all(chinook, "default_transaction_read_only", "on")
    with serving(chinook, chinook_app) as rest:
        if not chinook.is_postgresql:
            database = rest.engine._database
            assert isinstance(database, SQLiteDatabase)
            writer = database._writers.submit(lambda: database._mine(writer=True))
            database._writers.submit(writer.result().raw.execute, "PRAGMA query_only=ON").result()
        for verb, path, body in (("POST", "/playlist", {"name": "a"}), ("DELETE", "/playlist?id=eq.1", None)):
            assert problem(rest(verb, path, body)) == (405, "25006")
        assert unchanged(rest)
