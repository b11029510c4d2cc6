"""An app with hooks: tickets of a help desk, their comments, and a log of what was done."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, validates

from databases import empty_of
from gemel import Event, Refused, after, before, committed
from gemel.app import App
from gemel.hooks import Hooks, read_hooks
from gemel.settings import Settings
from gemel_migrator import migrate


class Base(DeclarativeBase):
    pass


class Priority(Enum):
    LOW = "low"
    HIGH = "high"


class Ticket(Base):
    __tablename__ = "ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(80), unique=True)
    priority: Mapped[Priority] = mapped_column(default=Priority.LOW)
    due: Mapped[date | None]
    hours: Mapped[Decimal | None] = mapped_column(sa.Numeric(6, 2))
    tags: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON().with_variant(JSONB(), "postgresql"))
    version: Mapped[int] = mapped_column(server_default="1")
    opened_by: Mapped[str | None]
    comments: Mapped[list["Comment"]] = relationship(back_populates="ticket")


class Comment(Base):
    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    text: Mapped[str]
    ticket: Mapped[Ticket] = relationship(back_populates="comments")


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str | None]

    @validates("email")
    def check_email(self, _: str, value: str) -> str:
        if "@" not in value:
            raise ValueError("an address has an @")
        return value.lower()


class Seen(Base):
    """What hooks have seen; no hook is called around it."""

    __tablename__ = "seen"
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]


@before("insert", Ticket)
def number(ticket: Ticket, session: Session) -> None:
    """Changes values, and refuses."""
    ticket.title = ticket.title.strip()
    if ticket.title == "forbidden":
        raise Refused("no such titles", code="bad-title", status=422, details="because", hint="choose another")
    if ticket.title == "bug":
        raise KeyError("a bug of the app")
    actor = session.info["actor"]
    ticket.opened_by = actor.claims.get("x-hasura-user-id", actor.role)


@before("update", Ticket)
async def count(ticket: Ticket, session: AsyncSession) -> None:
    ticket.version += 1
    others = await session.scalar(sa.select(sa.func.count()).select_from(Ticket).where(Ticket.id != ticket.id))
    session.add(Seen(what=f"before update {ticket.id} of {(others or 0) + 1}"))


@after("insert", "update", Ticket)
def look(ticket: Ticket, session: Session) -> None:
    session.add(Seen(what=f"{ticket.id} {ticket.title} {ticket.priority.value} v{ticket.version}"))


@before("delete", Ticket)
def keep(ticket: Ticket) -> None:
    if ticket.priority is Priority.HIGH:
        raise Refused("urgent tickets stay")


@after("delete", Ticket)
async def gone(ticket: Ticket, session: AsyncSession) -> None:
    session.add(Seen(what=f"gone {ticket.title}"))


@before("insert", Comment)
def polite(comment: Comment) -> None:
    comment.text = comment.text.replace("!", ".")


told: list[Event] = []
"""What ``tell`` was called with."""
failures: list[str] = []
"""What it raises, the last first."""


@committed("insert", "update", "delete", Ticket)
def tell(event: Event) -> None:
    if failures:
        raise RuntimeError(failures.pop())
    told.append(event)


@committed("insert", Comment)
async def record(event: Event, session: AsyncSession) -> None:
    session.add(Seen(what=f"committed comment {event.key['id']}"))


HOOKS: Hooks = read_hooks(sys.modules[__name__])


def desk_app() -> App:
    """The app."""
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    app = App("desk", Path(__file__).parent / "desk", tuple(mappers), (Base.metadata,))
    app.__dict__["hooks"] = HOOKS
    return app


@contextmanager
def desk_database(kind: str, request: Any, folder: Path) -> Iterator[Settings]:
    """An empty database with the tables."""
    told.clear()
    failures.clear()
    with empty_of(kind, request, folder) as settings:
        migrate(settings, desk_app())
        engine = sa.create_engine(settings.database.replace("postgresql://", "postgresql+psycopg://"))
        Base.metadata.create_all(engine)
        engine.dispose()
        yield settings
