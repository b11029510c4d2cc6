"""How a change ends (docs/dialects/rest.md, sections 13 and 23)."""

from collections.abc import Iterator

import pytest
from rest_client import Rest, problem, serving

from gemel.app import App
from gemel.settings import Settings

ROCK = [{"id": 1, "name": "Rock"}]
CASES = [
    ("commit", "tx=rollback", True, ""),
    ("commit-allow-override", "tx=rollback", False, "tx=rollback"),
    ("commit-allow-override", "tx=commit", True, "tx=commit"),
    ("commit-allow-override", "", True, ""),
    ("rollback", "tx=commit", False, ""),
    ("rollback-allow-override", "", False, ""),
    ("rollback-allow-override", "tx=commit", True, "tx=commit"),
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]} {case[1]}")
def case(request: pytest.FixtureRequest) -> tuple[str, str, bool, str]:
    found: tuple[str, str, bool, str] = request.param
    return found


@pytest.fixture
def rest(chinook: Settings, chinook_app: App, case: tuple[str, str, bool, str]) -> Iterator[Rest]:
    with serving(chinook.model_copy(update={"rest_tx_end": case[0]}), chinook_app) as made:
        yield made


def test_the_answer_is_the_same_either_way(rest: Rest, case: tuple[str, str, bool, str]) -> None:
    """R13-8, R13-10, R23-9"""
    _, prefer, keep, applied = case
    header = ", ".join(filter(None, ["return=representation", prefer]))
    answer = rest("PATCH", "/genre?id=eq.1", {"name": "R"}, headers={"prefer": header})
    assert (answer.status_code, answer.json()) == (200, [{"id": 1, "name": "R"}])
    assert answer.headers["preference-applied"] == ", ".join(filter(None, ["return=representation", applied]))
    assert rest.rows("/genre?id=eq.1") == ([{"id": 1, "name": "R"}] if keep else ROCK)
    assert problem(rest("DELETE", "/artist?id=eq.1", headers={"prefer": prefer})) == (409, "23503")
    assert rest("GET", "/genre", headers={"prefer": prefer}).headers.get("preference-applied", "") == applied


def test_functions_end_the_same_way(rest: Rest, case: tuple[str, str, bool, str]) -> None:
    """R13-8, R17-5: the rows are as the function has made them, kept or not."""
    _, prefer, keep, applied = case
    path, given = "/rpc/rename_artist?select=name,album(id)&album.limit=1", {"artist_id": 1, "name": "Ac/Dc"}
    answer = rest("POST", path, given, headers={"prefer": prefer})
    assert (answer.status_code, answer.json()) == (200, {"name": "Ac/Dc", "album": [{"id": 1}]})
    assert answer.headers.get("preference-applied", "") == applied
    assert rest.rows("/artist?id=eq.1&select=name") == [{"name": "Ac/Dc" if keep else "AC/DC"}]
    moved = rest("POST", "/rpc/hand_over_customers", {"leaving": 3, "taking_over": 4}, headers={"prefer": prefer})
    assert (moved.status_code, moved.headers.get("preference-applied", "")) == (204, applied)
    assert (rest.rows("/customer?support_rep_id=eq.3") == []) is keep
    refused = rest("POST", "/rpc/hand_over_customers", {"leaving": 4, "taking_over": 99}, headers={"prefer": prefer})
    assert problem(refused) == (409, "23503")
    read = rest("POST", "/rpc/add_them", {"a": 1, "b": 2}, headers={"prefer": prefer})
    assert (read.json(), read.headers.get("preference-applied", "")) == (3, applied)
