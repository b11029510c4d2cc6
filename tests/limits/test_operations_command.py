"""``scripts.py operations``: the list of an app, kept in a file of it."""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from gemel_cli import main

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    secret: Mapped[str]
"""
POLICIES = """
from gemel import Policy
from listing_app.models import Note

policies = [Policy("reader", Note).select(columns=[Note.id, Note.text])]
"""
Command = Callable[..., tuple[int, str, str]]
GOOD, SECRET = "query Notes { note { id text } }", "{ note { secret } }"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on an app of the test's own: exit status, output, errors."""
    app = tmp_path / "listing_app"
    app.mkdir()
    for name, text in (("__init__", ""), ("models", MODELS), ("policies", POLICIES)):
        (app / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMEL_APP", "listing_app")
    for name in [name for name in sys.modules if name.startswith("listing_app")]:
        monkeypatch.delitem(sys.modules, name)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["scripts.py", "operations", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        return int(stop.value.code or 0), found.out, found.err

    return run


def test_a_list_is_kept(command: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.graphql").write_text(GOOD)
    (tmp_path / "built.json").write_text(json.dumps({"secrets": SECRET}))
    hash_ = sha256(GOOD.encode()).hexdigest()
    assert command("list") == (0, "there are none\n", "")
    assert command("add", "notes.graphql", "built.json") == (0, f"{hash_}\nsecrets\n", "")
    assert json.loads((tmp_path / "listing_app/operations.json").read_text()) == {hash_: GOOD, "secrets": SECRET}
    assert command("list") == (0, f"{hash_}  {GOOD}\nsecrets  {SECRET}\n", "")
    status, out, told = command("check", "reader")
    assert (status, told) == (1, "1 of 2 operations are not valid for reader\n")
    assert out.startswith("secrets  Cannot query field 'secret' on type 'note'.")
    assert command("check", "admin")[:2] == (0, "all 2 operations are valid for admin\n")
    assert command("remove", "secrets")[0] == 0
    assert command("check", "reader")[:2] == (0, "all 1 operations are valid for reader\n")


def test_what_cannot_be_listed(command: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.graphql").write_text("{ note {")
    (tmp_path / "broken.json").write_text("[1]")
    for arguments, text in (
        (("add", "broken.graphql"), "Syntax Error"),
        (("add", "broken.json"), "has to be an object of documents by id"),
        (("add", "none.graphql"), "No such file"),
        (("remove", "x"), "there is no operation 'x' on the list"),
        (("check", "nobody"), "no policy speaks of 'nobody'"),
    ):
        status, _, told = command(*arguments)
        assert status == 1
        assert text in told
    assert not (tmp_path / "listing_app/operations.json").exists()
