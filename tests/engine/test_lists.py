"""Lists as parameters: whatever their members are, the database is given those."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal_column

from engine.asking import asc, compare, inserted, query, run, select, write_to
from gemel.app import App
from gemel.errors import DatabaseError
from gemel.request import Mutation, Operator
from gemel.serve import Engine
from gemel.settings import Settings
from gemel.sql.lists import list_of, list_text

ALPHABET = st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("\x01\x1d\x1e\x1f")
ARRAY = str(list_of(literal_column("%(text)s"), "text"))
EVERYTHING = "".join(map(chr, [*range(1, 0xD800), *range(0xE000, 0x110000)]))


@pytest.fixture(scope="module")
def server(postgresql_server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_server) as connection:
        yield connection


@settings(max_examples=200)
@given(items=st.lists(st.none() | st.text(ALPHABET), max_size=12))
def test_the_server_takes_apart_what_was_put_together(server: psycopg.Connection, items: list[str | None]) -> None:
    assert server.execute(f"SELECT {ARRAY}", {"text": list_text(items)}).fetchone() == (items,)


def test_members_with_the_usual_separators_are_written_and_found(chinook: Settings, chinook_app: App) -> None:
    members = ["", "NULL", "\x1e", "\x1f", "\x1f\x1e\x1f", EVERYTHING[:31], '{"a,b"}', "\\"]
    write, rows = inserted("genre", *({"name": name} for name in members), at=0)
    asked = query("genre", select("name", where=compare("name", Operator.IN, 0), order=(asc("id"),)))

    async def written_and_found(engine: Engine) -> str:
        await write_to(engine, Mutation((write,)), [rows])
        (answer,) = await engine.read(engine.prepare("admin", asked), [members])
        return answer.body

    assert [row["name"] for row in json.loads(run(chinook, chinook_app, written_and_found))] == members


def test_a_list_of_every_character_is_refused() -> None:
    assert list_text([EVERYTHING[3:]])[:3] == "\x01\x02\x01"
    with pytest.raises(DatabaseError, match="no character to separate them by") as refused:
        list_text([EVERYTHING])
    assert refused.value.sqlstate == "54000"
