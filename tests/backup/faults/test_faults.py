"""Each kind of fault once with a fixed seed; ``make soak`` runs each with many (docs/decisions.md, 35)."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from pydantic import SecretStr

from backup.faults.ground import Ground
from backup.faults.kinds import KINDS
from gemel.settings import Settings
from gemel_backup.job import Job
from gemel_backup.store import open_store
from gemel_backup.work import back_up
from postgresql_server import postgresql_server

SEED = 20261128
SEEDS = 25


@pytest.fixture(scope="session")
def scratch_server() -> Iterator[str]:
    """A server for proofs alone, so that what is left over there was left by a fault."""
    with postgresql_server() as address:
        yield address


@pytest.fixture
def ground(
    copy_chinook: Callable[[str, Path], AbstractContextManager[Settings]], scratch_server: str, tmp_path: Path
) -> Iterator[Ground]:
    with copy_chinook("postgresql", tmp_path) as copy:
        settings = copy.model_copy(update={"scratch_database_uri": SecretStr(scratch_server)})
        good = back_up(Job(settings), open_store(settings), "chinook").manifest.id
        yield Ground(settings, random.Random(SEED), good)


@pytest.mark.parametrize("kind", KINDS)
def test_fault(ground: Ground, kind: str) -> None:
    KINDS[kind](ground)
    ground.assert_sound()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", KINDS)
def test_fault_with_many_seeds(ground: Ground, kind: str, seed: int) -> None:
    ground.random = random.Random(SEED + seed)
    KINDS[kind](ground)
    ground.assert_sound()
