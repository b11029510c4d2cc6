"""Variables: types by name, absent and null, defaults, single values for lists (G3, G10.2, G10.3)."""

import pytest
from graphql_client import GraphQL, problem

V = "validation-failed"
BY_ID = "query($id: Int!) {album_by_pk(id: $id) {id title}}"


def test_value_is_bound(graphql: GraphQL) -> None:
    assert graphql(BY_ID, id=1) == {"album_by_pk": {"id": 1, "title": "For Those About To Rock We Salute You"}}


def test_text_is_accepted_for_every_column(graphql: GraphQL) -> None:
    """G10.2-1"""
    assert graphql(BY_ID, id="1")["album_by_pk"]["id"] == 1
    assert graphql.refused(BY_ID, id="one")[0] == "data-exception"
    total = "query($t: numeric) {invoice(where: {total: {_eq: $t}}, limit: 1) {total}}"
    assert graphql(total, t="25.86") == graphql(total, t=25.86)
    since = "query($d: timestamp) {invoice_aggregate(where: {invoice_date: {_gte: $d}}) {aggregate {count}}}"
    assert graphql(since, d="2010-01-01")["invoice_aggregate"]["aggregate"]["count"] > 0


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("query($id: String!) {album_by_pk(id: $id) {id}}", "variable 'id' is declared as 'String!', but used where"),
        ("query($id: Int) {album_by_pk(id: $id) {id}}", "declared as 'Int', but used where 'Int!' is expected"),
        ("query($id: [Int!]!) {album_by_pk(id: $id) {id}}", "declared as '[Int!]!'"),
        ("query($id: Int!) {album(limit: $id, order_by: $id) {id}}", "where '[album_order_by!]' is expected"),
        ("query($id: Int!) {invoice(where: {total: {_gt: $id}}) {id}}", "where 'numeric' is expected"),
        ("query($id: Int!) {album(where: {id: {_in: $id}}) {id}}", "where '[Int!]' is expected"),
        ("query($id: Int) {album(where: {id: {_in: [$id]}}) {id}}", "where 'Int!' is expected"),
        ("query($id: artist_bool_exp) {album(where: $id) {id}}", "where 'album_bool_exp' is expected"),
        ("query($id: Int) {album @include(if: $id) {id}}", "where 'Boolean!' is expected"),
    ],
)
def test_declared_type_has_to_have_the_same_name(graphql: GraphQL, query: str, text: str) -> None:
    """G10.2-5, G10.2-6"""
    code, _, message = graphql.refused(query, id=1)
    assert code == V
    assert text in message


def test_place_of_a_variable_in_a_list_is_told(graphql: GraphQL) -> None:
    """G11.4-3, G10.2-6, G10.2-7"""
    query = "query($id: Int) {album(where: {id: {_in: [1, $id]}}) {id}}"
    assert graphql.refused(query, id=1)[1] == "$.selectionSet.album.args.where.id._in[1]"
    query = query.replace("$id: Int", "$id: Int!")
    assert graphql.refused(query, id=2**40)[:2] == ("parse-failed", "$.selectionSet.album.args.where.id._in[1]")


def test_nullable_variable_with_a_default_may_stand_where_null_may_not(graphql: GraphQL) -> None:
    query = "query($id: Int = 2) {album_by_pk(id: $id) {id}}"
    assert graphql(query)["album_by_pk"] == {"id": 2}
    assert graphql(query, id=3)["album_by_pk"] == {"id": 3}
    assert graphql.refused(query, id=None)[2] == "unexpected null value for type 'Int'"


@pytest.mark.parametrize(
    ("query", "variables", "path", "text"),
    [
        (BY_ID, {}, "$", 'expecting a value for non-nullable variable: "id"'),
        (BY_ID, {"id": None}, "$", 'null value found for non-nullable type: "Int!"'),
        ("query($id: Int! = 1) {album_by_pk(id: $id) {id}}", {"id": None}, "$", "null value found"),
        (BY_ID, {"id": 1, "x": 1}, "$.variableValues", "unexpected variables in variableValues: x"),
        ("query($x: Int) {album {id}}", {"x": 1}, "$.variableValues", "unexpected variables in variableValues: x"),
        ("{album(limit: $n) {id}}", {}, "$", 'unbound variable "n"'),
        ("query($n: Int, $n: Int) {album(limit: $n) {id}}", {}, "$", 'multiple definitions for variable "n"'),
        (
            "query($n: Int, $m: Int = $n) {album(limit: $m, offset: $n) {id}}",
            {},
            "$.query",
            "not a valid graphql query",
        ),
    ],
)
def test_values_have_to_fit_the_declarations(
    graphql: GraphQL, query: str, variables: dict[str, object], path: str, text: str
) -> None:
    """G10.3-1, G10.3-2, G10.3-7"""
    code, place, message = graphql.refused(query, **variables)
    assert (code, place) == (V, path)
    assert text in message


def test_declared_variable_may_be_unused_and_unset(graphql: GraphQL) -> None:
    assert graphql("query($x: Int) {album_by_pk(id: 1) {id}}") == {"album_by_pk": {"id": 1}}


def test_unset_variable_is_null(graphql: GraphQL) -> None:
    """G3-1, G10.3-4, G10.3-5: null in a filter is an error, null for an argument of a selection is none at all."""
    in_filter = "query($t: String) {album(where: {title: {_eq: $t}}) {id}}"
    assert graphql.refused(in_filter)[2] == "unexpected null value for type 'String'"
    assert graphql.refused(in_filter, t=None)[1] == "$.selectionSet.album.args.where.title._eq"
    arguments = """query($w: album_bool_exp, $o: [album_order_by!], $d: [album_select_column!], $l: Int, $s: Int) {
        album(where: $w, order_by: $o, distinct_on: $d, limit: $l, offset: $s) {id} }"""
    assert len(graphql(arguments)["album"]) == 347
    assert len(graphql(arguments, w=None, o=None, d=None, l=None, s=None)["album"]) == 347
    assert len(graphql("{album(where: null, order_by: null, distinct_on: null, limit: null) {id}}")["album"]) == 347


def test_null_directions_sort_by_nothing(graphql: GraphQL) -> None:
    """G6-8"""
    query = "query($o: [album_order_by!]) {album(order_by: $o, limit: 3) {id}}"
    order = [{"title": None}, {"artist": None}, {"tracks_aggregate": None}, {"id": "desc"}]
    assert [row["id"] for row in graphql(query, o=order)["album"]] == [347, 346, 345]


def test_defaults_of_the_header(graphql: GraphQL) -> None:
    """G10.2-7, G10.3-3"""
    query = """query($o: [album_order_by!] = {id: desc}, $l: Int = 2, $w: album_bool_exp = {id: {_lt: 10}}) {
        album(order_by: $o, limit: $l, where: $w) {id} }"""
    assert graphql(query) == {"album": [{"id": 9}, {"id": 8}]}
    assert graphql(query, l=1, o={"id": "asc"}) == {"album": [{"id": 1}]}
    assert graphql(query, l=1, w=None) == {"album": [{"id": 347}]}


@pytest.mark.parametrize("single", [False, True])
def test_single_value_for_a_list(graphql: GraphQL, single: bool) -> None:
    """G3-2: in literals and inside variables."""

    def one(value: object) -> object:
        return value if single else [value]

    query = """query($w: album_bool_exp, $o: [album_order_by!], $d: [album_select_column!]) {
        album(where: $w, order_by: $o, distinct_on: $d, limit: 2) {id artist_id} }"""
    where = {"_or": one({"id": {"_in": one(5)}}), "_and": one({})}
    found = graphql(query, w=where, o=one({"artist_id": "asc"}), d=one("artist_id"))
    assert found == {"album": [{"id": 5, "artist_id": 3}]}
    literal = "{album(where: {_or: {id: {_in: 5}}}, order_by: {artist_id: asc}, distinct_on: artist_id) {id artist_id}}"
    assert graphql(literal) == found


def test_variables_inside_literals(graphql: GraphQL) -> None:
    """G10.2-7"""
    query = """query($a: Int!, $t: String!, $o: order_by!, $e: album_bool_exp!) {
        album(where: {_or: [{id: {_in: [$a, 2]}}, {title: {_eq: $t}}, $e]}, order_by: {id: $o}) {id} }"""
    found = graphql(query, a=1, t="Big Ones", o="desc", e={"id": {"_eq": 7}})
    assert [row["id"] for row in found["album"]] == [7, 5, 2, 1]


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ({"id": {"_eq": None}}, V, ".id._eq"),
        ({"id": {"_eq": 2**31}}, "parse-failed", ".id._eq"),
        ({"id": {"_eq": 1.5}}, "parse-failed", ".id._eq"),
        ({"id": {"_in": [1, None]}}, V, ".id._in[1]"),
        ({"id": {"_in": [1, []]}}, V, ".id._in[1]"),
        ({"nope": {}}, V, ".nope"),
        ({"_and": [{}, {"id": 1}]}, V, "._and[1].id"),
        ([], V, ""),
        ("x", V, ""),
        ({"title": {"_is_null": "yes"}}, V, ".title._is_null"),
        ({"artist": {"name": {"_like": 1}}}, V, ".artist.name._like"),
    ],
)
def test_wrong_value_inside_a_variable(graphql: GraphQL, value: object, code: str, path: str) -> None:
    """G10.2-2, G5.7-1"""
    found = graphql.refused("query($w: album_bool_exp!) {album(where: $w) {id}}", w=value)
    assert found[:2] == (code, f"$.selectionSet.album.args.where{path}")


def test_wrong_value_is_found_on_a_cached_plan_too(graphql: GraphQL) -> None:
    """Values are checked on every request."""
    query = "query($i: Int!, $l: Int) {album(where: {id: {_gte: $i}}, limit: $l) {id}}"
    assert len(graphql(query, i=1, l=2)["album"]) == 2
    assert graphql.refused(query, i=2**40, l=2)[0] == "parse-failed"
    assert graphql.refused(query, i=True, l=2)[0] == V
    assert graphql.refused(query, i=1, l=-2)[2] == "unexpected negative value"
    assert graphql.refused(query, i=1, l="2")[0] == V
    assert len(graphql(query, i="340", l=None)["album"]) == 8


def test_offset_takes_digits(graphql: GraphQL) -> None:
    """G3-3, G3-4"""
    assert graphql('{album(order_by: {id: asc}, offset: "346") {id}}') == {"album": [{"id": 347}]}
    assert graphql("query($o: Int) {album(order_by: {id: asc}, offset: $o) {id}}", o="346")["album"] == [{"id": 347}]
    assert graphql("{album(limit: 0) {id}}") == {"album": []}


def test_enum_of_a_variable_is_checked(graphql: GraphQL) -> None:
    query = "query($o: order_by!) {album(order_by: {id: $o}, limit: 1) {id}}"
    assert graphql(query, o="desc")["album"] == [{"id": 347}]
    assert graphql(query, o="asc")["album"] == [{"id": 1}]
    assert "expected one of the values ['asc'" in graphql.refused(query, o="down")[2]
    assert graphql.refused(query, o=1)[0] == V


def test_a_variable_that_is_nested_too_deeply(graphql: GraphQL) -> None:
    """G11.4-4: also where the operation has a plan already."""
    query = "query($w: album_bool_exp) {album(where: $w, limit: 1) {id}}"
    assert len(graphql(query, w={"_not": {"id": {"_lt": 0}}})["album"]) == 1
    for depth in (120, 450, 900):
        where = '{"_not":' * depth + "{}" + "}" * depth
        body = f'{{"query": "{query}", "variables": {{"w": {where}}}}}'
        answer = graphql.request("POST", content=body.encode(), headers={"content-type": "application/json"})
        assert problem(answer) == (V, "$", "the operation is nested too deeply")
