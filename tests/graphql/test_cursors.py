"""Pages by cursor, and groups: ours (G20)."""

from collections import Counter
from typing import Any

import pytest
from graphql_client import GraphQL, table

from gemel.app import App

PAGE = """query($after: String, $first: Int, $where: track_bool_exp) {
    track(where: $where, order_by: [{composer: desc_nulls_last}], first: $first, after: $after) {
        id composer _cursor } }"""


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("{album(first: 1, limit: 1) {id}}", "validation-failed", "'first' and 'limit'"),
        ("{album(first: -1) {id}}", "validation-failed", "negative"),
        ("{album(after: 3) {id}}", "validation-failed", "expected a string"),
        ('{album(after: "") {id}}', "data-exception", "the cursor is none"),
        ('{album(after: "[1]") {id}}', "data-exception", "another order"),
        ("{album(distinct_on: artist_id) {_cursor}}", "validation-failed", "distinct"),
        ('{album(distinct_on: artist_id, after: "[]") {id}}', "validation-failed", "distinct"),
    ],
)
def test_what_has_no_place_is_refused(graphql: GraphQL, query: str, code: str, told: str) -> None:
    """G20-1, G20-3"""
    found, _, message = graphql.refused(query)
    assert found == code
    assert told in message


def test_rows_that_are_in_no_list_have_no_cursor(graphql: GraphQL) -> None:
    """G20-2"""
    found = graphql("{album_by_pk(id: 1) {_cursor} album(limit: 1) {_cursor artist {_cursor}}}")
    assert found["album_by_pk"] == {"_cursor": None}
    assert found["album"][0]["_cursor"]
    assert found["album"][0]["artist"] == {"_cursor": None}


def test_pages_by_cursor_are_the_whole_list(graphql: GraphQL) -> None:
    """G3-8, G20-1, G20-2, G20-3: the same plan for every page; rows that are equal in the order go by their key."""
    where = {"milliseconds": {"_lt": 150_000}}
    whole = graphql(PAGE, where=where)["track"]
    assert len(whole) > 100
    nobody = [row["id"] for row in whole if row["composer"] is None]
    assert len(nobody) > 10
    assert nobody == sorted(nobody)
    composers = [row["composer"] for row in whole[: -len(nobody)]]
    assert None not in composers
    assert composers == sorted(composers, reverse=True)
    pages: list[Any] = []
    while page := graphql(PAGE, where=where, first=37, after=pages[-1]["_cursor"] if pages else None)["track"]:
        pages += page
    assert pages == whole


def test_nested_lists_and_aggregates_take_cursors(graphql: GraphQL) -> None:
    """G20-1, G20-2"""
    query = "{artist_by_pk(id: 1) {albums(order_by: {title: desc}, first: 1) {title _cursor}}}"
    [album] = graphql(query)["artist_by_pk"]["albums"]
    query = """query($after: String) { artist_by_pk(id: 1) {
        albums(order_by: {title: desc}, after: $after) { title }
        albums_aggregate(order_by: {title: desc}, after: $after) { aggregate { count } nodes { _cursor } } } }"""
    found = graphql(query, after=album["_cursor"])["artist_by_pk"]
    assert [row["title"] for row in found["albums"]] == ["For Those About To Rock We Salute You"]
    assert found["albums_aggregate"]["aggregate"] == {"count": 1}
    assert found["albums_aggregate"]["nodes"][0]["_cursor"] != album["_cursor"]


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("groups {key {id}}", "missing required field 'by'"),
        ("groups(by: []) {key {id}}", "need a column"),
        ("groups(by: [id]) {key {name}}", "need not have"),
        ("groups(by: [id], order_by: {key: {name: asc}}) {key {id}}", "need not have"),
        ("groups(by: [nope]) {key {id}}", "expected one of the values"),
        ("groups(by: [id], limit: -1) {key {id}}", "negative"),
    ],
)
def test_what_is_no_group_is_refused(graphql: GraphQL, groups: str, told: str) -> None:
    """G20-4"""
    code, _, message = graphql.refused(f"{{track_aggregate {{{groups}}}}}")
    assert code == "validation-failed"
    assert told in message


def test_groups_beside_the_whole(graphql: GraphQL, chinook_app: App) -> None:
    """G20-4, G20-5"""
    tracks = [row for row in table(chinook_app, "track") if row["milliseconds"] < 300_000]
    query = """query($by: [track_select_column!]!, $order: [track_group_order_by!]) {
        track_aggregate(where: {milliseconds: {_lt: 300000}}) { aggregate { count }
            groups(by: $by, order_by: $order, limit: 4, offset: 1)
            { __typename key { genre_id m: media_type_id } aggregate { count max { milliseconds } } } } }"""
    for _ in range(2):
        found = graphql(query, by=["genre_id", "media_type_id"], order=[{"aggregate": {"count": "desc"}}])
        counts = Counter((row["genre_id"], row["media_type_id"]) for row in tracks)
        wanted = sorted(counts, key=lambda pair: (-counts[pair], pair))[1:5]
        assert found["track_aggregate"]["aggregate"] == {"count": len(tracks)}
        assert [(item["key"]["genre_id"], item["key"]["m"]) for item in found["track_aggregate"]["groups"]] == wanted
        assert [item["aggregate"]["count"] for item in found["track_aggregate"]["groups"]] == [
            counts[p] for p in wanted
        ]
    by_key = "{customer_aggregate {groups(by: country, order_by: {key: {country: desc}}, limit: 1) {key {country}}}}"
    assert graphql(by_key)["customer_aggregate"]["groups"] == [{"key": {"country": "United Kingdom"}}]
