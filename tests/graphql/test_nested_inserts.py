"""Rows inserted along relations, and upserts within (docs/dialects/graphql.md, section 9.2)."""

from collections.abc import Iterator
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
from gemel.settings import Settings

V = "validation-failed"
UPSERT = "mutation ($rows: [person_insert_input!]!) { insert_person(objects: $rows) { affected_rows } }"


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, unique=True)
    chief_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    chief: Mapped["Person | None"] = relationship(remote_side="Person.id", back_populates="staff")
    staff: Mapped[list["Person"]] = relationship(back_populates="chief")
    passport: Mapped["Passport | None"] = relationship(back_populates="person", uselist=False)
    old_passes: Mapped[list["Passport"]] = relationship(
        primaryjoin="and_(Person.id == foreign(Passport.person_id), Passport.number < 0)", viewonly=True
    )


class Passport(Base):
    __tablename__ = "passport"
    number: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    person: Mapped[Person] = relationship(back_populates="passport")


class Board(Base):
    __tablename__ = "board"
    row: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str | None]
    pieces: Mapped[list["Piece"]] = relationship(back_populates="board")


class Piece(Base):
    __tablename__ = "piece"
    __table_args__ = (sa.ForeignKeyConstraint(["row", "column"], ["board.row", "board.column"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int]
    column: Mapped[int]
    board: Mapped[Board] = relationship(back_populates="pieces")


class Note(Base):
    """Of a table without any unique constraint."""

    __table__ = sa.Table("note", Base.metadata, sa.Column("number", sa.Integer), sa.Column("word", sa.Text))
    __mapper_args__ = {"primary_key": [__table__.c.number]}


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with empty_of(request.param, request, tmp_path) as settings:
        create(settings, Base.metadata, {})
        yield settings


@pytest.fixture
def people(empty: Settings) -> Iterator[GraphQL]:
    with serving(empty, app_of(Base)) as client:
        yield client


def people_of(graphql: GraphQL) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = graphql("{ person(order_by: {name: asc}) { name chief { name } } }")["person"]
    return found


DETERMINED = "columns as their values are already being determined by parent insert"


@pytest.mark.parametrize("inside", [False, True], ids=["document", "variable"])
@pytest.mark.parametrize(
    ("row", "path", "message"),
    [
        ({"staff": {"data": [{"name": "b"}, {"name": "c", "chief_id": 1}]}}, ".staff.data[1]",
         f'cannot insert "chief_id" {DETERMINED}'),
        ({"passport": {"data": {"person_id": 1}}}, ".passport.data", f'cannot insert "person_id" {DETERMINED}'),
        ({"chief_id": 1, "chief": {"data": {"name": "b"}}}, "",
         'cannot insert object relationship "chief" as "chief_id" column values are already determined'),
        ({"staff": {"data": [{"name": "b", "chief": {"data": {"name": "c"}}}]}}, ".staff.data[0]",
         'cannot insert object relationship "chief" as "chief_id" column values are already determined'),
        ({"staff": {}}, ".staff.data", "missing required field 'data'"),
        ({"staff": {"data": None}}, ".staff.data", "unexpected null value for type 'person_insert_input'"),
        ({"staff": {"data": [None]}}, ".staff.data[0]",
         "expected an object for type 'person_insert_input', but found null"),
        ({"chief": {"data": [{"name": "b"}]}}, ".chief.data",
         "expected an object for type 'person_insert_input', but found a list"),
        ({"staff": {"data": [], "nope": 1}}, ".staff.nope",
         "field 'nope' not found in type: 'person_arr_rel_insert_input'"),
        ({"staff": {"data": [{"staff": {"data": [{"nam": 1}]}}]}}, ".staff.data[0].staff.data[0].nam",
         "field 'nam' not found in type: 'person_insert_input'"),
        ({"staff": []}, ".staff", "expected an object for type 'person_arr_rel_insert_input', but found a list"),
        ({"old_passes": {"data": []}}, ".old_passes", "field 'old_passes' not found in type: 'person_insert_input'"),
        ({"staff": {"data": [], "on_conflict": {"update_columns": []}}}, ".staff.on_conflict.constraint",
         "missing required field 'constraint'"),
    ],
)  # fmt: skip
def test_what_is_refused(people: GraphQL, inside: bool, row: dict[str, Any], path: str, message: str) -> None:
    """G9.2-12, G9.2-13, G11.4-3: the same in the document and in a variable; and with a plan of a row that is right."""
    insert = "mutation ($row: person_insert_input!) { insert_person_one(object: $row) { id } }"
    if inside:
        people(insert, row={"name": "first", "staff": {"data": [{"name": "second"}]}})
        found = people.refused(insert, row={"name": "a", **row})
    else:
        found = people.refused(f"mutation {{ insert_person_one(object: {written({'name': 'a', **row})}) {{ id }} }}")
    assert found[:2] == (V, f"$.selectionSet.insert_person_one.args.object{path}")
    assert found[2] == message
    assert len(people_of(people)) == (2 if inside else 0)


def written(value: object) -> str:
    """A value as a literal of GraphQL; texts with capitals are words."""
    match value:
        case None:
            return "null"
        case dict():
            return "{" + ", ".join(f"{name}: {written(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
        case str():
            return f'"{value}"'
    return str(value)


def test_nested_too_deeply(people: GraphQL) -> None:
    """G9.2-10: about 30 levels are as deep as a document may be."""
    insert = "mutation ($row: person_insert_input!) { insert_person_one(object: $row) { id } }"

    def chain(levels: int) -> dict[str, Any]:
        row: dict[str, Any] = {"name": "p0"}
        for level in range(1, levels):
            row = {"name": f"p{level}", "staff": {"data": [row]}}
        return row

    people(insert, row=chain(25))
    assert len(people_of(people)) == 25
    for levels in (40, 60, 120, 200):
        code, _, message = people.refused(insert, row=chain(levels))
        assert (code, message) == (V, "the operation is nested too deeply")
    assert len(people_of(people)) == 25


def test_rows_along_relations_of_each_kind(people: GraphQL) -> None:
    """G9.2-10, G9.2-11, G9.2-14: self relations, reverse one-to-one, keys of two columns."""
    found = people(
        "mutation ($boards: [board_insert_input!]!, $piece: piece_insert_input!) {"
        '  insert_person_one(object: {name: "b", chief: {data: {name: "a"}}, passport: {data: {number: 7}},'
        '    staff: {data: [{name: "c", passport: {data: {number: 8}}}, {name: "d"}]}})'
        "  { chief { name } passport { number } staff { name passport { number } } }"
        "  insert_board(objects: $boards) { affected_rows returning { pieces(order_by: {id: asc}) { row column } } }"
        "  insert_piece_one(object: $piece) { row column board { word } }"
        "}",
        boards=[
            {"row": 1, "column": 2, "pieces": {"data": [{"id": 1}, {"id": 2}]}},
            {"row": 3, "column": 4},
            {"row": 5, "column": 6, "pieces": {"data": {"id": 3}}},
        ],
        piece={"id": 9, "board": {"data": {"row": 8, "column": 9, "word": "w"}}},
    )
    assert found["insert_person_one"] == {
        "chief": {"name": "a"},
        "passport": {"number": 7},
        "staff": [{"name": "c", "passport": {"number": 8}}, {"name": "d", "passport": None}],
    }
    assert found["insert_board"] == {
        "affected_rows": 6,
        "returning": [{"pieces": [{"row": 1, "column": 2}] * 2}, {"pieces": []}, {"pieces": [{"row": 5, "column": 6}]}],
    }
    assert found["insert_piece_one"] == {"row": 8, "column": 9, "board": {"word": "w"}}


@pytest.mark.parametrize(
    "row",
    [
        {"name": "a", "staff": None},
        {"name": "a", "staff": {"data": []}},
        {"name": "a", "chief": None, "passport": None},
        {"name": "a", "staff": {"data": [], "on_conflict": None}},
    ],
)
def test_nothing_is_inserted(people: GraphQL, row: dict[str, Any]) -> None:
    """G9.2-13"""
    text = f"mutation {{ insert_person(objects: {written(row)}) {{ affected_rows }} }}"
    assert people(text) == {"insert_person": {"affected_rows": 1}}
    assert people(UPSERT, rows=[row | {"name": "b"}, row | {"name": "c"}]) == {"insert_person": {"affected_rows": 2}}
    assert [row["name"] for row in people_of(people)] == ["a", "b", "c"]


def test_lists_of_any_length_within_rows(people: GraphQL) -> None:
    """G9.2-4, G9.2-10, G9.2-14: of rows with and without related ones; a null is none."""
    insert = (
        "mutation ($rows: [person_insert_input!]!) { insert_person(objects: $rows) "
        "{ affected_rows returning { name chief { name } staff(order_by: {name: asc}) { name } } } }"
    )
    for at, lengths in ((0, (1, 2)), (1000, (30, 0, 1, 50)), (2000, (3,) * 300)):
        rows: list[dict[str, Any]] = [
            {
                "name": f"p{at + number}",
                "staff": {"data": [{"name": f"s{at + number}-{index:02}"} for index in range(length)]},
            }
            for number, length in enumerate(lengths)
        ]
        rows.insert(1, {"name": f"x{at}", "chief": {"data": {"name": f"c{at}"}}})
        rows.append({"name": f"y{at}", "staff": None})
        found = people(insert, rows=rows)["insert_person"]
        assert found["affected_rows"] == len(rows) + sum(lengths) + 1
        assert found["returning"] == [
            {
                "name": row["name"],
                "chief": {"name": row["chief"]["data"]["name"]} if "chief" in row else None,
                "staff": (row.get("staff") or {}).get("data", []),
            }
            for row in rows
        ]


def test_conflicts_of_nested_rows(people: GraphQL) -> None:
    """G9.2-5, G9.2-7, G9.2-10, G9.2-14: each row has its own; a filter's values are those of its row and request."""
    people('mutation { insert_person(objects: [{id: 91, name: "a"}, {id: 92, name: "b"}]) { affected_rows } }')

    def row(name: str, key: int, where: dict[str, Any] | None) -> dict[str, Any]:
        conflict = {"constraint": "person_pkey", "update_columns": ["name", "chief_id"]}
        data = [{"id": key, "name": f"{name}-{key}"}]
        return {"name": name, "staff": {"data": data, "on_conflict": conflict | ({"where": where} if where else {})}}

    rows = [row("r1", 91, {"name": {"_eq": "a"}}), row("r2", 92, {"name": {"_eq": "nope"}})]
    assert people(UPSERT, rows=rows) == {"insert_person": {"affected_rows": 3}}
    rows = [row("r3", 92, {"name": {"_eq": "b"}}), row("r4", 91, {"name": {"_eq": "a"}})]
    assert people(UPSERT, rows=rows) == {"insert_person": {"affected_rows": 3}}
    rows = [row("r5", 91, None), row("r6", 92, None)]
    assert people(UPSERT, rows=rows) == {"insert_person": {"affected_rows": 4}}
    assert [(row["name"], row["chief"] and row["chief"]["name"]) for row in people_of(people)] == [
        ("r1", None), ("r2", None), ("r3", None), ("r4", None),
        ("r5", None), ("r5-91", "r5"), ("r6", None), ("r6-92", "r6"),
    ]  # fmt: skip


def test_nested_rows_that_meet(people: GraphQL) -> None:
    """G9.2-5, G9.2-10, G9.2-14: rows that are nested in different rows may be one; those nested in one row may not."""
    by_name = {"constraint": "person_name_key", "update_columns": ["chief_id"]}
    chief = {"data": {"name": "chief"}, "on_conflict": by_name}
    rows: list[dict[str, Any]] = [{"name": name, "chief": chief} for name in ("a", "b", "c")]
    assert people(UPSERT, rows=rows) == {"insert_person": {"affected_rows": 6}}
    rows = [{"name": name, "staff": {"data": [{"name": "x"}], "on_conflict": by_name}} for name in ("d", "e")]
    assert people(UPSERT, rows=rows) == {"insert_person": {"affected_rows": 4}}
    chiefs = {row["name"]: row["chief"] and row["chief"]["name"] for row in people_of(people)}
    assert chiefs == {"a": "chief", "b": "chief", "c": "chief", "chief": None, "d": None, "e": None, "x": "e"}
    staff = {"data": [{"name": "y"}, {"name": "y"}], "on_conflict": by_name}
    code, _, message = people.refused(UPSERT, rows=[{"name": "f", "staff": staff}])
    assert (code, message) == ("unexpected", "database query error")
    more = people(
        "mutation ($rows: [person_insert_input!]!, $do: person_on_conflict) { update_person(where: {name: {_in: "
        '["a", "b"]}}, _nested: {staff: {insert: {data: $rows, on_conflict: $do}}}) { affected_rows } }',
        rows=[{"name": "x"}],
        do=by_name,
    )
    assert more == {"update_person": {"affected_rows": 2}}
    assert {"name": "x", "chief": {"name": "b"}}.items() <= {row["name"]: row for row in people_of(people)}["x"].items()


@pytest.mark.parametrize(
    ("conflict", "message"),
    [
        ("{}", "missing required field 'constraint'"),
        ("{constraint: null}", "unexpected null value for type 'person_constraint'"),
        ("{constraint: nope}", "expected one of the values ['person_pkey', 'person_name_key'] for type "
         "'person_constraint', but found 'nope'"),
        ('{constraint: "person_pkey"}', "expected one of the values ['person_pkey', 'person_name_key'] for type "
         "'person_constraint', but found a string"),
        ("{constraint: person_pkey, update_columns: [nope]}", "expected one of the values ['id', 'name', 'chief_id'] "
         "for type 'person_update_column', but found 'nope'"),
        ("{constraint: person_pkey, update_columns: [name], where: {nope: {}}}",
         "field 'nope' not found in type: 'person_bool_exp'"),
        ("{constraint: person_pkey, update_columns: [name], where: {name: {_eq: null}}}",
         "unexpected null value for type 'String'"),
        ("{constraint: person_pkey, update: [name]}", "field 'update' not found in type: 'person_on_conflict'"),
    ],
)  # fmt: skip
def test_a_conflict_that_is_none(people: GraphQL, conflict: str, message: str) -> None:
    """G9.2-5, G9.2-6, G9.2-7"""
    text = f'mutation {{ insert_person_one(object: {{name: "a"}}, on_conflict: {conflict}) {{ id }} }}'
    assert people.refused(text)[::2] == (V, message)
    assert people_of(people) == []


def test_conflicts(people: GraphQL) -> None:
    """G9.2-3, G9.2-5, G9.2-6, G3-2: by either constraint; a null is none; a column may be named twice, or alone."""
    people('mutation { insert_person(objects: [{id: 91, name: "a"}, {id: 92, name: "b"}]) { affected_rows } }')
    insert = (
        "mutation ($row: person_insert_input!, $do: person_on_conflict) "
        "{ insert_person_one(object: $row, on_conflict: $do) { id name chief_id } }"
    )
    by_name = {"constraint": "person_name_key", "update_columns": "chief_id"}
    found = people(insert, row={"name": "b", "chief_id": 91}, do=by_name)
    assert found == {"insert_person_one": {"id": 92, "name": "b", "chief_id": 91}}
    found = people(insert, row={"name": "b", "chief_id": 92}, do={"constraint": "person_name_key"})
    assert found == {"insert_person_one": None}
    twice = {"constraint": "person_pkey", "update_columns": ["name", "name"]}
    assert people(insert, row={"id": 92, "name": "z"}, do=twice)["insert_person_one"] == {
        "id": 92, "name": "z", "chief_id": 91,
    }  # fmt: skip
    for none in (None, {"constraint": "person_pkey", "update_columns": ["name"]}):
        code, _, message = people.refused(insert, row={"name": "z"}, do=none)
        assert code == "constraint-violation", "the other constraint is no conflict"
        assert "person_name_key" in message


def test_the_types(people: GraphQL) -> None:
    """G1.1-12, G1.1-14, G9.2-5, G9.2-6, G9.2-9, G9.2-10"""
    schema: GraphQLSchema = build_client_schema(people(get_introspection_query()))
    types: Any = schema.type_map

    def members(name: str) -> dict[str, str]:
        return {member: str(field.type) for member, field in types[name].fields.items()}

    assert members("person_insert_input") == {
        "id": "Int", "name": "String", "chief_id": "Int", "chief": "person_obj_rel_insert_input",
        "staff": "person_arr_rel_insert_input", "passport": "passport_obj_rel_insert_input",
    }  # fmt: skip
    assert members("person_obj_rel_insert_input") == {
        "data": "person_insert_input!", "on_conflict": "person_on_conflict",
    }  # fmt: skip
    assert members("person_arr_rel_insert_input") == {
        "data": "[person_insert_input!]!", "on_conflict": "person_on_conflict",
    }  # fmt: skip
    assert members("person_on_conflict") == {
        "constraint": "person_constraint!", "update_columns": "[person_update_column!]!", "where": "person_bool_exp",
    }  # fmt: skip
    told = people('{ __type(name: "person_on_conflict") { inputFields { name defaultValue } } }')["__type"]
    assert {"name": "update_columns", "defaultValue": "[]"} in told["inputFields"]
    assert list(types["person_constraint"].values) == ["person_pkey", "person_name_key"]
    assert list(types["person_update_column"].values) == ["id", "name", "chief_id"]
    assert schema.mutation_type is not None
    inserts = schema.mutation_type.fields
    assert str(inserts["insert_person"].args["on_conflict"].type) == "person_on_conflict"
    assert set(inserts["insert_note"].args) == {"objects"}, "there is no constraint that could be named"
    assert set(inserts["insert_note_one"].args) == {"object"}
    assert people('mutation { insert_note_one(object: {number: 1, word: "x"}) { word } }') == {
        "insert_note_one": {"word": "x"}
    }
