"""Models that Chinook has no use for: odd names, documents, ranges, keys of two columns, a view, joins of its own."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import DDL, ForeignKey, ForeignKeyConstraint, Text, event
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from gemel.app import App
from gemel.settings import Settings


class Base(DeclarativeBase):
    """Of these models."""


class Shelf(Base):
    """Its key has two columns."""

    __tablename__ = "shelf"

    room: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list["Item"]] = relationship(back_populates="shelf")
    cheap_items: Mapped[list["Item"]] = relationship(
        primaryjoin=lambda: sa.and_(
            Shelf.room == foreign(Item.room), Shelf.number == foreign(Item.number), Item.price < 10
        ),
        viewonly=True,
    )


class Item(Base):
    """A table whose name has a blank."""

    __tablename__ = "order items"
    __table_args__ = (ForeignKeyConstraint(["room", "number"], ["shelf.room", "shelf.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str]
    number: Mapped[int]
    price: Mapped[int]
    data: Mapped[Any] = mapped_column(sa.JSON().with_variant(pg.JSONB(), "postgresql"))
    tags: Mapped[Any] = mapped_column(sa.ARRAY(Text).with_variant(sa.JSON(), "sqlite"))
    span: Mapped[Any] = mapped_column(pg.INT4RANGE().with_variant(Text(), "sqlite"), nullable=True)
    words: Mapped[str] = mapped_column(Text, info={"fts5": "item search"})
    plain: Mapped[str | None] = mapped_column(Text)
    shelf: Mapped[Shelf] = relationship(back_populates="items")
    size: Mapped["Size | None"] = relationship(back_populates="item")


class Size(Base):
    """One to one: its foreign key is its primary key."""

    __tablename__ = "größe"

    item_id: Mapped[int] = mapped_column(ForeignKey("order items.id"), primary_key=True)
    wide: Mapped[int]
    item: Mapped[Item] = relationship(back_populates="size")


class Room(Base):
    """A view; it has the relation that it declares."""

    __tablename__ = "room_view"
    __table_args__ = {"info": {"is_view": True}}

    room: Mapped[str] = mapped_column(primary_key=True)
    shelves: Mapped[int]
    stands: Mapped[list[Shelf]] = relationship(
        primaryjoin=lambda: Room.room == foreign(Shelf.room), viewonly=True, order_by=Shelf.number
    )


SEARCH = "CREATE VIRTUAL TABLE \"item search\" USING fts5(words, content='order items', content_rowid='id')"
event.listen(Item.__table__, "after_create", DDL(SEARCH).execute_if(dialect="sqlite"))

ROWS: dict[str, list[dict[str, Any]]] = {
    "shelf": [{"room": "a", "number": 1}, {"room": "a", "number": 2}, {"room": "b", "number": 1}],
    "order items": [
        {
            "id": 1, "room": "a", "number": 1, "price": 5, "tags": ["new", "red"], "words": "a quick brown fox",
            "data": {"kind": "box", "age": 30, "on": True, "parts": [{"n": 1}, {"n": 2}], "deep": {"a-b": "x"}},
            "plain": "a fox",
        },
        {
            "id": 2, "room": "a", "number": 1, "price": 50, "tags": ["old"], "words": "two lazy dogs",
            "data": {"kind": "bag", "age": 4, "on": False, "parts": [], "deep": None}, "plain": None,
        },
        {
            "id": 3, "room": "b", "number": 1, "price": 7, "tags": [], "words": "a fox and a dog",
            "data": {"kind": "box", "age": 100}, "plain": None,
        },
    ],
    "größe": [{"item_id": 1, "wide": 4}],
}  # fmt: skip


def shop_app(settings: Settings) -> App:
    """Create the tables, the view and the rows, and map them."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.is_postgresql:
        engine = sa.create_engine("postgresql+psycopg://" + settings.database.removeprefix("postgresql://"))
    else:
        engine = sa.create_engine(f"sqlite:///{settings.sqlite_path}")
    tables = [table for table in Base.metadata.sorted_tables if not table.info.get("is_view")]
    with engine.begin() as connection:
        Base.metadata.create_all(connection, tables)
        for name, rows in ROWS.items():
            connection.execute(Base.metadata.tables[name].insert(), rows)
        connection.execute(
            sa.text("CREATE VIEW room_view AS SELECT room, count(*) AS shelves FROM shelf GROUP BY room")
        )
        if settings.is_postgresql:
            connection.execute(sa.text('UPDATE "order items" SET span = int4range(id * 10, id * 10 + 10)'))
        else:
            connection.exec_driver_sql('INSERT INTO "item search" ("item search") VALUES (\'rebuild\')')
    engine.dispose()
    Base.registry.configure()
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return App(name="shop", folder=Path(__file__).parent, mappers=tuple(mappers), metadata=(Base.metadata,))
