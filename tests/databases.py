"""Databases for tests: settings of one, and PostgreSQL databases that exist for the length of a block."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from gemel.settings import Settings

LOCALES = ("C.UTF-8", "C")
"""Character classes in order of preference; texts are compared by code point (``LC_COLLATE 'C'``) in any case."""


def sqlite_settings(folder: Path, **more: Any) -> Settings:
    """Settings of a SQLite database in a folder."""
    return Settings(database_uri=SecretStr(f"sqlite:///{folder / 'gemel.sqlite3'}"), data_dir=folder, **more)


def postgresql_settings(address: str, folder: Path, **more: Any) -> Settings:
    """Settings of a PostgreSQL database."""
    return Settings(database_uri=SecretStr(address), data_dir=folder, **more)


@contextmanager
def empty_database(server: str, *, template: str | None = None) -> Iterator[str]:
    """Address of a new database, a copy of ``template`` if given; dropped afterwards, whoever is still connected."""
    name = f"gemel_test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        if template is not None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        else:
            _create_with_c_collation(connection, name)
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def empty_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Settings]:
    """Settings of a database without tables."""
    if kind == "sqlite":
        yield sqlite_settings(folder)
    else:
        with empty_database(request.getfixturevalue("postgresql_server")) as address:
            yield postgresql_settings(address, folder)


@contextmanager
def copy_of(template: Settings, request: pytest.FixtureRequest, folder: Path) -> Iterator[Settings]:
    """Settings of a copy of a database, which nobody is connected to."""
    if template.is_postgresql:
        name = urlsplit(template.database).path.strip("/")
        with empty_database(request.getfixturevalue("postgresql_server"), template=name) as address:
            yield postgresql_settings(address, folder)
    else:
        settings = sqlite_settings(folder)
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template.sqlite_path, settings.sqlite_path)
        yield settings


def _create_with_c_collation(connection: psycopg.Connection[Any], name: str) -> None:
    for locale in LOCALES:
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE {}").format(
                    sql.Identifier(name), sql.Literal(locale)
                )
            )
        except psycopg.errors.WrongObjectType:  # "invalid locale name": this server's system has none of it
            continue
        return
    raise RuntimeError(f"the server has none of the locales {LOCALES}")
