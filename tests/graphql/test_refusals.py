"""What is refused, with its code, its place and its words (G10, G11.4). Every case is wrong in one way only."""

import pytest
from graphql_client import GraphQL

V, P = "validation-failed", "parse-failed"

DOCUMENTS = [
    ("", V, "$.query", "not a valid graphql query"),
    ("{", V, "$.query", "not a valid graphql query"),
    ("{album{id}}}", V, "$.query", "not a valid graphql query"),
    ("{album{}}", V, "$.query", "not a valid graphql query"),
    ("type A {b: Int}", V, "$", "a document may only define operations and fragments"),
    ("fragment A on album {id}", V, "$", "no operations found"),
    ("query A {album{id}} query A {album{id}}", V, "$", 'multiple definitions for operation "A"'),
    ("query A {album{id}} {album{id}}", V, "$", "must name each of them"),
    ("query A {album{id}} query B {album{id}}", V, "$", "exactly one operation has to be present"),
    ("{album{...A}}", V, "$", 'reference to undefined fragment "A"'),
    ("{album{...A}} fragment A on album {artist{albums{...A}}}", V, "$", 'fragment definition(s) "A" form a cycle'),
    ("{album{...A}} fragment A on album{...B} fragment B on album{...A}", V, "$", '"A", "B" form a cycle'),
    ("{album{id}} fragment A on album{id} fragment A on album{id}", V, "$", 'multiple definitions for fragment "A"'),
    ("{album{... on artist{id}}}", V, "$.selectionSet.album", "a fragment on type 'artist' cannot be spread"),
    ("{album{...A}} fragment A on nothing{id}", V, "$.selectionSet.album", "a fragment on type 'nothing'"),
    ("subscription {album{id}}", "unexpected-payload", "$", "subscriptions are not supported over HTTP"),
    ("{album @nope {id}}", V, "$", "directive 'nope' is not defined in the schema"),
    ("query @nope {album{id}}", V, "$", "directive 'nope' is not defined in the schema"),
    ("query @skip(if: true) {album{id}}", V, "$", "directive 'skip' is not allowed on a query"),
    ("mutation @cached {delete_album(where:{}){affected_rows}}", V, "$", "directive 'cached' is not allowed"),
    ("{album @include {id}}", V, "$.directives.include.if", "missing required field 'if'"),
    ('{album @include(if: "true") {id}}', V, "$.directives.include.if", "expected a boolean for type 'Boolean'"),
    ("{album @include(if: null) {id}}", V, "$.directives.include.if", "unexpected null value for type 'Boolean'"),
    ("{album @skip(unless: true) {id}}", V, "$.directives.skip", "'skip' has no argument named 'unless'"),
    ("query @cached(ttl: null) {album{id}}", V, "$.directives.cached.ttl", "unexpected null value for type 'Int'"),
]

FIELDS = [
    ("{albums{id}}", V, "$.selectionSet.albums", "field 'albums' not found in type: 'query_root'"),
    ("{album{titel}}", V, "$.selectionSet.album.selectionSet.titel", "field 'titel' not found in type: 'album'"),
    ("{album{x: titel}}", V, "$.selectionSet.album.selectionSet.titel", "not found in type: 'album'"),
    ("{album}", V, "$.selectionSet.album", "missing selection set for 'album'"),
    ("{album{title{x}}}", V, "$.selectionSet.album.selectionSet.title", "unexpected subselection set"),
    ("{__typename{x}}", V, "$.selectionSet.__typename", "unexpected subselection set"),
    ("{__typename(x: 1)}", V, "$.selectionSet.__typename", "'__typename' has no argument named 'x'"),
    ("{album{title(x: 1)}}", V, "$.selectionSet.album.selectionSet.title", "'title' has no argument named 'x'"),
    ("{album(foo: 1){id}}", V, "$.selectionSet.album", "'album' has no argument named 'foo'"),
    ("{album(limit: 1, limit: 1){id}}", V, "$.selectionSet.album.args.limit", "given more than once"),
    ("{album_by_pk{id}}", V, "$.selectionSet.album_by_pk.args.id", "missing required field 'id'"),
    ("{album_by_pk(id: null){id}}", V, "$.selectionSet.album_by_pk.args.id", "unexpected null value for type 'Int'"),
    ("{album_aggregate{count}}", V, "$.selectionSet.album_aggregate.selectionSet.count", "album_aggregate'"),
    ("{album_aggregate{aggregate{sum{title}}}}", V, None, "field 'title' not found in type: 'album_sum_fields'"),
    ("{artist_aggregate{aggregate{stddev{name}}}}", V, None, "not found in type: 'artist_stddev_fields'"),
    ("{a: album{id} a: artist{id}}", V, "$.selectionSet.artist", "specify the same response name, 'a'"),
    ("{album(limit: 1){id} album(limit: 2){id}}", V, "$.selectionSet.album", "inconsistent arguments"),
    ("{album{id: title id}}", V, "$.selectionSet.album.selectionSet.id", "specify the same response name, 'id'"),
    ("{album{artist(limit: 1){id}}}", V, None, "'artist' has no argument named 'limit'"),
    ("{track_by_pk(id: 1){album_id: __typename album_id}}", V, None, "specify the same response name"),
]

ARGUMENTS = [
    ("{album(limit: -1){id}}", V, "$.selectionSet.album.args.limit", "unexpected negative value"),
    ('{album(limit: "1"){id}}', V, "$.selectionSet.album.args.limit", "expected a 32-bit integer for type 'Int'"),
    ("{album(limit: 1.5){id}}", V, "$.selectionSet.album.args.limit", "expected a 32-bit integer"),
    ("{album(limit: 3000000000){id}}", P, "$.selectionSet.album.args.limit", "lies outside the bounds"),
    ("{album(offset: -1){id}}", V, "$.selectionSet.album.args.offset", "unexpected negative value"),
    ('{album(offset: "ten"){id}}', P, "$.selectionSet.album.args.offset", "expected a 64-bit integer"),
    ("{album(offset: 9223372036854775808){id}}", P, "$.selectionSet.album.args.offset", "outside the bounds"),
    ("{album(order_by: {title: up}){id}}", V, "$.selectionSet.album.args.order_by.title", "expected one of the values"),
    ('{album(order_by: {title: "asc"}){id}}', V, "$.selectionSet.album.args.order_by.title", "found a string"),
    ("{album(order_by: {titel: asc}){id}}", V, "$.selectionSet.album.args.order_by.titel", "'album_order_by'"),
    ("{album(order_by: title){id}}", V, "$.selectionSet.album.args.order_by", "expected an object"),
    ("{album(order_by: [null]){id}}", V, "$.selectionSet.album.args.order_by[0]", "but found null"),
    ("{album(order_by: {tracks: {name: asc}}){id}}", V, "$.selectionSet.album.args.order_by.tracks", "not found"),
    ("{album(distinct_on: titel){id}}", V, "$.selectionSet.album.args.distinct_on", "'album_select_column'"),
    ("{album(distinct_on: [title, null]){id}}", V, "$.selectionSet.album.args.distinct_on[1]", "unexpected null"),
    (
        "{album(distinct_on: artist_id, order_by: {title: asc}){id}}",
        V,
        "$.selectionSet.album.args.distinct_on",
        '"distinct_on" columns must match initial "order_by" columns',
    ),
]

FILTERS = [
    ("titel: {_eq: 1}", V, ".titel", "field 'titel' not found in type: 'album_bool_exp'"),
    ("title: {_equals: 1}", V, ".title._equals", "field '_equals' not found in type: 'String_comparison_exp'"),
    ("id: {_like: 1}", V, ".id._like", "field '_like' not found in type: 'Int_comparison_exp'"),
    ("title: 1", V, ".title", "expected an object for type 'String_comparison_exp', but found a number"),
    ("title: null", V, ".title", "found null"),
    ("title: {_eq: null}", V, ".title._eq", "unexpected null value for type 'String'"),
    ("title: {_in: null}", V, ".title._in", "unexpected null value for type 'String'"),
    ("title: {_in: [null]}", V, ".title._in[0]", "unexpected null value for type 'String'"),
    ("title: {_is_null: null}", V, ".title._is_null", "unexpected null value for type 'Boolean'"),
    ("title: {_is_null: 1}", V, ".title._is_null", "expected a boolean for type 'Boolean', but found a number"),
    ("_and: null", V, "._and", "unexpected null value for type 'album_bool_exp'"),
    ("_or: [null]", V, "._or[0]", "but found null"),
    ("_not: null", V, "._not", "but found null"),
    ("artist: null", V, ".artist", "but found null"),
    ("artist: {nam: {}}", V, ".artist.nam", "field 'nam' not found in type: 'artist_bool_exp'"),
    ("title: {_eq: 1}", V, ".title._eq", "expected a string for type 'String', but found a number"),
    ("title: {_eq: abc}", V, ".title._eq", "but found an enum value"),
    ("title: {_like: 1}", V, ".title._like", "expected a string for type 'String', but found a number"),
    ("id: {_eq: true}", V, ".id._eq", "expected a 32-bit integer for type 'Int', but found a boolean"),
    ("id: {_eq: {}}", V, ".id._eq", "expected a 32-bit integer for type 'Int', but found an object"),
    ("id: {_eq: 1.5}", P, ".id._eq", "lies outside the bounds or is not an integer"),
    ("id: {_eq: 2147483648}", P, ".id._eq", "lies outside the bounds"),
    ("id: {_eq: 1e400}", P, ".id._eq", "lies outside the bounds"),
    ("id: {_in: [1, 99999999999]}", P, ".id._in[1]", "lies outside the bounds"),
    ("id: {_eq: 1}, id: {_eq: 2}", V, ".id", "given more than once"),
]


@pytest.mark.parametrize(("query", "code", "path", "text"), [*DOCUMENTS, *FIELDS, *ARGUMENTS])
def test_operation_is_refused(graphql: GraphQL, query: str, code: str, path: str | None, text: str) -> None:
    """G11.4-3, G11.4-4, G11.4-5, G11.4-19, G10.4-1, G10.4-2, G3-3, G7-1, G11.4-2"""
    found = graphql.refused(query)
    assert (found[0], found[1] if path else None) == (code, path)
    assert text in found[2]


@pytest.mark.parametrize(("where", "code", "path", "text"), FILTERS)
def test_filter_is_refused(graphql: GraphQL, where: str, code: str, path: str, text: str) -> None:
    """G5.7-1, G11.4-3, G10.2-2"""
    found = graphql.refused(f"{{album(where: {{{where}}}){{id}}}}")
    assert found[:2] == (code, f"$.selectionSet.album.args.where{path}")
    assert text in found[2]


def test_odd_keys_are_quoted_in_paths(graphql: GraphQL) -> None:
    """G11.4-3"""
    query = "query($w: album_bool_exp) {album(where: $w){id}}"
    assert graphql.refused(query, w={"a b": 1})[1] == "$.selectionSet.album.args.where['a b']"
    assert graphql.refused(query, w={"it's": 1})[1] == "$.selectionSet.album.args.where['it\\'s']"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ('id: {_eq: "abc"}', "data-exception"),  # the database reads texts (G10.2)
        ('id: {_eq: "99999999999"}', "data-exception"),
        ('title: {_like: "a\\\\"}', "bad-request"),  # ends in the escape character (G5.3)
        ('title: {_regex: "("}', "data-exception"),
    ],
)
def test_database_refuses_a_value(graphql: GraphQL, where: str, code: str) -> None:
    """G10.2-1, G11.4-8, G11.4-9"""
    assert graphql.refused(f"{{album(where: {{{where}}}){{id}}}}")[0] == code


def test_bad_date_is_a_data_exception(graphql: GraphQL) -> None:
    """G11.4-8"""
    assert graphql.refused('{invoice(where: {invoice_date: {_gt: "soon"}}){id}}')[0] == "data-exception"


BOMBS = {
    "deep selection": "{artist" + "{albums{artist" * 300 + "{id}" + "}}" * 300 + "}",
    "very deep selection": "{a" * 30_000,
    "deep filter": "{album(where:" + "{_not:" * 400 + "{}" + "}" * 400 + "){id}}",
    "deep list": "{album(where:{id:{_in:" + "[" * 5_000 + "]" * 5_000 + "}}){id}}",
    "fragments that double": "{album{...F0}}"
    + "".join(f" fragment F{n} on album{{...F{n + 1} ...F{n + 1}}}" for n in range(40))
    + " fragment F40 on album{id}",
    "many aliases": "{" + "".join(f"a{n}: album(limit: 0){{id}} " for n in range(6_000)) + "}",
    "many tokens": "{album{" + "id " * 60_000 + "}}",
    "introspection of introspection": "{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}",
    "introspection that doubles": "{__schema{types{...F0}}}"
    + "".join(f" fragment F{n} on __Type{{...F{n + 1} ...F{n + 1}}}" for n in range(40))
    + " fragment F40 on __Type{name}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_defused(graphql: GraphQL, name: str) -> None:
    assert graphql.refused(BOMBS[name])[0] == V
    assert graphql("{album_by_pk(id: 1){id}}") == {"album_by_pk": {"id": 1}}
