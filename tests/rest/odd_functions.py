"""Functions that Chinook has no use for: every form of parameter, of answer and of failure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chinook.models import Artist, Customer, Genre, Invoice, PlaylistTrack
from gemel import Refused, Reply, function


@function
def echo(
    whole: int | None = None,
    words: str = "",
    day: date | None = None,
    exact: Decimal = Decimal(0),
    flags: list[bool] | None = None,
    doc: dict[str, Any] | None = None,
    key: UUID | None = None,
) -> list[Any]:
    return [whole, words, day, exact, flags, doc, key]


@function
def summed(start: int, *more: int) -> int:
    return start + sum(more)


@function
def nothing() -> None:
    return None


@function
def maybe(found: bool) -> Artist | None:
    return Artist(id=1) if found else None


@function(returns=list[PlaylistTrack])
def entries(playlist_id: int) -> Select[PlaylistTrack]:
    return select(PlaylistTrack).where(PlaylistTrack.playlist_id == playlist_id)


@function(returns=list[PlaylistTrack])
def entries_from_the_end(playlist_id: int) -> Select[PlaylistTrack]:
    return entries(playlist_id).order_by(PlaylistTrack.track_id.desc())


@function
def genres(ids: list[int]) -> list[Genre]:
    return [Genre(id=one) for one in ids]


@dataclass
class Sales:
    country: str
    total: Decimal
    remark: str | None = None


@function
async def sales(session: AsyncSession, least: Decimal = Decimal(0)) -> list[Sales]:
    total = func.sum(Invoice.total)
    asked = select(Customer.country, total).join(Invoice.customer).group_by(Customer.country)
    found = (await session.execute(asked)).all()
    return sorted((Sales(str(one), two) for one, two in found if two >= least), key=lambda item: item.country)


class Pair(NamedTuple):
    first: int
    second: float


@function
def pair(absent: bool = False) -> Pair | None:
    return None if absent else Pair(1, 0.5)


@function(name="twice")
def twice_whole(value: int, times: int = 2) -> int:
    return value * times


@function(name="twice")
def twice_text(value: str) -> str:
    return value * 2


@function
def replying(reply: Reply, status: int = 202, name: str = "X-Made-By") -> str:
    reply.status = status
    reply.headers.append((name, "hand"))
    return "done"


@function(writes=True)
async def refuse(session: AsyncSession, code: str = "P0001", status: int | None = None, header: str = "X-Why") -> None:
    session.add(Genre(id=900, name="Refused"))
    await session.flush()
    raise Refused("no", code, status, "because", "ask another day", [(header, "so")])


@function
def broken() -> int:
    raise RuntimeError("the secret is 42")


@function
async def secretly(session: AsyncSession) -> int:
    session.add(Genre(id=901, name="Secret"))
    await session.flush()
    return await session.scalar(select(func.count()).select_from(Genre)) or 0


@function(writes=True)
async def add_genres(session: AsyncSession, names: list[str]) -> list[Genre]:
    made = [Genre(id=1000 + number, name=name) for number, name in enumerate(names)]
    session.add_all(made)
    return made


@function
async def slow_sql(session: AsyncSession, sleep: bool) -> int:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    return (await session.execute(text("SELECT pg_sleep(60), 1" if sleep else endless))).scalar_one()


@function
async def wrong_sql(session: AsyncSession) -> int:
    return (await session.execute(text("SELECT nothing FROM nowhere"))).scalar_one()
