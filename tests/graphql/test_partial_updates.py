"""Documents changed in part, and what is given of rows that are deleted (docs/dialects/graphql.md, section 9)."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from graphql_client import GraphQL, serving
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from tables import app_of, create

from gemel.settings import Settings

V = "validation-failed"


class Base(DeclarativeBase):
    pass


class Box(Base):
    __tablename__ = "box"

    id: Mapped[int] = mapped_column(primary_key=True)
    extra: Mapped[Any] = mapped_column(JSONB().with_variant(sa.JSON(), "sqlite"))
    weight: Mapped[float | None] = mapped_column(sa.Double())
    raw: Mapped[bytes | None]
    parts: Mapped[list["Part"]] = relationship(back_populates="box", passive_deletes=True)


class Part(Base):
    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int] = mapped_column(sa.ForeignKey("box.id", ondelete="CASCADE"))
    box: Mapped[Box] = relationship(back_populates="parts")


@pytest.fixture
def boxes(database: Settings) -> Iterator[GraphQL]:
    rows = [{"id": 1, "extra": {"a": [1, 2], "b": {"c": 1}}, "weight": 0.1, "raw": b"\x00\xff"}]
    create(database, Base.metadata, {"box": rows, "part": [{"id": 1, "box_id": 1}]})
    with serving(database, app_of(Base)) as graphql:
        yield graphql


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ('_append: {extra: {}}, _delete_key: {extra: "a"}', "Column found in multiple operators: extra"),
        ("_append: {weight: 1}", "field 'weight' not found"),
        ("_append: {extra: null}", "unexpected null value"),
        ("_delete_key: {extra: 1}", "expected a string"),
        ("_delete_elem: {extra: {a: 1}}", "expected a 32-bit integer"),
        ("_delete_at_path: {extra: [1]}", "expected a string"),
    ],
)
def test_what_is_refused(boxes: GraphQL, change: str, begins: str) -> None:
    """G9.3-7, G9.3-8"""
    code, _, message = boxes.refused(f"mutation {{ update_box(where: {{}}, {change}) {{ affected_rows }} }}")
    assert code == V, message
    assert begins in message


def test_documents_are_changed_in_part(boxes: GraphQL) -> None:
    """G1.1-16, G9.3-3, G9.3-4, G9.3-6"""
    update = "mutation ($path: [String!]!, $more: jsonb) {"
    for name, change in enumerate(
        (
            "_append: {extra: $more}",
            '_delete_key: {extra: "b"}',
            "_delete_at_path: {extra: $path}",
            "_prepend: {extra: {z: 1, a: 5}}",
        )
    ):
        update += f"u{name}: update_box_by_pk(pk_columns: {{id: 1}}, {change}) {{ extra }} "
    found = boxes(update + "}", path=["a", "0"], more={"d": None})
    assert [row["extra"] for row in found.values()] == [
        {"a": [1, 2], "b": {"c": 1}, "d": None},
        {"a": [1, 2], "d": None},
        {"a": [2], "d": None},
        {"a": [2], "d": None, "z": 1},
    ]


def test_an_element_of_an_object_is_refused(boxes: GraphQL) -> None:
    """G9.3-5"""
    code, _, message = boxes.refused("mutation { update_box(where: {}, _delete_elem: {extra: 0}) { affected_rows } }")
    assert (code, message) == ("data-exception", "cannot delete from object using integer index")


def test_what_was_deleted_is_given_as_it_was(boxes: GraphQL) -> None:
    """G9.1-2: own columns as they were, related rows as they are afterwards."""
    found = boxes("mutation { delete_box(where: {}) { affected_rows returning { id extra weight raw parts { id } } } }")
    row = {"id": 1, "extra": {"a": [1, 2], "b": {"c": 1}}, "weight": found["delete_box"]["returning"][0]["weight"]}
    assert float(row["weight"]) == 0.1
    assert found == {"delete_box": {"affected_rows": 1, "returning": [row | {"raw": "\\x00ff", "parts": []}]}}
    assert boxes("{ part { id } }") == {"part": []}
