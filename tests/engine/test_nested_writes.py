"""Rows that are written along a relation, and many rows at once; the same on both databases."""

import json
from typing import Any

import pytest

from engine.asking import ask, compare, embed, inserted, query, run, select, write_to
from gemel.app import App
from gemel.errors import DatabaseError, Mismatch
from gemel.execute import Written
from gemel.request import (
    Along,
    Assign,
    ColumnRef,
    Delete,
    Link,
    Mutation,
    NestedInsert,
    NewRow,
    Operator,
    RowShape,
    Slot,
    Source,
    Update,
    Write,
)
from gemel.settings import Settings

TITLE = RowShape((ColumnRef("title"),))


def change(settings: Settings, app: App, values: list[object], write: Write) -> Written:
    done: tuple[Written, ...] = run(settings, app, lambda engine: write_to(engine, Mutation((write,)), values))
    return done[0]


def artist(along: Along, *assignments: Assign, **more: Any) -> Update:
    """A change of the artist whose key slot 0 holds."""
    where = compare("id", Operator.EQ, 0)
    return Update("u", Source("public", "artist"), where, assignments, (along,), **more)


ALBUMS = select("name", embed("albums", select("title")))


def test_related_rows_are_deleted_changed_and_inserted(chinook: Settings, chinook_app: App) -> None:
    """Artist 1 has the albums 1, 4, 348 and 349. What is meant of another artist's album 5 is left alone."""
    first, rows = inserted("album", {"title": "One", "artist_id": 1}, {"title": "Two", "artist_id": 1}, at=0)
    change(chinook, chinook_app, [rows], first)
    albums = Source("public", "album")
    retitled = Assign(ColumnRef("title"), "set", Slot(3))
    along = Along(
        Link("albums"),
        deletes=(Delete("d", albums, compare("id", Operator.IN, 1)),),
        updates=(Update("u", albums, compare("id", Operator.IN, 2), (retitled,)),),
        insert=NestedInsert(Link("albums"), (TITLE,)),
        rows=Slot(4),
    )
    values = [1, [348, 5], [349, 348, 5], "Changed", (NewRow(0, ("New",)), NewRow(0, ("Newer",))), "Name"]
    write = artist(along, Assign(ColumnRef("name"), "set", Slot(5)), returning=(ALBUMS,))
    done = change(chinook, chinook_app, values, write)
    assert done.affected == 1 + 1 + 1 + 2
    (row,) = json.loads(done.bodies[0])
    assert row["name"] == "Name"
    titles = ["Changed", "For Those About To Rock We Salute You", "Let There Be Rock", "New", "Newer"]
    assert sorted(album["title"] for album in row["albums"]) == titles
    other = ask(chinook, chinook_app, query("album", select("title", where=compare("id", Operator.EQ, 0))), [5])
    assert other[0].body == '[{"title":"Big Ones"}]'


def test_a_row_that_is_referred_to_is_changed(chinook: Settings, chinook_app: App) -> None:
    renamed = Update("u", Source("public", "artist"), None, (Assign(ColumnRef("name"), "set", Slot(1)),))
    write = Update(
        "u", Source("public", "album"), compare("id", Operator.EQ, 0), (), (Along(Link("artist"), updates=(renamed,)),),
        (select("id", embed("artist", select("name"))),),
    )  # fmt: skip
    done = change(chinook, chinook_app, [1, "Renamed"], write)
    assert done.affected == 1
    assert done.bodies == ('[{"id":1,"artist":{"name":"Renamed"}}]',)
    assert (
        ask(chinook, chinook_app, query("artist", select("id", where=compare("name", Operator.EQ, 0))), ["Renamed"])[
            0
        ].body
        == '[{"id":1}]'
    )


def test_what_cannot_be_written_along_a_relation(chinook: Settings, chinook_app: App) -> None:
    insert = NestedInsert(Link("artist"), (RowShape((ColumnRef("name"),)),))
    write = Update("u", Source("public", "album"), None, (), (Along(Link("artist"), insert=insert, rows=Slot(0)),))
    with pytest.raises(Mismatch, match="refers to them"):
        change(chinook, chinook_app, [(NewRow(0, ("x",)),)], write)
    over = Along(Link("tracks"), deletes=(Delete("d", Source("public", "track"), None),))
    with pytest.raises(Mismatch, match="more than a foreign key"):
        change(chinook, chinook_app, [], Update("u", Source("public", "playlist"), None, (), (over,)))


def test_an_error_far_down_undoes_all(chinook: Settings, chinook_app: App) -> None:
    insert = NestedInsert(Link("albums"), (RowShape((ColumnRef("id"), ColumnRef("title"))),))
    along = Along(Link("albums"), insert=insert, rows=Slot(1))
    write = artist(along, Assign(ColumnRef("name"), "set", Slot(2)))
    with pytest.raises(DatabaseError) as refused:
        change(chinook, chinook_app, [1, (NewRow(0, (1, "x")),), "Name"], write)
    assert refused.value.sqlstate == "23505"
    found = ask(chinook, chinook_app, query("artist", select("name", where=compare("id", Operator.EQ, 0))), [1])
    assert found[0].body == '[{"name":"AC/DC"}]'


def test_fifty_thousand_rows(chinook: Settings, chinook_app: App) -> None:
    """No limit of rows or parameters (docs/decisions.md, 10)."""
    write, rows = inserted("playlist", *({"name": f"n{number}"} for number in range(50_000)), at=0)
    done = change(chinook, chinook_app, [rows], write)
    assert (done.affected, done.inserted) == (50_000, 50_000)


def test_the_place_of_a_bad_value_is_told(chinook: Settings, chinook_app: App) -> None:
    write, rows = inserted("genre", *({"name": f"n{number}"} for number in range(3)), at=0)
    placed = tuple(NewRow(0, ("x" * 121 if number == 1 else "a",), at=("rows", number)) for number in range(len(rows)))
    with pytest.raises(DatabaseError) as refused:
        change(chinook, chinook_app, [placed], write)
    assert refused.value.sqlstate == "22001"
    assert refused.value.at == (() if chinook.is_postgresql else ("rows", 1, "name"))
