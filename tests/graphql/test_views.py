"""Views: read-only, unless the model says that the database lets them be written (docs/dialects/graphql.md, G9.1-5)."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from graphql_client import GraphQL, serving
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tables import app_of

from databases import empty_of


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Seen(Base):
    __tablename__ = "seen"
    __table_args__ = {"info": {"is_view": True}}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Written(Base):
    __tablename__ = "written"
    __table_args__ = {"info": {"is_view": True, "is_writable": True}}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@pytest.fixture
def views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphQL]:
    with empty_of("postgresql", request, tmp_path) as settings:
        with psycopg.connect(settings.database) as connection:
            connection.execute("CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL)")
            for name in ("seen", "written"):
                connection.execute(f"CREATE VIEW {name} AS SELECT id, name FROM item".encode())
        with serving(settings, app_of(Base)) as client:
            yield client


def test_what_can_be_written(views: GraphQL) -> None:
    """G9.1-5"""
    names = views('{ __type(name: "mutation_root") { fields { name } } }')["__type"]["fields"]
    found = {field["name"] for field in names}
    assert {"insert_written", "update_written_by_pk", "delete_written"} <= found
    assert not any("seen" in name for name in found)
    done = views(
        'mutation { insert_written(objects: [{name: "a"}, {name: "b"}]) { affected_rows returning { id name } } '
        'update_written(where: {name: {_eq: "a"}}, _set: {name: "c"}) { affected_rows } '
        'delete_written(where: {name: {_eq: "b"}}) { affected_rows } }'
    )
    assert done["insert_written"]["returning"] == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    assert [done[name]["affected_rows"] for name in ("update_written", "delete_written")] == [1, 1]
    assert views("{ item { id name } seen { name } }") == {"item": [{"id": 1, "name": "c"}], "seen": [{"name": "c"}]}
    code, _, message = views.refused('mutation { insert_seen(objects: [{name: "a"}]) { affected_rows } }')
    assert (code, message) == ("validation-failed", "field 'insert_seen' not found in type: 'mutation_root'")
