"""Loading an app package."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from gemel.app import App, load_app
from gemel.errors import AppError

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy import ForeignKey, MetaData

class Base(DeclarativeBase):
    pass

class Zebra(Base):
    __tablename__ = "zebra"
    id: Mapped[int] = mapped_column(primary_key=True)

class Ant(Base):
    __tablename__ = "ant"
    id: Mapped[int] = mapped_column(primary_key=True)
"""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """``write(**files)``: an app package of these modules; gives its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(**files: str) -> str:
        name = f"app_{uuid.uuid4().hex}"
        (tmp_path / name).mkdir()
        for stem, text in {"__init__": "", **files}.items():
            (tmp_path / name / f"{stem}.py").write_text(text, encoding="utf-8")
        return name

    return make


def test_chinook(chinook_app: App) -> None:
    assert [mapper.class_.__name__ for mapper in chinook_app.mappers] == [
        "Album",
        "Artist",
        "Customer",
        "Employee",
        "Genre",
        "Invoice",
        "InvoiceLine",
        "MediaType",
        "Playlist",
        "PlaylistTrack",
        "Track",
    ]
    assert len(chinook_app.metadata) == 1
    assert chinook_app.head == "0001"
    assert len(list(chinook_app.data.glob("*.csv"))) == 11


def test_only_models_are_required(write: Write) -> None:
    app = load_app(write(models=MODELS))
    assert [mapper.class_.__name__ for mapper in app.mappers] == ["Ant", "Zebra"]
    assert (app.resolvers, app.head) == (None, None)
    assert not app.migrations.exists()


def test_resolvers_that_cannot_be_imported(write: Write) -> None:
    app = load_app(write(models=MODELS, resolvers="1 / 0"))
    with pytest.raises(AppError, match="resolvers cannot be imported: ZeroDivisionError"):
        assert app.resolvers


def test_resolvers_are_picked_up(write: Write) -> None:
    app = load_app(write(models=MODELS, resolvers="answer = 42"))
    assert app.resolvers is not None
    assert app.resolvers.answer == 42


def test_models_of_two_bases(write: Write) -> None:
    second = MODELS.replace("class Base", "class Second").replace("(Base)", "(Second)")
    second = second.replace("Zebra", "Yak").replace("zebra", "yak").replace("Ant", "Bee").replace("ant", "bee")
    app = load_app(write(models=MODELS + second))
    assert [mapper.class_.__name__ for mapper in app.mappers] == ["Ant", "Bee", "Yak", "Zebra"]
    assert len(app.metadata) == 2


def test_head_is_read_anew(write: Write) -> None:
    app = load_app(write(models=MODELS))
    app.migrations.mkdir()
    (app.migrations / "HEAD").write_text("abc\n")
    assert app.head == "abc"
    (app.migrations / "HEAD").write_text("\n")
    assert app.head is None


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "there is no module '{name}.models' on the import path (every app needs it"),
        ({"models": "x = 1"}, "{name}.models maps no class"),
        ({"models": "import nowhere_at_all"}, "{name}.models imports 'nowhere_at_all', which is not installed"),
        ({"models": "1 / 0"}, "{name}.models cannot be imported: ZeroDivisionError: division by zero"),
        ({"models": "def"}, "{name}.models cannot be imported: SyntaxError: "),
        ({"models": MODELS + "\n    other = relationship('Cow')\n"}, "the models of '{name}' are not consistent: "),
        ({"models": MODELS + "\nclass Bad(Base):\n    __tablename__ = 'bad'\n"}, "{name}.models cannot be imported: "),
    ],
)
def test_app_that_cannot_be_served(write: Write, files: dict[str, str], says: str) -> None:
    name = write(**files)
    with pytest.raises(AppError) as caught:
        _ = load_app(name).resolvers  # imported only by the service that serves them
    assert says.format(name=name) in caught.value.message


def test_app_that_is_not_there() -> None:
    with pytest.raises(AppError, match=r"there is no module 'chinok' on the import path .*; did you mean 'chinook'?"):
        load_app("chinok")


def test_module_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "single_module_app.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(AppError, match=r"app 'single_module_app' is not a package: make a folder"):
        load_app("single_module_app")
