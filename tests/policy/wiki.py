"""An app with policies: spaces, their pages, and what is said of those."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from asker import Asker, asking
from databases import copy_of, empty_of
from gemel import Policy, Role, before, claim
from gemel.app import App
from gemel.hooks import Hooks, read_hooks
from gemel.policy import Policies, read_policies
from gemel.settings import Settings
from gemel_migrator import migrate


class Base(DeclarativeBase):
    pass


class Space(Base):
    __tablename__ = "space"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_open: Mapped[bool]
    budget: Mapped[int] = mapped_column(default=0)
    pages: Mapped[list["Page"]] = relationship(back_populates="space")


class Page(Base):
    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(sa.ForeignKey("space.id"))
    title: Mapped[str] = mapped_column(unique=True)
    owner: Mapped[str]
    state: Mapped[str]
    words: Mapped[int] = mapped_column(default=0)
    secret: Mapped[str | None] = mapped_column(unique=True)
    touched: Mapped[str | None]
    space: Mapped[Space] = relationship(back_populates="pages")
    remarks: Mapped[list["Remark"]] = relationship(back_populates="page")


class Remark(Base):
    __tablename__ = "remark"
    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(sa.ForeignKey("page.id"))
    author: Mapped[str]
    text: Mapped[str]
    page: Mapped[Page] = relationship(back_populates="remarks")


me = claim("user-id")
mine = Page.owner == me
READABLE = [Page.id, Page.space_id, Page.title, Page.owner, Page.state, Page.words]

policies = [
    Policy("writer", Space).select(
        sa.or_(Space.is_open, Space.pages.any(mine)), columns=[Space.id, Space.name, Space.is_open], aggregates=True
    ),
    Policy("writer", Page)
    .select(sa.or_(mine, Page.state == "published"), columns=READABLE, aggregates=True, limit=3)
    .insert(
        columns=[Page.id, Page.space_id, Page.title, Page.words],
        check=Page.space.has(Space.is_open),
        presets={Page.owner: me, Page.state: "draft", "secret": None},
    )
    .update(
        mine,
        columns=[Page.title, Page.state, Page.words],
        check=sa.and_(mine, Page.state.in_(["draft", "published"])),
        presets={Page.touched: claim("user-id")},
    )
    .delete(sa.and_(mine, Page.state == "draft")),
    Policy("writer", Remark).select().insert(check=Remark.page.has(mine), presets={Remark.author: me}),
    Policy("reader", Page).select(Page.state == "published", columns=[Page.title, Page.words]),
    Policy("box", Remark).insert(columns=["page_id", "text"], presets={"author": "box"}),
    Policy("auditor", Space).select(Space.pages.any(Page.state == "draft")),
    Policy("auditor", Page).select(Page.state == "published"),
    Policy("shelver", Page)
    .select()
    .insert(columns=["id", "space_id", "title", "owner", "state", "words"])
    .update(check=Page.words < 1000),
    Policy("signer", Page)
    .select()
    .insert(
        columns=["space_id", "owner", "state", "words"], presets={Page.title: claim("title")}, check=Page.words < 10
    )
    .update(columns=["words"]),
    Policy("poster", Page).select(Page.state == "published").insert().update(),
    Policy("sender", Page).select(columns=["title"]).insert(),
    Policy("author", Page)
    .select(columns=["id", "title", "words"])
    .insert(columns=["id", "space_id", "title"], presets={"owner": "backend", "state": "draft"}, backend_only=True)
    .update(columns=["title"])
    .delete(backend_only=True),
    Policy("blind", Page).select(Page.state == "published").update(columns=["words"]).delete(),
    Policy("listed", Space).select(claim("space-ids", list[int]).holds(Space.id)),
    Policy("listed", Page).select(claim("owners", list[str]).holds(Page.owner), columns=["title", "owner"]),
    Policy("keeper", Page).select(Page.words > claim("words", int), columns=READABLE, limit=5),
]
roles = [
    Role("hushed", inherits="reader", introspection=False),
    Role("editor", inherits="writer"),
    Role("both", inherits=["writer", "keeper"]),
]

ROWS = {
    Space: [(1, "hall", True, 10), (2, "vault", False, 20), (3, "attic", False, 30)],
    Page: [
        (1, 1, "home", "ann", "published", 100, "s1", None),
        (2, 1, "plans", "ann", "draft", 200, "s2", None),
        (3, 1, "notes", "bob", "draft", 300, "s3", None),
        (4, 2, "gold", "bob", "published", 400, "s4", None),
        (5, 2, "silver", "bob", "draft", 500, "s5", None),
        (6, 3, "dust", "eve", "draft", 600, "s6", None),
        (7, 1, "news", "eve", "published", 700, "s7", None),
        (8, 1, "more", "eve", "published", 800, "s8", None),
    ],
    Remark: [(1, 1, "bob", "nice"), (2, 2, "ann", "todo"), (3, 3, "bob", "psst"), (4, 4, "eve", "shiny")],
}


@before("insert", "update", "delete", Page)
@before("insert", "update", "delete", Remark)
def look(_: object) -> None:
    """Has rows go through objects."""


def wiki_app(*, hooked: bool = False) -> App:
    """The app.

    :param hooked: rows that are written go through objects.
    """
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    app = App("wiki", Path(__file__).parent / "wiki", tuple(mappers), (Base.metadata,))
    app.__dict__["policies"] = read_policies(sys.modules[__name__])
    app.__dict__["hooks"] = read_hooks(sys.modules[__name__]) if hooked else Hooks()
    return app


def fill(address: str) -> None:
    """Make the tables and their rows."""
    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for model, rows in ROWS.items():
            table = model.__table__
            names = [column.name for column in table.columns]
            connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text(f"SELECT setval('{table.name}_id_seq', 100)"))
    engine.dispose()


@contextmanager
def filled_wiki(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Settings]:
    """Settings of a database with the tables, Gemel's own among them, and their rows."""
    with empty_of(kind, request, folder) as settings:
        migrate(settings, wiki_app())
        fill(settings.database)
        yield settings


WIKIS = ["sqlite", "postgresql", "sqlite-hooked", "postgresql-hooked"]
"""Kind of the database, and whether rows that are written go through objects."""


@contextmanager
def asked_wiki(
    request: pytest.FixtureRequest, folder: Path, policies: Policies | None = None, **changes: object
) -> Iterator[Asker]:
    """The wiki on a database of its own: one of ``WIKIS``, by the parameter of the fixture.

    :param policies: in place of its own.
    :param changes: of the settings.
    """
    kind, _, hooked = request.param.partition("-")
    app = wiki_app(hooked=bool(hooked))
    if policies is not None:
        app.__dict__["policies"] = policies
    with (
        copy_of(request.getfixturevalue(f"{kind}_wiki"), request, folder) as settings,
        asking(settings.model_copy(update=changes), app) as asker,
    ):
        yield asker
