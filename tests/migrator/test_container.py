"""The entry point of the migrator's container."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from databases import empty_database, postgresql_settings
from gemel.settings import Settings
from gemel_migrator import MigrationError
from gemel_migrator.__main__ import main
from gemel_migrator.connect import wait_for_database
from migrator.apps import Writer

ROOT = Path(__file__).parents[2]
CLOSED = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"


@dataclass(frozen=True)
class Done:
    """What the program left behind."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(**settings)``: the program within this process."""
    monkeypatch.chdir(tmp_path)

    def call(**settings: str) -> Done:
        with monkeypatch.context() as patch:
            for key in [key for key in os.environ if key.startswith("GEMEL_")]:
                patch.delenv(key)
            for key, value in settings.items():
                patch.setenv(f"GEMEL_{key.upper()}", value)
            status = main()
        output = capsys.readouterr()
        return Done(status, output.out, output.err)

    return call


def test_migrates_tells_each_revision_and_ends(database: Settings, run: Run) -> None:
    done = run(database_uri=database.database)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [
        ["gemel:", "0001"],
        ["gemel:", "0002"],
        ["gemel:", "0003"],
        ["gemel:", "0004"],
        ["gemel:", "0005"],
        ["chinook:", "0001"],
        ["chinook", "is"],
    ]
    assert run(database_uri=database.database) == Done(0, "chinook is at 0001\n", "")


def test_runs_with_no_more_than_its_image_holds(tmp_path: Path) -> None:
    """As a process, on a path without the other services and the commands."""
    path = os.pathsep.join(str(ROOT / name) for name in ("shared", "services/migrator"))
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GEMEL_")} | {"PYTHONPATH": path}
    command = [sys.executable, "-W", "error", "-m", "gemel_migrator"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "chinook is at 0001")
    assert (tmp_path / "var" / "gemel.sqlite3").is_file()


def test_failure_is_a_message_and_status_1(database: Settings, run: Run, writer: Writer) -> None:
    writer.revision("a", None, "raise LookupError('of a kind')")
    done = run(database_uri=database.database, app=writer.name)
    assert done.returncode == 1
    assert "LookupError: of a kind" in done.stderr


def test_app_without_migrations(database: Settings, run: Run, writer: Writer) -> None:
    done = run(database_uri=database.database, app=writer.name)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{writer.name} has no migrations")


def test_wrong_setting_is_a_message_and_status_1(run: Run) -> None:
    done = run(port="many")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("port (environment variable GEMEL_PORT): ")


def test_database_that_does_not_answer(run: Run) -> None:
    done = run(database_uri=CLOSED, migrate_wait="0.1")
    assert done.returncode == 1
    assert done.stdout.startswith("waiting for database 'nothing' on 127.0.0.1:1: ")
    assert "did not answer within migrate_wait = 0.1 seconds" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_waits_for_a_database_that_comes_later(postgresql_server: str, tmp_path: Path) -> None:
    with empty_database(postgresql_server) as address:
        name = address.rsplit("/", 1)[1]
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            told: list[str] = []

            def create(line: str) -> None:
                told.append(line)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

            wait_for_database(postgresql_settings(address, tmp_path), report=create)
    assert len(told) == 1
    assert "does not exist" in told[0]


def test_wait_has_a_limit(tmp_path: Path) -> None:
    told: list[str] = []
    settings = postgresql_settings(CLOSED, tmp_path, migrate_wait=0.0)
    with pytest.raises(MigrationError, match="did not answer"):
        wait_for_database(settings, report=told.append)
    assert told == []


def test_file_that_cannot_be_opened_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "gemel.sqlite3").mkdir()
    with pytest.raises(MigrationError, match=r"gemel\.sqlite3: unable to open database file"):
        wait_for_database(Settings(data_dir=tmp_path), report=pytest.fail)
