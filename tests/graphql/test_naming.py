"""Names and types of what is made from a table, as introspection tells them (docs/dialects/graphql.md, 1.1 and 2)."""

from typing import Any

import pytest
from graphql import GraphQLSchema, build_client_schema, get_introspection_query
from graphql_client import GraphQL


@pytest.fixture(scope="module")
def schema(graphql: GraphQL) -> GraphQLSchema:
    return build_client_schema(graphql(get_introspection_query(descriptions=True)))


def fields(schema: GraphQLSchema, name: str) -> dict[str, str]:
    """Types of the members of a type, as they are written."""
    found: Any = schema.type_map[name]
    return {field: str(member.type) for field, member in found.fields.items()}


def values(schema: GraphQLSchema, name: str) -> set[str]:
    found: Any = schema.type_map[name]
    return set(found.values)


def test_what_is_not_there(schema: GraphQLSchema) -> None:
    """G5.2-5, G8-5, G1.1-1: no operators of other dialects, no aggregates without a column that fits."""
    for name in ("_ne", "_null", "_between"):
        assert name not in fields(schema, "Int_comparison_exp")
    assert {"_gt", "_gte", "_lt", "_lte"} <= fields(schema, "String_comparison_exp").keys()
    assert "playlist_track_by_id" not in fields(schema, "query_root")
    assert not {"Album", "albums", "artists"} & schema.type_map.keys()
    assert "title" not in fields(schema, "album_sum_fields")


def test_root_fields(schema: GraphQLSchema) -> None:
    """G1.1-3, G1.1-6, G1.1-8, G3-5"""
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert (schema.query_type.name, schema.mutation_type.name) == ("query_root", "mutation_root")
    queries, mutations = schema.query_type.fields, schema.mutation_type.fields
    for name in ("album", "playlist_track", "invoice_line"):
        assert str(queries[name].type) == f"[{name}!]!"
        assert str(queries[f"{name}_by_pk"].type) == name
        assert str(queries[f"{name}_aggregate"].type) == f"{name}_aggregate!"
        for verb in ("insert", "update", "delete"):
            assert str(mutations[f"{verb}_{name}"].type) == f"{name}_mutation_response"
        for one in (f"insert_{name}_one", f"update_{name}_by_pk", f"delete_{name}_by_pk"):
            assert str(mutations[one].type) == name
    keys = queries["playlist_track_by_pk"].args
    assert {key: str(argument.type) for key, argument in keys.items()} == {"playlist_id": "Int!", "track_id": "Int!"}


def test_arguments(schema: GraphQLSchema) -> None:
    """G1.1-10, G1.1-11, G1.1-12, G1.1-15: their types by name, which clients declare variables with."""
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    listed = {name: str(argument.type) for name, argument in schema.query_type.fields["album"].args.items()}
    assert listed == {
        "after": "String",
        "distinct_on": "[album_select_column!]",
        "first": "Int",
        "limit": "Int",
        "offset": "Int",
        "order_by": "[album_order_by!]",
        "where": "album_bool_exp",
    }
    changed = {name: str(arg.type) for name, arg in schema.mutation_type.fields["update_album_by_pk"].args.items()}
    assert changed["pk_columns"] == "album_pk_columns_input!"
    assert changed["_set"] == "album_set_input"
    assert {"id", "title", "artist_id"} <= values(schema, "album_select_column")
    assert {"asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last"} == values(
        schema, "order_by"
    )
    assert fields(schema, "album_order_by")["tracks_aggregate"] == "track_aggregate_order_by"
    assert fields(schema, "track_aggregate_order_by")["max"] == "track_max_order_by"
    assert fields(schema, "album_bool_exp")["_and"] == "[album_bool_exp!]"
    assert fields(schema, "album_bool_exp")["title"] == "String_comparison_exp"


def test_rows_and_their_relations(schema: GraphQLSchema) -> None:
    """G1.1-1, G1.1-2, G1.1-4, G1.1-5, G2-1, G2-2, G2-3, G10.1-1, G10.1-8, G10.1-22"""
    album, employee = fields(schema, "album"), fields(schema, "employee")
    assert (album["id"], album["title"], album["artist_id"]) == ("Int!", "String!", "Int!")
    assert fields(schema, "track")["composer"] == "String"
    assert (album["artist"], album["tracks"], album["tracks_aggregate"]) == ("artist!", "[track!]!", "track_aggregate!")
    assert (employee["manager"], employee["reports"]) == ("employee", "[employee!]!")


def test_aggregates(schema: GraphQLSchema) -> None:
    """G1.1-13, G1.1-17, G8-1"""
    assert fields(schema, "track_aggregate") == {
        "aggregate": "track_aggregate_fields", "nodes": "[track!]!", "groups": "[track_group!]!",
    }  # fmt: skip
    assert fields(schema, "track_aggregate_fields")["sum"] == "track_sum_fields"
    assert fields(schema, "track_sum_fields")["unit_price"] == "numeric"
    assert fields(schema, "track_avg_fields")["milliseconds"] == "Float"
    assert fields(schema, "track_mutation_response") == {"affected_rows": "Int!", "returning": "[track!]!"}


def test_descriptions(schema: GraphQLSchema) -> None:
    """G10.5-3"""
    assert schema.query_type is not None
    assert schema.query_type.fields["album"].description == 'fetch data from the table: "album"'
