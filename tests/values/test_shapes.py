"""Models of every shape, in both dialects, on both databases (docs/decisions.md, 6)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fronts import Fronts, fronts
from shaped import Base, shaped_app
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from conftest import KINDS
from databases import empty_of, sqlite_settings
from gemel.app import App
from gemel.catalog import read_catalog
from gemel.edge.service import warn_of
from gemel.errors import AppError

STORE = {"accept-profile": "store", "content-profile": "store"}


@pytest.fixture(params=KINDS)
def shapes(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Fronts]:
    """Both services; a room with two shelves, one of which holds two boxes."""
    with empty_of(request.param, request, tmp_path) as settings, fronts(settings, shaped_app(settings)) as both:
        fill(both)
        yield both


def fill(shapes: Fronts) -> None:
    objects = {"o": [{"room": "a", "number": 1}, {"room": "a", "number": 2}]}
    query = "mutation ($o: [store_shelf_insert_input!]!) { insert_store_shelf(objects: $o) { returning { area } } }"
    written = json.loads(shapes.graphql(query, json.dumps(objects)))
    assert written == {"data": {"insert_store_shelf": {"returning": [{"area": 6}, {"area": 6}]}}}
    boxes = '[{"id": 1, "room": "a", "number": 1}, {"id": 2, "room": "a", "number": 1}]'
    assert shapes.rest("POST", "/box", boxes).status_code == 201


def data(shapes: Fronts, query: str) -> Any:
    found = json.loads(shapes.graphql(query))
    assert set(found) == {"data"}, found
    return found["data"]


def test_what_cannot_be_written_is_refused(shapes: Fronts) -> None:
    """A view, a generated column, a hybrid; and what is in one schema is not in the other."""
    answers = (
        shapes.rest("POST", "/room_view", '{"room": "b"}'),
        shapes.rest("PATCH", "/shelf?room=eq.a", '{"area": 1}', headers=STORE),
        shapes.rest("PATCH", "/shelf?room=eq.a", '{"label": "x"}', headers=STORE),
        shapes.rest("GET", "/shelf"),
        shapes.rest("GET", "/box", headers=STORE),
    )
    assert [answer.status_code for answer in answers] == [405, 400, 400, 404, 404]
    assert "errors" in json.loads(shapes.graphql("{ shelf { room } }"))


def test_computed_hybrid_and_property_are_read_filtered_and_sorted(shapes: Fronts) -> None:
    """G1.1-2, R18-5: in another schema, with a composite key."""
    fields = "room number area label filled boxes(order_by: {id: asc}) { id }"
    query = f'{{ store_shelf_by_pk(room: "a", number: 1) {{ {fields} }} }}'
    shelf = {"room": "a", "number": 1, "area": 6, "label": "a-1", "filled": 2}
    assert data(shapes, query) == {"store_shelf_by_pk": {**shelf, "boxes": [{"id": 1}, {"id": 2}]}}
    query = '{ store_shelf(where: {label: {_eq: "a-2"}}, order_by: {filled: desc}) { number filled } }'
    assert data(shapes, query) == {"store_shelf": [{"number": 2, "filled": 0}]}
    path = "/shelf?select=room,number,area,label,filled&filled=gte.0&order=label.desc"
    assert shapes.rest("GET", path, headers=STORE).json()[1] == shelf


def test_relations_lead_from_schema_to_schema(shapes: Fronts) -> None:
    """G2-2: by both columns of the key."""
    assert data(shapes, "{ box_by_pk(id: 2) { shelf { label filled } } }") == {
        "box_by_pk": {"shelf": {"label": "a-1", "filled": 2}}
    }
    query = "{ box_aggregate(where: {shelf: {area: {_gt: 5}}}) { aggregate { count } } }"
    assert data(shapes, query) == {"box_aggregate": {"aggregate": {"count": 2}}}


def test_a_view_is_read(shapes: Fronts) -> None:
    """In both dialects, without fields to write it."""
    assert data(shapes, "{ room_view { room shelves } }") == {"room_view": [{"room": "a", "shelves": 2}]}
    assert shapes.rest("GET", "/room_view?shelves=eq.2").json() == [{"room": "a", "shelves": 2}]
    fields = data(shapes, '{ __type(name: "mutation_root") { fields { name } } }')["__type"]["fields"]
    assert not [item for item in fields if "room_view" in item["name"]]


def test_a_row_of_another_schema_is_changed_and_deleted(shapes: Fronts) -> None:
    """By its composite key; the generated column follows."""
    changed = data(
        shapes,
        'mutation { update_store_shelf_by_pk(pk_columns: {room: "a", number: 2}, _set: {wide: 9}) { area } }',
    )
    assert changed == {"update_store_shelf_by_pk": {"area": 27}}
    prefer = {**STORE, "prefer": "return=representation"}
    gone = shapes.rest("DELETE", "/shelf?room=eq.a&number=eq.2&select=label", headers=prefer)
    assert gone.json() == [{"label": "a-2"}]


def test_two_tables_that_would_be_one_on_sqlite_are_refused(tmp_path: Path) -> None:
    """Schemas are no places there; PostgreSQL has both."""

    class Twins(DeclarativeBase):
        pass

    class Box(Twins):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Other(Twins):
        __tablename__ = "box"
        __table_args__ = {"schema": "store"}
        id: Mapped[int] = mapped_column(primary_key=True)

    app = App("values", tmp_path, tuple(Twins.registry.mappers), (Twins.metadata,))
    with pytest.raises(AppError, match=r"public\.box and store\.box"), fronts(sqlite_settings(tmp_path), app):
        pass
    assert {Box, Other}


def test_a_hybrid_without_an_expression_is_named_at_start() -> None:
    """A warning that says what to do; all else is served."""
    Base.registry.configure()
    catalog = read_catalog(sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__))
    with structlog.testing.capture_logs() as logs:
        warn_of(catalog)
    assert [(entry["log_level"], entry["reason"]) for entry in logs] == [
        ("warning", "hybrid Shelf.shout is not served: it has no SQL expression (add @shout.expression)")
    ]
