"""Each kind of fault once with a fixed seed; ``make soak`` runs each with many (docs/decisions.md, 35)."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from backup.faults.ground import Ground
from backup.faults.kinds import KINDS, OF_POSTGRESQL
from figures import write_figures
from gemel.settings import Settings
from gemel_backup.job import Job
from gemel_backup.store import open_store
from gemel_backup.work import back_up
from postgresql_server import postgresql_server

SEED = 20261128
JOBS = 2
"""``pg_dump`` has workers only if there are several."""
SEEDS = int(os.environ.get("GEMEL_TEST_SEEDS", "25"))


@pytest.fixture(scope="session")
def scratch_server() -> Iterator[str]:
    """A server for proofs alone, so that what is left over there was left by a fault."""
    with postgresql_server() as address:
        yield address


Copy = Callable[[str, Path], AbstractContextManager[Settings]]


@contextmanager
def ground_of(kind: str, copy_chinook: Copy, scratch: str, folder: Path, seed: int) -> Iterator[Ground]:
    """A case on one kind of database."""
    with copy_chinook(kind, folder) as copy:
        settings = copy.model_copy(update={"scratch_database_uri": SecretStr(scratch), "backup_jobs": JOBS})
        good = back_up(Job(settings), open_store(settings), "chinook").manifest.id
        yield Ground(settings, random.Random(seed), good)


@pytest.mark.parametrize("kind", KINDS)
def test_fault(copy_chinook: Copy, request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    on_postgresql = kind in OF_POSTGRESQL
    scratch = request.getfixturevalue("scratch_server") if on_postgresql else ""
    database = "postgresql" if on_postgresql else "sqlite"
    with ground_of(database, copy_chinook, scratch, tmp_path, SEED) as ground:
        KINDS[kind](ground)
        ground.assert_sound()


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_fault_with_many_seeds(copy_chinook: Copy, scratch_server: str, tmp_path: Path, kind: str) -> None:
    databases = ("postgresql",) if kind in OF_POSTGRESQL else ("postgresql", "sqlite")
    for database in databases:
        for seed in range(SEEDS):
            folder = tmp_path / f"{database}-{seed}"
            folder.mkdir()
            with ground_of(database, copy_chinook, scratch_server, folder, SEED + seed) as ground:
                KINDS[kind](ground)
                ground.assert_sound()
    figures = {f"{database} unsound": 0 for database in databases} | {"seeds": SEEDS}
    write_figures(f"backup-fault-{kind.replace(' ', '-')}", figures, seed=SEED)
