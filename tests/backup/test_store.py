"""The folder store: a backup is there as a whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backup.helpers import folder_of, taken
from gemel.settings import Settings
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.store import MANIFEST, FolderStore

JOB = Job(Settings())
ID = "20260110-030000-abcdef"
LIMIT = 60

TAKE = """
import sys
from pathlib import Path
from pydantic import SecretStr
from gemel.settings import Settings
from gemel_backup.job import Job
from gemel_backup.store import open_store
from gemel_backup.work import back_up
settings = Settings(database_uri=SecretStr(sys.argv[1]), data_dir=Path(sys.argv[2]))
back_up(Job(settings), open_store(settings), "chinook")
"""
DRAFT = """
import sys
from pathlib import Path
from gemel.settings import Settings
from gemel_backup.job import Job
from gemel_backup.store import FolderStore
with FolderStore(Path(sys.argv[1])).draft("20260110-030000-abcdef", Job(Settings())) as draft:
    (draft.files / "part").write_text("x")
    print("ready", flush=True)
    sys.stdin.read()
"""


def python(script: str, *arguments: str, **more: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, **more
    )


def test_draft_that_fails_is_removed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with pytest.raises(ValueError, match="x"), store.draft(ID, JOB) as draft:
        (draft.files / "part").write_text("x")
        raise ValueError("x")
    assert not list(tmp_path.glob(".partial-*"))
    assert store.ids() == []


def test_draft_in_progress_is_neither_listed_nor_cleaned(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with store.draft(ID, JOB) as draft:
        (draft.files.parent / MANIFEST).write_text("x")
        assert store.ids() == []
        assert FolderStore(tmp_path).clean() == []
        assert draft.files.is_dir()
        draft.manifest = b"x"
    assert store.ids() == [ID]


def test_folder_of_no_backup_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / ID).mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / MANIFEST).write_text("x")
    assert FolderStore(tmp_path).ids() == []


def test_backup_is_readable_by_its_owner_only(chinook: Settings) -> None:
    store, manifest = taken(chinook)
    assert folder_of(store, manifest).stat().st_mode & 0o077 == 0
    assert store.folder.stat().st_mode & 0o077 == 0


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BackupError, match="set backup_uri"):
        FolderStore(tmp_path / "file" / "backups").check()


def test_what_a_killed_writer_left_is_cleaned(tmp_path: Path) -> None:
    with python(DRAFT, str(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        store = FolderStore(tmp_path)
        assert store.clean() == []
        process.kill()
        process.wait(LIMIT)
    assert store.ids() == []
    assert store.clean() == [ID]
    assert not list(tmp_path.glob(".partial-*"))
