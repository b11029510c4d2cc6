"""Whatever is sent, the answer is one of the dialect's, never a 500 (docs/dialects/rest.md, section 21)."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_client import Rest, problem

NAMES = ["id", "name", "title", "album", "artist", "album_id", "composer", "count", "nope", '"a', '"id"', "größe", "$"]
WORDS = [
    *NAMES, "eq", "neq", "in", "is", "not", "null", "true", "like", "ilike", "match", "fts", "cs", "ov", "adj", "any",
    "and", "or", "select", "order", "limit", "offset", "columns", "desc", "nullslast", "inner", "left", "sum", "text",
    "int", "1", "-1", "0", "99999999999999999999", "x" * 300, "%", "%ff", "%00", "*", "**", "\\", "é", "🎵", "''",
]  # fmt: skip
MARKS = [
    ".",
    ",",
    "(",
    ")",
    ":",
    "::",
    "!",
    "->",
    "->>",
    "=",
    "&",
    "...",
    "{",
    "}",
    '"',
    " ",
    "()",
    "[",
    "]",
    "+",
    "%2C",
]
TEXT = st.lists(st.sampled_from(WORDS + MARKS), max_size=14).map("".join)
QUERY = st.lists(
    st.one_of(
        TEXT,
        st.builds("select={}".format, TEXT),
        st.builds("order={}".format, TEXT),
        st.builds("or=({})".format, TEXT),
        st.builds("{}={}.{}".format, st.sampled_from(NAMES), st.sampled_from(WORDS), TEXT),
    ),
    max_size=4,
).map("&".join)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(NAMES)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner),
    max_leaves=6,
)
SMALL = settings(
    max_examples=250, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def still_served(rest: Rest) -> Iterator[None]:
    """Whatever was sent, afterwards the service answers."""
    yield
    assert rest.rows("/artist?select=name&id=eq.1") == [{"name": "AC/DC"}]


def check(rest: Rest, method: str, path: str, content: bytes | None = None, **headers: str) -> None:
    answer = rest(method, path, headers=headers, content=content)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 300 and method != "HEAD":
        problem(answer)


@SMALL
@given(
    table=st.sampled_from(["album", "track", "artist", "employee", "nope", "rpc/f", "album/1", "a/b/c"]), query=QUERY
)
def test_questions(rest: Rest, table: str, query: str) -> None:
    """R21-1, R21-4"""
    check(rest, "GET", f"/{table}?{query}")


@SMALL
@given(
    accept=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    prefer=st.lists(st.sampled_from(["count=exact", "handling=strict", "x", "return=", ",", "=", "tx=rollback"])).map(
        ",".join
    ),
    wanted=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
)
def test_headers(rest: Rest, accept: str, prefer: str, wanted: str) -> None:
    """R21-1, R21-4"""
    check(rest, "GET", "/genre", accept=accept.strip(), prefer=prefer, range=wanted.strip())
    check(rest, "GET", "/genre", **{"accept-profile": wanted.strip()})


@SMALL
@given(
    body=JSON | st.binary(max_size=20),
    kind=st.sampled_from(["", "application/json", "text/csv", "application/x-www-form-urlencoded", "a"]),
)
def test_bodies(rest: Rest, body: object, kind: str) -> None:
    """R21-1, R21-4: None of these is kept: no row has the key 0, and no employee a column called ``nope``."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    check(rest, "PATCH", "/employee?id=eq.0", content, **{"content-type": kind})
    check(rest, "POST", "/employee?columns=id,name,nope", content, **{"content-type": kind})


GOOD = (
    "select=id,t:title::text,artist!inner(name),track(name,milliseconds.sum())&title=ilike.*a*"
    '&or=(id.gt.3,not.and(id.eq."1",title.is.null))&track.order=name.desc.nullslast&order=id&limit=3&offset=1'
)
EDITS = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 6), st.sampled_from([*WORDS, *MARKS, ""])),
    min_size=1,
    max_size=4,
)


@SMALL
@given(edits=EDITS)
def test_questions_that_were_good(rest: Rest, edits: list[tuple[int, int, str]]) -> None:
    """A question with a few places changed: most of it is parsed before something is wrong."""
    query = GOOD
    for start, length, new in edits:
        query = query[:start] + new + query[start + length :]
    check(rest, "GET", f"/album?{query}")


@SMALL
@given(path=TEXT, method=st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT", "FOO"]))
def test_paths(rest: Rest, path: str, method: str) -> None:
    """R21-1, R21-4"""
    check(rest, method, "/" + path.replace("?", ""))
