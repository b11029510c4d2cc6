"""A pattern that needs longer than the universe lasts ends with its statement, and holds up nobody meanwhile."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from asker import Asker, asking
from gemel.app import App
from gemel.settings import Settings

CRUEL = "^(a|a)+$"
TEXT = "a" * 40 + "!"


@pytest.fixture
def asker(chinook: Settings, chinook_app: App) -> Iterator[Asker]:
    with asking(chinook.model_copy(update={"statement_timeout": 1.0}), chinook_app) as found:
        found.rest("POST", "/artist", {"id": 900, "name": TEXT})
        yield found


@pytest.mark.parametrize("operator", ["_regex", "_iregex", "_nregex", "_similar"])
def test_a_cruel_pattern_ends(asker: Asker, operator: str) -> None:
    pattern = "(a|a)+" if operator == "_similar" else CRUEL
    query = f"query ($p: String) {{ artist(where: {{id: {{_eq: 900}}, name: {{{operator}: $p}}}}) {{ id }} }}"
    began = time.monotonic()
    found = asker.graphql(query, p=pattern)
    assert time.monotonic() - began < 3
    if "errors" in found:
        assert found["errors"][0]["extensions"]["code"] == "time-limit-exceeded"
    else:  # PostgreSQL knows how to do it
        assert found["data"]["artist"] == ([{"id": 900}] if operator == "_nregex" else [])


def test_others_are_served_meanwhile(asker: Asker) -> None:
    async def both() -> tuple[float, int]:
        client = asker.rest_client
        cruel = asyncio.create_task(client.get("http://localhost/rest/v1/artist", params={"name": f"match.{CRUEL}"}))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert (await client.get("http://localhost/rest/v1/genre?limit=1")).status_code == 200
        waited = time.monotonic() - began
        return waited, (await cruel).status_code

    waited, status = asker.runner.run(both())
    assert waited < 0.5
    assert status in (200, 504)
