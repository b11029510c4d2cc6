"""Updates that change related rows (docs/dialects/graphql.md, section 21)."""

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

V = "validation-failed"
ROW = {"track_id": 1, "unit_price": 1, "quantity": 1}
NESTED = (
    "mutation ($nested: invoice_nested_input) { update_invoice_by_pk(pk_columns: {id: 1}, _nested: $nested) "
    "{ total lines(order_by: {id: asc}) { id quantity track_id } } }"
)
"""Invoice 1 of Chinook has the lines 1 and 2, of the tracks 2 and 4; invoice 2 those from 3 to 6."""


def lines(graphql: GraphQL, invoice: int = 1) -> list[dict[str, int]]:
    query = "query ($id: Int!) { invoice_by_pk(id: $id) { lines(order_by: {id: asc}) { id quantity track_id } } }"
    found: list[dict[str, int]] = graphql(query, id=invoice)["invoice_by_pk"]["lines"]
    return found


BEFORE = [{"id": 1, "quantity": 1, "track_id": 2}, {"id": 2, "quantity": 1, "track_id": 4}]


@pytest.mark.parametrize(
    ("nested", "path", "message"),
    [
        ("{nope: {}}", ".nope", "field 'nope' not found in type: 'invoice_nested_input'"),
        ("{lines: []}", ".lines", "expected an object for type 'invoice_line_arr_rel_nested_input', but found a list"),
        ("{lines: {upsert: {}}}", ".lines.upsert",
         "field 'upsert' not found in type: 'invoice_line_arr_rel_nested_input'"),
        ("{lines: {delete: {}}}", ".lines.delete.where", "missing required field 'where'"),
        ("{lines: {delete: {where: null}}}", ".lines.delete.where",
         "expected an object for type 'invoice_line_bool_exp', but found null"),
        ("{lines: {update: [{_set: {quantity: 1}}]}}", ".lines.update[0].where", "missing required field 'where'"),
        ("{lines: {update: {where: {}, _set: {quantity: null}}}}", ".lines.update._set.quantity",
         "unexpected null value for type 'Int'"),
        ("{lines: {update: [{where: {}, _set: {quantity: 1}, _inc: {quantity: 1}}]}}", ".lines.update[0]",
         "Column found in multiple operators: quantity"),
        ("{lines: {update: {where: {nope: {}}}}}", ".lines.update.where.nope",
         "field 'nope' not found in type: 'invoice_line_bool_exp'"),
        ("{lines: {insert: {data: [{}, {invoice_id: 2}]}}}", ".lines.insert.data[1]",
         'cannot insert "invoice_id" columns as their values are already being determined by parent update'),
        ("{lines: {insert: {track_id: 1}}}", ".lines.insert.track_id",
         "field 'track_id' not found in type: 'invoice_line_arr_rel_insert_input'"),
        ("{customer: {insert: {data: {}}}}", ".customer.insert",
         "field 'insert' not found in type: 'customer_obj_rel_nested_input'"),
        ("{customer: {delete: {where: {}}}}", ".customer.delete",
         "field 'delete' not found in type: 'customer_obj_rel_nested_input'"),
    ],
)  # fmt: skip
def test_what_is_refused(graphql_write: GraphQL, nested: str, path: str, message: str) -> None:
    """G21-1, G21-2, G21-3, G21-4"""
    found = graphql_write.refused(
        f"mutation {{ update_invoice_by_pk(pk_columns: {{id: 1}}, _set: {{total: 9}}, _nested: {nested}) {{ id }} }}"
    )
    assert found == (V, f"$.selectionSet.update_invoice_by_pk.args._nested{path}", message)
    assert lines(graphql_write) == BEFORE


@pytest.mark.parametrize(
    ("nested", "code"),
    [
        ({"lines": {"delete": {"where": {}}, "insert": {"data": {"track_id": 1, "unit_price": 1}}}},
         "constraint-violation"),
        ({"lines": {"delete": {"where": {}}, "update": {"where": {"id": {"_eq": "x"}}, "_set": {"quantity": 1}}}},
         "data-exception"),
        ({"lines": {"delete": {"where": {}}, "insert": {"data": ROW | {"id": 3}}}}, "constraint-violation"),
    ],
)  # fmt: skip
def test_all_or_nothing(graphql_write: GraphQL, nested: dict[str, Any], code: str) -> None:
    """G21-5"""
    assert graphql_write.refused(NESTED, nested=nested)[0] == code
    assert lines(graphql_write) == BEFORE


def test_the_lines_of_an_invoice(graphql_write: GraphQL) -> None:
    """G21-1, G21-2, G21-3, G21-4, G21-5: only rows that are related; deletes, then updates, then inserts."""
    found = graphql_write(
        "mutation ($id: Int!, $rows: [invoice_line_insert_input!]!) { update_invoice_by_pk(pk_columns: {id: $id},"
        "  _set: {total: 9}, _nested: {lines: {"
        "    insert: {data: $rows}, delete: [{where: {id: {_in: [1, 3]}}}, {where: {track_id: {_eq: 6}}}],"
        "    update: [{where: {}, _inc: {quantity: 1}}, {where: {quantity: {_eq: 2}}, _set: {quantity: 7}}]}})"
        "  { total lines(order_by: {track_id: asc}) { quantity track_id } } }",
        id=1,
        rows=[{"track_id": 100 + number, "unit_price": 1, "quantity": 3} for number in range(2)],
    )["update_invoice_by_pk"]
    assert found == {
        "total": 9,
        "lines": [{"quantity": 7, "track_id": 4}, {"quantity": 3, "track_id": 100}, {"quantity": 3, "track_id": 101}],
    }
    assert [row["id"] for row in lines(graphql_write, 2)] == [3, 4, 5, 6], "those of another invoice"


@pytest.mark.parametrize(
    "nested",
    [
        None,
        {},
        {"lines": None},
        {"lines": {}},
        {"lines": {"delete": None, "update": None, "insert": None}},
        {"lines": {"delete": [], "update": [], "insert": {"data": []}}},
        {"lines": {"update": {"where": {}}}},
        {"lines": {"update": {"where": {}, "_set": {}, "_nested": None}}},
    ],
)
def test_nothing_to_change(graphql_write: GraphQL, nested: Any) -> None:
    """G21-1, G21-2"""
    found = graphql_write(NESTED, nested=nested)["update_invoice_by_pk"]
    assert found is None or found["lines"] == BEFORE
    assert lines(graphql_write) == BEFORE


def test_a_row_that_is_not_there(graphql_write: GraphQL) -> None:
    """G21-5, G9.3-11"""
    nested = {"lines": {"delete": {"where": {}}, "insert": {"data": ROW}}}
    found = graphql_write(NESTED.replace("{id: 1}", "{id: 9999}"), nested=nested)
    assert found == {"update_invoice_by_pk": None}
    count = "{ invoice_line_aggregate { aggregate { count } } }"
    assert graphql_write(count)["invoice_line_aggregate"]["aggregate"]["count"] == 2240


def test_rows_of_all_levels_count(graphql_write: GraphQL) -> None:
    """G21-1, G21-6: of several rows; those that are only looked at do not count; for each row what is inserted."""
    found = graphql_write(
        "mutation ($rows: [invoice_line_insert_input!]!) {"
        "  a: update_invoice(where: {id: {_lte: 2}}, _set: {total: 1}, _nested: {lines: {"
        "    delete: {where: {id: {_lte: 3}}}, update: {where: {}, _set: {quantity: 5}}, insert: {data: $rows}}})"
        "  { affected_rows }"
        "  b: update_invoice(where: {id: {_lte: 2}}, _nested: {lines: {delete: {where: {id: {_eq: 4}}}}})"
        "  { affected_rows returning { id lines_aggregate { aggregate { count } } } }"
        "  update_invoice_many(updates: [{where: {id: {_eq: 3}}, _nested: {lines: {delete: {where: {}}}}},"
        "    {where: {id: {_eq: 4}}, _set: {total: 1}}]) { affected_rows returning { lines { id } } } }",
        rows=[ROW],
    )
    assert found["a"] == {"affected_rows": 2 + 3 + 3 + 2}
    assert found["b"] == {
        "affected_rows": 1,
        "returning": [
            {"id": 1, "lines_aggregate": {"aggregate": {"count": 1}}},
            {"id": 2, "lines_aggregate": {"aggregate": {"count": 3}}},
        ],
    }
    many = found["update_invoice_many"]
    assert (many[0], many[1]["affected_rows"]) == ({"affected_rows": 6, "returning": [{"lines": []}]}, 1)


def test_further_levels_and_upserts(graphql_write: GraphQL) -> None:
    """G21-3, G21-4: updates along relations can change along others; what is inserted can be nested, or be there."""
    found = graphql_write(
        "mutation ($conflict: track_on_conflict) { update_artist_by_pk(pk_columns: {id: 1}, _nested: {albums: {"
        '  update: {where: {id: {_eq: 1}}, _set: {title: "new"}, _nested: {tracks: {'
        '    update: {where: {id: {_eq: 1}}, _set: {name: "t1"}},'
        '    insert: {data: {id: 1, name: "t1 again", media_type_id: 1, milliseconds: 1, unit_price: 1},'
        "      on_conflict: $conflict}}}},"
        '  insert: {data: {title: "second", tracks: {data: {name: "x", media_type_id: 1, milliseconds: 1,'
        "    unit_price: 1}}}}}})"
        "  { albums(order_by: {id: asc}) { title tracks(order_by: {id: asc}, limit: 1) { name } } } }",
        conflict={"constraint": "track_pkey", "update_columns": ["name"]},
    )
    assert [album["title"] for album in found["update_artist_by_pk"]["albums"]] == [
        "new",
        "Let There Be Rock",
        "second",
    ]
    assert [album["tracks"][0]["name"] for album in found["update_artist_by_pk"]["albums"][::2]] == ["t1 again", "x"]


def test_what_a_row_refers_to(graphql_write: GraphQL) -> None:
    """G21-3: it can be updated; the rows that refer to it, too, are the others' as well."""
    found = graphql_write(
        'mutation { update_album_by_pk(pk_columns: {id: 1}, _nested: {artist: {update: {where: {}, _set: {name: "A"},'
        '  _nested: {albums: {update: {where: {id: {_neq: 1}}, _set: {title: "T"}}}}}}})'
        "  { artist { name albums(order_by: {id: asc}) { title } } } }"
    )
    assert found["update_album_by_pk"]["artist"] == {
        "name": "A",
        "albums": [{"title": "For Those About To Rock We Salute You"}, {"title": "T"}],
    }
    query = (
        "mutation { update_employee_by_pk(pk_columns: {id: 1}, "
        '_nested: {manager: {update: {where: {}, _set: {title: "x"}}}}) { manager { id } } }'
    )
    assert graphql_write(query) == {"update_employee_by_pk": {"manager": None}}
    query = '{ employee(where: {title: {_eq: "x"}}) { id } }'
    assert graphql_write(query) == {"employee": []}, "nobody is the manager of the first"


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    pet: Mapped["Pet | None"] = relationship(back_populates="owner", uselist=False)
    friends: Mapped[list["Owner"]] = relationship(
        secondary="friendship",
        primaryjoin="Owner.id == Friendship.one_id",
        secondaryjoin="Owner.id == Friendship.other_id",
        viewonly=True,
    )


class Friendship(Base):
    __tablename__ = "friendship"
    one_id: Mapped[int] = mapped_column(sa.ForeignKey("owner.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("owner.id"), primary_key=True)


class Pet(Base):
    __tablename__ = "pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"), unique=True)
    owner: Mapped[Owner | None] = relationship(back_populates="pet")


@pytest.fixture(params=KINDS)
def pets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphQL]:
    rows: dict[str, list[dict[str, Any]]] = {"owner": [{"id": 1}, {"id": 2}], "pet": [{"id": 11, "owner_id": 1}]}
    with empty_of(request.param, request, tmp_path) as settings:
        create(settings, Base.metadata, rows)
        with serving(settings, app_of(Base)) as client:
            yield client


def test_the_only_row_that_refers_to_one(pets: GraphQL) -> None:
    """G21-2, G21-3, G21-4"""
    change = (
        "mutation ($n: owner_nested_input) { update_owner_by_pk(pk_columns: {id: 1}, _nested: $n) { pet { id name } } }"
    )
    insert = {"data": {"id": 12, "name": "b"}}
    code, _, message = pets.refused(change, n={"pet": {"insert": insert}})
    assert code == "constraint-violation", "the first one is still there"
    found = pets(change, n={"pet": {"update": {"where": {}, "_set": {"name": "a"}}}})
    assert found == {"update_owner_by_pk": {"pet": {"id": 11, "name": "a"}}}
    found = pets(change, n={"pet": {"delete": {"where": {}}, "insert": insert}})
    assert found == {"update_owner_by_pk": {"pet": {"id": 12, "name": "b"}}}
    path, message = pets.refused(change, n={"pet": {"insert": {"data": [{"id": 13}]}}})[1:]
    assert path == "$.selectionSet.update_owner_by_pk.args._nested.pet.insert.data"
    assert message == "expected an object for type 'pet_insert_input', but found a list"


def test_the_types(pets: GraphQL) -> None:
    """G21-1, G21-2, G21-3, G21-4"""
    schema: GraphQLSchema = build_client_schema(pets(get_introspection_query()))
    types: Any = schema.type_map

    def members(name: str) -> dict[str, str]:
        return {member: str(field.type) for member, field in types[name].fields.items()}

    assert members("owner_nested_input") == {"pet": "pet_one_rel_nested_input"}, "none over a table in between"
    assert members("pet_nested_input") == {"owner": "owner_obj_rel_nested_input"}
    assert members("pet_one_rel_nested_input") == {
        "delete": "[pet_nested_deletes!]", "update": "[pet_updates!]", "insert": "pet_obj_rel_insert_input",
    }  # fmt: skip
    assert members("pet_nested_deletes") == {"where": "pet_bool_exp!"}
    assert members("owner_obj_rel_nested_input") == {"update": "[owner_updates!]"}
    assert members("pet_updates") == {
        "_inc": "pet_inc_input", "_set": "pet_set_input", "_nested": "pet_nested_input", "where": "pet_bool_exp!",
    }  # fmt: skip
    assert "friendship_nested_input" not in types, "there is no relation"
    assert schema.mutation_type is not None
    for name in ("update_pet", "update_pet_by_pk"):
        assert str(schema.mutation_type.fields[name].args["_nested"].type) == "pet_nested_input"
