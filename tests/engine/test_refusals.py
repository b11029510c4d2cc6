"""What does not fit is refused, on both databases with PostgreSQL's own code and, where it is ours, its words."""

import pytest

from engine.asking import ask, column, compare, query, select
from gemel.app import App
from gemel.catalog import read_catalog
from gemel.errors import (
    AmbiguousRelation,
    DatabaseError,
    Denied,
    Mismatch,
    PlanError,
    UnknownColumn,
    UnknownRelation,
    UnknownTable,
)
from gemel.plan import plan_query
from gemel.policy import Access, Accesses
from gemel.request import (
    Aggregate,
    ColumnField,
    ColumnRef,
    Count,
    Embed,
    Link,
    Measure,
    MeasureGroup,
    Operator,
    OrderColumn,
    Query,
    Rows,
)
from gemel.settings import Settings

VALUES = [
    ("artist", "id", Operator.EQ, "abc", "22P02", 'invalid input syntax for type integer: "abc"'),
    ("artist", "id", Operator.EQ, 1.5, "22P02", 'invalid input syntax for type integer: "1.5"'),
    ("artist", "id", Operator.EQ, True, "22P02", 'invalid input syntax for type integer: "true"'),
    ("artist", "id", Operator.EQ, "", "22P02", 'invalid input syntax for type integer: ""'),
    ("artist", "id", Operator.EQ, {"a": 1}, "22P02", 'invalid input syntax for type integer: "{"a":1}"'),
    ("artist", "id", Operator.IN, ["1", "x"], "22P02", 'invalid input syntax for type integer: "x"'),
    ("artist", "id", Operator.EQ, 99999999999, "22003", 'value "99999999999" is out of range for type integer'),
    ("artist", "id", Operator.EQ, "9" * 5000, "22003", None),
    ("track", "unit_price", Operator.GT, "cheap", "22P02", 'invalid input syntax for type numeric: "cheap"'),
    ("invoice", "invoice_date", Operator.EQ, "once", "22007", 'invalid input syntax for type timestamp: "once"'),
    ("invoice", "invoice_date", Operator.EQ, "2020-13-01", "22008", 'date/time field value out of range: "2020-13-01"'),
    ("artist", "name", Operator.LIKE, "a\\", "22025", "LIKE pattern must not end with escape character"),
    ("artist", "name", Operator.ILIKE, "a\\", "22025", "LIKE pattern must not end with escape character"),
    ("artist", "name", Operator.REGEX, "(", "2201B", None),
    ("artist", "name", Operator.EQ, "a\0b", "22021", 'invalid byte sequence for encoding "UTF8": 0x00'),
    ("artist", "name", Operator.EQ, "\ud800", "22021", None),
]


@pytest.mark.parametrize(("table", "name", "operator", "value", "code", "text"), VALUES)
def test_a_value_that_does_not_fit(
    table: str,
    name: str,
    operator: Operator,
    value: object,
    code: str,
    text: str | None,
    chinook_read: Settings,
    chinook_app: App,
) -> None:
    with pytest.raises(DatabaseError) as refused:
        ask(chinook_read, chinook_app, query(table, select("id", where=compare(name, operator, 0))), [value])
    assert refused.value.sqlstate == code
    if text is not None:
        assert refused.value.text == text


def test_the_place_of_the_value_is_told(chinook_read: Settings, chinook_app: App) -> None:
    asked = query("artist", select("id", where=compare("id", Operator.EQ, 0, at=("where", "id"))))
    with pytest.raises(DatabaseError) as refused:
        ask(chinook_read, chinook_app, asked, [{}])
    assert refused.value.at in (("where", "id"), ())


NAMES: list[tuple[Query, type[PlanError], str]] = [
    (query("artists", select("id")), UnknownTable, "artists"),
    (query("artist", select("nam")), UnknownColumn, "nam"),
    (query("artist", select("id", where=compare("x", Operator.EQ, 0))), UnknownColumn, "x"),
    (query("artist", select(Embed("e", Link("genre", detect=True), select("id")))), UnknownRelation, "genre"),
    (query("artist", select(Embed("e", Link("album"), select("id")))), UnknownRelation, "album"),
    (query("track", select("id", where=compare("id", Operator.LIKE, 0))), Mismatch, "operator"),
    (query("track", select(ColumnField("k", ColumnRef("name", ("a",))))), Mismatch, "no places"),
    (query("track", select(column("name", "k", "no such type"))), Mismatch, "no such type"),
    (
        query("artist", select("id", order=(OrderColumn((Link("albums"),), ColumnRef("id"), False, False),))),
        Mismatch,
        "many-to-one",
    ),
    (
        query(
            "artist",
            select("id", distinct=(ColumnRef("name"),), order=(OrderColumn((), ColumnRef("id"), False, False),)),
        ),
        Mismatch,
        "distinct_on",
    ),
    (
        query("artist", Aggregate((Measure("a", (MeasureGroup("s", "sum", (column("name"),)),)),), Rows())),
        Mismatch,
        "sum",
    ),
    (query("artist", Aggregate((Count("c", (ColumnRef("nope"),)),))), UnknownColumn, "nope"),
]


def access(app: App, role: str = "admin") -> Access:
    return Accesses(read_catalog(app.mappers), app.policies).of(role)


@pytest.mark.parametrize(("asked", "kind", "text"), NAMES)
def test_a_name_that_means_nothing(asked: Query, kind: type[PlanError], text: str, chinook_app: App) -> None:
    with pytest.raises(kind, match=text):
        plan_query(access(chinook_app), asked)


def test_a_similar_table_is_suggested(chinook_app: App) -> None:
    with pytest.raises(UnknownTable) as refused:
        plan_query(access(chinook_app), query("artists", select("id")))
    assert refused.value.near == "artist"


def test_without_a_policy_other_roles_see_nothing(chinook_app: App) -> None:
    with pytest.raises(Denied):
        plan_query(access(chinook_app, "stranger"), query("artist", select("id")))


def test_an_ambiguous_embed_lists_its_candidates(chinook_app: App) -> None:
    asked = query("playlist_track", select(Embed("e", Link("playlist_track_nope", detect=True), select("id"))))
    with pytest.raises((UnknownRelation, AmbiguousRelation)):
        plan_query(access(chinook_app), asked)
