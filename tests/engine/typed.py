"""Models with every type, keys of every form, and relations that Chinook does not have."""

import enum
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Date,
    DateTime,
    Double,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    and_,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from gemel.app import App


class Mood(enum.Enum):
    calm = "c"
    wild = "w"


class Base(DeclarativeBase):
    pass


class Sample(Base):
    __tablename__ = "sample"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    big: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    free: Mapped[Decimal | None] = mapped_column(Numeric)
    single: Mapped[float | None] = mapped_column(REAL)
    double: Mapped[float | None] = mapped_column(Double)
    flag: Mapped[bool | None]
    text: Mapped[str | None] = mapped_column(Text)
    day: Mapped[date | None] = mapped_column(Date)
    moment: Mapped[datetime | None] = mapped_column(DateTime)
    instant: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    clock: Mapped[time | None] = mapped_column(Time)
    span: Mapped[timedelta | None] = mapped_column(Interval)
    data: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    mood: Mapped[Mood | None] = mapped_column(Enum(Mood, name="Mood of it"))


class Region(Base):
    __tablename__ = "region"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    code: Mapped[str] = mapped_column(String(8), primary_key=True)

    towns: Mapped[list["Town"]] = relationship(back_populates="region")
    large_towns: Mapped[list["Town"]] = relationship(
        primaryjoin=lambda: and_(
            Region.country == foreign(Town.country), Region.code == foreign(Town.region_code), Town.people > 1000
        ),
        viewonly=True,
    )


class Town(Base):
    __tablename__ = "town"
    __table_args__ = (ForeignKeyConstraint(["country", "region_code"], ["region.country", "region.code"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    region_code: Mapped[str] = mapped_column(String(8))
    people: Mapped[int]

    region: Mapped[Region] = relationship(back_populates="towns")
    mayor: Mapped["Mayor | None"] = relationship(back_populates="town")


class Mayor(Base):
    __tablename__ = "mayor"
    __table_args__ = (UniqueConstraint("town_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    odd: Mapped[str] = mapped_column('Odd "name", with: %s', Text)
    town_id: Mapped[int] = mapped_column(ForeignKey("town.id"))

    town: Mapped[Town] = relationship(back_populates="mayor")


def typed_app() -> App:
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return App(
        name="typed",
        folder=Path(__file__).parent,
        mappers=tuple(mappers),
        metadata=(Base.metadata,),
    )
