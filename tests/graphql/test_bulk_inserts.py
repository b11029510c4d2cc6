"""Many rows of one insert: one plan for any number of them, errors that say which (docs/dialects/graphql.md, 9.2)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from graphql_client import GraphQL, serving
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tables import app_of, create

import gemel_graphql.service
from conftest import KINDS
from databases import empty_of

V = "validation-failed"
ROWS = "mutation ($rows: [genre_insert_input!]!) { insert_genre(objects: $rows) { affected_rows } }"
ONE = "mutation ($row: genre_insert_input!) { insert_genre_one(object: $row) { id name } }"
AT = "$.selectionSet.insert_genre.args.objects"


class Base(DeclarativeBase):
    pass


class Color(Base):
    __tablename__ = "color"
    __table_args__ = {"info": {"gemel_enum": True}}
    value: Mapped[str] = mapped_column(sa.Text, primary_key=True)


class Car(Base):
    __tablename__ = "car"
    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str | None] = mapped_column(sa.ForeignKey("color.value"), server_default="red")
    extra: Mapped[Any | None] = mapped_column(sa.JSON().with_variant(JSONB(), "postgresql"))


class Wide(Base):
    """More columns than a row constructor, or an object made by a function of the database, can take."""

    __table__ = sa.Table(
        "wide",
        Base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(f"c{number}", sa.Integer if number % 2 else sa.Text) for number in range(300)),
    )


@pytest.fixture(params=KINDS)
def cars(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphQL]:
    with empty_of(request.param, request, tmp_path) as settings:
        create(settings, Base.metadata, {"color": [{"value": "red"}, {"value": "green"}]})
        with serving(settings, app_of(Base)) as client:
            yield client


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one with every operation that is parsed and planned."""
    seen: list[object] = []
    parse: Callable[..., Any] = gemel_graphql.service.parse_operation

    def counting(*given: Any, **named: Any) -> Any:
        seen.append(given[1])
        return parse(*given, **named)

    monkeypatch.setattr(gemel_graphql.service, "parse_operation", counting)
    return seen


def count(graphql: GraphQL) -> int:
    found: int = graphql("{ genre_aggregate { aggregate { count } } }")["genre_aggregate"]["aggregate"]["count"]
    return found


GOOD = [{"id": 1001, "name": "a"}, {"id": 1002, "name": "b"}, {"id": 1003, "name": "c"}]


@pytest.mark.parametrize("known", [False, True], ids=["first", "with a plan"])
@pytest.mark.parametrize(
    ("rows", "code", "path", "begins"),
    [
        ([*GOOD, None], V, "[3]", "expected an object for type 'genre_insert_input', but found null"),
        ([*GOOD, 5], V, "[3]", "expected an object for type 'genre_insert_input', but found a number"),
        ([*GOOD, [{"name": "x"}]], V, "[3]", "expected an object for type 'genre_insert_input', but found a list"),
        ("rows", V, "", "expected an object for type 'genre_insert_input', but found a string"),
        ([*GOOD, {"id": 1, "nope": 1}], V, "[3].nope", "field 'nope' not found in type: 'genre_insert_input'"),
        ([*GOOD, {"id": 1004, "name": None}], V, "[3].name", "unexpected null value for type 'String'"),
        ([*GOOD, {"id": 1004, "name": 5}], V, "[3].name", "expected a string for type 'String', but found a number"),
        ([*GOOD, {"id": 2**31, "name": "x"}], "parse-failed", "[3].id", "The value 2147483648 lies outside"),
        ([*GOOD, {"id": "abc", "name": "x"}], "data-exception", "[3].id", "invalid input syntax for type integer"),
        ({"id": 1001, "name": 5}, V, ".name", "expected a string for type 'String', but found a number"),
        ([*GOOD, {"id": 1, "name": "x"}], "constraint-violation", None, "Uniqueness violation."),
        ([*GOOD, {"id": 1004}], "constraint-violation", None, "Not-NULL violation."),
    ],
)
def test_a_row_that_is_wrong(
    graphql_write: GraphQL, known: bool, rows: Any, code: str, path: str | None, begins: str
) -> None:
    """G9.2-1, G9.1-4, G11.4-3: it is told which one, and nothing is kept."""
    if known:
        assert graphql_write(ROWS, rows=[{"id": 900, "name": "first"}])["insert_genre"]["affected_rows"] == 1
    before = count(graphql_write)
    found = graphql_write.refused(ROWS, rows=rows)
    assert (found[0], found[2][: len(begins)]) == (code, begins)
    if path is not None and code != "data-exception":
        assert found[1] == AT + path
    if code == "data-exception":
        assert found[1] in (AT + "[3].id", "$"), "PostgreSQL reads many rows at once and does not say which it refused"
    assert count(graphql_write) == before


def test_a_list_is_no_row(graphql_write: GraphQL) -> None:
    """G3-2: one row is a list of one, but not the other way round; also where a plan for the row is there."""
    assert graphql_write(ONE, row={"id": 900, "name": "x"}) == {"insert_genre_one": {"id": 900, "name": "x"}}
    code, path, message = graphql_write.refused(ONE, row=[{"id": 901, "name": "x"}])
    assert (code, path) == (V, "$.selectionSet.insert_genre_one.args.object")
    assert message == "expected an object for type 'genre_insert_input', but found a list"


def test_a_column_given_twice(graphql_write: GraphQL) -> None:
    """G9.2-1"""
    text = 'mutation { insert_genre(objects: [{name: "x"}, {name: "a", name: "b"}]) { affected_rows } }'
    assert graphql_write.refused(text) == (V, f"{AT}[1].name", "field 'name' is given more than once")


def test_any_number_of_rows_has_one_plan(graphql_write: GraphQL, parsed: list[object]) -> None:
    """G9.2-1, G9.2-2, G9.2-4: neither the number of rows nor their nulls are a part of the shape (decision 77)."""
    insert = (
        "mutation ($rows: [customer_insert_input!]!) "
        "{ insert_customer(objects: $rows) { affected_rows returning { id company } } }"
    )

    def row(number: int) -> dict[str, object]:
        company = None if number % 3 else f"c{number}"
        return {"id": number, "first_name": "a", "last_name": "b", "email": f"e{number}", "company": company}

    one = graphql_write(insert, rows=[row(1000)])["insert_customer"]
    assert one == {"affected_rows": 1, "returning": [{"id": 1000, "company": None}]}
    for start, number in ((2000, 1000), (4000, 3), (5000, 2)):
        rows = [row(start + index) for index in range(number)]
        found = graphql_write(insert, rows=rows)["insert_customer"]
        assert found["affected_rows"] == number
        assert found["returning"] == [{"id": row["id"], "company": row["company"]} for row in rows]
    assert graphql_write(insert, rows=row(6001))["insert_customer"]["returning"] == [{"id": 6001, "company": None}]
    assert len(parsed) == 1
    assert graphql_write(insert, rows=[])["insert_customer"] == {"affected_rows": 0, "returning": []}
    assert len(parsed) == 2, "of no rows no columns are known"


def test_the_sets_of_members_are_the_shape(graphql_write: GraphQL, parsed: list[object]) -> None:
    """G9.2-1, G9.2-4: in whatever order and number they come."""
    insert = ROWS.replace("affected_rows", "returning { id name }")
    first = [{"name": "a1"}, {"id": 501, "name": "a2"}, {"name": "a3"}]
    other = [{"id": 601, "name": "b1"}, {"id": 602, "name": "b2"}, {"name": "b3"}, {"id": 604, "name": "b4"}]
    for rows in (first, other):
        found = graphql_write(insert, rows=rows)["insert_genre"]["returning"]
        assert [row["name"] for row in found] == [row["name"] for row in rows]
        assert [row["id"] for row, given in zip(found, rows, strict=True) if "id" in given] == [
            row["id"] for row in rows if "id" in row
        ]
    assert len(parsed) == 1


def test_rows_of_the_document_and_of_variables(graphql_write: GraphQL) -> None:
    """G9.2-1, G9.2-4, G10.2-7, G10.3-6: side by side, and with variables inside; the order is that of the list."""
    insert = (
        "mutation ($row: genre_insert_input!, $name: String!, $id: Int) { insert_genre(objects: "
        '[{name: "a"}, $row, {id: 701, name: $name}, $row2, {name: "e"}]) { returning { id name } } }'
    ).replace("$id: Int", "$row2: genre_insert_input!")
    found = graphql_write(insert, row={"id": 700, "name": "b"}, name="c", row2={"name": "d"})
    rows = found["insert_genre"]["returning"]
    assert [row["name"] for row in rows] == ["a", "b", "c", "d", "e"]
    assert (rows[1]["id"], rows[2]["id"]) == (700, 701)
    assert graphql_write.refused(insert, row={"id": 1, "name": 7}, name="c", row2={"name": "d"})[1] == f"{AT}[1].name"


def test_words_documents_and_defaults(cars: GraphQL) -> None:
    """G15-1, G10.2-3, G9.1-4: words of enums are texts in JSON; null is null, and what is absent its default."""
    insert = "mutation ($rows: [car_insert_input!]!) { insert_car(objects: $rows) { returning { color extra } } }"
    rows = [
        {"id": 1, "color": "green", "extra": {"a": [1, None, "x"]}},
        {"id": 2, "color": None, "extra": "a text"},
        {"id": 3, "color": "red", "extra": None},
        {"id": 4},
    ]
    assert cars(insert, rows=rows)["insert_car"]["returning"] == [
        {"color": "green", "extra": {"a": [1, None, "x"]}},
        {"color": None, "extra": "a text"},
        {"color": "red", "extra": None},
        {"color": "red", "extra": None},
    ]
    for row, found in (({"id": 5, "color": "blue"}, "'blue'"), ({"id": 5, "color": 1}, "a number")):
        assert cars.refused(insert, rows=[{"id": 9, "color": "red"}, row]) == (
            V,
            "$.selectionSet.insert_car.args.objects[1].color",
            f"expected one of the values ['green', 'red'] for type 'color_enum', but found {found}",
        )
    mixed = (
        "mutation ($n: Int, $c: color_enum) { insert_car_one(object: {id: 10, color: $c, extra: {a: [$n, {b: $n}]}}) "
        "{ color extra } }"
    )
    assert cars(mixed, n=7, c="green") == {"insert_car_one": {"color": "green", "extra": {"a": [7, {"b": 7}]}}}


def test_many_columns_and_many_rows(cars: GraphQL) -> None:
    """G9.2-1, G9.2-4"""
    names = [f"c{number}" for number in range(300)]
    row = {name: number if number % 2 else f"t{number}" for number, name in enumerate(names)}
    insert = (
        "mutation ($rows: [wide_insert_input!]!) "
        f"{{ insert_wide(objects: $rows) {{ affected_rows returning {{ {' '.join(names)} }} }} }}"
    )
    assert cars(insert, rows=[row, row | {"c7": None}])["insert_wide"] == {
        "affected_rows": 2,
        "returning": [row, row | {"c7": None}],
    }
    rows = [{"c1": number, "c2": f"x{number}"} for number in range(5000)]
    insert = insert.replace(" ".join(names), "c1")
    found = cars(insert, rows=rows)["insert_wide"]
    assert found == {"affected_rows": 5000, "returning": [{"c1": number} for number in range(5000)]}
