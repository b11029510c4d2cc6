"""Values that the databases order, tell apart or add up in ways of their own, answered alike on both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql_client import GraphQL, serving
from sqlalchemy import JSON, REAL, BigInteger, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from engine.test_types import open_orm
from gemel.app import App
from gemel.settings import Settings


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(primary_key=True)

    items: Mapped[list["Item"]] = relationship(back_populates="shelf")


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    big: Mapped[int | None] = mapped_column(BigInteger)
    single: Mapped[float | None] = mapped_column(REAL)
    data: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))

    shelf: Mapped[Shelf] = relationship(back_populates="items")


DOCUMENTS = [[], "a", "b", 3, 9.5, 10, True, [7], [1, 2], {"k": 1, "l": 2}, {"l": 2, "k": 1}, None]
"""In the order of jsonb (PostgreSQL's manual, section 8.14.4)."""


@pytest.fixture
def graphql(database: Settings) -> Iterator[GraphQL]:
    database.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_orm(database)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all([Shelf(id=1), Shelf(id=2), Shelf(id=3)])
        session.flush()
        session.add_all(
            Item(id=number, shelf_id=1, data=document)  # stored backwards
            for number, document in reversed(list(enumerate(DOCUMENTS)))
        )
        session.add_all(
            [
                Item(id=20, shelf_id=2, big=2**53 + 1, single=0.1),
                Item(id=21, shelf_id=2, big=2, single=0.2),
                Item(id=30, shelf_id=3, single=0.123456789),
            ]
        )
    engine.dispose()
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    app = App("engine", Path(__file__).parent, tuple(mappers), (Base.metadata,))
    with serving(database, app) as client:
        yield client


def ids(rows: list[dict[str, int]]) -> list[int]:
    return [row["id"] for row in rows]


def test_documents_are_sorted(graphql: GraphQL) -> None:
    """G6-1, G6-3, G6-6, G6-11: as jsonb has it, whatever the column is declared as."""
    query = "query($by: [item_order_by!]) {item(where: {shelf_id: {_eq: 1}}, order_by: $by) {id}}"
    numbers = list(range(len(DOCUMENTS)))
    assert ids(graphql(query, by=[{"data": "asc"}, {"id": "asc"}])["item"]) == numbers
    assert ids(graphql(query, by=[{"data": "desc"}, {"id": "desc"}])["item"]) == numbers[::-1]
    nested = "{shelf_by_pk(id: 1) {items(order_by: [{data: desc_nulls_last}, {id: asc}], limit: 3) {id}}}"
    assert ids(graphql(nested)["shelf_by_pk"]["items"]) == [9, 10, 8]


def test_documents_are_told_apart(graphql: GraphQL) -> None:
    """G6-11, G7-1, G7-2, G8-2, G5.6-1: the order of keys makes no difference."""
    first = "{item(where: {shelf_id: {_eq: 1}}, distinct_on: data, order_by: [{data: asc}, {id: desc}]) {id}}"
    assert ids(graphql(first)["item"]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
    counted = "{item_aggregate(where: {shelf_id: {_eq: 1}}) {aggregate {count(columns: data, distinct: true)}}}"
    assert graphql(counted)["item_aggregate"]["aggregate"]["count"] == 10
    for number, found in ((9, []), (10, [1]), (11, [])):
        predicate = f"{{count: {{arguments: data, distinct: true, predicate: {{_eq: {number}}}}}}}"
        assert ids(graphql(f"{{shelf(where: {{items_aggregate: {predicate}}}) {{id}}}}")["shelf"]) == found


def test_measures_are_compared_as_doubles(graphql: GraphQL) -> None:
    """G5.6-3: the sum 2^53 + 3 is no double; it is found under the double next to it, as its literal is read."""
    for function, literal in (("sum", 2**53 + 3), ("max", 2**53 + 1)):
        predicate = f"{{{function}: {{arguments: big, predicate: {{_eq: {literal}}}}}}}"
        assert ids(graphql(f"{{shelf(where: {{items_aggregate: {predicate}}}) {{id}}}}")["shelf"]) == [2]


def test_reals_have_the_digits_of_theirs(graphql: GraphQL) -> None:
    """G10.1-4, G10.1-25, G8-3: not those of a double, of what SQLAlchemy stored and of sums."""
    rows = graphql("{item(where: {shelf_id: {_gt: 1}}, order_by: {id: asc}) {single}}")["item"]
    assert [str(row["single"]) for row in rows] == ["0.1", "0.2", "0.12345679"]
    found = graphql("{item_aggregate(where: {shelf_id: {_eq: 2}}) {aggregate {sum {single}}}}")["item_aggregate"]
    assert str(found["aggregate"]["sum"]["single"]) == "0.3"
