"""The eleven tables of the Chinook music store.

Tables are named in the singular, keys are called ``id``, constraints as PostgreSQL would name them. The names of the
relationships are the names that the GraphQL API serves.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, MetaData, Numeric, String, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Base(DeclarativeBase):
    """Base of the models."""

    metadata = MetaData(naming_convention=NAMING)


class Artist(Base):
    """Who made an album."""

    __tablename__ = "artist"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))

    albums: Mapped[list["Album"]] = relationship(back_populates="artist")


class Album(Base):
    """A collection of tracks by one artist."""

    __tablename__ = "album"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(160))
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"), index=True)

    artist: Mapped[Artist] = relationship(back_populates="albums")
    tracks: Mapped[list["Track"]] = relationship(back_populates="album")


class Genre(Base):
    """Style of music."""

    __tablename__ = "genre"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)

    tracks: Mapped[list["Track"]] = relationship(back_populates="genre")


class MediaType(Base):
    """Format in which a track is sold."""

    __tablename__ = "media_type"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)

    tracks: Mapped[list["Track"]] = relationship(back_populates="media_type")


class PlaylistTrack(Base):
    """Which track is on which playlist."""

    __tablename__ = "playlist_track"

    playlist_id: Mapped[int] = mapped_column(ForeignKey("playlist.id"), primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), primary_key=True, index=True)

    playlist: Mapped["Playlist"] = relationship(back_populates="playlist_tracks")
    track: Mapped["Track"] = relationship(back_populates="playlist_tracks")


class Playlist(Base):
    """A named list of tracks."""

    __tablename__ = "playlist"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))

    playlist_tracks: Mapped[list[PlaylistTrack]] = relationship(back_populates="playlist")
    tracks: Mapped[list["Track"]] = relationship(secondary="playlist_track", back_populates="playlists", viewonly=True)


class Track(Base):
    """A song, as it is sold. Lengths are in milliseconds and bytes."""

    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"), index=True)
    media_type_id: Mapped[int] = mapped_column(ForeignKey("media_type.id"), index=True)
    genre_id: Mapped[int | None] = mapped_column(ForeignKey("genre.id"), index=True)
    composer: Mapped[str | None] = mapped_column(String(220))
    milliseconds: Mapped[int]
    bytes: Mapped[int | None]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(10, 2))

    album: Mapped[Album | None] = relationship(back_populates="tracks")
    media_type: Mapped[MediaType] = relationship(back_populates="tracks")
    genre: Mapped[Genre | None] = relationship(back_populates="tracks")
    invoice_lines: Mapped[list["InvoiceLine"]] = relationship(back_populates="track")
    playlist_tracks: Mapped[list[PlaylistTrack]] = relationship(back_populates="track")
    playlists: Mapped[list[Playlist]] = relationship(secondary="playlist_track", back_populates="tracks", viewonly=True)


Album.track_count = column_property(
    select(func.count(Track.id)).where(Track.album_id == Album.id).correlate_except(Track).scalar_subquery(),
    doc="number of tracks on the album",
)


class Employee(Base):
    """Who works for the store, and for whom."""

    __tablename__ = "employee"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_name: Mapped[str] = mapped_column(String(20))
    first_name: Mapped[str] = mapped_column(String(20))
    title: Mapped[str | None] = mapped_column(String(30))
    reports_to: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)
    birth_date: Mapped[datetime | None]
    hire_date: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(70))
    city: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str | None] = mapped_column(String(40))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    phone: Mapped[str | None] = mapped_column(String(24))
    fax: Mapped[str | None] = mapped_column(String(24))
    email: Mapped[str | None] = mapped_column(String(60))

    manager: Mapped["Employee | None"] = relationship(back_populates="reports", remote_side="Employee.id")
    reports: Mapped[list["Employee"]] = relationship(back_populates="manager")
    customers: Mapped[list["Customer"]] = relationship(back_populates="support_rep")

    @hybrid_property
    def full_name(self) -> str:
        """First and last name."""
        return self.first_name + " " + self.last_name


class Customer(Base):
    """Who buys, and the employee who supports them."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(String(40))
    last_name: Mapped[str] = mapped_column(String(20))
    company: Mapped[str | None] = mapped_column(String(80))
    address: Mapped[str | None] = mapped_column(String(70))
    city: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str | None] = mapped_column(String(40))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    phone: Mapped[str | None] = mapped_column(String(24))
    fax: Mapped[str | None] = mapped_column(String(24))
    email: Mapped[str] = mapped_column(String(60), unique=True)
    support_rep_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)

    support_rep: Mapped[Employee | None] = relationship(back_populates="customers")
    invoices: Mapped[list["Invoice"]] = relationship(back_populates="customer")

    @hybrid_property
    def full_name(self) -> str:
        """First and last name."""
        return self.first_name + " " + self.last_name


class Invoice(Base):
    """A purchase."""

    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    invoice_date: Mapped[datetime]
    billing_address: Mapped[str | None] = mapped_column(String(70))
    billing_city: Mapped[str | None] = mapped_column(String(40))
    billing_state: Mapped[str | None] = mapped_column(String(40))
    billing_country: Mapped[str | None] = mapped_column(String(40))
    billing_postal_code: Mapped[str | None] = mapped_column(String(10))
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2))

    customer: Mapped[Customer] = relationship(back_populates="invoices")
    lines: Mapped[list["InvoiceLine"]] = relationship(back_populates="invoice")


class InvoiceLine(Base):
    """One track of a purchase."""

    __tablename__ = "invoice_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), index=True)
    unit_price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    quantity: Mapped[int]

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    track: Mapped[Track] = relationship(back_populates="invoice_lines")
