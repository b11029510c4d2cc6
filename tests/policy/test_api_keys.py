"""API keys: made by a command, taken by both services, revoked."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

import gemel.auth.authenticator
from asker import Asker, asking
from gemel.app import App
from gemel.settings import Settings
from gemel_cli import main

Command = Callable[..., str]


@pytest.fixture
def command(
    chinook: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command on the database of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMEL_DATABASE_URI", chinook.database)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["scripts.py", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        assert not stop.value.code, found.err
        return found.out

    return run


@pytest.fixture
def guarded(chinook: Settings, chinook_app: App) -> Iterator[Asker]:
    changes = {"admin_secret": SecretStr("the admin's own secret")}
    with asking(chinook.model_copy(update=changes), chinook_app) as asker:
        yield asker


def test_a_key_has_its_role_and_claims(guarded: Asker, command: Command, chinook: Settings) -> None:
    key = command("key", "make", "customer", "--claim", "user-id=5", "--note", "of a test").strip()
    assert re.fullmatch(r"gml_[a-z0-9]{12}_[\w-]{43}", key)
    for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}):
        assert [row["id"] for row in guarded.rows("/customer", **headers)] == [5]
    assert guarded.problem("GET", "/employee", x_api_key=key)[:2] == (403, "42501")
    assert guarded.problem("GET", "/customer", x_api_key=key, x_hasura_role="admin")[0] == 401
    assert [row["id"] for row in guarded.rows("/customer", x_api_key=key, x_hasura_user_id="6")] == [5]
    listed = json.loads(command("key", "list", "--json"))
    assert [(row["role"], row["note"]) for row in listed] == [("customer", "of a test")]
    assert key.rpartition("_")[2] not in json.dumps(listed)
    engine = sa.create_engine(chinook.database.replace("postgresql://", "postgresql+psycopg://"))
    table = "gemel.api_key" if chinook.is_postgresql else "gemel_api_key"
    with engine.connect() as connection:
        [stored] = connection.execute(sa.text(f"SELECT * FROM {table}"))
    engine.dispose()
    assert key[17:] not in str(stored)


@pytest.mark.parametrize(
    "given",
    ["", "gml_", "gml_aaaaaaaaaaaa_" + "a" * 43, "gml_aaaaaaaaaaaa_short", "gml_a' OR 1=1 --_" + "a" * 43, "x" * 9000],
)
def test_what_is_no_key(guarded: Asker, given: str) -> None:
    assert guarded.problem("GET", "/genre", x_api_key=given) == (401, "PGRST301", "Invalid API key")


def test_a_wrong_secret(guarded: Asker, command: Command) -> None:
    key = command("key", "make", "customer").strip()
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert guarded.problem("GET", "/genre", x_api_key=wrong)[0] == 401
    assert guarded.rows("/genre?limit=1", x_api_key=key)


def test_keys_end(guarded: Asker, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemel.auth.authenticator, "KEY_SECONDS", 0.0)
    key = command("key", "make", "anonymous", "--expires", "1s").strip()
    never = command("key", "make", "anonymous", "--expires", "never").strip()
    assert "does not end" in command("key", "list")
    assert command("key", "revoke", never[4:16]) == f"{never[4:16]} is revoked\n"
    monkeypatch.setattr(gemel.auth.authenticator, "KEY_SECONDS", 60.0)
    assert guarded.problem("GET", "/genre", x_api_key=never)[:2] == (401, "PGRST303")
    time.sleep(1.1)
    assert guarded.problem("GET", "/genre", x_api_key=key)[:2] == (401, "PGRST303")
    assert "revoked" in command("key", "list")


def test_commands_are_audited(guarded: Asker, command: Command, chinook: Settings) -> None:
    key = command("key", "make", "customer", "--claim", "user-id=5").strip()
    command("key", "revoke", key[4:16])
    engine = sa.create_engine(chinook.database.replace("postgresql://", "postgresql+psycopg://"))
    table = "gemel.audit" if chinook.is_postgresql else "gemel_audit"
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT action, subject, details, who FROM {table} ORDER BY id")).all()
    engine.dispose()
    assert [(row.action, row.subject) for row in rows] == [("key make", key[4:16]), ("key revoke", key[4:16])]
    assert json.loads(rows[0].details)["claims"] == {"x-hasura-user-id": "5"}
    assert key[17:] not in str(rows)
    assert all(row.who for row in rows)
