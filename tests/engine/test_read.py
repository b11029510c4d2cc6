"""Reads give the same text on both databases, and it is the right one."""

from typing import Any

import pytest

from engine.asking import asc, ask, column, compare, desc, embed, group, measures, query, select
from gemel.app import App
from gemel.request import (
    Aggregate,
    AllColumns,
    And,
    ColumnRef,
    Computed,
    Constant,
    Count,
    EmbedAggregate,
    Link,
    Nodes,
    Not,
    One,
    Operator,
    Or,
    OrderAggregate,
    OrderColumn,
    Query,
    Related,
    Root,
    Rows,
    Slot,
    Source,
)
from gemel.settings import Settings

LIMIT = {"order": (asc("id"),), "limit": Slot(0)}
CASES: dict[str, tuple[Query, list[object], str, int, int | None]] = {
    "page with total": (
        query("artist", select(AllColumns(), order=(asc("name"),), limit=Slot(0), offset=Slot(1)), total=True),
        [2, 2],
        '[{"id":230,"name":"Aaron Copland & London Symphony Orchestra"},{"id":202,"name":"Aaron Goldberg"}]',
        2,
        275,
    ),
    "nothing found": (query("artist", select("id", where=compare("id", Operator.EQ, 0))), [0], "[]", 0, None),
    "nested lists keep their own limit": (
        query(
            "artist",
            select(
                "name",
                embed("albums", select("title", embed("tracks", select("name", order=(desc("id"),), limit=Slot(1))))),
                where=compare("id", Operator.IN, 0),
                order=(asc("id"),),
            ),
        ),
        [["2"], 1],
        '[{"name":"Accept","albums":[{"title":"Balls to the Wall","tracks":[{"name":"Balls to the Wall"}]},'
        '{"title":"Restless and Wild","tracks":[{"name":"Princess of the Dawn"}]}]}]',
        1,
        None,
    ),
    "many to many, declared": (
        query("playlist", select(embed("tracks", select("name")), where=compare("id", Operator.EQ, 0))),
        ["18"],
        '[{"tracks":[{"name":"Now\'s The Time"}]}]',
        1,
        None,
    ),
    "many to many, by table name": (
        query("playlist", select(embed("track", select("name"), detect=True), where=compare("id", Operator.EQ, 0))),
        [18],
        '[{"track":[{"name":"Now\'s The Time"}]}]',
        1,
        None,
    ),
    "one row by key": (
        query(
            "customer",
            One(
                (("id", Slot(0)),),
                (
                    column("full_name"),
                    Constant("__typename", "customer"),
                    embed("support_rep", select("birth_date", embed("manager", select("full_name")))),
                    EmbedAggregate(
                        "invoices_aggregate",
                        Link("invoices"),
                        Aggregate(
                            (
                                *measures(Count("count"), group("sum", "total"), group("max", "invoice_date")),
                                Nodes("nodes", (column("id"), column("total"))),
                            ),
                            Rows(order=(desc("total"), asc("id")), limit=Slot(1)),
                        ),
                    ),
                ),
            ),
        ),
        [1, 2],
        '{"full_name":"Luís Gonçalves","__typename":"customer","support_rep":{"birth_date":"1973-08-29T00:00:00",'
        '"manager":{"full_name":"Nancy Edwards"}},"invoices_aggregate":{"aggregate":{"count":2,"sum":{"total":22.77},'
        '"max":{"invoice_date":"2011-08-07T00:00:00"}},"nodes":[{"id":327,"total":13.86},{"id":382,"total":8.91}]}}',
        1,
        None,
    ),
    "no such row": (query("customer", One((("id", Slot(0)),), (column("id"),))), [0], "null", 1, None),
    "to-one without a row": (
        query("employee", One((("id", Slot(0)),), (embed("manager", select("id")),))),
        [1],
        '{"manager":null}',
        1,
        None,
    ),
    "a relation of a relation": (
        query(
            "artist",
            select(
                "name",
                where=And(
                    (
                        Related(
                            Link("albums"),
                            Related(
                                Link("tracks"),
                                And((compare("name", Operator.ILIKE, 0), Not(compare("composer", Operator.NULL)))),
                            ),
                        ),
                        Not(compare("name", Operator.LIKE, 1)),
                    )
                ),
                order=(asc("name"),),
                limit=Slot(2),
            ),
        ),
        ["%LOVE%", "A%", 2],
        '[{"name":"Buddy Guy"},{"name":"Chris Cornell"}]',
        2,
        None,
    ),
    "nulls where asked, then by a related column": (
        query(
            "track",
            select(
                "id",
                order=(
                    OrderColumn((), ColumnRef("composer"), True, False),
                    OrderColumn((Link("album"), Link("artist")), ColumnRef("name"), True, True),
                    asc("id"),
                ),
                limit=Slot(0),
            ),
        ),
        [2],
        '[{"id":817},{"id":819}]',
        2,
        None,
    ),
    "order by an aggregate": (
        query(
            "playlist",
            select(
                "id", order=(OrderAggregate((Link("tracks"),), "count", None, True, True), asc("id")), limit=Slot(0)
            ),
        ),
        [3],
        '[{"id":1},{"id":8},{"id":5}]',
        3,
        None,
    ),
    "rows by their keys, in that order": (
        query("genre", select("id", keys=Slot(0))),
        [[(7,), (25,), (999,), (1,)]],
        '[{"id":7},{"id":25},{"id":1}]',
        3,
        None,
    ),
    "rows by their keys, cut": (
        query(
            "playlist_track",
            select("track_id", where=compare("track_id", Operator.GT, 0), limit=Slot(1), keys=Slot(2)),
            total=True,
        ),
        [5, 2, [(3, 2857), (1, 5), (3, 2855), (1, 3402), (3, 2856), (8, 7)]],
        '[{"track_id":2857},{"track_id":2855}]',
        2,
        5,
    ),
    "rows by their keys, in another order": (
        query("genre", select("id", order=(desc("id"),), keys=Slot(0))),
        [[(7,), (25,), (1,)]],
        '[{"id":25},{"id":7},{"id":1}]',
        3,
        None,
    ),
    "distinct keeps the first of each": (
        query(
            "album",
            select(
                "title",
                distinct=(ColumnRef("artist_id"),),
                order=(asc("artist_id"), desc("title")),
                limit=Slot(0),
            ),
            total=True,
        ),
        [2],
        '[{"title":"Let There Be Rock"},{"title":"Restless and Wild"}]',
        2,
        204,
    ),
    "aggregates": (
        query(
            "track",
            Aggregate(
                measures(
                    Count("count"),
                    Count("some", (ColumnRef("composer"),)),
                    Count("different", (ColumnRef("composer"),), True),
                    Count("pairs", (ColumnRef("composer"), ColumnRef("genre_id")), True),
                    group("sum", "milliseconds", "unit_price"),
                    group("avg", "unit_price"),
                    group("stddev", "unit_price"),
                    group("min", "name"),
                ),
                Rows(compare("genre_id", Operator.GT, 0)),
            ),
        ),
        ["1"],
        '{"aggregate":{"count":2206,"some":1396,"different":558,"pairs":598,"sum":{"milliseconds":1010546714,'
        '"unit_price":2396.94},"avg":{"unit_price":1.0865548504079783},"stddev":{"unit_price":0.2954176234985229},'
        '"min":{"name":"\\"?\\""}}}',
        1,
        None,
    ),
    "aggregates over nothing": (
        query(
            "track",
            Aggregate(measures(Count("count"), group("sum", "milliseconds")), Rows(compare("id", Operator.LT, 0))),
        ),
        [0],
        '{"aggregate":{"count":0,"sum":{"milliseconds":null}}}',
        1,
        None,
    ),
    "aggregates over a page": (
        query("track", Aggregate(measures(Count("count")), Rows(limit=Slot(0), offset=Slot(1)))),
        [10, 3500],
        '{"aggregate":{"count":3}}',
        1,
        None,
    ),
    "several roots": (
        Query(
            (
                Root("a", Source("public", "genre"), select("name", **LIMIT)),
                Root("b", Source("public", "genre"), Aggregate(measures(Count("count")))),
            )
        ),
        [1],
        '[{"name":"Rock"}]',
        0,
        None,
    ),
    "a client's own key": (
        query(
            "album", select(embed("artist", select(column("name", 'x "y" \'?:%s')), detect=True, spread=True), **LIMIT)
        ),
        [1],
        '[{"x \\"y\\" \'?:%s":"AC/DC"}]',
        1,
        None,
    ),
    "spread without a row": (
        query("employee", select(embed("manager", select("id", "email"), spread=True), **LIMIT)),
        [1],
        '[{"id":null,"email":null}]',
        1,
        None,
    ),
    "nulls stripped": (
        query("track", select("name", "composer", embed("album", select("id")), strip_nulls=True, **LIMIT)),
        [2],
        '[{"name":"For Those About To Rock (We Salute You)","composer":"Angus Young, Malcolm Young, Brian Johnson",'
        '"album":{"id":1}},{"name":"Balls to the Wall","album":{"id":2}}]',
        2,
        None,
    ),
    "groups": (
        query(
            "track",
            select(
                "genre_id",
                Computed("count", "count"),
                Computed("ms", "avg", ColumnRef("milliseconds"), None, "int"),
                order=(asc("genre_id"),),
                limit=Slot(0),
            ),
            total=True,
        ),
        [2],
        '[{"genre_id":1,"count":1297,"ms":283910},{"genre_id":2,"count":130,"ms":291755}]',
        2,
        25,
    ),
    "casts": (
        query(
            "track",
            select(
                column("unit_price", "text", "text"),
                column("unit_price", "int", "int"),
                column("milliseconds", "ms", "text"),
                column("id", "flag", "bool"),
                **LIMIT,
            ),
        ),
        [1],
        '[{"text":"0.99","int":1,"ms":"343719","flag":true}]',
        1,
        None,
    ),
    "moments": (
        query(
            "invoice",
            select(
                "invoice_date",
                column("invoice_date", "day", "date"),
                where=compare("invoice_date", Operator.LTE, 1),
                **LIMIT,
            ),
        ),
        [9, "2007-01-02T00:00:00Z"],
        '[{"invoice_date":"2007-01-01T00:00:00","day":"2007-01-01"},{"invoice_date":"2007-01-02T00:00:00","day":"2007-01-02"}]',
        2,
        None,
    ),
    "patterns": (
        query(
            "artist",
            select(
                "name",
                where=And(
                    (
                        compare("name", Operator.IREGEX, 0),
                        compare("name", Operator.SIMILAR, 1),
                        compare("name", Operator.LIKE, 2, quantifier="any"),
                    )
                ),
                order=(asc("name"),),
            ),
        ),
        ["^a.*s$", "A%|B%", ["Al%", "X%"]],
        '[{"name":"Alice In Chains"}]',
        1,
        None,
    ),
    "like keeps case, and takes brackets as they are": (
        query(
            "track",
            Aggregate((Count("a"),), Rows(Or((compare("name", Operator.LIKE, 0), compare("name", Operator.LIKE, 1))))),
        ),
        ["%[live]%", "%\\%%"],
        '{"a":2}',
        1,
        None,
    ),
    "an empty list is false, and its negation true": (
        query("track", Aggregate((Count("n"),), Rows(Not(compare("genre_id", Operator.IN, 0))))),
        [[]],
        '{"n":3503}',
        1,
        None,
    ),
    "no conditions": (
        query("genre", Aggregate((Count("n"),), Rows(And((And(()), Not(Or(()))))))),
        [],
        '{"n":25}',
        1,
        None,
    ),
    "a row without fields": (query("genre", select(**LIMIT)), [2], "[{},{}]", 2, None),
}


@pytest.mark.parametrize("name", CASES)
def test_read(name: str, chinook_read: Settings, chinook_app: App) -> None:
    asked, values, body, rows, total = CASES[name]
    answer = ask(chinook_read, chinook_app, asked, values)[0]
    assert (answer.body, answer.rows, answer.total) == (body, rows, total)


def test_every_root_is_answered(chinook_read: Settings, chinook_app: App) -> None:
    asked, values, *_ = CASES["several roots"]
    assert [answer.body for answer in ask(chinook_read, chinook_app, asked, values)] == [
        '[{"name":"Rock"}]',
        '{"aggregate":{"count":25}}',
    ]


def test_a_server_cap_beats_a_larger_limit(chinook_read: Settings, chinook_app: App) -> None:
    asked = query("genre", select("id", order=(asc("id"),), limit=Slot(0), most=2))
    for given in (None, 1000, 2):
        assert ask(chinook_read, chinook_app, asked, [given])[0].rows == 2
    assert ask(chinook_read, chinook_app, asked, [1])[0].rows == 1


def test_wide_rows_have_no_limit(chinook_read: Settings, chinook_app: App) -> None:
    fields: list[Any] = [column("name", f"k{number}") for number in range(300)]
    answer = ask(chinook_read, chinook_app, query("genre", select(*fields, **LIMIT)), [1])[0]
    assert answer.body.count('"Rock"') == 300
