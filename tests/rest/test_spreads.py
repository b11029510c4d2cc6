"""Spreads of to-many relationships (docs/dialects/rest.md section 8)."""

import pytest
from rest_client import Rest


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


@pytest.mark.parametrize("accept", ["application/vnd.pgrst.array+json;nulls=stripped", "application/json"])
def test_nulls_stay_in_lists(rest: Rest, accept: str) -> None:
    """R8-2"""
    query = "/album?id=eq.2&select=id,...track(composer,...genre(genre:name))"
    assert rest.rows(query, accept=accept) == [{"id": 2, "composer": [None], "genre": ["Rock"]}]
