"""Models of every shape: several schemas, a view, composite keys, computed columns, hybrids, column properties."""

from pathlib import Path
from typing import Any

from sqlalchemy import Computed, ForeignKeyConstraint, String, cast, create_engine, func, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

from gemel.app import App
from gemel.settings import Settings


class Base(DeclarativeBase):
    """Of these models."""


class Shelf(Base):
    """In another schema, with a key of two columns."""

    __tablename__ = "shelf"
    __table_args__ = {"schema": "store"}

    room: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    wide: Mapped[int] = mapped_column(default=2)
    high: Mapped[int] = mapped_column(default=3)
    area: Mapped[int | None] = mapped_column(Computed("wide * high", persisted=True))
    boxes: Mapped[list["Box"]] = relationship(back_populates="shelf")

    @hybrid_property
    def label(self) -> str:
        """Where it stands."""
        return f"{self.room}-{self.number}"

    @label.inplace.expression
    @classmethod
    def _label(cls) -> Any:
        return cls.room + "-" + cast(cls.number, String)

    @hybrid_property
    def shout(self) -> str:
        """Only in Python."""
        return self.room.upper() if isinstance(self.room, str) else "?"


class Box(Base):
    """In the default schema."""

    __tablename__ = "box"
    __table_args__ = (ForeignKeyConstraint(["room", "number"], ["store.shelf.room", "store.shelf.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str]
    number: Mapped[int]
    shelf: Mapped[Shelf] = relationship(back_populates="boxes")


Shelf.filled = column_property(
    select(func.count(Box.id)).where(Box.room == Shelf.room, Box.number == Shelf.number).scalar_subquery()
)


class Room(Base):
    """A view."""

    __tablename__ = "room_view"
    __table_args__ = {"info": {"is_view": True}}

    room: Mapped[str] = mapped_column(primary_key=True)
    shelves: Mapped[int]


def shaped_app(settings: Settings) -> App:
    """Create the tables and the view, and map them."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    postgresql = settings.is_postgresql
    prefix = "store." if postgresql else ""
    if postgresql:
        engine = create_engine("postgresql+psycopg://" + settings.database.removeprefix("postgresql://"))
    else:
        options = {"schema_translate_map": {"store": None}}
        engine = create_engine(f"sqlite:///{settings.sqlite_path}", execution_options=options)
    tables = [table for table in Base.metadata.sorted_tables if not table.info.get("is_view")]
    with engine.begin() as connection:
        if postgresql:
            connection.execute(text("CREATE SCHEMA store"))
        Base.metadata.create_all(connection, tables)
        connection.execute(
            text(f"CREATE VIEW room_view AS SELECT room, count(*) AS shelves FROM {prefix}shelf GROUP BY room")
        )
    engine.dispose()
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return App(name="values", folder=Path(__file__).parent, mappers=tuple(mappers), metadata=(Base.metadata,))
