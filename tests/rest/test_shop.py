"""Reads of what Chinook does not have (docs/dialects/rest.md sections 1, 4, 6 and 7)."""

from collections.abc import Iterator

import pytest
from rest_client import Rest, serving
from shop import shop_app

from conftest import KINDS
from databases import empty_of

ITEMS = "/order%20items"


@pytest.fixture(scope="module", params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    folder = tmp_path_factory.mktemp("shop")
    with empty_of(request.param, request, folder) as settings, serving(settings, shop_app(settings)) as client:
        yield client


def ids(rest: Rest, query: str) -> list[int]:
    return [row["id"] for row in rest.rows(f"{ITEMS}?select=id&order=id&{query}")]


# --- refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("data->>kind::text=eq.box", (400, "PGRST100")),
        ("price->x=eq.1", (404, "42883")),
        ("data->>kind->x=eq.1", (404, "42883")),
        ("data=cs.{", (400, "22P02")),
        ("select=data->>a->b", (404, "42883")),
    ],
)
def test_what_means_nothing(shop: Rest, query: str, error: tuple[int, str]) -> None:
    """R4-1, R4-14, R6-4"""
    assert shop.error(f"{ITEMS}?{query}") == error


@pytest.mark.parametrize("operator", ["sl", "sr", "nxr", "nxl", "adj", "ov", "cs", "cd"])
def test_ranges_are_postgresql_alone(shop: Rest, operator: str) -> None:
    """R4-14, R4-15, R4-16"""
    answer = shop.get(f"{ITEMS}?span={operator}.[20,30)&select=id&order=id")
    wanted = {"sl": [1], "sr": [3], "nxr": [1, 2], "nxl": [2, 3], "adj": [1, 3], "ov": [2], "cs": [2], "cd": [2]}
    if shop.engine.settings.is_postgresql:
        assert [row["id"] for row in answer.json()] == wanted[operator]
    else:
        assert answer.status_code in (400, 404)
        assert answer.json()["code"] in ("PGRST127", "42883")


def test_search_of_a_column_without_an_index(shop: Rest) -> None:
    """R4-13"""
    if shop.engine.settings.is_postgresql:
        assert ids(shop, "plain=fts.fox") == [1]
    else:
        assert shop.error(f"{ITEMS}?plain=fts.fox") == (400, "PGRST127")


# --- answered ------------------------------------------------------------------


def test_names_with_blanks_and_of_any_letters(shop: Rest) -> None:
    """R1-2"""
    assert len(shop.rows(ITEMS)) == 3
    assert shop.rows("/gr%C3%B6%C3%9Fe") == [{"item_id": 1, "wide": 4}]
    assert shop.rows("/größe?select=wide") == [{"wide": 4}]
    assert shop.rows(f"{ITEMS}/2?select=price") == {"price": 50}
    assert shop.error("/order%20item") == (404, "PGRST205")


def test_documents_in_filters(shop: Rest) -> None:
    """R4-1"""
    assert ids(shop, "data->>kind=eq.box") == [1, 3]
    assert ids(shop, "data->age=gt.20") == [1, 3]
    assert ids(shop, "data->>age=gt.20") == [1, 2]
    assert ids(shop, "data->>on=eq.true") == [1]
    assert ids(shop, "data->parts->-1->>n=eq.2") == [1]
    assert ids(shop, "data->parts->0->n=eq.1") == [1]
    assert ids(shop, "data->deep->>a-b=eq.x") == [1]
    assert ids(shop, "or=(data->>kind.eq.bag,data->age.eq.100)") == [2, 3]
    assert ids(shop, "data->>deep=is.null") == [2, 3]
    assert ids(shop, "tags->>0=eq.old") == [2]
    assert [row["id"] for row in shop.rows(f"{ITEMS}?select=id&order=data->age.desc")] == [3, 1, 2]


def test_documents_in_select(shop: Rest) -> None:
    """R6-4"""
    path = f"{ITEMS}/1?select=data->>kind,data->deep->a-b,data->parts->0,n:data->parts->1->n,data->>age,data->on"
    assert shop.rows(path) == {"kind": "box", "a-b": "x", "parts": {"n": 1}, "n": 2, "age": "30", "on": True}
    assert shop.rows(f"{ITEMS}/1?select=tags->1,data->nothing->>at") == {"tags": "red", "at": None}


def test_what_contains_what(shop: Rest) -> None:
    """R4-14, R4-15"""
    assert ids(shop, "tags=cs.{new}") == [1]
    assert ids(shop, "tags=cd.{new,red,old}") == [1, 2, 3]
    assert ids(shop, "tags=ov.{red,old}") == [1, 2]
    assert ids(shop, 'data=cs.{"kind":"box","parts":[{"n":2}]}') == [1]
    assert ids(shop, 'data->deep=cd.{"a-b":"x","c":1}') == [1]
    assert ids(shop, 'data=not.cs.{"kind":"box"}') == [2]


def test_text_search(shop: Rest) -> None:
    """R4-13"""
    assert ids(shop, "words=fts.fox") == [1, 3]
    assert ids(shop, "words=fts.fox %26 dog") == [3]
    assert ids(shop, "words=plfts.brown fox") == [1]
    assert ids(shop, "words=phfts.lazy dogs") == [2]
    assert ids(shop, "words=wfts.fox -dog") == [1]
    assert ids(shop, "words=not.fts.fox") == [2]
    if shop.engine.settings.is_postgresql:
        assert ids(shop, "words=fts(english).dogs") == [2, 3]


def test_one_to_one_in_both_directions(shop: Rest) -> None:
    """R7-3"""
    assert shop.rows(f"{ITEMS}?select=id,größe(wide)&order=id&limit=2") == [
        {"id": 1, "größe": {"wide": 4}},
        {"id": 2, "größe": None},
    ]
    assert shop.rows("/größe?select=item:order items(id)") == [{"item": {"id": 1}}]


def test_keys_of_two_columns(shop: Rest) -> None:
    """R7-5"""
    assert shop.rows("/shelf?select=room,number,order items(id)&order=room,number&order items.order=id") == [
        {"room": "a", "number": 1, "order items": [{"id": 1}, {"id": 2}]},
        {"room": "a", "number": 2, "order items": []},
        {"room": "b", "number": 1, "order items": [{"id": 3}]},
    ]
    assert shop.rows(f"{ITEMS}/3?select=shelf(room,number)") == {"shelf": {"room": "b", "number": 1}}


def test_views_have_the_relations_that_they_declare(shop: Rest) -> None:
    """R7-6"""
    path = "/room_view?select=room,shelves,stands(number)&order=room&stands.order=number"
    assert shop.rows(path) == [
        {"room": "a", "shelves": 2, "stands": [{"number": 1}, {"number": 2}]},
        {"room": "b", "shelves": 1, "stands": [{"number": 1}]},
    ]
    assert shop.error("/room_view?select=order items(id)") == (400, "PGRST200")


def test_joins_of_the_models(shop: Rest) -> None:
    """R7-10"""
    assert shop.rows("/shelf?select=number,cheap_items(id)&room=eq.a&order=number") == [
        {"number": 1, "cheap_items": [{"id": 1}]},
        {"number": 2, "cheap_items": []},
    ]
    assert len(shop.rows("/shelf?select=room,cheap_items!inner()")) == 2


def test_a_relation_of_the_models_replaces_the_one_that_is_detected(shop: Rest) -> None:
    """R7-10"""
    assert shop.rows(f"{ITEMS}?select=shelf(room)&id=eq.1") == [{"shelf": {"room": "a"}}]
