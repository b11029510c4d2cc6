"""gql, a client of GraphQL for Python, over a port (docs/dialects/graphql.md)."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

from clients.served import Served


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Any]:
    """The client; it introspects, and so checks what it sends by the schema that the service tells."""
    transport = HTTPXTransport(url=served.graphql, headers={"Authorization": f"Bearer {served.token}"}, timeout=30)
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        yield session


@pytest.mark.parametrize(
    ("text", "variables", "code"),
    [
        ("query ($id: Int!) { artist_by_pk(id: $id) { id } }", {"id": "x"}, "data-exception"),
        ("query ($w: artist_bool_exp) { artist(where: $w) { id } }", {"w": {"nam": {}}}, "validation-failed"),
        ("query { album(limit: -1) { id } }", {}, "validation-failed"),
        ("mutation { delete_artist_by_pk(id: 1) { id } }", {}, "constraint-violation"),
        ('mutation { insert_genre_one(object: {id: 1, name: "x"}) { id } }', {}, "constraint-violation"),
    ],
)
def test_errors(client: Any, text: str, variables: dict[str, object], code: str) -> None:
    """G11.4-1, G11.4-4, G11.4-6, G11.4-8"""
    with pytest.raises(TransportQueryError) as refused:
        client.execute(GraphQLRequest(text, variable_values=variables))
    assert [error["extensions"]["code"] for error in refused.value.errors or ()] == [code]
    assert refused.value.data is None


def test_the_schema_knows_what_is_not_there(client: Any) -> None:
    """G10.5-1"""
    with pytest.raises(Exception, match="Cannot query field 'artists'"):
        client.execute(GraphQLRequest("{ artists { id } }"))


def test_list_page_total_one_and_many(client: Any) -> None:
    """G8-7, G3-7"""
    found = client.execute(
        GraphQLRequest(
            "query ($where: track_bool_exp!, $order: [track_order_by!], $ids: [Int!]!) { "
            "items: track(where: $where, order_by: $order, limit: 3, offset: 3) { id album { artist { name } } } "
            "total: track_aggregate(where: $where) { aggregate { count } } "
            "one: artist_by_pk(id: 1) { name } many: artist(where: {id: {_in: $ids}}, order_by: {id: asc}) { id } }",
            variable_values={
                "where": {"album": {"artist": {"name": {"_eq": "AC/DC"}}}},
                "order": [{"id": "desc"}],
                "ids": [2, 1],
            },
        )
    )
    assert list(found) == ["items", "total", "one", "many"]
    assert {row["album"]["artist"]["name"] for row in found["items"]} == {"AC/DC"}
    assert (len(found["items"]), found["total"]["aggregate"]["count"]) == (3, 18)
    assert (found["one"], found["many"]) == ({"name": "AC/DC"}, [{"id": 1}, {"id": 2}])


def test_create_update_and_delete(client: Any) -> None:
    """G1.1-8, G9.3-11"""
    name = f"gql {uuid4()}"
    insert = "mutation ($object: artist_insert_input!) { insert_artist_one(object: $object) { id name } }"

    def run(text: str, **variables: object) -> Any:
        return client.execute(GraphQLRequest(text, variable_values=variables))

    made = run(insert, object={"name": name})["insert_artist_one"]
    assert made["name"] == name
    update = (
        "mutation ($pk: artist_pk_columns_input!, $set: artist_set_input!) "
        "{ update_artist_by_pk(pk_columns: $pk, _set: $set) { name } }"
    )
    changed = run(update, pk={"id": made["id"]}, set={"name": name + "!"})
    assert changed == {"update_artist_by_pk": {"name": name + "!"}}
    delete = "mutation ($id: Int!) { delete_artist_by_pk(id: $id) { id } }"
    assert run(delete, id=made["id"])["delete_artist_by_pk"] == {"id": made["id"]}
    assert run(delete, id=made["id"]) == {"delete_artist_by_pk": None}


def test_upsert_nested_rows_and_changes(client: Any) -> None:
    """G9.2-5, G9.2-10, G21-1: what is sent is valid by the schema that the service tells, defaults included."""
    name = f"gql {uuid4()}"

    def run(text: str, **variables: object) -> Any:
        return client.execute(GraphQLRequest(text, variable_values=variables))

    insert = (
        "mutation ($objects: [artist_insert_input!]!, $do: artist_on_conflict) "
        "{ insert_artist(objects: $objects, on_conflict: $do) "
        "{ affected_rows returning { id albums(order_by: {id: asc}) { title } } } }"
    )
    row = {"name": name, "albums": {"data": [{"title": "one"}, {"title": "two"}]}}
    [made] = run(insert, objects=[row])["insert_artist"]["returning"]
    assert [album["title"] for album in made["albums"]] == ["one", "two"]
    again = {"id": made["id"], "name": name + "!"}
    assert run(insert, objects=[again], do={"constraint": "artist_pkey"})["insert_artist"]["affected_rows"] == 0
    change = {"constraint": "artist_pkey", "update_columns": ["name"]}
    assert run(insert, objects=[again], do=change)["insert_artist"]["affected_rows"] == 1
    nested = (
        "mutation ($id: Int!, $nested: artist_nested_input) "
        "{ update_artist_by_pk(pk_columns: {id: $id}, _nested: $nested) "
        "{ name albums(order_by: {id: asc}) { title } } }"
    )
    albums = {
        "delete": [{"where": {"title": {"_eq": "one"}}}],
        "update": [{"where": {}, "_set": {"title": "zwei"}}],
        "insert": {"data": [{"title": "three"}]},
    }
    assert run(nested, id=made["id"], nested={"albums": albums})["update_artist_by_pk"] == {
        "name": name + "!",
        "albums": [{"title": "zwei"}, {"title": "three"}],
    }
    run(nested, id=made["id"], nested={"albums": {"delete": [{"where": {}}]}})
    delete = "mutation ($id: Int!) { delete_artist_by_pk(id: $id) { id } }"
    assert run(delete, id=made["id"])["delete_artist_by_pk"] == {"id": made["id"]}
