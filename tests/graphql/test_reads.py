"""Filters, sorting, nested lists, aggregates: compared with what the data files say (G2 to G8)."""

from collections import Counter, defaultdict
from decimal import Decimal
from statistics import fmean, pstdev, stdev, variance
from typing import Any

import pytest
from graphql_client import GraphQL, table

from gemel.app import App

Row = dict[str, Any]


def ids(rows: list[Row]) -> list[int]:
    return [row["id"] for row in rows]


@pytest.fixture(scope="module")
def tracks(chinook_app: App) -> list[Row]:
    return table(chinook_app, "track")


@pytest.fixture(scope="module")
def albums(chinook_app: App) -> list[Row]:
    return table(chinook_app, "album")


# --- filters -----------------------------------------------------------------

FILTERS: list[tuple[str, Any]] = [
    ("{}", lambda row: True),
    ("{_and: []}", lambda row: True),
    ("{_or: []}", lambda row: False),
    ("{_not: {}}", lambda row: False),
    ("{_not: {_or: []}}", lambda row: True),
    ("{name: {}}", lambda row: True),
    ("{genre_id: {_eq: 1}}", lambda row: row["genre_id"] == 1),
    ("{genre_id: {_neq: 1}}", lambda row: row["genre_id"] not in (1, None)),
    ("{milliseconds: {_gt: 300000, _lt: 310000}}", lambda row: 300000 < row["milliseconds"] < 310000),
    ("{milliseconds: {_gte: 343719, _lte: 343719}}", lambda row: row["milliseconds"] == 343719),
    ("{id: {_in: []}}", lambda row: False),
    ("{id: {_nin: []}}", lambda row: True),
    ("{composer: {_nin: []}}", lambda row: True),
    ("{id: {_in: [3, 1, 3]}}", lambda row: row["id"] in (1, 3)),
    ("{composer: {_in: [\"U2\"]}}", lambda row: row["composer"] == "U2"),
    ("{composer: {_nin: [\"U2\"]}}", lambda row: row["composer"] not in ("U2", None)),
    ("{composer: {_is_null: true}}", lambda row: row["composer"] is None),
    ("{composer: {_is_null: false}}", lambda row: row["composer"] is not None),
    ("{_not: {composer: {_eq: \"U2\"}}}", lambda row: row["composer"] not in ("U2", None)),
    ("{name: {_like: \"The %\"}}", lambda row: row["name"].startswith("The ")),
    ("{name: {_like: \"the %\"}}", lambda row: row["name"].startswith("the ")),
    ("{name: {_nlike: \"%a%\"}}", lambda row: "a" not in row["name"]),
    ("{name: {_ilike: \"%LOVE%\"}}", lambda row: "love" in row["name"].lower()),
    ("{composer: {_nilike: \"%a%\"}}", lambda row: row["composer"] and "a" not in row["composer"].lower()),
    ("{name: {_like: \"%\\\\%%\"}}", lambda row: "%" in row["name"]),
    ("{name: {_similar: \"(The|An) %\"}}", lambda row: row["name"].startswith(("The ", "An "))),
    ("{name: {_nsimilar: \"%e%\"}}", lambda row: "e" not in row["name"]),
    ("{name: {_regex: \"^Z\"}}", lambda row: row["name"].startswith("Z")),
    ("{name: {_nregex: \"[a-z]\"}}", lambda row: not any("a" <= c <= "z" for c in row["name"])),
    ("{name: {_iregex: \"^z\"}}", lambda row: row["name"][0] in "zZ"),
    ("{name: {_niregex: \"e\"}}", lambda row: "e" not in row["name"].lower()),
    ("{name: {_iregex: \"^(?!t)\"}}", lambda row: row["name"][0] not in "tT"),
    ("{unit_price: {_eq: 1.99}}", lambda row: row["unit_price"] == Decimal("1.99")),
    ("{unit_price: {_gt: \"0.99\"}}", lambda row: row["unit_price"] > Decimal("0.99")),
    ("{_or: [{id: {_eq: 1}}, {id: {_eq: 2}}], _and: [{id: {_gt: 1}}]}", lambda row: row["id"] == 2),
]  # fmt: skip


@pytest.mark.parametrize("where", [where for where, _ in FILTERS])
def test_filter(graphql: GraphQL, tracks: list[Row], where: str) -> None:
    """G5.1-1, G5.1-2, G5.1-3, G5.2-1, G5.2-2, G5.2-3, G5.2-4, G5.3-1, G5.3-2, G5.3-3, G5.3-4, G5.3-5"""
    fits = dict(FILTERS)[where]
    found = graphql(f"{{track(where: {where}, order_by: {{id: asc}}) {{id}}}}")["track"]
    assert ids(found) == [row["id"] for row in tracks if fits(row)]


def test_filters_through_relations(graphql: GraphQL, tracks: list[Row], albums: list[Row]) -> None:
    """G5.5-1, G5.5-2, G5.5-3"""

    def found(where: str) -> list[int]:
        return ids(graphql(f"{{album(where: {where}, order_by: {{id: asc}}) {{id}}}}")["album"])

    of = defaultdict(list)
    for track in tracks:
        of[track["album_id"]].append(track)
    every = [row["id"] for row in albums]
    assert found("{artist: {}}") == every
    assert found("{tracks: {}}") == [key for key in every if of[key]]
    assert found("{_not: {tracks: {}}}") == [key for key in every if not of[key]]
    long = [key for key in every if any(t["milliseconds"] > 1_000_000 for t in of[key])]
    assert found("{tracks: {milliseconds: {_gt: 1000000}}}") == long
    rock = [key for key in every if all(t["genre_id"] == 1 for t in of[key])]
    assert found("{_not: {tracks: {_not: {genre_id: {_eq: 1}}}}}") == rock
    same = [key for key in every if any(t["genre_id"] == 1 and t["milliseconds"] < 100_000 for t in of[key])]
    assert found("{tracks: {genre_id: {_eq: 1}, milliseconds: {_lt: 100000}}}") == same
    mixed = [
        key for key in every if any(t["genre_id"] == 1 for t in of[key]) and any(t["genre_id"] == 2 for t in of[key])
    ]
    assert found("{_and: [{tracks: {genre_id: {_eq: 1}}}, {tracks: {genre_id: {_eq: 2}}}]}") == mixed
    assert found("{tracks: {genre_id: {_eq: 1}, _and: {genre_id: {_eq: 2}}}}") == []


def test_filter_through_self_and_many_to_many_relations(graphql: GraphQL) -> None:
    """G5.5-5"""
    query = '{employee(where: {manager: {manager: {last_name: {_eq: "Adams"}}}}, order_by: {id: asc}) {last_name}}'
    names = [row["last_name"] for row in graphql(query)["employee"]]
    assert names == ["Peacock", "Park", "Johnson", "King", "Callahan"]
    query = '{playlist(where: {tracks: {name: {_eq: "Intro"}}}, order_by: {id: asc}) {id tracks(limit: 1) {id}}}'
    assert graphql(query)["playlist"]


# --- sorting -----------------------------------------------------------------


def test_nulls_are_placed(graphql: GraphQL, tracks: list[Row]) -> None:
    """G6-1, G6-2, G6-3, G6-4, G6-5"""

    def found(direction: str) -> list[int]:
        return ids(graphql(f"{{track(order_by: [{{composer: {direction}}}, {{id: asc}}]) {{id}}}}")["track"])

    nulls = [row["id"] for row in tracks if row["composer"] is None]
    rest = sorted((row for row in tracks if row["composer"] is not None), key=lambda row: (row["composer"], row["id"]))
    up = [row["id"] for row in rest]
    assert found("asc") == found("asc_nulls_last") == up + nulls
    assert found("asc_nulls_first") == nulls + up
    rest.sort(key=lambda row: row["composer"], reverse=True)
    down = [row["id"] for row in rest]
    assert found("desc") == found("desc_nulls_first") == nulls + down
    assert found("desc_nulls_last") == down + nulls


def test_order_by_relations_and_aggregates(graphql: GraphQL, tracks: list[Row], albums: list[Row]) -> None:
    """G6-6, G6-9, G6-10"""
    lengths: dict[int, list[int]] = defaultdict(list)
    for track in tracks:
        lengths[track["album_id"]].append(track["milliseconds"])
    keys = "[{tracks_aggregate: {count: desc}}, {tracks_aggregate: {max: {milliseconds: asc}}}, {id: asc}]"
    query = f"{{album(order_by: {keys}) {{id}}}}"
    expected = sorted(albums, key=lambda a: (-len(lengths[a["id"]]), max(lengths[a["id"]]), a["id"]))
    assert ids(graphql(query)["album"]) == ids(expected)
    by_artist = "{track(order_by: [{album: {artist: {name: desc}}}, {id: asc}], limit: 3) {album {artist {name}}}}"
    assert graphql(by_artist)["track"][0]["album"]["artist"]["name"] == "Zeca Pagodinho"
    no_manager_first = graphql("{employee(order_by: [{manager: {id: desc}}, {id: asc}]) {id reports_to}}")["employee"]
    assert no_manager_first[0]["reports_to"] is None
    assert len(no_manager_first) == 8


def test_keys_of_one_object_sort_in_the_order_written(graphql: GraphQL, tracks: list[Row]) -> None:
    """G6-7"""
    expected = sorted(tracks, key=lambda row: (row["media_type_id"], -row["id"]))
    assert ids(graphql("{track(order_by: {media_type_id: asc, id: desc}) {id}}")["track"]) == ids(expected)
    expected = sorted(tracks, key=lambda row: (row["unit_price"], row["milliseconds"], row["id"]))
    order = [{"unit_price": "asc", "milliseconds": "asc"}, {"id": "asc"}]
    found = graphql("query($o: [track_order_by!]) {track(order_by: $o) {id}}", o=order)["track"]
    assert ids(found) == ids(expected)


def test_distinct_on(graphql: GraphQL, albums: list[Row]) -> None:
    """G7-1, G7-2"""
    last: dict[int, Row] = {}
    for row in sorted(albums, key=lambda row: row["title"]):
        last[row["artist_id"]] = row
    query = "{album(distinct_on: artist_id, order_by: [{artist_id: asc}, {title: desc}], limit: 50) {id}}"
    assert ids(graphql(query)["album"]) == [last[key]["id"] for key in sorted(last)][:50]
    assert len(graphql("{album(distinct_on: [artist_id]) {artist_id}}")["album"]) == len(last)


# --- nested ------------------------------------------------------------------


def test_arguments_of_nested_lists_hold_per_parent(graphql: GraphQL, albums: list[Row]) -> None:
    """G2-3"""
    query = """{ artist(limit: 60, order_by: {name: asc}) { id
        albums(order_by: {title: desc}, limit: 2, offset: 1, where: {id: {_gt: 5}}) { id }
        albums_aggregate(where: {title: {_ilike: "%live%"}}) { aggregate { count } nodes { title } } } }"""
    for artist in graphql(query)["artist"]:
        own = sorted((a for a in albums if a["artist_id"] == artist["id"]), key=lambda a: a["title"], reverse=True)
        assert ids(artist["albums"]) == [a["id"] for a in own if a["id"] > 5][1:3]
        live = [a for a in own if "live" in a["title"].lower()]
        assert artist["albums_aggregate"]["aggregate"]["count"] == len(live)
        assert len(artist["albums_aggregate"]["nodes"]) == len(live)


def test_object_relations_and_missing_ones(graphql: GraphQL) -> None:
    query = "{employee(order_by: {id: asc}, limit: 2) {full_name manager {id manager {id}} reports {id}}}"
    boss, second = graphql(query)["employee"]
    assert boss["manager"] is None
    assert second["manager"] == {"id": 1, "manager": None}
    assert boss["full_name"] == "Andrew Adams"
    assert {row["id"] for row in boss["reports"]} == {2, 6}


def test_by_key(graphql: GraphQL) -> None:
    """G3-5"""
    assert graphql("{album_by_pk(id: 0) {id}}") == {"album_by_pk": None}
    query = "{playlist_track_by_pk(playlist_id: 1, track_id: 3402) {playlist_id track {id}}}"
    assert graphql(query) == {"playlist_track_by_pk": {"playlist_id": 1, "track": {"id": 3402}}}
    assert graphql("{playlist_track_by_pk(playlist_id: 2, track_id: 3402) {track_id}}") == {
        "playlist_track_by_pk": None
    }


def test_computed_columns(graphql: GraphQL, tracks: list[Row]) -> None:
    """G14-1, G2-5: read, filtered and sorted by, not written."""
    count = Counter(row["album_id"] for row in tracks)
    query = "{album(where: {track_count: {_gte: 20}}, order_by: [{track_count: desc}, {id: asc}]) {id track_count}}"
    expected = sorted((key for key in count if count[key] >= 20), key=lambda key: (-count[key], key))
    assert [(row["id"], row["track_count"]) for row in graphql(query)["album"]] == [(k, count[k]) for k in expected]
    assert graphql('{customer(where: {full_name: {_eq: "Helena Holý"}}) {id}}') == {"customer": [{"id": 6}]}
    refused = graphql.refused('mutation {update_customer(where: {}, _set: {full_name: "x"}) {affected_rows}}')
    assert refused[2] == "field 'full_name' not found in type: 'customer_set_input'"


# --- aggregates --------------------------------------------------------------


def test_aggregates(graphql: GraphQL, tracks: list[Row]) -> None:
    """G8-1, G8-2, G8-3, G8-9, G8-10"""
    query = """{ track_aggregate(where: {genre_id: {_eq: 1}}) { aggregate { count
        composers: count(columns: composer) different: count(columns: [composer], distinct: true)
        pairs: count(columns: [composer, album_id], distinct: true) same: count(distinct: true)
        sum { milliseconds unit_price } avg { milliseconds } max { name milliseconds unit_price } min { name id }
        stddev { milliseconds } stddev_samp { milliseconds } stddev_pop { milliseconds }
        variance { milliseconds } var_samp { milliseconds } var_pop { milliseconds } } } }"""
    rock = [row for row in tracks if row["genre_id"] == 1]
    lengths = [row["milliseconds"] for row in rock]
    found = graphql(query)["track_aggregate"]["aggregate"]
    assert found["count"] == found["same"] == len(rock)
    assert found["composers"] == sum(row["composer"] is not None for row in rock)
    assert found["different"] == len({row["composer"] for row in rock} - {None})
    pairs = {(row["composer"], row["album_id"]) for row in rock}  # a row value is not null, whatever is in it
    assert found["pairs"] == len(pairs)
    assert found["sum"] == {"milliseconds": sum(lengths), "unit_price": sum(row["unit_price"] for row in rock)}
    assert found["max"]["milliseconds"] == max(lengths)
    assert found["max"]["name"] == max(row["name"] for row in rock)
    assert found["min"] == {"name": min(row["name"] for row in rock), "id": min(ids(rock))}
    assert float(found["avg"]["milliseconds"]) == pytest.approx(fmean(lengths))
    for name in ("stddev", "stddev_samp"):
        assert float(found[name]["milliseconds"]) == pytest.approx(stdev(lengths))
    for name in ("variance", "var_samp"):
        assert float(found[name]["milliseconds"]) == pytest.approx(variance(lengths))
    assert float(found["stddev_pop"]["milliseconds"]) == pytest.approx(pstdev(lengths))
    assert float(found["var_pop"]["milliseconds"]) == pytest.approx(pstdev(lengths) ** 2)


def test_aggregates_over_nothing(graphql: GraphQL) -> None:
    """G8-6"""
    query = "{track_aggregate(where: {id: {_lt: 0}}) {aggregate {count sum {bytes} max {name} avg {id}} nodes {id}}}"
    assert graphql(query)["track_aggregate"] == {
        "aggregate": {"count": 0, "sum": {"bytes": None}, "max": {"name": None}, "avg": {"id": None}},
        "nodes": [],
    }


def test_aggregates_are_made_of_the_rows_that_are_left(graphql: GraphQL, albums: list[Row]) -> None:
    """G8-7, G7-2"""
    assert graphql("{album_aggregate(limit: 10) {aggregate {count}}}")["album_aggregate"]["aggregate"]["count"] == 10
    assert graphql("{album_aggregate(offset: 340) {aggregate {count}}}")["album_aggregate"]["aggregate"]["count"] == 7
    distinct = graphql("{album_aggregate(distinct_on: artist_id) {aggregate {count}}}")["album_aggregate"]
    assert distinct["aggregate"]["count"] == len({row["artist_id"] for row in albums})
    query = "{album_aggregate(order_by: {id: desc}, limit: 2) {aggregate {max {id} min {id}} nodes {id}}}"
    assert graphql(query)["album_aggregate"] == {
        "aggregate": {"max": {"id": 347}, "min": {"id": 346}},
        "nodes": [{"id": 347}, {"id": 346}],
    }


def test_numbers_and_moments_are_printed_as_stored(graphql: GraphQL) -> None:
    """G10.1-6, G10.1-12, G10.1-24"""
    text = graphql.text("{invoice_by_pk(id: 1) {total invoice_date}}")
    assert text == '{"data":{"invoice_by_pk":{"total":1.98,"invoice_date":"2007-01-01T00:00:00"}}}'
    assert graphql.text("{track_by_pk(id: 1) {unit_price}}") == '{"data":{"track_by_pk":{"unit_price":0.99}}}'
