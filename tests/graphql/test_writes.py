"""Mutations: what is refused, and what is changed and given back (docs/dialects/graphql.md, section 9)."""

import pytest
from graphql_client import GraphQL

V, C = "validation-failed", "constraint-violation"


def total(graphql: GraphQL, table: str) -> int:
    count: int = graphql(f"{{ {table}_aggregate {{ aggregate {{ count }} }} }}")[f"{table}_aggregate"]["aggregate"][
        "count"
    ]
    return count


@pytest.mark.parametrize(
    ("mutation", "code", "begins"),
    [
        ("insert_genre(objects: {id: 1, name: null}) {affected_rows}", V, "unexpected null value for type 'String'"),
        ("update_genre(where: {}, _set: {name: null}) {affected_rows}", V, "unexpected null value for type 'String'"),
        ("update_genre(where: null, _set: {}) {affected_rows}", V, "expected an object"),
        ('update_genre(_set: {name: "x"}) {affected_rows}', V, "missing required field 'where'"),
        ("delete_genre {affected_rows}", V, "missing required field 'where'"),
        ("delete_genre(where: null) {affected_rows}", V, "expected an object"),
        ("update_genre(where: {}, _inc: {name: 1}) {affected_rows}", V, ""),
    ],
)
def test_what_may_not_be_null_or_missing(graphql_write: GraphQL, mutation: str, code: str, begins: str) -> None:
    """G9.1-4, G9.3-7, G9.3-10, G5.7-1"""
    found = graphql_write.refused(f"mutation {{ {mutation} }}")
    assert found[0] == code
    assert found[2].startswith(begins)
    assert total(graphql_write, "genre") == 25


@pytest.mark.parametrize(
    ("mutation", "code", "begins"),
    [
        ('insert_genre_one(object: {id: 1, name: "x"}) {id}', C, "Uniqueness violation. duplicate key value violates"),
        ('insert_album_one(object: {title: "x", artist_id: 0}) {id}', C, "Foreign key violation. insert or update on"),
        ("insert_genre_one(object: {}) {id}", C, "Not-NULL violation. null value in column"),
        ("delete_artist(where: {id: {_eq: 1}}) {affected_rows}", C, "Foreign key violation. update or delete on"),
        ("delete_artist_by_pk(id: 1) {id}", C, "Foreign key violation. update or delete on"),
    ],
)
def test_what_the_database_refuses(graphql_write: GraphQL, mutation: str, code: str, begins: str) -> None:
    """G11.4-6, G9.4-1"""
    found = graphql_write.refused(f"mutation {{ {mutation} }}")
    assert found[0] == code
    assert found[2].startswith(begins)
    assert (total(graphql_write, "genre"), total(graphql_write, "artist")) == (25, 275)


def test_a_column_in_two_operators(graphql_write: GraphQL) -> None:
    """G9.3-8, G11.4-4"""
    found = graphql_write.refused(
        "mutation { update_track(where: {}, _set: {bytes: 1}, _inc: {bytes: 1}) {affected_rows} }"
    )
    assert (found[0], found[2]) == (V, "Column found in multiple operators: bytes")


def test_the_last_of_several_fails(graphql_write: GraphQL) -> None:
    """G9.1-1, G11.4-1: nothing of those before it is kept, and there is one error and no data."""
    assert (
        graphql_write.refused(
            'mutation { insert_genre_one(object: {name: "x"}) {id} delete_playlist_track(where: {}) {affected_rows} '
            "delete_artist(where: {}) {affected_rows} }"
        )[0]
        == C
    )
    assert (total(graphql_write, "genre"), total(graphql_write, "playlist_track")) == (25, 8715)


def test_fields_run_in_the_order_written(graphql_write: GraphQL) -> None:
    """G9.1-1, G9.1-2, G9.3-1, G9.3-13"""
    text = graphql_write.text(
        'mutation { b: update_genre(where: {id: {_eq: 1}}, _set: {name: "x"}) {affected_rows returning {name}} '
        'a: update_genre(where: {name: {_eq: "x"}}, _set: {name: "x"}) '
        "{returning {id tracks(limit: 1) {id}} affected_rows} }"
    )
    assert text == (
        '{"data":{"b":{"affected_rows":1,"returning":[{"name":"x"}]},'
        '"a":{"returning":[{"id":1,"tracks":[{"id":1}]}],"affected_rows":1}}}'
    )


def test_rows_keep_the_order_of_the_input(graphql_write: GraphQL) -> None:
    """G9.2-1, G9.2-4, G9.1-4: rows may have different members, what is absent is its default, null is null."""
    found = graphql_write(
        "mutation ($rows: [customer_insert_input!]!) { insert_customer(objects: $rows) "
        "{ affected_rows returning { id first_name company country } } }",
        rows=[
            {"id": 1002, "first_name": "b", "last_name": "x", "email": "b", "country": "Chile"},
            {"first_name": "a", "company": None, "last_name": "x", "email": "a", "id": 1001},
        ],
    )["insert_customer"]
    assert found == {
        "affected_rows": 2,
        "returning": [
            {"id": 1002, "first_name": "b", "company": None, "country": "Chile"},
            {"id": 1001, "first_name": "a", "company": None, "country": None},
        ],
    }


def test_nothing_to_insert(graphql_write: GraphQL) -> None:
    """G9.2-2"""
    found = graphql_write("mutation { insert_genre(objects: []) {affected_rows returning {id}} }")
    assert found == {"insert_genre": {"affected_rows": 0, "returning": []}}


@pytest.mark.parametrize("given", ["_set: {}", "_inc: {}", ""])
def test_nothing_to_set(graphql_write: GraphQL, given: str) -> None:
    """G9.3-9"""
    query = f"mutation {{ update_track(where: {{}}{given and ', '}{given}) {{affected_rows returning {{id}}}} }}"
    assert graphql_write(query) == {"update_track": {"affected_rows": 0, "returning": []}}


def test_many_updates_of_which_none_changes_anything(graphql_write: GraphQL) -> None:
    """G9.3-12, G9.3-9: what is wrong in them is refused all the same."""
    query = "mutation ($u: [track_updates!]!) { update_track_many(updates: $u) {affected_rows returning {id}} }"
    assert graphql_write.refused(query, u=[{"where": {"id": {"_eq": 1}}}, {"_set": {}}])[1] == (
        "$.selectionSet.update_track_many.args.updates[1].where"
    )
    for updates in ([], [{"where": {}}], [{"where": {}, "_set": {}}, {"where": {"id": {"_eq": 1}}, "_inc": None}]):
        assert graphql_write(query, u=updates) == {"update_track_many": []}
    one = {"affected_rows": 1, "returning": [{"id": 1}]}
    found = graphql_write(query, u=[{"where": {}}, {"where": {"id": {"_eq": 1}}, "_inc": {"bytes": 1}}])
    assert found == {"update_track_many": [{"affected_rows": 0, "returning": []}, one]}


def test_all_rows(graphql_write: GraphQL) -> None:
    """G9.3-10, G9.3-2: ``{}`` is every row; null stays null when something is added to it."""
    assert graphql_write("mutation { update_invoice(where: {}, _inc: {total: -1}) {affected_rows} }") == {
        "update_invoice": {"affected_rows": 412}
    }
    query = "mutation { update_track(where: {id: {_eq: 1}}, _set: {bytes: null}) {affected_rows} }"
    assert graphql_write(query)["update_track"]["affected_rows"] == 1
    added = graphql_write("mutation { update_track_by_pk(pk_columns: {id: 1}, _inc: {bytes: 5}) {bytes} }")
    assert added == {"update_track_by_pk": {"bytes": None}}


def test_a_key_may_change(graphql_write: GraphQL) -> None:
    """G9.3-11"""
    query = "mutation { update_playlist_track_by_pk(pk_columns: {playlist_id: 18, track_id: 597}, _set: {track_id: 1})"
    assert graphql_write(query + " {playlist_id track_id} }") == {
        "update_playlist_track_by_pk": {"playlist_id": 18, "track_id": 1}
    }
    assert graphql_write(query + " {track_id} }") == {"update_playlist_track_by_pk": None}


def test_deleted_rows_are_given_once_more(graphql_write: GraphQL) -> None:
    """G9.4-1, G9.1-2"""
    query = "mutation { delete_playlist_track(where: {playlist_id: {_eq: 18}}) {affected_rows returning {track_id}} }"
    assert graphql_write(query) == {"delete_playlist_track": {"affected_rows": 1, "returning": [{"track_id": 597}]}}
    assert graphql_write(query) == {"delete_playlist_track": {"affected_rows": 0, "returning": []}}
    query = "mutation { delete_playlist_by_pk(id: 18) {name} }"
    assert graphql_write(query) == {"delete_playlist_by_pk": {"name": "On-The-Go 1"}}
    assert graphql_write(query) == {"delete_playlist_by_pk": None}


def test_a_variable_without_a_value_writes_null(graphql_write: GraphQL) -> None:
    """G10.3-6, G9.1-4"""
    before = graphql_write("{ customer_by_pk(id: 1) { company } }")["customer_by_pk"]
    assert before["company"] is not None
    query = "mutation ($c: String) { update_customer_by_pk(pk_columns: {id: 1}, _set: {company: $c}) {company} }"
    assert graphql_write(query) == {"update_customer_by_pk": {"company": None}}
