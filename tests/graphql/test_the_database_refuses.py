"""Errors of writes that only the database knows (docs/dialects/graphql.md, 11.4): nothing is half written."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from graphql_client import serving
from psycopg import sql
from sqlalchemy.dialects.postgresql import INT4RANGE, ExcludeConstraint, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tables import app_of, create

from databases import empty_of
from gemel.app import App
from gemel.settings import Settings

TWO = (
    'mutation { insert_playlist_one(object: {name: "a"}) { id } '
    'update_genre_by_pk(pk_columns: {id: 1}, _set: {name: "b"}) { id } }'
)
LEFT = "{ playlist(where: {id: {_gt: 18}}) { id } genre_by_pk(id: 1) { name } }"
UNCHANGED = {"playlist": [], "genre_by_pk": {"name": "Rock"}}


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "booking"
    __table_args__ = (ExcludeConstraint(("during", "&&"), name="booking_once"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    during: Mapped[Range[int]] = mapped_column(INT4RANGE)
    seats: Mapped[int] = mapped_column(sa.CheckConstraint("seats > 0", name="seats_some"), default=1)


def test_exclusion_and_check(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """G11.4-6, G11.4-7, with the constraint's name; SQLite has no exclusion constraints."""
    with empty_of("postgresql", request, tmp_path) as settings:
        create(settings, Base.metadata, {})
        with serving(settings, app_of(Base)) as graphql:
            insert = "mutation ($rows: [booking_insert_input!]!) { insert_booking(objects: $rows) { affected_rows } }"
            rows: list[dict[str, Any]] = [{"during": "[1,5)"}, {"during": "[4,6)"}]
            code, _, message = graphql.refused(insert, rows=rows)
            assert (code, message[:20], "booking_once" in message) == (
                "constraint-violation",
                "Exclusion violation.",
                True,
            )
            code, _, message = graphql.refused(insert, rows=[{"during": "[1,5)", "seats": 0}])
            assert (code, "seats_some" in message) == ("permission-error", True)
            assert graphql("{ booking { id } }") == {"booking": []}
            assert graphql(insert, rows=rows[:1])["insert_booking"] == {"affected_rows": 1}


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_lock_that_is_not_given(
    request: pytest.FixtureRequest, chinook: Settings, chinook_app: App, limit: str
) -> None:
    """G11.4-23"""
    if not chinook.is_postgresql:
        pytest.skip("one lock for all: tests/rest has it")
    database = sql.Identifier(urlsplit(chinook.database).path[1:])
    with psycopg.connect(chinook.database, autocommit=True) as admin:
        if limit == "lock_timeout":
            admin.execute(sql.SQL("ALTER DATABASE {} SET lock_timeout = '100ms'").format(database))
    with (
        serving(chinook.model_copy(update={"statement_timeout": 0.5}), chinook_app) as graphql,
        psycopg.connect(chinook.database) as other,
    ):
        other.execute("UPDATE genre SET name = 'x' WHERE id = 1")
        late = ("time-limit-exceeded", "the operation took longer than it may")
        wanted = late if limit == "statement_timeout" else ("unexpected", "database query error")
        assert graphql.refused(TWO)[::2] == wanted
        assert graphql(LEFT) == UNCHANGED
        other.rollback()
        graphql(TWO)
