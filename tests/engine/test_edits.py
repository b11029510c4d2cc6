"""Documents changed in part (docs/dialects/graphql.md, section 9.3): the same on both databases."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from engine.asking import run, select, write_to
from engine.test_types import open_orm
from gemel.app import App
from gemel.errors import DatabaseError, Mismatch
from gemel.request import Assign, ColumnRef, Mutation, Slot, Source, Update
from gemel.settings import Settings


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    extra: Mapped[Any] = mapped_column(JSONB().with_variant(sa.JSON(), "sqlite"))
    name: Mapped[str | None]


def app() -> App:
    return App("things", Path(__file__).parent, tuple(Base.registry.mappers), (Base.metadata,))


@pytest.fixture
def things(database: Settings) -> Settings:
    engine = open_orm(database)
    Base.metadata.create_all(engine)
    engine.dispose()
    return database


def edited(settings: Settings, document: object, operator: Any, value: object) -> Any:
    """The document of a row after a change of it in part."""
    engine = open_orm(settings)
    with engine.begin() as connection:
        connection.execute(sa.delete(Thing))
        connection.execute(sa.insert(Thing).values(id=1, extra=document))
    engine.dispose()
    assign = Assign(ColumnRef("extra"), operator, Slot(0))
    update = Update("u", Source("public", "thing"), None, (assign,), returning=(select("extra"),))
    written = run(settings, app(), lambda engine: write_to(engine, Mutation((update,)), [value]))
    return json.loads(written[0].bodies[0])[0]["extra"]


CASES: list[tuple[object, str, object, object]] = [
    ({"a": 1, "b": 2}, "append", {"b": 3, "c": {"d": []}}, {"a": 1, "b": 3, "c": {"d": []}}),
    ({"a": 1}, "prepend", {"a": 2, "b": 3}, {"a": 1, "b": 3}),
    ([1, 2], "append", [3], [1, 2, 3]),
    ([1, 2], "prepend", [3], [3, 1, 2]),
    ([1], "append", {"a": 1}, [1, {"a": 1}]),
    ({"a": 1}, "append", "x", [{"a": 1}, "x"]),
    (1, "append", True, [1, True]),
    ({"a": 1, "b": 2}, "delete_key", "a", {"b": 2}),
    (["a", "b", "a", 1], "delete_key", "a", ["b", 1]),
    ({"a": 1}, "delete_key", "x", {"a": 1}),
    ([1, 2, 3], "delete_elem", 0, [2, 3]),
    ([1, 2, 3], "delete_elem", -1, [1, 2]),
    ([1, 2, 3], "delete_elem", 9, [1, 2, 3]),
    ([1, 2, 3], "delete_elem", -9, [1, 2, 3]),
    ({"a": [1, {"b": 2, "c": 3}]}, "delete_at_path", ["a", "1", "b"], {"a": [1, {"c": 3}]}),
    ({"a": [1, 2]}, "delete_at_path", ["a", "-1"], {"a": [1]}),
    ({"a": 1}, "delete_at_path", ["a", "b"], {"a": 1}),
    ({"a": 1}, "delete_at_path", ["x", "b"], {"a": 1}),
    ({"a": 1}, "delete_at_path", [], {"a": 1}),
    ({"a": 9007199254740993, "b": 1}, "delete_key", "b", {"a": 9007199254740993}),
]


def test_documents_are_changed_alike(things: Settings) -> None:
    """G9.3-3, G9.3-4, G9.3-5, G9.3-6"""
    for document, operator, value, wanted in CASES:
        assert edited(things, document, operator, value) == wanted, (document, operator, value)


REFUSED: list[tuple[object, str, object, str]] = [
    (1, "delete_key", "a", "22023"),
    ({"a": 1}, "delete_elem", 0, "22023"),
    ("x", "delete_elem", 0, "22023"),
    (5, "delete_at_path", ["a"], "22023"),
    ([1], "delete_at_path", ["a"], "22P02"),
    ([1], "delete_elem", "x", "22P02"),
]


def test_what_is_refused_alike(things: Settings) -> None:
    """G9.3-5"""
    for document, operator, value, code in REFUSED:
        with pytest.raises(DatabaseError) as refused:
            edited(things, document, operator, value)
        assert refused.value.sqlstate == code, (document, operator, value, refused.value.text)


def test_only_documents_are_changed_in_part(things: Settings) -> None:
    assign = Assign(ColumnRef("name"), "append", Slot(0))
    update = Update("u", Source("public", "thing"), None, (assign,))
    with pytest.raises(Mismatch, match="no document"):
        run(things, app(), lambda engine: write_to(engine, Mutation((update,)), ["x"]))
