"""Connections to PostgreSQL, in the forms that psycopg and PostgreSQL's programs take."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo

from gemel_backup.beside import beside
from gemel_backup.errors import BackupError, Unreachable
from gemel_backup.job import POLL_SECONDS, Job

CONNECT_SECONDS = 10
VARIABLES: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
}
"""https://www.postgresql.org/docs/current/libpq-envars.html"""
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Address:
    """Where a database is, its password apart."""

    parameters: Mapping[str, str]
    password: str = field(repr=False)

    @classmethod
    def parse(cls, uri: str) -> "Address":
        """:raises BackupError: libpq cannot read it."""
        try:
            found = conninfo.conninfo_to_dict(uri)
        except psycopg.ProgrammingError:  # its text may repeat the password
            raise BackupError("the address of the database is not postgresql://user:password@host:port/name") from None
        parameters = {key: str(value) for key, value in found.items() if value is not None}
        password = parameters.pop("password", "")
        return cls(
            {"connect_timeout": str(CONNECT_SECONDS), "application_name": "gemel-backup", **parameters}, password
        )

    @property
    def database(self) -> str:
        """Name of the database."""
        return self.parameters.get("dbname", "")

    @property
    def conninfo(self) -> str:
        """For a command line: without the password."""
        return conninfo.make_conninfo("", **self.parameters)

    @property
    def environment(self) -> dict[str, str]:
        """For a program: the password."""
        return {"PGPASSWORD": self.password} if self.password else {}

    @property
    def whole_environment(self) -> dict[str, str]:
        """For a program that takes no connection string: everything."""
        found = {VARIABLES[key]: value for key, value in self.parameters.items() if key in VARIABLES}
        return found | self.environment

    @property
    def uri(self) -> str:
        """With the password, for asyncpg, which takes parameters that it does not know for settings of the server."""
        user = quote(self.parameters.get("user", ""), safe="")
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        host = self.parameters.get("host", "localhost")
        more = {key: value for key, value in self.parameters.items() if key.startswith("ssl")}
        if host.startswith("/"):
            more["host"], host = host, ""
        place = f"[{host}]" if ":" in host else host
        port = f":{self.parameters['port']}" if "port" in self.parameters and place else ""
        if not place and "port" in self.parameters:
            more["port"] = self.parameters["port"]
        login = f"{user}{secret}@" if user else ""
        return f"postgresql://{login}{place}{port}/{quote(self.database, safe='')}" + (
            f"?{urlencode(more)}" if more else ""
        )

    def with_database(self, name: str) -> "Address":
        """Another database of the same server."""
        return Address({**self.parameters, "dbname": name}, self.password)

    def __str__(self) -> str:
        host, port = self.parameters.get("host", "localhost"), self.parameters.get("port")
        return f"database {self.database!r} on {host}" + (f":{port}" if port else "")

    @contextmanager
    def connect(self, job: Job) -> Iterator[Connection]:
        """A connection in autocommit, closed with the block; its running statement ends when ``job.stop`` says so.

        :raises Unreachable: the server does not answer.
        :raises BackupError: it refuses what the block asks.
        :raises Yielded: stopped within the block.
        """
        try:
            opened = psycopg.connect(conninfo.make_conninfo(self.conninfo, **self._secret()), autocommit=True)
        except psycopg.Error as error:
            job.check()
            raise Unreachable(f"{self}: {' '.join(str(error).split())}") from error
        try:
            with opened as connection, _cancelled(connection, job):
                yield connection
        except psycopg.Error as error:
            job.check()
            raise BackupError(f"{self}: {' '.join(str(error).split())}") from error

    def _secret(self) -> dict[str, str]:
        return {"password": self.password} if self.password else {}


@contextmanager
def _cancelled(connection: Connection, job: Job) -> Iterator[None]:
    """A statement waits within libpq, so that another thread has to ask whether to go on."""

    def watch(ended: threading.Event) -> None:
        while not ended.wait(POLL_SECONDS):
            if job.stop():
                with suppress(psycopg.Error):
                    connection.cancel_safe(timeout=1.0)
                return

    with beside(watch, "gemel-cancel"):
        yield


def server_major(connection: Connection) -> int:
    """Major version of the server."""
    return connection.info.server_version // 10000


def server_version(connection: Connection) -> str:
    """Version of the server, such as ``17.4``."""
    version = connection.info.server_version
    return f"{version // 10000}.{version % 10000}"
