"""Chinook, served over ports: embedded on SQLite, the two services on PostgreSQL."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import jwt

from processes import ROOT, free_port, program, wait_until_ready

KEY = "the key of these tests, long enough for HS256"


@dataclass(frozen=True)
class Served:
    """Addresses of both APIs, and a token of an admin, which only the services of PostgreSQL ask for."""

    graphql: str
    rest: str
    token: str


def embedded(folder: Path, stack: ExitStack, **environ: str) -> Served:
    """``main.py`` on SQLite, where programs of this machine are admin."""
    running = stack.enter_context(
        program([str(ROOT / "main.py"), "--seed"], folder, GEMEL_PORT=str(free_port()), **environ)
    )
    address = running.wait_for(r"GraphQL +(http://.*)/graphql")[1]
    wait_until_ready(address)
    return _served(address, address)


def services(database: str, folder: Path, stack: ExitStack) -> Served:
    """The two services, each a program of its own, on a database that holds Chinook; they ask for a token."""
    return _served(*(_service(f"gemel_{name}", database, folder, stack) for name in ("graphql", "rest")))


def _service(module: str, database: str, folder: Path, stack: ExitStack) -> str:
    environ = {"GEMEL_DATABASE_URI": database, "GEMEL_JWT_SECRET_KEY": KEY, "GEMEL_ADMIN_PORT": "0"}
    running = stack.enter_context(program(["-m", module], folder, GEMEL_PORT=str(free_port()), **environ))
    line = json.loads(running.wait_for(r'.*"event":"listening".*')[0])
    return f"http://127.0.0.1:{line['port']}"


def _served(graphql: str, rest: str) -> Served:
    return Served(f"{graphql}/v1/graphql", f"{rest}/rest/v1", jwt.encode({"role": "admin"}, KEY, "HS256"))
