"""Types with Python in them go through SQLAlchemy's processors, in both dialects (docs/decisions.md, 7)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from decorated import Grade, Person, Profile, decorated_app
from fronts import Fronts, fronts
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from conftest import KINDS
from databases import empty_of
from engine.asking import ask, query
from engine.asking import select as select_fields
from gemel.errors import Mismatch
from gemel.request import ColumnRef, Computed

ADA = {
    "id": 1,
    "secret": 'a "b" ü',
    "balance": 12.34,
    "grade": "A",
    "profile": {"city": "Ur", "age": 3},
    "email": "ada@x.org",
    "point": [1, 2],
}
FILTERS: list[tuple[str, Any, str]] = [  # column, value in GraphQL, text in REST
    ("secret", 'a "b" ü', 'a "b" ü'),
    ("balance", "12.34", "12.34"),
    ("balance", 12.34, "12.340"),
    ("grade", "A", "A"),
    ("profile", {"age": 3, "city": "Ur"}, '{"city":"Ur","age":3}'),
    ("email", "ADA@x.org", "ADA@X.org"),
]
WRONG: list[tuple[str, Any, str]] = [
    ("balance", "x", "x"),
    ("balance", "0.001", "0.001"),
    ("grade", "good", "good"),
    ("profile", {"age": "x"}, '{"age":"x"}'),
    ("profile", {"city": 1}, "no json"),
    ("point", [1], "7"),
]


@pytest.fixture(params=KINDS)
def people(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Fronts]:
    """Both services on an empty database."""
    with empty_of(request.param, request, tmp_path) as settings, fronts(settings, decorated_app(settings)) as both:
        yield both


@contextmanager
def orm(people: Fronts) -> Iterator[Session]:
    """The database as SQLAlchemy sees it."""
    settings = people.settings
    if settings.is_postgresql:
        address = "postgresql+psycopg://" + settings.database.removeprefix("postgresql://")
    else:
        address = f"sqlite:///{settings.sqlite_path}"
    engine = create_engine(address)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


def data(people: Fronts, query: str, variables: Any = None) -> Any:
    found = json.loads(people.graphql(query, json.dumps(variables or {})))
    assert set(found) == {"data"}, found
    return found["data"]


def add(people: Fronts, **more: Any) -> None:
    row = {**ADA, **more}
    answer = people.rest("POST", "/person", json.dumps(row), headers={"prefer": "return=representation"})
    assert answer.status_code == 201, answer.text
    assert answer.json() == [row]


@pytest.mark.parametrize(("column", "value", "written"), WRONG)
def test_what_a_type_does_not_take_is_refused(people: Fronts, column: str, value: Any, written: str) -> None:
    """R4-2, G10.2-1: whatever the app's code raises is a value that cannot be read."""
    answer = people.rest("POST", "/person", json.dumps({"id": 1, column: value}))
    assert (answer.status_code, answer.json()["code"]) == (400, "22P02")
    answer = people.rest("GET", "/person", params={column: f"eq.{written}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "22P02")
    query = "mutation ($o: person_insert_input!) { insert_person_one(object: $o) { id } }"
    refused = json.loads(people.graphql(query, json.dumps({"o": {"id": 1, column: value}})))
    assert refused["errors"][0]["extensions"]["code"] == "data-exception"


def test_what_cannot_be_read_is_an_error_that_does_not_tell_it(people: Fronts) -> None:
    """Stored by somebody else: no plain text is served as if it were decrypted."""
    with orm(people) as session:
        session.execute(text("INSERT INTO person (id, secret) VALUES (1, 'stored in plain')"))
    answer = people.rest("GET", "/person?select=secret")
    assert answer.json()["code"] == "XX001"
    assert "plain" not in answer.text
    assert "plain" not in people.graphql("{ person { secret } }")


@pytest.mark.parametrize(
    ("path", "code"),
    [("secret=like.enc*", "42883"), ("select=secret::text", "42846"), ("profile=cs.{}", "42883")],
)
def test_the_stored_form_is_never_served(people: Fronts, path: str, code: str) -> None:
    """Patterns, casts and sums would work on what is stored."""
    assert people.rest("GET", f"/person?{path}").json()["code"] == code
    shown = select_fields(Computed("most", "max", ColumnRef("secret"), after="text"))
    with pytest.raises(Mismatch):
        ask(people.settings, decorated_app(people.settings), query("person", shown))
    refused = people.graphql("{ person_aggregate { aggregate { sum { balance } } } }")
    assert json.loads(refused)["errors"][0]["extensions"]["code"] == "validation-failed"


def test_the_orm_reads_what_is_written(people: Fronts) -> None:
    """In the column stands what the type makes, and the ORM agrees."""
    add(people)
    with orm(people) as session:
        found = session.scalars(select(Person)).one()
        assert (found.secret, str(found.balance), found.grade) == (ADA["secret"], "12.34", Grade.good)
        assert (found.profile, found.email, found.point) == (Profile(city="Ur", age=3), "ada@x.org", (1, 2))
        stored = session.execute(text("SELECT secret, balance, grade, email FROM person")).one()
        assert stored[0].startswith("enc:")
        assert tuple(stored[1:]) == (1234, 0, "ada@x.org")


def test_defaults_go_through_the_type(people: Fronts) -> None:
    """A default of the model is a Python value."""
    made = people.rest("POST", "/person?select=balance,grade", '{"id": 1}', headers={"prefer": "return=representation"})
    assert made.text == '[{"balance":0.50,"grade":"F"}]' or made.json() == [{"balance": 0.5, "grade": "F"}]


def test_both_dialects_read_it_everywhere(people: Fronts) -> None:
    """In lists, by key, nested, among nodes, in what a write returns, in CSV, and null is null."""
    add(people)
    add(people, id=2, secret=None, balance=None, grade=None, profile=None, email=None, point=None)
    people.rest("POST", "/pet", '[{"id": 1, "person_id": 1, "name": "Rex"}, {"id": 2, "person_id": 1, "name": null}]')
    row = "secret balance grade profile point pets(order_by: {id: asc}) { name }"
    found = data(people, f"{{ person(order_by: {{id: asc}}) {{ {row} }} person_by_pk(id: 1) {{ {row} }} }}")
    wanted = {name: ADA[name] for name in ("secret", "balance", "grade", "profile", "point")}
    first = {**wanted, "pets": [{"name": "Rex"}, {"name": None}]}
    assert found == {"person": [first, {**dict.fromkeys(wanted), "pets": []}], "person_by_pk": first}
    nodes = data(people, "{ pet_aggregate(order_by: {id: asc}) { nodes { name person { balance } } } }")
    assert nodes["pet_aggregate"]["nodes"][0] == {"name": "Rex", "person": {"balance": 12.34}}
    rows = people.rest("GET", "/person?select=secret,balance,pets(name)&order=id&pets.order=id").json()
    assert rows[0] == {"secret": ADA["secret"], "balance": 12.34, "pets": [{"name": "Rex"}, {"name": None}]}
    csv = people.rest("GET", "/person?select=balance,grade,email&order=id", headers={"accept": "text/csv"}).text
    assert csv == "balance,grade,email\n12.34,A,ada@x.org\n,,"
    stripped = "application/vnd.pgrst.array+json;nulls=stripped"
    assert people.rest("GET", "/person?select=id,secret&id=eq.2", headers={"accept": stripped}).json() == [{"id": 2}]


@pytest.mark.parametrize(("column", "value", "written"), FILTERS)
def test_filters_bind_through_the_type(people: Fronts, column: str, value: Any, written: str) -> None:
    """Equal and in a list, in both dialects."""
    add(people)
    query = "query ($w: person_bool_exp!) { person(where: $w) { id } }"
    for operator, given in (("_eq", value), ("_in", [value])):
        assert data(people, query, {"w": {column: {operator: given}}}) == {"person": [{"id": 1}]}
    assert people.rest("GET", "/person", params={"select": "id", column: f"eq.{written}"}).json() == [{"id": 1}]
    assert people.rest("GET", "/person", params={"select": "id", column: f"neq.{written}"}).json() == []


def test_order_and_extremes_are_of_what_is_stored(people: Fronts) -> None:
    """Cents are in the order of money; the least and the greatest are shown as the type shows them."""
    add(people)
    add(people, id=2, balance=9.5)
    ordered = people.rest("GET", "/person?select=id&order=balance.asc&balance=gt.9.49").json()
    assert ordered == [{"id": 2}, {"id": 1}]
    measured = "{ person_aggregate { aggregate { count(columns: balance) max { balance } min { balance } } } }"
    assert data(people, measured) == {
        "person_aggregate": {"aggregate": {"count": 2, "max": {"balance": 12.34}, "min": {"balance": 9.5}}}
    }
    most = Computed("most", "max", ColumnRef("balance"))
    grouped = ask(people.settings, decorated_app(people.settings), query("person", select_fields("secret", most)))
    assert json.loads(grouped[0].body) == [{"secret": ADA["secret"], "most": 12.34}]


def test_writes_return_it(people: Fronts) -> None:
    """Updated and deleted rows, in both dialects."""
    add(people)
    query = "mutation ($s: person_set_input!) { update_person(where: {}, _set: $s) { returning { secret grade } } }"
    changed = data(people, query, {"s": {"secret": "x", "grade": "F"}})
    assert changed["update_person"]["returning"] == [{"secret": "x", "grade": "F"}]
    gone = data(people, "mutation { delete_person_by_pk(id: 1) { secret profile } }")
    assert gone == {"delete_person_by_pk": {"secret": "x", "profile": ADA["profile"]}}


def test_a_type_that_only_binds_keeps_its_operators(people: Fronts) -> None:
    """What is stored is what is served, so patterns are of it."""
    add(people)
    assert people.rest("GET", "/person?select=email&email=like.ada*").json() == [{"email": "ada@x.org"}]


def test_schemas_tell_what_is_served(people: Fronts) -> None:
    """Money is a numeric, an enum its values, a model a document."""
    query = '{ __type(name: "person") { fields { name type { name } } } }'
    fields = {item["name"]: item["type"]["name"] for item in data(people, query)["__type"]["fields"]}
    wanted = {"secret": "String", "balance": "numeric", "grade": "String", "profile": "jsonb", "email": "String"}
    assert wanted.items() <= fields.items()
    properties = people.rest("GET", "/").json()["components"]["schemas"]["Person"]["properties"]
    assert properties["grade"]["enum"] == ["A", "F", None]
    assert properties["balance"]["type"] == ["number", "null"]
