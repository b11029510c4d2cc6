"""Numbers as texts, by ``stringify_numerics`` (G10.1-23)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from graphql_client import GraphQL, serving

from engine.test_types import KEY, store
from engine.test_types import typed as typed_database
from engine.typed import Sample, typed_app
from gemel.app import App
from gemel.settings import Settings

typed = typed_database


@pytest.fixture
def texts(chinook: Settings, chinook_app: App) -> Iterator[GraphQL]:
    with serving(chinook.model_copy(update={"stringify_numerics": True}), chinook_app) as made:
        yield made


def test_numbers_that_could_be_rounded_are_texts(typed: Settings) -> None:
    """G10.1-23: bigint, numeric and double precision; whole numbers, smallint and real stay numbers."""
    store(typed, Sample(id=KEY, big=9007199254740993, exact="1.100", double=0.1, small=3, single=0.5))
    query = "{sample {big exact double small single free}}"
    wanted = {"big": "9007199254740993", "exact": "1.100", "double": "0.1", "small": 3, "single": 0.5, "free": None}
    app = replace(typed_app(), name="engine")  # a package, to look for resolvers in
    for stringify in (True, False):
        with serving(typed.model_copy(update={"stringify_numerics": stringify}), app) as graphql:
            [row] = json.loads(graphql.text(query), parse_float=float)["data"]["sample"]
            assert row == (wanted if stringify else {**wanted, "big": 9007199254740993, "exact": 1.1, "double": 0.1})


def test_aggregates_over_them_too(texts: GraphQL) -> None:
    """G10.1-23"""
    query = """{ track_aggregate(where: {album_id: {_eq: 1}}) {
        aggregate { count sum { unit_price milliseconds } max { unit_price } avg { unit_price } }
        groups(by: unit_price) { key { unit_price } aggregate { count } } } }"""
    found: Any = texts(query)["track_aggregate"]
    assert found["aggregate"]["sum"] == {"unit_price": "9.90", "milliseconds": 2400415}
    assert found["aggregate"]["max"] == {"unit_price": "0.99"}
    assert (found["aggregate"]["count"], float(found["aggregate"]["avg"]["unit_price"])) == (10, 0.99)
    assert found["groups"] == [{"key": {"unit_price": "0.99"}, "aggregate": {"count": 10}}]


def test_what_is_returned_and_what_is_given(texts: GraphQL) -> None:
    """G10.1-23, G10.2-3: texts come out, texts and numbers go in."""
    for price in ("1.50", 1.5):
        query = """mutation($price: numeric!) { update_track_by_pk(pk_columns: {id: 1}, _set: {unit_price: $price})
            { unit_price album { tracks(where: {unit_price: {_eq: "1.5"}}) { id unit_price } } } }"""
        found = texts(query, price=price)["update_track_by_pk"]
        assert found == {"unit_price": "1.50", "album": {"tracks": [{"id": 1, "unit_price": "1.50"}]}}
