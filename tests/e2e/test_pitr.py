"""Recovery to a time in the compose stack: Barman receives what PostgreSQL changes, and leads a copy to any moment."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from e2e.stack import Stack, StackError

pytestmark = pytest.mark.e2e

OK = {"hashes", "files", "recovered", "evidence", "pages", "query"}
SPOIL = """
import pathlib, sys
name, place = sys.argv[1:]
path = max(pathlib.Path("/pitr/gemel/base").glob(f"*/data/{name}"))
whole = bytearray(path.read_bytes())
whole[int(place)] ^= 1
path.write_bytes(whole)
"""


WRITE = """
for number in $(seq 2000); do
  echo "insert into artist (name) values ('writer $number');"
  echo "delete from artist where name = 'writer $((number - 9))';"
done | psql -X -q -v ON_ERROR_STOP=1 -U app -d gemel
"""
KILL = """
before=$(ls /pitr/gemel/base | wc -l)
python scripts.py backup now --base &
until [ $(ls /pitr/gemel/base | wc -l) -gt $before ]; do sleep 0.05; done
kill -9 $!
"""


@pytest.fixture(scope="module")
def scheduled(running: Stack) -> str:
    """Id of the base backup that was due when the stack came up, as soon as it is proven."""
    running.found("select due_at from gemel.slot where kind = 'base' and status = 'done'", limit=120)
    return running.sql("select id from gemel.backup where kind = 'base' and status = 'proven'")


@pytest.fixture(scope="module")
def base(running: Stack, scheduled: str) -> dict[str, Any]:
    """A base backup that was taken while others write, after one that was killed; as the command tells of it."""
    running.run("pitr", "sh", "-c", KILL)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(running.run, "postgres", "sh", "-c", WRITE)
        found: dict[str, Any] = json.loads(pitr(running, "backup", "now", "--base", "--json"))
        written.result()
    return found


def pitr(running: Stack, *arguments: str) -> str:
    """Run an admin command where Barman is."""
    return running.run("pitr", "python", "scripts.py", *arguments, timeout=240)


def test_base_backup_is_proven(running: Stack, scheduled: str, base: dict[str, Any]) -> None:
    assert base["status"] == "proven"
    assert base["checks"] == dict.fromkeys(OK, "ok")
    listed = {item["id"]: item for item in json.loads(running.scripts("backup", "list", "--json"))}
    assert listed[base["id"]]["kind"] == "base", "the worker knows of it, too"
    assert base["bytes"] > 16_000_000
    killed = [item for key, item in listed.items() if item["kind"] == "base" and key not in (scheduled, base["id"])]
    assert [(item["status"], item["stored"]) for item in killed] == [("failed", False)]


def test_recovered_to_a_time(running: Stack, base: dict[str, Any]) -> None:
    before = running.content("postgres", "gemel")
    moment = running.sql("select clock_timestamp()")
    time.sleep(0.1)
    running.sql("delete from playlist_track")
    after = running.content("postgres", "gemel")
    assert before != after
    told = pitr(running, "backup", "restore", "--at", moment, "--to", running.scratch("at_moment"))
    assert f"restored {base['id']} at {moment} into database 'at_moment'" in told
    assert running.content("scratch", "at_moment") == before
    pitr(running, "backup", "restore", "--at", "latest", "--to", running.scratch("at_end"))
    assert running.content("scratch", "at_end") == after
    pitr(running, "backup", "restore", "--at", moment, "--table", "playlist_track", "--to", running.scratch("a_table"))
    assert running.content("scratch", "a_table")["playlist_track"] == before["playlist_track"]


def test_nothing_that_was_committed_is_lost_with_the_database(running: Stack, base: dict[str, Any]) -> None:
    running.sql("insert into genre (name) values ('written at last')")
    content = running.content("postgres", "gemel")
    time.sleep(1)
    running.compose("kill", "postgres")
    try:
        pitr(running, "backup", "restore", "--at", "latest", "--to", running.scratch("saved"))
    finally:
        running.compose("start", "postgres")
        running.up()
    assert running.content("scratch", "saved") == content


@contextmanager
def spoilt(running: Stack, name: str, place: int) -> Iterator[None]:
    """A bit of a file of the base backup is another one."""
    command = ("python", "-c", SPOIL, name, str(place))
    running.run("pitr", *command)
    try:
        yield
    finally:
        running.run("pitr", *command)


def test_spoilt_base_backup_fails_its_proof(running: Stack, base: dict[str, Any]) -> None:
    path = running.sql("select pg_relation_filepath('track')")
    with spoilt(running, path, 8192 * 3 + 8100):
        for words in ((), ("--restore",)):
            with pytest.raises(StackError, match=rf"base backup {base['id']} is not as it was written.*{path}"):
                pitr(running, "backup", "verify", base["id"], *words)
    shown = json.loads(running.scripts("backup", "show", base["id"], "--json"))
    assert (shown["status"], "not as it was written" in shown["error"]) == ("failed", True)
    assert "is proven" in pitr(running, "backup", "verify", base["id"], "--restore")


def test_where_barman_is_not_it_says_so(running: Stack, base: dict[str, Any]) -> None:
    """And thinks no worse of the base backup."""
    for words in (("restore", base["id"], "--to", running.scratch("nothing")), ("verify", base["id"], "--restore")):
        with pytest.raises(StackError, match="pitr_dir is not set"):
            running.scripts("backup", *words)
    assert json.loads(running.scripts("backup", "show", base["id"], "--json"))["status"] == "proven"


def test_nothing_is_left_behind(running: Stack, scheduled: str, base: dict[str, Any]) -> None:
    assert running.run("pitr", "ls", "/work") == ""
    kept = json.loads(running.run("pitr", "barman", "-c", "/pitr/barman.conf", "-f", "json", "list-backups", "gemel"))
    assert sorted(item["backup_name"] for item in kept["gemel"]) == [scheduled, base["id"]]
