"""A backup taken on schedule by beat and worker, proven on the scratch server, restored and compared."""

import json
import time

import pytest

from e2e.stack import Stack

pytestmark = pytest.mark.e2e


PROVEN_SINCE = "select id from gemel.backup where status = 'proven' and started_at > '{}' order by 1 limit 1"


def test_scheduled_backup_is_proven_and_can_be_restored(running: Stack) -> None:
    identifier = running.found(PROVEN_SINCE.format(running.sql("select now()")), limit=150)
    assert int(running.sql("select count(*) from gemel.slot where status = 'done'")) > 0
    assert running.sql("select error from gemel.slot where status = 'failed'") == ""
    listed = {item["id"]: item["status"] for item in json.loads(running.scripts("backup", "list", "--json"))}
    assert listed[identifier] == "proven"

    running.scripts("backup", "restore", identifier, "--to", running.scratch("restored"), timeout=180)
    restored = running.content("scratch", "restored")
    assert restored["artist"].startswith("275|")
    assert len(restored) == 12, "the eleven tables and Alembic's own"
    assert restored == running.content("postgres", "gemel")


def test_backup_by_hand_is_proven(running: Stack) -> None:
    printed = running.scripts("backup", "now", timeout=180)
    proven = running.sql("select id from gemel.backup where status = 'proven'").splitlines()
    assert any(identifier in printed for identifier in proven), printed


def test_proofs_leave_nothing_behind(running: Stack) -> None:
    """Between two proofs, that is: one may be under way."""
    query = "select datname from pg_database where datname ~ '^gemel'"
    until = time.monotonic() + 60
    while (found := running.sql(query, server="scratch")) != "gemel":
        assert time.monotonic() < until, found
        time.sleep(0.5)
