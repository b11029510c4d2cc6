"""Whatever is sent, the answer is one of the dialect's, and never that of a bug (G11.4; docs/decisions.md, 36)."""

import json
from collections.abc import Iterator
from typing import Final

import pytest
from graphql_client import GraphQL, problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TABLES: Final = ["album", "track", "artist", "employee", "playlist_track", "nope"]
FIELDS: Final = [
    "id",
    "title",
    "name",
    "artist",
    "albums",
    "tracks",
    "artist_id",
    "__typename",
    "nope",
    "albums_aggregate",
]
WORDS: Final = [
    *TABLES, *FIELDS, "query", "mutation", "subscription", "fragment", "on", "F", "Q", "$v", "Int", "[Int!]", "where",
    "order_by", "limit", "offset", "distinct_on", "_eq", "_in", "_is_null", "_like", "_and", "_or", "_not", "asc",
    "count", "aggregate", "nodes", "sum", "null", "true", "1", "-1", "1e400", "99999999999999999999", "0.1", '"x"',
    '"%"', '"\\u0000"', '"\\ud800"', '"""é"""', "@include(if: true)", "@skip(if: $v)", "@nope", "insert_album",
    "update_album", "_set", "_inc", "objects", "returning", "on_conflict", "__schema", "__type",
    "artist_by_pk", "album_aggregate", "#",
    "\ufeff", "🎵",
]  # fmt: skip
MARKS: Final = ["{", "}", "(", ")", "[", "]", ":", "!", "=", "...", "|", "&", ",", " ", "\n", "$", "@", '"', "{}", "[]"]
SOUP: Final = st.lists(st.sampled_from(WORDS + MARKS), max_size=25).map(" ".join)

VALUE: Final = st.recursive(
    st.sampled_from(
        ["null", "1", "-1", "0.5", '"1"', '"x"', "asc", "$v", "true", "1e400", "title", "99999999999999999999"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["_eq", "_in", "_and", "_or", "_not", "_is_null", "_gt", "_ilike", *FIELDS]),
            inner,
            max_size=3,
        ).map(lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs.items()) + "}")
    ),
    max_leaves=8,
)
ARGUMENTS: Final = st.dictionaries(
    st.sampled_from(["where", "order_by", "limit", "offset", "distinct_on", "id", "path", "nope"]), VALUE, max_size=3
).map(lambda pairs: "(" + ", ".join(f"{name}: {value}" for name, value in pairs.items()) + ")" if pairs else "")
SELECTION: Final = st.recursive(
    st.sampled_from(FIELDS),
    lambda inner: st.builds(
        "{}{}{}{{ {} }}".format,
        st.sampled_from(["", "a: ", "... on album ", "...F "]),
        st.sampled_from([*FIELDS, "aggregate", "nodes", "count"]),
        ARGUMENTS,
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
    ),
    max_leaves=6,
)
SHAPED: Final = st.builds(
    "query Q({}) {{ {}{} {{ {} }} }} {}".format,
    st.sampled_from(["$v: Int", "$v: [Int!]", "$v: album_bool_exp = {}", "$v: nope", "$v: String!, $w: Int = 1"]),
    st.sampled_from([*TABLES, "album_aggregate", "artist_by_pk", "x: album"]),
    ARGUMENTS,
    st.lists(SELECTION, min_size=1, max_size=3).map(" ".join),
    st.sampled_from(["", "fragment F on album { id }", "fragment F on album { ...F }"]),
)
GOOD: Final = (
    "query Q($v: album_bool_exp = {id: {_gt: 1}}) { album(where: $v, limit: 2, order_by: [{artist: {name: desc}}]) "
    "{ id artist { name } ...F } n: album_aggregate { aggregate { count } } } fragment F on album { tracks { name } }"
)
MUTATED: Final = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 6), st.sampled_from([*WORDS, *MARKS, ""])),
    min_size=1,
    max_size=4,
).map(lambda edits: _edited(GOOD, edits))
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES: Final = ["query", "variables", "operationName", "extensions", "persistedQuery", "x"]

MANY: Final = settings(
    max_examples=600, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    return text


@pytest.fixture(autouse=True)
def still_served(graphql: GraphQL) -> Iterator[None]:
    """Whatever was sent, afterwards the service answers."""
    yield
    assert graphql("{ artist_by_pk(id: 1) { name } }") == {"artist_by_pk": {"name": "AC/DC"}}


def check(graphql: GraphQL, content: bytes) -> None:
    answer = graphql.request("POST", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    for item in found if isinstance(found, list) else [found]:
        assert set(item) in ({"data"}, {"errors"}), answer.text
    if isinstance(found, dict) and "errors" in found:
        assert problem(answer)[0] != "unexpected", answer.text


@pytest.mark.parametrize("wrong", [0, 1, True, "persistedQuery", ["persistedQuery"]])
def test_extensions_that_are_no_object_are_refused(graphql: GraphQL, wrong: object) -> None:
    """Found by these tests: a number there was looked into like an object (G11.1)."""
    code, path, message = problem(graphql.send({"query": "{ genre { id } }", "extensions": wrong}))
    assert (code, path) == ("parse-failed", "$.extensions")
    assert message == "expected an object of extensions"


@MANY
@given(
    text=SOUP | SHAPED | MUTATED,
    given_=st.none() | st.fixed_dictionaries({}, optional={"v": JSON, "w": JSON, "x": JSON}),
)
def test_documents(graphql: GraphQL, text: str, given_: object) -> None:
    """Nothing here is kept: no mutation that words make at random fits the schema."""
    check(graphql, json.dumps({"query": text, "variables": given_}).encode())


@MANY
@given(body=st.binary(max_size=30) | JSON | st.dictionaries(st.sampled_from(NAMES), JSON | SHAPED, max_size=4))
def test_bodies(graphql: GraphQL, body: object) -> None:
    check(graphql, body if isinstance(body, bytes) else json.dumps(body).encode())


@MANY
@given(text=SHAPED, cut=st.integers(0, 200))
def test_documents_that_end_early(graphql: GraphQL, text: str, cut: int) -> None:
    check(graphql, json.dumps({"query": text[:cut]}).encode())
