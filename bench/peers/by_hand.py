"""What a team writes by hand: FastAPI, SQLAlchemy's async ORM with eager loading, Pydantic models of the answers."""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload, selectinload

from chinook.models import Album, Artist, Customer, Invoice, InvoiceLine, Playlist, Track

engine = create_async_engine(
    os.environ["BENCH_DATABASE"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=16
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as made:
        yield made


Session = Annotated[AsyncSession, Depends(session)]


class Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ArtistName(Row):
    id: int
    name: str | None


class AlbumOfTrack(Row):
    id: int
    title: str
    artist: ArtistName


class TrackOne(Row):
    id: int
    name: str
    milliseconds: int
    album: AlbumOfTrack | None


class TrackOfGenre(Row):
    id: int
    name: str
    composer: str | None
    milliseconds: int
    bytes: int | None
    unit_price: Decimal


class TrackWide(TrackOfGenre):
    album_id: int | None
    genre_id: int | None


class TrackShort(Row):
    id: int
    name: str
    milliseconds: int


class AlbumWithTracks(Row):
    id: int
    title: str
    tracks: list[TrackShort]


class ArtistWithAlbums(Row):
    id: int
    name: str | None
    albums: list[AlbumWithTracks]


class CustomerCounted(Row):
    id: int
    first_name: str
    last_name: str
    invoices: int


class PlaylistName(Row):
    name: str | None


@app.get("/track/{key}", response_model=TrackOne)
async def one_track(key: int, session: Session) -> Any:
    query = select(Track).where(Track.id == key).options(joinedload(Track.album).joinedload(Album.artist))
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise HTTPException(404)
    return found


@app.get("/tracks-of-genre/{genre}", response_model=list[TrackOfGenre])
async def tracks_of_genre(genre: int, session: Session) -> Any:
    query = select(Track).where(Track.genre_id == genre).order_by(Track.name, Track.id).limit(50)
    return (await session.scalars(query)).all()


@app.get("/artists", response_model=list[ArtistWithAlbums])
async def artists(offset: int, session: Session) -> Any:
    query = select(Artist).order_by(Artist.id).offset(offset).limit(20)
    query = query.options(selectinload(Artist.albums).selectinload(Album.tracks))
    return (await session.scalars(query)).all()


@app.get("/tracks", response_model=list[TrackWide])
async def tracks(start: int, session: Session) -> Any:
    return (await session.scalars(select(Track).where(Track.id >= start).order_by(Track.id).limit(1000))).all()


@app.get("/customers", response_model=list[CustomerCounted])
async def customers(offset: int, session: Session) -> Any:
    count = select(func.count()).where(Invoice.customer_id == Customer.id).scalar_subquery()
    query = select(Customer.id, Customer.first_name, Customer.last_name, count.label("invoices"))
    return (await session.execute(query.order_by(Customer.id).offset(offset).limit(10))).all()


class LineGiven(Row):
    track_id: int
    unit_price: Decimal
    quantity: int


class InvoiceGiven(Row):
    customer_id: int
    invoice_date: datetime
    total: Decimal
    lines: list[LineGiven]


class LineShort(Row):
    track_id: int
    quantity: int


class InvoiceShort(Row):
    customer_id: int
    total: Decimal
    lines: list[LineShort]


@app.post("/playlists-at-once", response_model=list[PlaylistName], status_code=201)
async def new_playlists(given: list[PlaylistName], session: Session) -> Any:
    insert_all = insert(Playlist).returning(Playlist, sort_by_parameter_order=True)
    made = (await session.scalars(insert_all, [item.model_dump() for item in given])).all()
    await session.commit()
    return made


@app.post("/invoices", response_model=InvoiceShort, status_code=201)
async def new_invoice(given: InvoiceGiven, session: Session) -> Any:
    lines = [InvoiceLine(**item.model_dump()) for item in given.lines]
    made = Invoice(**given.model_dump(exclude={"lines"}), lines=lines)
    session.add(made)
    await session.commit()
    return made


@app.post("/playlists", response_model=PlaylistName, status_code=201)
async def new_playlist(given: PlaylistName, session: Session) -> Any:
    made = Playlist(name=given.name)
    session.add(made)
    await session.commit()
    return made
