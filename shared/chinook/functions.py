"""Functions of the music store, served at ``/rpc/<name>``."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chinook.models import Album, Artist, Customer, Invoice, Track
from gemel import Refused, function


@function(returns=list[Track], roles=["anonymous"])
def tracks_of(artist_id: int) -> Select[Track]:
    """Tracks on the albums of an artist."""
    return select(Track).join(Track.album).where(Album.artist_id == artist_id)


@function
def add_them(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@function
async def last_sale(session: AsyncSession) -> datetime | None:
    """When something was last sold."""
    return await session.scalar(select(func.max(Invoice.invoice_date)))


@function(writes=True)
async def rename_artist(session: AsyncSession, artist_id: int, name: str) -> Artist:
    """Give an artist another name."""
    artist = await session.get(Artist, artist_id, with_for_update=True)
    if artist is None:
        raise Refused("there is no such artist", status=404, details=f"artist_id is {artist_id}")
    artist.name = name.strip()
    return artist


@function(writes=True)
async def hand_over_customers(session: AsyncSession, leaving: int, taking_over: int) -> None:
    """Let another employee support all customers of one who leaves."""
    customers = await session.scalars(select(Customer).where(Customer.support_rep_id == leaving))
    for customer in customers:
        customer.support_rep_id = taking_over
