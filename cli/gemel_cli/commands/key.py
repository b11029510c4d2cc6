"""``key``: API keys of clients (docs/access.md)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from gemel.app import load_app
from gemel.auth.api_key import hash_of, make_key, shown
from gemel.catalog import read_catalog
from gemel.errors import SettingsError
from gemel.policy import Accesses
from gemel.settings import Settings
from gemel_backup.connect import make_engine, transaction
from gemel_cli.audit import record
from gemel_cli.commands.token import Claims, claims_of, seconds_of, session_variables
from gemel_cli.own_tables import own_tables

key = typer.Typer(help="API keys: made, listed, revoked.", no_args_is_help=True, rich_markup_mode=None)

SHOWN = ("id", "role", "claims", "note", "created_at", "expires_at", "revoked_at")


@key.command()
def make(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Role that the key has.")],
    expires: Annotated[str, typer.Option(metavar="TIME", help="How long it is valid: 15m, 1h, 90d, or never.")] = "90d",
    claim: Claims = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
) -> None:
    """Make an API key for ROLE and print it. It is shown this once: only a hash of it is kept.

    Clients send it as "Authorization: Bearer KEY" or as "X-API-Key: KEY".
    """
    settings, table = _opened()
    app = load_app(settings.app)
    known = Accesses(read_catalog(app.mappers), app.policies).roles
    if role not in known:
        raise SettingsError(f"no policy speaks of the role {role!r}; there are {', '.join(known)}")
    now = datetime.now(UTC)
    ends = None if expires == "never" else now + timedelta(seconds=seconds_of(expires))
    claims = session_variables(claims_of(claim))
    name, secret = make_key()
    values = {
        "id": name,
        "hash": hash_of(secret),
        "role": role,
        "claims": json.dumps(claims) if claims else None,
        "note": note or None,
        "created_at": now,
        "expires_at": ends,
    }
    with transaction(make_engine(settings)) as connection:
        connection.execute(sa.insert(table).values(values))
        record(connection, settings, "key make", name, role=role, claims=claims, expires_at=ends)
    print(shown(name, secret))


@key.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the keys, newest first."""
    settings, table = _opened()
    query = sa.select(*(table.c[name] for name in SHOWN)).order_by(table.c.created_at.desc(), table.c.id)
    with transaction(make_engine(settings)) as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    if as_json:
        print(json.dumps(rows, indent=2, default=str))
        return
    if not rows:
        print("there are no keys")
    for row in rows:
        print("  ".join(str(item) for item in (row["id"], row["role"], _state(row), row["note"]) if item))


@key.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="ID", help="The twelve characters behind gml_, as list shows them.")],
) -> None:
    """Revoke a key: within ten seconds no service takes it any more."""
    settings, table = _opened()
    name = name.removeprefix("gml_").partition("_")[0]
    with transaction(make_engine(settings)) as connection:
        change = sa.update(table).where(table.c.id == name, table.c.revoked_at.is_(None))
        done = connection.execute(change.values(revoked_at=datetime.now(UTC))).rowcount
        if not done:
            raise SettingsError(f"there is no key {name!r} that could be revoked")
        record(connection, settings, "key revoke", name)
    print(f"{name} is revoked")


def _opened() -> tuple[Settings, sa.Table]:
    settings, tables = own_tables("there are no keys")
    return settings, tables.api_keys


def _state(row: dict[str, Any]) -> str:
    ends = row["expires_at"]
    if row["revoked_at"] is not None:
        return "revoked"
    if ends is None:
        return "does not end"
    ends = ends if ends.tzinfo is not None else ends.replace(tzinfo=UTC)
    return f"{'ended' if ends <= datetime.now(UTC) else 'ends'} {ends:%Y-%m-%d %H:%M}"
