"""The SQL of some requests, word for word: a change of it is meant, and seen in review.

``python tests/engine/test_sql.py`` is not needed to change it: the failing test prints the new text.
"""

from pathlib import Path

import pytest

from engine.asking import asc, compare, embed, measures, query, select
from gemel.app import App
from gemel.catalog import Catalog, read_catalog
from gemel.plan import plan_query
from gemel.policy import Access, Accesses, Policies
from gemel.request import Aggregate, And, Count, EmbedAggregate, Link, Not, Operator, Query, Related, Slot
from gemel.sql import Backend, PostgreSQL, SQLite, compile_query


def admin(catalog: Catalog) -> Access:
    return Accesses(catalog, Policies()).of("admin")


REQUESTS: dict[str, Query] = {
    "page": query("artist", select("name", order=(asc("name"),), limit=Slot(0), offset=Slot(1)), total=True),
    "tree": query(
        "artist",
        select("name", embed("albums", select("title", embed("tracks", select("name"), detect=False)))),
    ),
    "filter": query(
        "album",
        select(
            "id",
            where=And(
                (
                    Related(Link("artist"), compare("name", Operator.LIKE, 0)),
                    Not(compare("id", Operator.IN, 1)),
                    compare("title", Operator.NULL),
                )
            ),
        ),
    ),
    "aggregate": query(
        "customer", select("id", EmbedAggregate("n", Link("invoices"), Aggregate(measures(Count("count")))))
    ),
    "junction": query("playlist", select(embed("tracks", select("id", order=(asc("id"),), limit=Slot(0))))),
}
BACKENDS: dict[str, Backend] = {"postgresql": PostgreSQL(), "sqlite": SQLite()}
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", REQUESTS)
def test_sql(name: str, backend: str, chinook_app: App) -> None:
    statement = compile_query(BACKENDS[backend], plan_query(admin(read_catalog(chinook_app.mappers)), REQUESTS[name]))
    slots = ", ".join(str(item.slot) for item in statement.parameters)
    text = f"{statement.text}\n-- slots: {slots}\n"
    golden = GOLDEN / f"{name}.{backend}.sql"
    assert text == (golden.read_text(encoding="utf-8") if golden.exists() else ""), text


def test_values_never_enter_the_text(chinook_app: App) -> None:
    catalog = read_catalog(chinook_app.mappers)
    for backend in BACKENDS.values():
        asked = query("artist", select(embed("albums", select(), hint=None), where=compare("name", Operator.EQ, 0)))
        statement = compile_query(backend, plan_query(admin(catalog), asked))
        assert statement.bind([{}, "'; DROP TABLE artist; --"]) == ["'; DROP TABLE artist; --"]
        assert "DROP" not in statement.text
