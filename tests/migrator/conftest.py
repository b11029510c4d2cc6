"""Fixtures of the migrator's tests."""

import sys
from pathlib import Path

import pytest

from migrator.apps import Writer


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """An app to be written, with one model."""
    folder = tmp_path / "apps"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # models are rewritten within a second
    made = Writer(folder)
    made.models()
    return made
