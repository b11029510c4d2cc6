"""Figures of ``make soak``: ``docs/soak/<name>.json``, read as ``docs/soak/README.md`` says."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "soak"
SEED: Final = "GEMEL_TEST_SEED"
"""Environment variable that repeats a run."""

Figure = int | float | str


def new_seed() -> int:
    """The seed of this run: another one each time, unless the environment names it."""
    given = os.environ.get(SEED)
    seed = int(given) if given else secrets.randbelow(2**32)
    sys.stdout.write(f"seed {seed}; to repeat: make soak {SEED}={seed}\n")
    return seed


def count(name: str, default: int) -> int:
    """How many of something are tried: ``GEMEL_TEST_<NAME>``, else the full count."""
    return int(os.environ.get(f"GEMEL_TEST_{name}") or default)


def write_figures(name: str, figures: Mapping[str, Figure], seed: int | None = None) -> None:
    """Write ``docs/soak/<name>.json``, whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = {"commit": _commit(), "seed": seed, "cores": len(os.sched_getaffinity(0)), "figures": dict(figures)}
    new = FOLDER / f".{name}.new"
    new.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    new.replace(FOLDER / f"{name}.json")


def _commit() -> str:
    """The commit, with a plus sign when files other than figures differ from it."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    return commit + ("+" if _git("status", "--porcelain", "--", ".", ":!docs/soak") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()
