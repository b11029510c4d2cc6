"""Spreads of to-many relationships (docs/dialects/rest.md section 8)."""

import json

import pytest
from rest_client import Rest

ROCK = {"title": "Let There Be Rock", "artist_id": 1, "name": "AC/DC"}


def test_names_that_mean_nothing_are_refused(rest: Rest) -> None:
    """R8-2, R8-1"""
    assert rest.error("/artist?select=name,...album(nope)") == (400, "42703")
    assert rest.error("/artist?select=name,...nope(id)") == (400, "PGRST200")


def test_columns_become_lists_in_one_order(rest: Rest) -> None:
    """R8-2"""
    query = "/artist?id=in.(1,2,8,25)&order=id&select=name,album(id,title)&album.order=title.desc"
    wanted = [
        {
            "name": row["name"],
            "titles": [one["title"] for one in row["album"]],
            "id": [one["id"] for one in row["album"]],
        }
        for row in rest.rows(query)
    ]
    query = "/artist?id=in.(1,2,8,25)&order=id&select=name,...album(titles:title,id)&album.order=title.desc"
    assert rest.rows(query) == wanted
    assert wanted[-1]["titles"] == []


def test_limits_and_filters_of_the_spread(rest: Rest) -> None:
    """R8-2"""
    query = "/album?id=eq.1&select=...track(name)&track.order=id&track.limit=2&track.id=gt.1"
    names = [row["name"] for row in rest.rows("/track?album_id=eq.1&id=gt.1&order=id&limit=2&select=name")]
    assert rest.rows(query) == [{"name": names}]


def test_spreads_within_it(rest: Rest) -> None:
    """R8-2"""
    nested = rest.rows(
        "/artist?id=in.(1,25)&order=id&select=album(id,track(id,name))&album.order=id&album.track.order=id"
    )
    found = rest.rows(
        "/artist?id=in.(1,25)&order=id&select=...album(id,...track(tracks:id,names:name))&album.order=id&album.track.order=id"
    )
    assert found == [
        {
            "id": [album["id"] for album in row["album"]],
            "tracks": [[track["id"] for track in album["track"]] for album in row["album"]],
            "names": [[track["name"] for track in album["track"]] for album in row["album"]],
        }
        for row in nested
    ]
    lines = rest.rows("/track?album_id=eq.1&order=id&select=genre(name)")
    [album] = rest.rows("/album?id=eq.1&select=title,...track(...genre(genres:name))&track.order=id")
    assert album["genres"] == [row["genre"]["name"] for row in lines]


def test_within_a_to_one_spread_without_a_row(rest: Rest) -> None:
    """R8-2, R8-1"""
    query = "/employee?id=in.(1,2)&order=id&select=id,...reports_to(boss:last_name,...customer(customers:id))"
    assert rest.rows(query) == [
        {"id": 1, "boss": None, "customers": []},
        {"id": 2, "boss": "Adams", "customers": []},
    ]


def test_lists_of_rows_that_are_not_there(rest: Rest) -> None:
    """R8-2, R12-3: also within a to-many spread, and where nulls are left out"""
    query = "/employee?id=in.(1,2)&order=id&select=id,...reports(...manager(mine:id,...customers(customer_ids:id)))"
    assert rest.rows(f"{query}&reports.manager.id=eq.1") == [
        {"id": 1, "mine": [1, 1], "customer_ids": [[], []]},
        {"id": 2, "mine": [None] * 3, "customer_ids": [[], [], []]},
    ]
    stripped = "application/vnd.pgrst.array+json;nulls=stripped"
    query = "/employee?id=eq.1&select=id,...manager(boss:id,...customers(customers:id))"
    assert rest.rows(query, accept=stripped) == [{"id": 1, "customers": []}]


@pytest.mark.parametrize("accept", ["application/vnd.pgrst.array+json;nulls=stripped", "application/json"])
def test_nulls_stay_in_lists(rest: Rest, accept: str) -> None:
    """R8-2"""
    query = "/album?id=eq.2&select=id,...track(composer,...genre(genre:name))"
    assert rest.rows(query, accept=accept) == [{"id": 2, "composer": [None], "genre": ["Rock"]}]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/album?id=eq.1&select=title,...artist(title:name)", {"title": "AC/DC"}),
        (
            "/album?id=eq.1&select=...artist(title:name),title",
            {"title": "For Those About To Rock We Salute You"},
        ),
        ("/album?id=eq.4&select=*,...artist(*)", {**ROCK, "id": 1}),
        ("/album?id=eq.4&select=...artist(*),*", {**ROCK, "id": 4}),
        ("/album?id=eq.1&select=artist(name),artist:title", {"artist": "For Those About To Rock We Salute You"}),
        ("/album?id=eq.1&select=artist:title,artist(name)", {"artist": {"name": "AC/DC"}}),
        ("/album?id=eq.1&select=a:artist(id),a:artist(name)", {"a": {"name": "AC/DC"}}),
        ("/track?id=eq.1&select=name,...album(title,...artist(title:name,name))", {"title": "AC/DC", "name": "AC/DC"}),
        ("/track?id=eq.1&select=...album(...artist(x:name),x:id),x:name",
         {"x": "For Those About To Rock (We Salute You)"}),
        ("/artist?id=eq.1&select=name,...album(name:title)&album.order=id",
         {"name": ["For Those About To Rock We Salute You", "Let There Be Rock"]}),
    ],
)  # fmt: skip
def test_of_two_keys_the_later_one_counts(rest: Rest, path: str, wanted: object) -> None:
    """R8-3"""
    answer = rest.get(path)
    assert answer.status_code == 200, answer.text
    [row] = json.loads(answer.text, object_pairs_hook=_once)
    assert row == wanted


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)
