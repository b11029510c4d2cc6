"""The catalog: what is read from the mappers, and what is warned of."""

import enum
from typing import Any

import pytest
from sqlalchemy import ARRAY, CHAR, Enum, ForeignKey, Identity, MetaData, String, Table, func, select
from sqlalchemy.dialects.postgresql import DOMAIN, INET, INT4RANGE
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator, TypeEngine

from gemel.app import App
from gemel.catalog import Cardinality, Catalog, Kind, read_catalog
from gemel.catalog.types import value_type
from gemel.errors import AppError


def catalog_of(base: type[DeclarativeBase], default_schema: str | None = None) -> Catalog:
    base.registry.configure()
    return read_catalog(sorted(base.registry.mappers, key=lambda mapper: mapper.class_.__name__), default_schema)


def test_chinook(chinook_app: App) -> None:
    catalog = read_catalog(chinook_app.mappers)
    names = "album artist customer employee genre invoice invoice_line media_type playlist playlist_track track"
    assert " ".join(name for _, name in catalog.tables) == names
    assert catalog.warnings == ()
    track = catalog.tables["public", "track"]
    assert [column.name for column in track.stored] == (
        ["id", "name", "album_id", "media_type_id", "genre_id", "composer", "milliseconds", "bytes", "unit_price"]
    )
    assert track.primary_key is not None
    assert track.primary_key.name == "track_pkey"
    assert (track.columns["unit_price"].type.precision, track.columns["unit_price"].type.scale) == (10, 2)
    assert {name: (item.cardinality.value, item.required) for name, item in track.relations.items()} == {
        "album": ("many-to-one", False),
        "genre": ("many-to-one", False),
        "invoice_lines": ("one-to-many", False),
        "media_type": ("many-to-one", True),
        "playlist_tracks": ("one-to-many", False),
        "playlists": ("many-to-many", False),
    }
    assert catalog.tables["public", "customer"].columns["full_name"].computed
    assert [key.name for key in catalog.tables["public", "genre"].keys] == ["genre_pkey", "genre_name_key"]


def test_a_junction_with_a_key_of_its_own_relates_nothing(chinook_app: App) -> None:
    catalog = read_catalog(chinook_app.mappers)
    through = {
        (table.name, item.target[1])
        for table in catalog.tables.values()
        for item in table.detected
        if item.cardinality is Cardinality.MANY_TO_MANY
    }
    assert through == {("playlist", "track"), ("track", "playlist")}


def test_schemas_views_and_generated_columns() -> None:
    class Base(DeclarativeBase):
        metadata = MetaData()

    class Owner(Base):
        __tablename__ = "owner"
        __table_args__ = {"schema": "main"}
        id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
        name: Mapped[str | None] = mapped_column(server_default="x")

    class Pet(Base):
        __tablename__ = "pet"
        __table_args__ = {"schema": "zoo"}
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("main.owner.id"), unique=True)
        owner: Mapped[Owner] = relationship()

    class PetCount(Base):
        __table__ = select(Pet.owner_id, func.count().label("n")).group_by(Pet.owner_id).subquery("pet_count")
        __mapper_args__ = {"primary_key": [__table__.c.owner_id]}

    catalog = catalog_of(Base, "main")
    assert list(catalog.tables) == [("public", "owner"), ("public", "pet_count"), ("zoo", "pet")]
    assert catalog.schemas == ("public", "zoo")
    owner, view, pet = catalog.tables.values()
    assert owner.columns["id"].generated
    assert owner.columns["name"].has_default
    assert not view.writable
    assert view.primary_key is not None
    assert view.primary_key.columns == ("owner_id",)
    assert pet.relations["owner"].target == ("public", "owner")
    assert pet.relations["owner"].cardinality is Cardinality.ONE_TO_ONE
    assert pet.foreign_keys[0].name == "pet_owner_id_fkey"
    assert [item.cardinality for item in owner.detected] == [Cardinality.ONE_TO_ONE]


def test_what_cannot_be_served_is_warned_of() -> None:
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

        @hybrid_property
        def shouted(self) -> str:
            return self.name.upper() if isinstance(self.name, str) else "never"

        @hybrid_property
        def broken(self) -> str:
            raise ValueError(self.id)

    catalog = catalog_of(Base)
    assert set(catalog.tables["public", "thing"].columns) == {"id", "name"}
    assert [warning.split(" is not")[0] for warning in catalog.warnings] == [
        "hybrid Thing.shouted",
        "hybrid Thing.broken",
    ]


def test_two_classes_of_one_table_are_refused() -> None:
    class Base(DeclarativeBase):
        pass

    class One(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Two(Base):
        __table__: Table = One.__table__  # type: ignore[assignment]

    with pytest.raises(AppError, match="One and Two"):
        catalog_of(Base)


def test_a_table_called_rpc_is_refused() -> None:
    """R1-4"""

    class Base(DeclarativeBase):
        pass

    class Procedure(Base):
        __tablename__ = "rpc"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(AppError, match="rpc"):
        catalog_of(Base)


class Secret(TypeDecorator[str]):
    impl = String
    cache_ok = True


class Colour(enum.Enum):
    red = 1


TYPES: list[tuple[TypeEngine[Any], Kind, str]] = [
    (Secret(30), Kind.TEXT, "text"),
    (CHAR(3), Kind.BPCHAR, "bpchar"),
    (Enum(Colour, name="my colour", schema="art"), Kind.ENUM, 'art."my colour"'),
    (Enum("a", "b", native_enum=False), Kind.ENUM, "text"),
    (ARRAY(String(3)), Kind.ARRAY, "text[]"),
    (DOMAIN("positive", String()), Kind.TEXT, "text"),
    (INET(), Kind.OTHER, "inet"),
    (INT4RANGE(), Kind.OTHER, "int4range"),
]


@pytest.mark.parametrize(("declared", "kind", "name"), TYPES)
def test_types(declared: TypeEngine[Any], kind: Kind, name: str) -> None:
    found = value_type(declared)
    assert (found.kind, found.name) == (kind, name)
