"""Tables whose rows are the values of an enum (docs/dialects/graphql.md, 15)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLSchema, build_client_schema, get_introspection_query
from graphql_client import GraphQL, serving
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from tables import app_of, create

from conftest import KINDS
from databases import empty_of
from gemel.catalog import read_catalog
from gemel.errors import AppError
from gemel.settings import Settings

ENUM = {"info": {"gemel_enum": True}}


class Base(DeclarativeBase):
    pass


class Color(Base):
    __tablename__ = "color"
    __table_args__ = ENUM
    value: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    comment: Mapped[str | None] = mapped_column(sa.Text)


class Empty(Base):
    __tablename__ = "empty"
    __table_args__ = ENUM
    value: Mapped[str] = mapped_column(sa.Text, primary_key=True)


class Car(Base):
    __tablename__ = "car"
    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str] = mapped_column(sa.ForeignKey("color.value"))
    second: Mapped[str | None] = mapped_column(sa.ForeignKey("color.value"))
    other: Mapped[str | None] = mapped_column(sa.ForeignKey("empty.value"))
    color_row: Mapped[Color] = relationship(foreign_keys=color)


ROWS: dict[str, list[dict[str, Any]]] = {
    "color": [{"value": "red", "comment": "like fire"}, {"value": "green", "comment": None}],
    "car": [{"id": 1, "color": "red"}, {"id": 2, "color": "green", "second": "red"}],
}


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with empty_of(request.param, request, tmp_path) as settings:
        yield settings


@pytest.fixture
def cars(empty: Settings) -> Iterator[GraphQL]:
    create(empty, Base.metadata, ROWS)
    with serving(empty, app_of(Base)) as client:
        yield client


@pytest.fixture
def camel(empty: Settings) -> Iterator[GraphQL]:
    create(empty, Base.metadata, ROWS)
    with serving(empty.model_copy(update={"naming_convention": "graphql-default"}), app_of(Base)) as client:
        yield client


def test_what_is_refused(cars: GraphQL) -> None:
    """G15-1: texts in the document, words that are no values, operators that are not there."""
    expected = "expected one of the values ['green', 'red'] for type 'color_enum', but found"
    path = "$.selectionSet.car.args.where.color._eq"
    assert cars.refused('{ car(where: {color: {_eq: "red"}}) { id } }') == (
        "validation-failed", path, f"{expected} a string",
    )  # fmt: skip
    assert cars.refused("{ car(where: {color: {_eq: blue}}) { id } }")[2] == f"{expected} 'blue'"
    assert cars.refused("{ car(where: {color: {_in: [red, blue]}}) { id } }")[2] == f"{expected} 'blue'"
    assert cars.refused("{ car(where: {color: {_eq: null}}) { id } }")[2] == (
        "unexpected null value for type 'color_enum'"
    )
    assert "field '_like' not found" in cars.refused('{ car(where: {color: {_like: "r%"}}) { id } }')[2]
    query = "query q($c: color_enum) { car(where: {color: {_eq: $c}}) { id } }"
    assert cars(query, c="red") == {"car": [{"id": 1}]}
    assert cars.refused(query, c="blue") == ("validation-failed", path, f"{expected} 'blue'")
    assert cars.refused(query, c=1)[2] == f"{expected} a number"
    assert cars.refused("query q($c: [color_enum!]) { car(where: {color: {_in: $c}}) { id } }", c=["red", "x"])[1] == (
        "$.selectionSet.car.args.where.color._in[1]"
    )
    assert "used where 'color_enum' is expected" in cars.refused(
        "query q($c: String) { car(where: {color: {_eq: $c}}) { id } }", c="red"
    )[2]  # fmt: skip
    assert cars.refused("mutation { insert_car_one(object: {id: 3, color: blue}) { id } }")[2] == f"{expected} 'blue'"


def test_names(cars: GraphQL) -> None:
    """G1.1-20, G15-1: types, values, operators; other columns stay what they are."""
    schema: GraphQLSchema = build_client_schema(cars(get_introspection_query(descriptions=True)))
    types: Any = schema.type_map
    assert {name: value.description for name, value in types["color_enum"].values.items()} == {
        "green": None,
        "red": "like fire",
    }
    tests = {name: str(field.type) for name, field in types["color_enum_comparison_exp"].fields.items()}
    assert tests == {
        "_eq": "color_enum",
        "_neq": "color_enum",
        "_in": "[color_enum!]",
        "_nin": "[color_enum!]",
        "_is_null": "Boolean",
    }
    assert str(types["car"].fields["color"].type) == "color_enum!"
    assert str(types["car"].fields["second"].type) == "color_enum"
    assert str(types["car_bool_exp"].fields["color"].type) == "color_enum_comparison_exp"
    for name in ("car_insert_input", "car_set_input"):
        assert str(types[name].fields["color"].type) == "color_enum"
    assert "color" not in types["car_max_fields"].fields
    assert str(types["color"].fields["value"].type) == "String!"
    assert str(types["car"].fields["other"].type) == "String", "a table without rows is no enum"
    assert "empty_enum" not in types


def test_reads_and_writes(cars: GraphQL) -> None:
    """G15-1: bare words in the document, texts in JSON."""
    assert cars("{ car(where: {color: {_neq: red}, second: {_is_null: false}}) { color second } }") == {
        "car": [{"color": "green", "second": "red"}]
    }
    changed = cars(
        "mutation m($row: car_insert_input!, $c: color_enum!) {"
        "  insert_car_one(object: $row) { color }"
        "  update_car(where: {id: {_eq: 1}}, _set: {color: green, second: $c}) { returning { color second } }"
        "  insert_car(objects: [{id: 4, color: $c, second: null}]) { returning { color color_row { comment } } } }",
        row={"id": 3, "color": "green", "second": "red"},
        c="red",
    )
    assert changed == {
        "insert_car_one": {"color": "green"},
        "update_car": {"returning": [{"color": "green", "second": "red"}]},
        "insert_car": {"returning": [{"color": "red", "color_row": {"comment": "like fire"}}]},
    }
    query = (
        "query q($c: color_enum = red, $l: [color_enum!]! = [red]) { car(where: {color: {_eq: $c, _in: $l}}) { id } }"
    )
    assert cars(query) == {"car": [{"id": 4}]}
    assert cars("query q($c: color_enum!) { car(where: {color: {_in: [$c]}}) { id } }", c="red") == {"car": [{"id": 4}]}


def test_other_values_need_no_other_plan(cars: GraphQL) -> None:
    """The value of a column is no part of the shape, be it a word."""
    query = "query q($c: color_enum!) { car(where: {color: {_eq: $c}}) { id } }"
    assert cars(query, c="red") == {"car": [{"id": 1}]}
    asked: list[object] = []
    prepare = cars.engine.prepare
    cars.engine.prepare = lambda role, query: asked.append(query) or prepare(role, query)  # type: ignore[func-returns-value,method-assign]
    assert cars(query, c="green") == {"car": [{"id": 2}]}
    assert asked == []


def test_in_capitals(camel: GraphQL) -> None:
    """G1.2-4, G15-1: under the other convention values are in capitals, in requests and in answers."""
    assert "expected one of the values ['GREEN', 'RED'] for type 'ColorEnum', but found 'red'" in camel.refused(
        "{ car(where: {color: {_eq: red}}) { id } }"
    )  # fmt: skip
    found = camel("query q($c: [ColorEnum!]) { car(where: {color: {_in: $c}}) { color second colorRow { value } } }",
                  c=["GREEN"])  # fmt: skip
    assert found == {"car": [{"color": "GREEN", "second": "RED", "colorRow": {"value": "green"}}]}
    assert camel("mutation { insertCarOne(object: {id: 3, color: RED}) { color } }") == {
        "insertCarOne": {"color": "RED"}
    }
    groups = camel("{ carAggregate { groups(by: [color], orderBy: {key: {color: ASC}}) { key { color } } } }")
    assert groups == {"carAggregate": {"groups": [{"key": {"color": "GREEN"}}, {"key": {"color": "RED"}}]}}
    rows = camel("{ color(orderBy: {value: ASC}) { value } }")
    assert rows == {"color": [{"value": "green"}, {"value": "red"}]}, "of its own table the key is a text"


def test_a_database_that_comes_later(empty: Settings) -> None:
    """G15-1: the values are read as soon as the tables are there; until then requests fail as others do."""
    with serving(empty, app_of(Base)) as client:
        for query in ("{ car(where: {color: {_eq: red}}) { id } }", "{ __schema { queryType { name } } }"):
            assert client.refused(query)[0] in ("unexpected", "postgres-error"), "as of any missing table"
        create(empty, Base.metadata, ROWS)
        assert client("{ car(where: {color: {_eq: red}}) { id } }") == {"car": [{"id": 1}]}


def key(type_: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column("value", type_, primary_key=True)


@pytest.mark.parametrize(
    "columns",
    [
        lambda: (key(sa.Integer),),
        lambda: (key(), sa.Column("other", sa.Text, primary_key=True)),
        lambda: (key(), sa.Column("number", sa.Integer)),
        lambda: (key(), sa.Column("a", sa.Text), sa.Column("b", sa.Text)),
    ],
)
def test_tables_that_are_none(columns: Callable[[], tuple[sa.Column[Any], ...]]) -> None:
    """G15-1: the start stops, and says what an enum is."""
    table = sa.Table("wrong", sa.MetaData(), *columns(), info={"gemel_enum": True})
    mapper = sa.orm.registry().map_imperatively(type("Wrong", (), {}), table)
    with pytest.raises(AppError, match="table 'wrong' is marked gemel_enum, and is no enum"):
        read_catalog((mapper,))
