"""Types of columns, and documents (docs/dialects/graphql.md, 2, 5.4, 8 and 10.1)."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLSchema, build_client_schema, get_introspection_query
from graphql_client import GraphQL, serving
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tables import app_of, create

from conftest import KINDS
from databases import empty_of

DOCUMENT = {"a": {"b": [1, {"odd key": "x"}]}, "tags": ["new", "hot"], "n": None}


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    twice: Mapped[int] = mapped_column(sa.Computed("id * 2", persisted=True))
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    big: Mapped[int | None] = mapped_column(sa.BigInteger)
    real: Mapped[float | None] = mapped_column(sa.REAL)
    floating: Mapped[float | None] = mapped_column(sa.Float)
    double: Mapped[float | None] = mapped_column(sa.Double)
    exact: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    word: Mapped[str | None] = mapped_column(sa.String(10))
    text: Mapped[str | None] = mapped_column(sa.Text)
    flag: Mapped[bool | None]
    unique: Mapped[uuid.UUID | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None]
    instant: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    clock: Mapped[time | None]
    plain: Mapped[Any | None] = mapped_column(sa.JSON)
    data: Mapped[Any | None] = mapped_column(sa.JSON().with_variant(JSONB(), "postgresql"))
    raw: Mapped[bytes | None]


class Odd(Base):
    """Its key has no name in GraphQL."""

    __tablename__ = "odd"
    key: Mapped[int] = mapped_column("odd key", primary_key=True)
    word: Mapped[str | None]


class Seen(Base):
    """Of a table without a primary key; the model says what would be one."""

    __tablename__ = "seen"
    __table__ = sa.Table("seen", Base.metadata, sa.Column("number", sa.Integer), sa.Column("word", sa.Text))
    __mapper_args__ = {"primary_key": [__table__.c.number]}


TYPES = {
    "id": "Int!", "twice": "Int!", "small": "smallint", "big": "bigint", "real": "Float", "floating": "float8",
    "double": "float8", "exact": "numeric", "word": "String", "text": "String", "flag": "Boolean", "unique": "uuid",
    "day": "date", "moment": "timestamp", "instant": "timestamptz", "clock": "time", "plain": "json", "data": "jsonb",
    "raw": "bytea", "_cursor": "String",
}  # fmt: skip
ROWS: dict[str, list[dict[str, Any]]] = {
    "thing": [{"id": 1, "data": DOCUMENT, "plain": DOCUMENT}, {"id": 2, "data": ["new", 1]}, {"id": 3, "data": 5}],
    "odd": [{"odd key": 1}],
}


@pytest.fixture(scope="module", params=KINDS)
def things(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphQL]:
    with empty_of(request.param, request, tmp_path_factory.mktemp("things")) as settings:
        create(settings, Base.metadata, ROWS)
        with serving(settings, app_of(Base)) as client:
            yield client


@pytest.fixture(scope="module")
def types(things: GraphQL) -> Any:
    schema: GraphQLSchema = build_client_schema(things(get_introspection_query()))
    return schema.type_map


def test_paths_that_are_none(things: GraphQL) -> None:
    """G2-4"""
    for path in ("$.", "a..b", "[x]", "['a", "a b"):
        code, at, text = things.refused("query q($p: String) { thing { data(path: $p) } }", p=path)
        assert (code, at) == ("validation-failed", "$.selectionSet.thing.selectionSet.data.args.path")
        assert "parse json path error" in text
    assert things.refused('{ thing { id(path: "a") } }')[2] == "'id' has no argument named 'path'"


def test_paths(things: GraphQL) -> None:
    """G2-4: into both kinds of documents."""
    for path, found in (
        ("$", DOCUMENT), ("$.a.b", DOCUMENT["a"]["b"]), ("a.b", DOCUMENT["a"]["b"]), ("a.b[0]", 1),  # type: ignore[index]
        ("a.b[1]['odd key']", "x"), ('a.b[1]["odd key"]', "x"), ("tags[-1]", "hot"), ("nothing", None), ("n", None),
    ):  # fmt: skip
        query = "query q($p: String) { thing_by_pk(id: 1) { data(path: $p) plain(path: $p) } }"
        assert things(query, p=path) == {"thing_by_pk": {"data": found, "plain": found}}, path
    found = things('{ thing(order_by: {id: asc}, limit: 2) { data(path: "[0]") } }')
    assert found == {"thing": [{"data": None}, {"data": "new"}]}


@pytest.mark.parametrize("test", ["{_contains: null}", "{_has_key: 1}", "{_has_keys_any: [1]}", '{_like: "a"}'])
def test_tests_of_documents_that_do_not_fit(things: GraphQL, test: str) -> None:
    """G5.4-1, G5.4-3, G5.4-4"""
    assert things.refused(f"{{ thing(where: {{data: {test}}}) {{ id }} }}")[0] == "validation-failed"


@pytest.mark.parametrize(
    ("operator", "type_", "value", "found"),
    [
        ("_contains", "jsonb", {"a": {"b": [{"odd key": "x"}]}}, [1]),
        ("_contains", "jsonb", {"a": {"b": [2]}}, []),
        ("_contains", "jsonb", ["new"], [2]),
        ("_contains", "jsonb", "new", [2]),
        ("_contains", "jsonb", {}, [1]),
        ("_contained_in", "jsonb", [1, "new", 7], [2]),
        ("_contained_in", "jsonb", 5, [3]),
        ("_has_key", "String", "tags", [1]),
        ("_has_key", "String", "new", [2]),
        ("_has_keys_any", "[String!]", ["x", "n"], [1]),
        ("_has_keys_any", "[String!]", [], []),
        ("_has_keys_all", "[String!]", ["a", "n"], [1]),
        ("_has_keys_all", "[String!]", ["a", "x"], []),
        ("_has_keys_all", "[String!]", [], [1, 2, 3]),
        ("_eq", "jsonb", ["new", 1], [2]),
    ],
)
def test_tests_of_documents(things: GraphQL, operator: str, type_: str, value: object, found: list[int]) -> None:
    """G5.4-1, G5.4-2, G5.4-3, G5.4-4, G5.4-5"""
    query = f"query q($v: {type_}) {{ thing(where: {{data: {{{operator}: $v}}}}, order_by: {{id: asc}}) {{ id }} }}"
    assert [row["id"] for row in things(query, v=value)["thing"]] == found


def test_the_text_of_a_document(things: GraphQL, types: Any) -> None:
    """G5.4-6: beside other tests of the same column, in the document and by a variable."""
    query = "query ($where: thing_bool_exp) { thing(where: $where, order_by: {id: asc}) { id } }"
    for tests, found in (
        ({"_cast": {"String": {"_like": '%"odd key"%'}}}, [1]),
        ({"_cast": {"String": {"_eq": "5"}}}, [3]),
        ({"_cast": {"String": {"_in": ["5", "6"], "_neq": "6"}}}, [3]),
        ({"_cast": {"String": {"_like": "%new%"}}, "_contains": "new"}, [2]),
        ({"_cast": {"String": {"_like": "%new%"}}, "_contains": "old"}, []),
        ({"_cast": {"String": {"_nlike": "%odd key%"}}}, [2, 3]),
        ({"_cast": {}}, [1, 2, 3]),
    ):
        assert [row["id"] for row in things(query, where={"data": tests})["thing"]] == found, tests
    assert things('{ thing(where: {data: {_cast: {String: {_eq: "5"}}}}) { id } }') == {"thing": [{"id": 3}]}
    for wrong in ("{_cast: null}", '{_cast: {Int: {_eq: "5"}}}', '{_cast: {String: {_contains: "5"}}}'):
        assert things.refused(f"{{ thing(where: {{data: {wrong}}}) {{ id }} }}")[0] == "validation-failed"
    assert str(types["jsonb_cast_exp"].fields["String"].type) == "String_comparison_exp"


def test_types_of_columns(types: Any) -> None:
    """G10.1-25: the same on both databases; documents are what PostgreSQL stores."""
    assert {name: str(field.type) for name, field in types["thing"].fields.items()} == TYPES
    operators = {"_contains", "_contained_in", "_has_key", "_has_keys_any", "_has_keys_all"}
    assert operators <= types["jsonb_comparison_exp"].fields.keys()
    assert not operators & types["json_comparison_exp"].fields.keys()


def test_what_can_be_compared(things: GraphQL, types: Any) -> None:
    """G8-4: not truth values, documents, bytes and keys by uuid."""
    for name in ("min", "max"):
        fields = types[f"thing_{name}_fields"].fields
        assert set(fields) == TYPES.keys() - {"flag", "plain", "data", "raw", "unique", "_cursor"}
        assert {column: str(field.type) for column, field in fields.items()} == {
            column: TYPES[column].rstrip("!") for column in fields
        }
    found = things("{ thing_aggregate { aggregate { max { id word } min { id exact } } } }")
    assert found["thing_aggregate"]["aggregate"] == {"max": {"id": 3, "word": None}, "min": {"id": 1, "exact": None}}


def test_generated_columns_are_no_inputs(things: GraphQL, types: Any) -> None:
    """G9.1-6"""
    for name in ("insert", "set", "inc"):
        fields = types[f"thing_{name}_input"].fields
        assert "id" in fields
        assert "twice" not in fields
    code, _, text = things.refused("mutation { insert_thing_one(object: {id: 9, twice: 1}) { id } }")
    assert (code, text) == ("validation-failed", "field 'twice' not found in type: 'thing_insert_input'")


def test_tables_without_a_key(things: GraphQL, types: Any) -> None:
    """G3-6: nothing by key where the key is not served; one that the model declares is a key."""
    fields = types["query_root"].fields
    assert {"odd", "odd_aggregate", "seen", "seen_by_pk"} <= fields.keys()
    assert "odd_by_pk" not in fields
    assert not {name for name in types["mutation_root"].fields if "odd" in name}
    assert things("{ odd { word } }") == {"odd": [{"word": None}]}
