"""Models whose types have Python in them (docs/decisions.md, 7)."""

import enum
from decimal import Decimal
from pathlib import Path
from typing import Any

from families import create_all
from pydantic import BaseModel
from sqlalchemy import JSON, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator, UserDefinedType

from gemel.app import App
from gemel.settings import Settings

SHIFT = 13
"""Of a cipher that is enough to tell what is stored from what is served."""


class Encrypted(TypeDecorator[str]):
    """Text that the database must not see."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Encrypt."""
        return None if value is None else "enc:" + "".join(chr(ord(sign) + SHIFT) for sign in value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """Decrypt."""
        if value is None:
            return None
        if not value.startswith("enc:"):
            raise ValueError(f"no cipher text: {value}")
        return "".join(chr(ord(sign) - SHIFT) for sign in value[4:])


class Cents(TypeDecorator[Decimal]):
    """Money as a whole number."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        """In cents."""
        if value is None:
            return None
        if value != round(value, 2):
            raise ValueError("less than a cent")
        return int(value * 100)

    def process_result_value(self, value: int | None, dialect: Any) -> Decimal | None:
        """In units."""
        return None if value is None else Decimal(value) / 100


class Grade(enum.Enum):
    """Its values differ from its names."""

    good = "A"
    bad = "F"


class GradeType(TypeDecorator[Grade]):
    """An enum as a number."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Grade | None, dialect: Any) -> int | None:
        """Its place."""
        return None if value is None else list(Grade).index(value)

    def process_result_value(self, value: int | None, dialect: Any) -> Grade | None:
        """The member at a place."""
        return None if value is None else list(Grade)[value]


class Profile(BaseModel):
    """A document with a form."""

    city: str
    age: int = 0


class ProfileType(TypeDecorator[Profile]):
    """A Pydantic model in JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Profile | None, dialect: Any) -> dict[str, Any] | None:
        """Its document."""
        return None if value is None else {"v": 1, **value.model_dump()}

    def process_result_value(self, value: dict[str, Any] | None, dialect: Any) -> Profile | None:
        """The model."""
        return None if value is None else Profile(city=value["city"], age=value["age"])


class Lowered(TypeDecorator[str]):
    """Text that is changed on its way in, and only there."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """In lower case."""
        return None if value is None else value.lower()


class Point(UserDefinedType[tuple[int, int]]):
    """A type of the app's own."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Both databases have it."""
        return "TEXT"

    def bind_processor(self, dialect: Any) -> Any:
        """As ``1;2``."""
        return lambda value: None if value is None else f"{int(value[0])};{int(value[1])}"

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """As a pair."""
        return lambda value: None if value is None else tuple(int(part) for part in value.split(";"))


class Base(DeclarativeBase):
    """Of these models."""


class Person(Base):
    """One column of each kind."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str | None] = mapped_column(Encrypted)
    balance: Mapped[Decimal | None] = mapped_column(Cents, default=Decimal("0.50"))
    grade: Mapped[Grade | None] = mapped_column(GradeType, default=Grade.bad)
    profile: Mapped[Profile | None] = mapped_column(ProfileType)
    email: Mapped[str | None] = mapped_column(Lowered)
    point: Mapped[tuple[int, int] | None] = mapped_column(Point)
    pets: Mapped[list["Pet"]] = relationship(back_populates="person")


class Pet(Base):
    """Related to a person."""

    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str | None] = mapped_column(Encrypted)
    person: Mapped[Person | None] = relationship(back_populates="pets")


def decorated_app(settings: Settings) -> App:
    """Create the tables and map them."""
    create_all(settings, Base.metadata)
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return App(name="values", folder=Path(__file__).parent, mappers=tuple(mappers), metadata=(Base.metadata,))
