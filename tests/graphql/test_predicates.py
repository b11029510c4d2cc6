"""Filters by what is computed over related rows (G5.6)."""

from typing import Any

import pytest
from graphql_client import GraphQL, table

from gemel.app import App

ALBUMS = "albums_aggregate"


def found(graphql: GraphQL, name: str, where: str) -> list[int]:
    return [row["id"] for row in graphql(f"{{{name}(where: {where}, order_by: {{id: asc}}) {{id}}}}")[name]]


@pytest.mark.parametrize(
    ("predicate", "told"),
    [
        ("{}", "exactly one predicate"),
        (
            "{count: {predicate: {_gt: 1}}, avg: {arguments: milliseconds, predicate: {_gt: 1}}}",
            "exactly one predicate",
        ),
        ("{average: {arguments: milliseconds, predicate: {_gt: 1}}}", "field 'average' not found"),
        ("{count: {}}", "missing required field 'predicate'"),
        ("{count: null}", "unexpected null|found null"),
        ("{count: {predicate: null}}", "unexpected null|found null"),
        ("{count: {predicate: {_eq: null}}}", "unexpected null"),
        ("{count: {predicate: {_gt: 1}, filter: null}}", "unexpected null|found null"),
        ("{sum: {predicate: {_gt: 1}}}", "missing required field 'arguments'"),
        ("{sum: {arguments: name, predicate: {_gt: 1}}}", "expected one of the values"),
        ("{corr: {arguments: {X: bytes}, predicate: {_gt: 1}}}", "missing required field 'Y'"),
        ("{bool_and: {arguments: id, predicate: {_eq: true}}}", "field 'bool_and' not found"),
    ],
)
def test_what_is_no_predicate_is_refused(graphql: GraphQL, predicate: str, told: str) -> None:
    """G5.6-2, G5.6-4, G5.6-5, G5.7-1"""
    code, _, message = graphql.refused(f"{{album(where: {{tracks_aggregate: {predicate}}}) {{id}}}}")
    assert code == "validation-failed"
    assert any(part in message for part in told.split("|"))


def test_counts(graphql: GraphQL, chinook_app: App) -> None:
    """G1.1-18, G5.6-1, G5.6-5"""
    albums = table(chinook_app, "album")
    artists = [row["id"] for row in table(chinook_app, "artist")]
    of: dict[int, list[Any]] = {key: [row for row in albums if row["artist_id"] == key] for key in artists}
    many = [key for key in artists if len(of[key]) >= 5]
    assert found(graphql, "artist", f"{{{ALBUMS}: {{count: {{predicate: {{_gte: 5}}}}}}}}") == many
    none = [key for key in artists if not of[key]]
    assert found(graphql, "artist", f"{{{ALBUMS}: {{count: {{predicate: {{_eq: 0}}}}}}}}") == none
    live = [key for key in artists if sum("live" in row["title"].lower() for row in of[key]) > 1]
    predicate = '{predicate: {_gt: 1}, filter: {title: {_ilike: "%live%"}}}'
    assert found(graphql, "artist", f"{{{ALBUMS}: {{count: {predicate}}}}}") == live
    parts = (f"{{{ALBUMS}: {{count: {{predicate: {test}}}}}}}" for test in ("{_gt: 2}", "{_lt: 5}"))
    several = f"{{_and: [{', '.join(parts)}]}}"
    assert found(graphql, "artist", several) == [key for key in artists if 2 < len(of[key]) < 5]


def test_distinct_counts_and_measures(graphql: GraphQL, chinook_app: App) -> None:
    """G5.6-1, G5.6-3"""
    tracks = table(chinook_app, "track")
    albums = [row["id"] for row in table(chinook_app, "album")]
    of: dict[int, list[Any]] = {key: [row for row in tracks if row["album_id"] == key] for key in albums}
    composers = [key for key in albums if len({row["composer"] for row in of[key]} - {None}) > 8]
    predicate = "{arguments: composer, distinct: true, predicate: {_gt: 8}}"
    assert found(graphql, "album", f"{{tracks_aggregate: {{count: {predicate}}}}}") == composers
    long = [key for key in albums if of[key] and sum(row["milliseconds"] for row in of[key]) / len(of[key]) > 1_000_000]
    predicate = "{arguments: milliseconds, predicate: {_gt: 1000000}}"
    assert found(graphql, "album", f"{{tracks_aggregate: {{avg: {predicate}}}}}") == long
    single = [key for key in albums if len(of[key]) == 1]
    predicate = "{arguments: milliseconds, predicate: {_is_null: true}}"
    assert found(graphql, "album", f"{{tracks_aggregate: {{var_samp: {predicate}}}}}") == single


def test_pairs_of_columns(graphql: GraphQL, chinook_app: App) -> None:
    """G5.6-3"""
    tracks = [row for row in table(chinook_app, "track") if row["album_id"] == 1]
    mean = [sum(row[name] for row in tracks) / len(tracks) for name in ("milliseconds", "bytes")]
    covariance = sum((row["milliseconds"] - mean[0]) * (row["bytes"] - mean[1]) for row in tracks) / (len(tracks) - 1)
    for function, low, high in (("covar_samp", covariance * 0.999, covariance * 1.001), ("corr", 0.99, 1.0)):
        for bounds, there in ((f"{{_gt: {low!r}, _lt: {high!r}}}", [1]), (f"{{_lt: {low!r}}}", [])):
            predicate = f"{{arguments: {{X: milliseconds, Y: bytes}}, predicate: {bounds}}}"
            where = f"{{id: {{_eq: 1}}, tracks_aggregate: {{{function}: {predicate}}}}}"
            assert found(graphql, "album", where) == there


def test_distinct_pairs_and_values(graphql: GraphQL, chinook_app: App) -> None:
    """G5.6-1, G5.6-3: ``distinct`` is there for every function, those of two columns too."""
    lines = table(chinook_app, "invoice_line")
    prices = {key: {row["unit_price"] for row in lines if row["invoice_id"] == key} for key in range(1, 413)}
    both = [key for key, different in prices.items() if len(different) > 1]
    assert both
    predicate = "{arguments: unit_price, distinct: true, predicate: {_gt: 2.97, _lt: 2.99}}"
    assert found(graphql, "invoice", f"{{lines_aggregate: {{sum: {predicate}}}}}") == both
    pairs = "{arguments: {X: unit_price, Y: quantity}, distinct: true, predicate: {_is_null: false}}"
    where = f"{{lines_aggregate: {{covar_samp: {pairs}}}}}"  # of one pair alone it is null
    assert found(graphql, "invoice", where) == both


def test_distinct_is_part_of_the_shape(graphql: GraphQL) -> None:
    """G5.6-1: in a variable it decides what is asked, so that two values of it are two plans."""
    query = "query($where: album_bool_exp) {album_aggregate(where: $where) {aggregate {count}}}"

    def count(distinct: bool) -> int:
        test = {"arguments": ["composer"], "distinct": distinct, "predicate": {"_gt": 8}}
        answer = graphql(query, where={"tracks_aggregate": {"count": test}})
        return int(answer["album_aggregate"]["aggregate"]["count"])

    assert count(True) < count(False)
    assert count(True) < count(False)
