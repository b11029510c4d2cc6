"""Writes: what is stored, what is given back, what is refused; the same on both databases."""

from dataclasses import dataclass
from typing import Any

import pytest

from engine.asking import asc, ask, compare, embed, inserted, query, run, select, write_to
from gemel.app import App
from gemel.errors import DatabaseError, Mismatch, WrongRowCount
from gemel.execute import Written
from gemel.request import (
    Aggregate,
    AllColumns,
    Assign,
    ColumnRef,
    Count,
    Delete,
    Mutation,
    Operator,
    Slot,
    Source,
    Update,
    Write,
)
from gemel.settings import Settings


@dataclass(frozen=True)
class New:
    """Rows to insert; their members are indexes into the values of the test."""

    table: str
    rows: tuple[dict[str, int], ...]
    more: dict[str, Any]


def change(settings: Settings, app: App, values: list[object], *writes: Write | New) -> tuple[Written, ...]:
    held, found = list(values), list[Write]()
    for item in writes:
        if not isinstance(item, New):
            found.append(item)
            continue
        rows = ({name: values[slot] for name, slot in row.items()} for row in item.rows)
        write, new = inserted(item.table, *rows, at=len(held), **item.more)
        held.append(new)
        found.append(write)
    return run(settings, app, lambda engine: write_to(engine, Mutation(tuple(found)), held))


def insert(table: str, *rows: dict[str, int], **more: Any) -> New:
    return New(table, rows, more)


def update(table: str, where: Any, assigned: dict[str, int], operator: Any = "set", **more: Any) -> Update:
    changes = tuple(Assign(ColumnRef(name), operator, Slot(slot)) for name, slot in assigned.items())
    return Update("u", Source("public", table), where, changes, **more)


def delete(table: str, where: Any, **more: Any) -> Delete:
    return Delete("d", Source("public", table), where, **more)


BY_ID = compare("id", Operator.EQ, 0)


def count(settings: Settings, app: App, table: str) -> str:
    return ask(settings, app, query(table, Aggregate((Count("n"),))))[0].body


def test_insert_gives_rows_back_in_the_order_given(chinook: Settings, chinook_app: App) -> None:
    returning = (select(AllColumns(), embed("artist", select("name"))),)
    rows = insert("album", {"title": 0, "artist_id": 1}, {"artist_id": 1, "title": 2}, returning=returning)
    done = change(chinook, chinook_app, ["B", "1", "A"], rows)
    assert done == (
        Written(
            2,
            (
                '[{"id":348,"title":"B","artist_id":1,"artist":{"name":"AC/DC"}},'
                '{"id":349,"title":"A","artist_id":1,"artist":{"name":"AC/DC"}}]',
            ),
            (),
            2,
        ),
    )


def test_update_gives_what_is_there_afterwards(chinook: Settings, chinook_app: App) -> None:
    done = change(
        chinook,
        chinook_app,
        ["1", "0.03", None],
        Update(
            "u",
            Source("public", "invoice"),
            BY_ID,
            (Assign(ColumnRef("total"), "inc", Slot(1)), Assign(ColumnRef("billing_city"), "set", Slot(2))),
            returning=(select("total", "billing_city"),),
        ),
    )
    assert done[0].bodies == ('[{"total":2.01,"billing_city":null}]',)


def test_update_may_change_the_key(chinook: Settings, chinook_app: App) -> None:
    where = compare("playlist_id", Operator.EQ, 0)
    changed = update("playlist_track", where, {"playlist_id": 1}, returning=(select(AllColumns()),))
    assert change(chinook, chinook_app, [18, 17], changed)[0].bodies == ('[{"playlist_id":17,"track_id":597}]',)


def test_delete_gives_what_was_there(chinook: Settings, chinook_app: App) -> None:
    where = compare("playlist_id", Operator.EQ, 0)
    gone = delete("playlist_track", where, returning=(select("track_id", embed("playlist", select("name"))),))
    done = change(chinook, chinook_app, [9], gone)
    assert done[0] == Written(1, ('[{"track_id":3402,"playlist":{"name":"Music Videos"}}]',), ())
    assert change(chinook, chinook_app, [9], gone)[0] == Written(0, ("[]",), ())


def test_nothing_to_set_does_nothing(chinook: Settings, chinook_app: App) -> None:
    assert change(chinook, chinook_app, [1], update("artist", BY_ID, {}, returning=(select("id"),)))[0] == Written(
        0, ("[]",), ()
    )


def test_numbers_are_rounded_to_the_scale(chinook: Settings, chinook_app: App) -> None:
    changed = update("invoice", BY_ID, {"total": 1}, returning=(select("total"),))
    assert change(chinook, chinook_app, [1, "1.005"], changed)[0].bodies == ('[{"total":1.01}]',)


REFUSED: list[tuple[Write | New, list[object], str, str, str | None]] = [
    (
        insert("album", {"title": 0, "artist_id": 1}),
        ["New", 99999],
        "23503",
        'insert or update on table "album" violates foreign key constraint "album_artist_id_fkey"',
        'Key (artist_id)=(99999) is not present in table "artist".',
    ),
    (
        insert("album", {"id": 0, "title": 1, "artist_id": 0}),
        [1, "New"],
        "23505",
        'duplicate key value violates unique constraint "album_pkey"',
        "Key (id)=(1) already exists.",
    ),
    (
        insert("playlist_track", {"playlist_id": 0, "track_id": 0}),
        [5],
        "23505",
        'duplicate key value violates unique constraint "playlist_track_pkey"',
        "Key (playlist_id, track_id)=(5, 5) already exists.",
    ),
    (
        insert("album", {"artist_id": 0}),
        [1],
        "23502",
        'null value in column "title" of relation "album" violates not-null constraint',
        None,
    ),
    (
        insert("genre", {}),
        [],
        "23502",
        'null value in column "name" of relation "genre" violates not-null constraint',
        None,
    ),
    (insert("genre", {"name": 0}), ["x" * 121], "22001", "value too long for type character varying(120)", None),
    (insert("genre", {"name": 0}), ["a\0"], "22021", 'invalid byte sequence for encoding "UTF8": 0x00', None),
    (
        delete("artist", BY_ID),
        [1],
        "23503",
        'update or delete on table "artist" violates foreign key constraint "album_artist_id_fkey" on table "album"',
        'Key (id)=(1) is still referenced from table "album".',
    ),
    (update("track", None, {"milliseconds": 0}, "inc"), [2147483647], "22003", "integer out of range", None),
    (
        update("invoice", BY_ID, {"total": 1}),
        [1, "123456789.5"],
        "22003",
        "numeric field overflow",
        "A field with precision 10, scale 2 must round to an absolute value less than 10^8.",
    ),
]


@pytest.mark.parametrize(("write", "values", "code", "text", "details"), REFUSED)
def test_what_the_database_refuses(
    write: Write | New,
    values: list[object],
    code: str,
    text: str,
    details: str | None,
    chinook: Settings,
    chinook_app: App,
) -> None:
    """R14-14, R22-25, R22-26"""
    table = write.table if isinstance(write, New) else write.source.table
    before = count(chinook, chinook_app, table)
    with pytest.raises(DatabaseError) as refused:
        change(chinook, chinook_app, values, write)
    assert (refused.value.sqlstate, refused.value.text, refused.value.details) == (code, text, details)
    assert count(chinook, chinook_app, table) == before


def test_all_writes_of_a_mutation_or_none(chinook: Settings, chinook_app: App) -> None:
    good, bad = insert("artist", {"name": 0}), insert("album", {"title": 0, "artist_id": 1})
    with pytest.raises(DatabaseError):
        change(chinook, chinook_app, ["New", 99999], good, bad)
    assert count(chinook, chinook_app, "artist") == '{"n":275}'


def test_more_rows_than_allowed_are_rolled_back(chinook: Settings, chinook_app: App) -> None:
    with pytest.raises(WrongRowCount) as refused:
        change(chinook, chinook_app, [], delete("invoice_line", None, most=3))
    assert refused.value == WrongRowCount(2240, most=True)
    with pytest.raises(WrongRowCount):
        change(chinook, chinook_app, [0], update("artist", compare("id", Operator.LT, 0), {"name": 0}, exactly=1))
    assert count(chinook, chinook_app, "invoice_line") == '{"n":2240}'


def test_computed_columns_are_read_only(chinook: Settings, chinook_app: App) -> None:
    with pytest.raises(Mismatch, match="full_name"):
        change(chinook, chinook_app, ["x"], update("customer", None, {"full_name": 0}))


def test_written_rows_are_read_by_others(chinook: Settings, chinook_app: App) -> None:
    change(chinook, chinook_app, ["Polka"], insert("genre", {"name": 0}))
    asked = query("genre", select("id", where=compare("name", Operator.EQ, 0), order=(asc("id"),)))
    assert ask(chinook, chinook_app, asked, ["Polka"])[0].body == '[{"id":26}]'
