"""What clients do: writes, introspection, own resolvers, batches, the page."""

import json
from collections.abc import Mapping

import pytest
from graphql import build_client_schema, execute_sync, get_introspection_query, parse
from graphql_client import GraphQL

from gemel_graphql.app import merged
from gemel_graphql.own.schema import read_own
from gemel_graphql.schema.build import generate
from gemel_graphql.schema.names import CONVENTIONS


def test_insert_update_delete(graphql_write: GraphQL) -> None:
    """G1.1-8, G1.1-15, G1.1-17, G9.1-2, G9.3-1, G9.3-2, G9.3-11, G9.4-1"""
    inserted = graphql_write(
        "mutation ($o: album_insert_input!) { insert_album_one(object: $o) { id title artist { name } } }",
        o={"title": "New", "artist_id": "1"},
    )
    album = inserted["insert_album_one"]
    assert album == {"id": 348, "title": "New", "artist": {"name": "AC/DC"}}
    changed = graphql_write(
        'mutation { update_album_by_pk(pk_columns: {id: 348}, _set: {title: "Newer"}) { title } '
        "update_invoice(where: {id: {_eq: 1}}, _inc: {total: 1}) { affected_rows returning { total } } }"
    )
    assert changed["update_album_by_pk"] == {"title": "Newer"}
    assert changed["update_invoice"]["affected_rows"] == 1
    deleted = graphql_write(
        "mutation { delete_album_by_pk(id: 348) { title } delete_album(where: {id: {_eq: 348}}) "
        "{ affected_rows returning { id } } }"
    )
    assert deleted == {
        "delete_album_by_pk": {"title": "Newer"},
        "delete_album": {"affected_rows": 0, "returning": []},
    }


def test_several_writes_are_one_transaction(graphql_write: GraphQL) -> None:
    """G9.1-1"""
    code, path, message = graphql_write.refused(
        'mutation { insert_artist_one(object: {name: "X"}) { id } '
        'insert_album_one(object: {title: "Y", artist_id: 99999}) { id } }'
    )
    assert "constraint-violation" in (code, path, message)
    count = graphql_write('{ artist_aggregate(where: {name: {_eq: "X"}}) { aggregate { count } } }')
    assert count == {"artist_aggregate": {"aggregate": {"count": 0}}}


def test_introspection_builds_a_client_schema(graphql: GraphQL) -> None:
    """G10.5-1, G1.1-3"""
    schema = build_client_schema(graphql(get_introspection_query()))
    for name in ("album_bool_exp", "album_insert_input", "album_order_by", "Int_comparison_exp", "track_sum_fields"):
        assert name in schema.type_map
    assert schema.query_type is not None
    assert schema.query_type.name == "query_root"


def test_all_there_is_is_told_four_times(graphql: GraphQL) -> None:
    """G10.5-5"""
    several = " ".join(f"a{number}: __schema {{ queryType {{ name }} }}" for number in range(4))
    assert graphql(f"{{ {several} }}") == {f"a{number}": {"queryType": {"name": "query_root"}} for number in range(4)}
    code, _, message = graphql.refused(f"{{ {several} b: __schema {{ queryType {{ name }} }} }}")
    assert (code, message) == ("validation-failed", "'__schema' may be asked for 4 times in an operation")


def test_long_questions_are_answered_as_short_ones(graphql: GraphQL) -> None:
    one = '__type(name: "album") { name fields { name } }'
    many = " ".join(f"a{number}: {one}" for number in range(200))
    assert set(map(str, graphql(f"{{ {many} }}").values())) == {str(graphql(f"{{ {one} }}")["__type"])}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (
            get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True),
            {},
        ),
        (
            '{ a: __type(name: "album") { x: name ...F name __typename } __type(name: "nope") { name } } '
            "fragment F on __Type { kind fields { name type { ...G } type { kind } } } fragment G on __Type { name }",
            {},
        ),
        (
            "query Q($n: String!, $no: Boolean!) { __type(name: $n) { name @skip(if: $no) kind @include(if: $no) "
            "enumValues(includeDeprecated: $no) { name isDeprecated } inputFields { name defaultValue } } }",
            {"n": "order_by", "no": True},
        ),
        (
            "{ __schema { mutationType { name } subscriptionType { name } "
            "directives { name args { defaultValue } } } }",
            {},
        ),
        ('{ __type(name: "artist") { fields { type { ofType { name ofType { name ofType { name } } } } } } }', {}),
    ],
)
def test_introspection_is_what_the_reference_implementation_says(
    graphql: GraphQL, query: str, variables: Mapping[str, object]
) -> None:
    """Character for character: keys in their order, merged fields, directives, defaults (G10.5)."""
    resolvers = graphql.engine.app.resolvers
    assert resolvers is not None
    generated = generate(graphql.engine.catalog, CONVENTIONS["hasura-default"])
    own = read_own(resolvers, generated.types)
    whole = merged(generated, own.of_admin if own is not None else None).whole()
    expected = execute_sync(whole, parse(query), variable_values=dict(variables))
    assert expected.errors is None
    answer = graphql.send({"query": query, "variables": variables})
    assert answer.text == json.dumps({"data": expected.data}, ensure_ascii=False, separators=(",", ":"))


def test_own_resolvers_return_objects_that_are_read_through_the_plan(graphql: GraphQL) -> None:
    found = graphql(
        "{ top_customers(limit: 2) { full_name invoices(limit: 1, order_by: {total: desc}) { total } } "
        "store_statistics { tracks customers } genre(limit: 1, order_by: {id: asc}) { name } }"
    )
    assert list(found) == ["top_customers", "store_statistics", "genre"]
    assert [customer["full_name"] for customer in found["top_customers"]] == ["Helena Holý", "Richard Cunningham"]
    assert found["store_statistics"] == {"tracks": 3503, "customers": 59}
    assert found["genre"] == [{"name": "Rock"}]


def test_variables_fragments_and_directives(graphql: GraphQL) -> None:
    found = graphql(
        "query Q($w: artist_bool_exp, $o: [artist_order_by!], $more: Boolean!) "
        "{ artist(where: $w, order_by: $o, limit: 1)"
        " { ...F id @include(if: $more) __typename } } fragment F on artist { name }",
        w={"albums": {"title": {"_ilike": "%rock%"}}},
        o={"name": "asc"},
        more=False,
    )
    assert found == {"artist": [{"name": "AC/DC", "__typename": "artist"}]}


def test_a_batch_is_answered_in_order(graphql: GraphQL) -> None:
    """G11.3-1"""
    answers = graphql.send([{"query": "{ genre_by_pk(id: 1) { name } }"}, {"query": "{ nope { id } }"}]).json()
    assert answers[0] == {"data": {"genre_by_pk": {"name": "Rock"}}}
    assert answers[1]["errors"][0]["extensions"]["code"] == "validation-failed"


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_the_page_loads_nothing_from_elsewhere(graphql: GraphQL, path: str) -> None:
    page = graphql.request("GET", path, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "GraphiQL" in page.text
    assert "https://" not in page.text
