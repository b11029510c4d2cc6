"""Whatever is changed in a store, nothing of it is decrypted or read before that is found."""

import os
import random
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pyrage
import pytest
from pydantic import SecretStr

from backup.helpers import taken
from figures import write_figures
from gemel.settings import Settings
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.seal import Keys
from gemel_backup.prove.prove import prove
from gemel_backup.store import MANIFEST, FolderStore

SEED = 1128
MANY = int(os.environ.get("GEMEL_TEST_CORRUPTIONS", "1000"))


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def lengthen(path: Path, chance: random.Random) -> None:
    with path.open("ab") as file:
        file.write(chance.randbytes(chance.randint(1, 5000)))


def blank(path: Path, chance: random.Random) -> None:
    """Zeros where something was, as a disk leaves them that lost a sector."""
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content))
    piece = content[start : start + chance.randint(1, 4096)]
    if not any(piece):
        flip(path, chance)
        return
    content[start : start + len(piece)] = bytes(len(piece))
    path.write_bytes(content)


def lose(path: Path, _: random.Random) -> None:
    path.unlink()


def add(path: Path, chance: random.Random) -> None:
    folder = path.parent / "files" if path.name == MANIFEST else path.parent
    (folder / f"more-{chance.randrange(1000)}").write_bytes(b"x")


def replace(path: Path, chance: random.Random) -> None:
    """The same length, other bytes."""
    path.write_bytes(chance.randbytes(path.stat().st_size))


CHANGES = (flip, cut, lengthen, blank, lose, add, replace)


@contextmanager
def copied(folder: Path) -> "AbstractContextManager[None]":  # type: ignore[misc]
    """The folder is as it was after the block."""
    kept = folder.with_name(f"kept-{folder.name}")
    shutil.copytree(folder, kept)
    try:
        yield
    finally:
        shutil.rmtree(folder)
        kept.rename(folder)


def corrupt(settings: Settings, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = pyrage.x25519.Identity.generate()
    keys = {"backup_sign_key": SecretStr("ab" * 32), "scratch_database_uri": SecretStr("")}
    if settings.is_postgresql:  # encrypted there, plain here
        keys |= {"backup_recipients": (str(identity.to_public()),), "backup_identity": SecretStr(str(identity))}
    settings = settings.model_copy(update=keys)
    store, manifest = taken(settings)
    assert prove(Job(settings), store, manifest.id).error is None

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("it was read before it was found out")

    for name in (
        "keep.unpack.decrypt_folder",
        "keep.unpack.parse_evidence",
        "prove.load.child",
        "prove.load.write_list",
        "prove.load.shutil",
    ):
        monkeypatch.setattr(f"gemel_backup.{name}", untouched)
    chance = random.Random(SEED)
    folder = FolderStore(settings.backups).folder / manifest.id
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "proof.json"]
    for number in range(count):
        path = chance.choice([path for path in files if path.stat().st_size])
        change = chance.choice(CHANGES)
        with copied(folder):
            change(path, chance)
            with pytest.raises(BackupError) as caught:
                prove(Job(settings), store, manifest.id)
        assert "AssertionError" not in str(caught.value)
        expected = "manifest" if path.name == MANIFEST and change not in (add, lose) else "backup"
        assert expected in str(caught.value), (number, change.__name__, path.name, str(caught.value))
    assert Keys.of(settings).trusted
    monkeypatch.undo()
    assert prove(Job(settings), store, manifest.id).error is None


def test_some_corruptions(chinook: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    corrupt(chinook, 20, monkeypatch)


@pytest.mark.soak
def test_many_corruptions(
    copy_chinook: Callable[[str, Path], AbstractContextManager[Settings]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for kind in ("sqlite", "postgresql"):
        (tmp_path / kind).mkdir()
        with copy_chinook(kind, tmp_path / kind) as settings:
            corrupt(settings, MANY, monkeypatch)
    write_figures("backup-corruptions", {"postgresql": MANY, "sqlite": MANY, "read": 0}, seed=SEED)
