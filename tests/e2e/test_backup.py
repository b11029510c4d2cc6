"""A backup taken on schedule by beat and worker, proven on the scratch server, restored and compared."""

import json
import time

import pytest

from e2e.stack import Stack

pytestmark = pytest.mark.e2e

TABLES = "select table_name from information_schema.tables where table_schema = 'public' order by 1"
CONTENT = "select count(*), md5(string_agg(t::text, E'\\n' order by t::text)) from public.{} as t"


def content(running: Stack, server: str, database: str) -> dict[str, str]:
    """Number of rows and a hash of them, of every table of the app."""
    tables = running.sql(TABLES, server=server, database=database).splitlines()
    return {name: running.sql(CONTENT.format(name), server=server, database=database) for name in tables}


def proven_since(running: Stack, moment: str, *, limit: float = 150) -> str:
    """Id of a backup that was begun after ``moment`` and proven, as soon as there is one."""
    until = time.monotonic() + limit
    query = f"select id from gemel.backup where status = 'proven' and started_at > '{moment}' order by 1 limit 1"
    while not (found := running.sql(query)):
        shown = running.sql("select id, status, error from gemel.backup")
        assert time.monotonic() < until, f"nothing proven in {limit} s:\n{shown}\n{running.logs()}"
        time.sleep(1)
    return found


def test_scheduled_backup_is_proven_and_can_be_restored(running: Stack) -> None:
    identifier = proven_since(running, running.sql("select now()"))
    assert int(running.sql("select count(*) from gemel.slot where status = 'done'")) > 0
    assert running.sql("select error from gemel.slot where status = 'failed'") == ""
    listed = {item["id"]: item["status"] for item in json.loads(running.scripts("backup", "list", "--json"))}
    assert listed[identifier] == "proven"

    password = running.values["POSTGRES_PASSWORD"]
    address = f"postgresql://app:{password}@scratch:5432/restored"
    running.scripts("backup", "restore", identifier, "--to", address, timeout=180)
    restored = content(running, "scratch", "restored")
    assert restored["artist"].startswith("275|")
    assert len(restored) == 12, "the eleven tables and Alembic's own"
    assert restored == content(running, "postgres", "gemel")


def test_backup_by_hand_is_proven(running: Stack) -> None:
    printed = running.scripts("backup", "now", timeout=180)
    proven = running.sql("select id from gemel.backup where status = 'proven'").splitlines()
    assert any(identifier in printed for identifier in proven), printed


def test_proofs_leave_nothing_behind(running: Stack) -> None:
    """Between two proofs, that is: one may be under way."""
    query = "select datname from pg_database where datname not in ('postgres', 'template0', 'template1', 'restored')"
    until = time.monotonic() + 60
    while (found := running.sql(query, server="scratch")) != "gemel":
        assert time.monotonic() < until, found
        time.sleep(0.5)
