"""Upserts and nested inserts (docs/dialects/graphql.md, section 9.2)."""

import pytest
from graphql_client import GraphQL

V = "validation-failed"
PKEY = "on_conflict: {constraint: genre_pkey, update_columns: [name]"


@pytest.mark.parametrize(
    ("mutation", "begins"),
    [
        ("insert_genre(objects: {}, on_conflict: {}) {affected_rows}", "missing required field 'constraint'"),
        (
            "insert_genre(objects: {}, on_conflict: {constraint: nope}) {affected_rows}",
            "expected one",
        ),
        (
            "insert_genre(objects: {}, on_conflict: {constraint: genre_pkey, update_columns: [nope]}) {affected_rows}",
            "expected one",
        ),
        (
            'insert_artist_one(object: {name: "x", albums: {data: [{title: "y", artist_id: 1}]}}) {id}',
            'cannot insert "artist_id" columns as their values are already being determined by parent insert',
        ),
        (
            'insert_album_one(object: {title: "x", artist_id: 1, artist: {data: {name: "y"}}}) {id}',
            'cannot insert object relationship "artist" as "artist_id" column values are already determined',
        ),
        ('insert_album_one(object: {title: "x", artist: {}}) {id}', "missing required field 'data'"),
        ("insert_artist_one(object: {albums: {data: null}}) {id}", "unexpected null value"),
        ('insert_artist_one(object: {albums: {data: [{titel: "x"}]}}) {id}', "field 'titel' not found"),
    ],
)
def test_what_is_refused(graphql_write: GraphQL, mutation: str, begins: str) -> None:
    """G9.2-12, G9.2-13"""
    code, _, message = graphql_write.refused(f"mutation {{ {mutation} }}")
    assert code == V, message
    assert begins in message


def test_upserts(graphql_write: GraphQL) -> None:
    """G9.2-3, G9.2-5, G9.2-6, G1.1-14"""
    found = graphql_write(
        f'mutation {{ a: insert_genre(objects: [{{id: 1, name: "R"}}, {{id: 99, name: "N"}}], {PKEY}}}) '
        "{ affected_rows returning { id name } } "
        'b: insert_genre_one(object: {id: 2, name: "J"}, on_conflict: {constraint: genre_pkey}) { id } '
        'c: insert_genre_one(object: {id: 2, name: "J"}, on_conflict: '
        "{constraint: genre_pkey, update_columns: []}) { id } }"
    )
    assert found["a"] == {"affected_rows": 2, "returning": [{"id": 1, "name": "R"}, {"id": 99, "name": "N"}]}
    assert (found["b"], found["c"]) == (None, None)
    assert graphql_write("{ genre_by_pk(id: 2) { name } }") == {"genre_by_pk": {"name": "Jazz"}}


def test_which_rows_may_be_changed(graphql_write: GraphQL) -> None:
    """G9.2-7"""
    found = graphql_write(
        f"mutation ($rows: [genre_insert_input!]!, $old: String!) {{ insert_genre(objects: $rows, {PKEY}, "
        "where: {name: {_eq: $old}}}) { affected_rows returning { id } } }",
        rows=[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}],
        old="Jazz",
    )
    assert found["insert_genre"] == {"affected_rows": 1, "returning": [{"id": 2}]}


def test_the_same_row_twice(graphql_write: GraphQL) -> None:
    code, _, message = graphql_write.refused(
        'mutation { insert_genre(objects: [{id: 1, name: "a"}, {id: 1, name: "b"}], '
        f"{PKEY}}}) {{ affected_rows }} }}"
    )
    assert (code, message) == ("unexpected", "database query error")
    assert graphql_write("{ genre_by_pk(id: 1) { name } }") == {"genre_by_pk": {"name": "Rock"}}


NESTED = """mutation ($rows: [artist_insert_input!]!) {
  insert_artist(objects: $rows) {
    affected_rows returning { name albums(order_by: {id: asc}) { title tracks { name } } }
  }
}"""


def test_nested_inserts(graphql_write: GraphQL) -> None:
    """G9.2-10, G9.2-11, G9.2-13, G9.2-14"""
    track = {"name": "t", "media_type_id": 1, "milliseconds": 1, "unit_price": 1}
    rows = [
        {"name": "A", "albums": {"data": [{"title": "1", "tracks": {"data": [track, track]}}, {"title": "2"}]}},
        {"name": "B", "albums": {"data": []}},
        {"name": "C", "albums": None},
        {"name": "D", "albums": {"data": {"title": "3"}}},
    ]
    found = graphql_write(NESTED, rows=rows)["insert_artist"]
    assert found == {
        "affected_rows": 9,
        "returning": [
            {"name": "A", "albums": [{"title": "1", "tracks": [{"name": "t"}] * 2}, {"title": "2", "tracks": []}]},
            {"name": "B", "albums": []},
            {"name": "C", "albums": []},
            {"name": "D", "albums": [{"title": "3", "tracks": []}]},
        ],
    }


def test_rows_that_are_referred_to_come_first(graphql_write: GraphQL) -> None:
    """G9.2-10, G9.2-11"""
    found = graphql_write(
        'mutation { insert_album_one(object: {title: "X", artist: {data: {name: "Y"}}, tracks: {data: [{name: "t", '
        'media_type: {data: {name: "m"}}, milliseconds: 1, unit_price: 1}]}}) '
        "{ artist { name } tracks { name media_type { name } } } }"
    )["insert_album_one"]
    assert found == {"artist": {"name": "Y"}, "tracks": [{"name": "t", "media_type": {"name": "m"}}]}


def test_nested_rows_that_are_there(graphql_write: GraphQL) -> None:
    """G9.2-15"""
    album = 'data: {id: 1, title: "New title"}, on_conflict: {constraint: album_pkey, update_columns: [title'
    found = graphql_write(
        f'mutation {{ insert_artist_one(object: {{name: "A", albums: {{{album}, artist_id]}}}}}}) '
        "{ albums { id title } } }"
    )
    assert found["insert_artist_one"] == {"albums": [{"id": 1, "title": "New title"}]}
    skipped = 'data: {id: 1, name: "x"}, on_conflict: {constraint: artist_pkey, update_columns: []}'
    code, _, message = graphql_write.refused(
        f'mutation {{ insert_album_one(object: {{title: "t", artist: {{{skipped}}}}}) {{ id }} }}'
    )
    assert (code, message) == (
        "not-supported",
        'cannot proceed to insert object relations since insert to table "artist" affects zero rows',
    )
    code, _, message = graphql_write.refused(
        'mutation { insert_artist_one(object: {id: 1, name: "x", albums: {data: {title: "t"}}}, '
        "on_conflict: {constraint: artist_pkey, update_columns: []}) { id } }"
    )
    assert (code, message) == (
        "not-supported",
        'cannot proceed to insert array relations since insert to table "artist" affects zero rows',
    )


def test_a_nested_error_undoes_all(graphql_write: GraphQL) -> None:
    code, _, _ = graphql_write.refused(
        'mutation { insert_artist_one(object: {name: "Z", '
        'albums: {data: [{title: "a"}, {title: "b", id: 1}]}}) { id } }'
    )
    assert code == "constraint-violation"
    assert graphql_write('{ artist(where: {name: {_eq: "Z"}}) { id } }') == {"artist": []}


def test_many_updates(graphql_write: GraphQL) -> None:
    """G1.1-9, G9.3-12, G9.3-9"""
    found = graphql_write(
        'mutation { update_genre_many(updates: [{where: {id: {_eq: 1}}, _set: {name: "a"}}, '
        '{where: {name: {_eq: "a"}}, _set: {name: "b"}}, {where: {}, _set: {}}]) '
        "{ affected_rows returning { id name } } }"
    )["update_genre_many"]
    assert found == [
        {"affected_rows": 1, "returning": [{"id": 1, "name": "a"}]},
        {"affected_rows": 1, "returning": [{"id": 1, "name": "b"}]},
        {"affected_rows": 0, "returning": []},
    ]
    assert graphql_write("mutation { update_genre_many(updates: []) { affected_rows } }") == {"update_genre_many": []}


def test_rows_of_many_shapes_keep_their_order(graphql_write: GraphQL) -> None:
    """G9.2-1, G9.2-4"""
    rows = [{"name": f"n{number}"} | ({"id": 1000 + number} if number % 3 else {}) for number in range(30)]
    found = graphql_write(
        "mutation ($rows: [genre_insert_input!]!) { insert_genre(objects: $rows) { returning { name } } }", rows=rows
    )
    assert [row["name"] for row in found["insert_genre"]["returning"]] == [row["name"] for row in rows]
