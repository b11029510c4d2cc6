"""Text search: PostgreSQL's own, and on SQLite an FTS5 table that the model names."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from rest_client import Rest, serving

from engine.test_search import app, notes
from gemel.settings import Settings

notes_database = notes


@pytest.fixture
def searched(notes_database: Settings) -> Iterator[Rest]:
    with serving(notes_database, replace(app(), name="engine")) as made:
        yield made


def test_the_four_searches(searched: Rest, notes_database: Settings) -> None:
    """R4-13"""
    assert searched.error("/note?body=fts(simple).fox %26") == (400, "42601")
    assert searched.error("/note?id=fts.1")[0] in (400, 404)
    if not notes_database.is_postgresql:
        assert searched.error("/note?plain=fts.fox") == (400, "PGRST127")
    for filtered, wanted in (
        ("body=fts(simple).fox %26 !quick", [2]),
        ("body=plfts(simple).dog fox", [1, 2]),
        ("body=phfts(simple).brown fox", [1]),
        ("body=wfts(simple).fox -quick", [2]),
        ("body=not.wfts(simple).fox", [3, 4]),
        ("or=(body.wfts(simple).coffee,title.wfts(simple).red)", [2, 3]),
    ):
        assert [row["id"] for row in searched.get(f"/note?select=id&order=id&{filtered}").json()] == wanted, filtered
