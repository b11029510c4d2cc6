"""Operations, fragments, aliases, directives (G4, G10.4)."""

import json

from graphql_client import GraphQL


def test_operation_by_name(graphql: GraphQL) -> None:
    """G10.4-1"""
    query = "query A {a: album_by_pk(id: 1) {id}} query B {b: album_by_pk(id: 2) {id}}"
    assert graphql(query, operation="A") == {"a": {"id": 1}}
    assert graphql(query, operation="B") == {"b": {"id": 2}}
    assert graphql.refused(query, operation="C")[2] == 'no such operation found in the document: "C"'
    assert graphql.refused("{album {id}}", operation="C")[2] == 'no such operation found in the document: "C"'


def test_keys_are_in_the_order_of_the_selection(graphql: GraphQL) -> None:
    """G4-1, G10.4-1"""
    query = """{ z: album_by_pk(id: 1) { title ...F z: id artist { name } ... { a: id } id }
                 __typename a: genre_by_pk(id: 1) { name } }
               fragment F on album { y: id artist { id __typename } title }"""
    text = graphql.text(query)
    assert text == json.dumps(
        {
            "data": {
                "z": {
                    "title": "For Those About To Rock We Salute You",
                    "y": 1,
                    "artist": {"id": 1, "__typename": "artist", "name": "AC/DC"},
                    "z": 1,
                    "a": 1,
                    "id": 1,
                },
                "__typename": "query_root",
                "a": {"name": "Rock"},
            }
        },
        separators=(",", ":"),
    )


def test_fields_of_one_name_are_merged(graphql: GraphQL) -> None:
    query = """{ album_by_pk(id: 4) { tracks(limit: 1) { id } tracks(limit: 1) { name __typename } }
                 album_by_pk(id: 4) { id } }"""
    assert graphql(query) == {
        "album_by_pk": {"tracks": [{"id": 15, "name": "Go Down", "__typename": "track"}], "id": 4}
    }


def test_typename_everywhere(graphql: GraphQL) -> None:
    """G4-1"""
    query = """{ __typename album_aggregate(limit: 1) { __typename
        aggregate { __typename n: count sum { __typename } max { t: __typename id } } nodes { __typename } } }"""
    assert graphql(query) == {
        "__typename": "query_root",
        "album_aggregate": {
            "__typename": "album_aggregate",
            "aggregate": {
                "__typename": "album_aggregate_fields",
                "n": 1,
                "sum": {"__typename": "album_sum_fields"},
                "max": {"t": "album_max_fields", "id": 1},
            },
            "nodes": [{"__typename": "album"}],
        },
    }


def test_include_and_skip(graphql: GraphQL) -> None:
    """G10.4-2"""
    query = """query($a: Boolean!, $b: Boolean = false) {
        album_by_pk(id: 1) { id title @include(if: $a) ...F @skip(if: $b) ... @include(if: $a) { track_count } } }
        fragment F on album { artist_id }"""
    assert graphql(query, a=False)["album_by_pk"].keys() == {"id", "artist_id"}
    assert graphql(query, a=True)["album_by_pk"].keys() == {"id", "title", "artist_id", "track_count"}
    assert graphql(query, a=True, b=True)["album_by_pk"].keys() == {"id", "title", "track_count"}
    assert graphql(query, a=False)["album_by_pk"].keys() == {"id", "artist_id"}
    assert graphql("{album @skip(if: true) {id} artist_by_pk(id: 1) @include(if: true) {id}}") == {
        "artist_by_pk": {"id": 1}
    }
    assert graphql("{album_by_pk(id: 1) {id @skip(if: true)}}") == {"album_by_pk": {}}
    assert graphql("{album @skip(if: true) {id}}") == {}


def test_variable_of_a_skipped_field(graphql: GraphQL) -> None:
    """What is skipped at first has an influence later."""
    query = "query($s: Boolean!, $w: album_bool_exp) {album(where: $w, limit: 1) @skip(if: $s) {id} __typename}"
    assert graphql(query, s=True, w={"nope": 1}) == {"__typename": "query_root"}
    assert graphql(query, s=False, w={"id": {"_eq": 5}})["album"] == [{"id": 5}]
    assert graphql(query, s=False, w={"title": {"_eq": "Big Ones"}})["album"] == [{"id": 5}]
    assert graphql.refused(query, s=False, w={"nope": 1})[0] == "validation-failed"
    assert graphql(query, s=True) == {"__typename": "query_root"}


def test_cached_is_accepted(graphql: GraphQL) -> None:
    """G10.4-3"""
    assert graphql("query @cached {album_by_pk(id: 1) {id}}") == {"album_by_pk": {"id": 1}}
    query = "query($t: Int! = 5) @cached(ttl: $t, refresh: true) {album_by_pk(id: 1) {id}}"
    assert graphql(query) == {"album_by_pk": {"id": 1}}


def test_block_strings_unicode_and_escapes(graphql: GraphQL) -> None:
    query = (
        'query {artist(where: {name: {_in: ["Ant\\u00f4nio Carlos Jobim", """AC/DC"""]}}, order_by: {id: asc}) {name}}'
    )
    assert [row["name"] for row in graphql(query)["artist"]] == ["AC/DC", "Antônio Carlos Jobim"]


def test_several_roots_of_one_table(graphql: GraphQL) -> None:
    query = """query($w: album_bool_exp!) { items: album(where: $w, limit: 2, order_by: {id: asc}) { id }
        total: album_aggregate(where: $w) { aggregate { count } } }"""
    found = graphql(query, w={"artist": {"name": {"_eq": "Iron Maiden"}}})
    assert len(found["items"]) == 2
    assert found["total"]["aggregate"]["count"] == 21
