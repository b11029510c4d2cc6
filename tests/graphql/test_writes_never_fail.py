"""Whatever is given as rows, the answer is one of the dialect's, and the same one with a plan (G11.4)."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from graphql_client import GraphQL, serving
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gemel.app import App
from gemel.settings import Settings

NAMES: Final = ["id", "name", "title", "artist_id", "albums", "artist", "tracks", "nope"]
VALUES: Final = st.sampled_from([None, 1, -1, 0.5, 2**31, 10**30, "x", "1", "", "\ud800", True, [], {}, [None], [[{}]]])
CONFLICTS: Final = st.sampled_from([
    None, {}, {"constraint": "album_pkey"}, {"constraint": "artist_pkey", "update_columns": "name"},
    {"constraint": "album_pkey", "update_columns": ["title"], "where": {"id": {"_lt": 3}}}, {"constraint": 1}, [],
])  # fmt: skip
ROW: Final = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3),
    lambda row: st.dictionaries(
        st.sampled_from(NAMES),
        VALUES | st.fixed_dictionaries({"data": row | st.lists(row, max_size=2)}, optional={"on_conflict": CONFLICTS}),
        max_size=3,
    ),
    max_leaves=6,
)
ROWS: Final = ROW | st.lists(ROW | VALUES, max_size=4) | VALUES
CHANGE: Final = st.fixed_dictionaries({}, optional={
    "where": st.sampled_from([{}, None, {"id": {"_eq": 1}}, {"id": {"_eq": "x"}}]),
    "_set": ROW, "_nested": st.sampled_from([None, {}, {"albums": {"update": {"where": {}, "_set": {"title": 1}}}}]),
})  # fmt: skip
NESTED: Final = st.dictionaries(
    st.sampled_from(["albums", "nope"]),
    VALUES
    | st.fixed_dictionaries({}, optional={
        "delete": st.lists(CHANGE, max_size=2) | VALUES, "update": st.lists(CHANGE, max_size=2) | CHANGE,
        "insert": VALUES | st.fixed_dictionaries({"data": ROWS}, optional={"on_conflict": CONFLICTS}),
    }),
    max_size=2,
)  # fmt: skip
INSERT: Final = "mutation ($rows: [artist_insert_input!]!) { insert_artist(objects: $rows) { affected_rows } }"
UPDATE: Final = (
    "mutation ($n: artist_nested_input) { update_artist_by_pk(pk_columns: {id: 2}, _nested: $n) { albums { id } } }"
)


@pytest.fixture(scope="module")
def changing(request: pytest.FixtureRequest, tmp_path_factory: Any, chinook_app: App) -> Iterator[GraphQL]:
    folder = tmp_path_factory.mktemp("never_fails")
    with request.getfixturevalue("copy_chinook")("sqlite", folder) as found:
        database: Settings = found
        with serving(database, chinook_app) as client:
            yield client


def told(graphql: GraphQL, text: str, variables: dict[str, Any]) -> tuple[str, str]:
    """Code and path of an answer; that of a bug is none."""
    answer = graphql.send({"query": text, "variables": variables})
    assert answer.status_code == 200
    found = answer.json()
    if "data" in found:
        return "", ""
    [error] = found["errors"]
    assert error["message"] != "internal error", found
    return error["extensions"]["code"], error["extensions"]["path"]


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
@example(rows=[{"name": "a", "albums": {"data": [{"title": "x"}, {"title": None}]}}])
def test_rows(changing: GraphQL, rows: Any) -> None:
    """G11.4-1, G11.4-3"""
    first = told(changing, INSERT, {"rows": rows})
    if first[0] not in ("", "constraint-violation"):
        assert told(changing, INSERT, {"rows": rows}) == first


@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(nested=NESTED)
def test_changes_along_relations(changing: GraphQL, nested: Any) -> None:
    """G11.4-1, G11.4-3, G21-1"""
    first = told(changing, UPDATE, {"n": nested})
    if first[0] not in ("", "constraint-violation"):
        assert told(changing, UPDATE, {"n": nested}) == first
