"""``scripts.py backup``: what it prints, and its exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backup.helpers import UNSIGNED, drop_database, files_folder, forge_evidence, query, taken
from gemel.errors import GemelError
from gemel.settings import Settings
from gemel_backup.keep.catalogue import latest_proven
from gemel_backup.store import open_store
from gemel_cli.commands.backup import backup


@pytest.fixture
def settings(chinook: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """What the commands read from the environment."""
    monkeypatch.setenv("GEMEL_DATABASE_URI", chinook.database)
    monkeypatch.setenv("GEMEL_DATA_DIR", str(chinook.data_dir))
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    return chinook


def run(*arguments: str, answer: str | None = None) -> str:
    """What a command prints. :raises GemelError: it refused, as the edge would tell."""
    result = CliRunner().invoke(backup, list(arguments), input=answer)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_from_now_to_restore(settings: Settings, tmp_path: Path) -> None:
    text = run("now")
    manifest = latest_proven(open_store(settings), UNSIGNED)
    assert f"backup {manifest.id} is proven: " in text
    assert f"{manifest.tables} tables, {manifest.rows} rows" in text
    assert manifest.id in run("list")
    [entry] = json.loads(run("list", "--json"))
    assert (entry["id"], entry["status"], entry["bytes"]) == (manifest.id, "proven", manifest.size)
    assert "proven" in run("show", manifest.id)
    assert json.loads(run("show", manifest.id, "--json"))["tables"] == manifest.tables
    assert "is as it was written" in run("verify", manifest.id)
    assert "is proven" in run("verify", manifest.id, "--restore")
    query(settings, "DELETE FROM playlist_track")
    beside = _beside(settings)
    assert f"restored {manifest.id}" in run("restore", "--to", beside)
    text = run("switch", beside, "--yes")
    assert query(settings, "SELECT count(*) FROM playlist_track") == [(8715,)]
    assert manifest.id in run("list")
    drop_database(settings, text.rpartition(" ")[2].strip())


def _beside(settings: Settings) -> str:
    """Address of a database of the same server that is not there."""
    return f"{settings.database}_beside"


def test_only_a_new_database_is_restored_into(settings: Settings) -> None:
    _, manifest = taken(settings)
    with pytest.raises(GemelError, match="names the database of the settings.*backup switch"):
        run("restore", manifest.id, "--to", settings.database)
    with pytest.raises(GemelError, match="say where to restore"):
        run("restore", manifest.id)
    with pytest.raises(GemelError, match="must begin with"):
        run("restore", manifest.id, "--to", "mysql://x/y")


def test_switch_asks(settings: Settings) -> None:
    _, manifest = taken(settings)
    query(settings, "DELETE FROM playlist_track")
    beside = _beside(settings)
    assert json.loads(run("restore", manifest.id, "--to", beside, "--json"))["id"] == manifest.id
    with pytest.raises(GemelError, match="nothing was done"):
        run("switch", beside, answer="n\n")
    with pytest.raises(SystemExit):
        run("switch", beside, answer="")
    with pytest.raises(GemelError, match="of the settings itself"):
        run("switch", settings.database, "--yes")
    assert query(settings, "SELECT count(*) FROM playlist_track") == [(0,)]
    old = json.loads(run("switch", beside, "--yes", "--json"))["old"]
    assert query(settings, "SELECT count(*) FROM playlist_track") == [(8715,)]
    drop_database(settings, old)


def test_what_is_wrong_is_an_error(settings: Settings) -> None:
    assert "there are no backups" in run("list")
    with pytest.raises(GemelError, match="there is no proven backup"):
        run("restore", "--to", "sqlite:///new.sqlite3")
    for command in ("show", "verify"):
        with pytest.raises(GemelError, match="there is no backup '20200101-000000-000000'"):
            run(command, "20200101-000000-000000")
    store, manifest = taken(settings)
    forge_evidence(store, manifest, tables={})
    run("verify", manifest.id)
    with pytest.raises(GemelError, match="was not taken"):
        run("verify", manifest.id, "--restore")
    assert "failed" in run("list")
    (files_folder(store, manifest) / manifest.files[0].path).unlink()
    with pytest.raises(GemelError, match="is missing"):
        run("verify", manifest.id)


def test_list_without_the_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _, manifest = taken(settings)
    monkeypatch.setenv("GEMEL_DATABASE_URI", "postgresql://nobody@127.0.0.1:1/gone")
    assert manifest.id in run("list")
