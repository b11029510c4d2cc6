"""Questions and their answers (docs/dialects/rest.md, sections 3 to 9 and 30)."""

import pytest
from rest_client import Rest, problem


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("/track?milliseconds=gt.1000000&milliseconds=lt.2000000", None),
        ("/artist?name=eq.AC/DC", 1),
        ("/artist?name=eq.%22AC/DC%22", 0),
        ("/artist?name=in.(%22AC/DC%22,Accept)", 2),
        ("/artist?name=in.()", 0),
        ("/artist?name=not.in.()", 275),
        ("/track?composer=not.in.()", 2525),
        ("/track?composer=is.null", 978),
        ("/track?composer=IS.null", "PGRST100"),
        ("/track?composer=is.NULL", 978),
        ("/track?composer=eq.null", 0),
        ("/track?composer=neq.AC/DC", 2517),
        ("/track?composer=isdistinct.AC/DC", 3495),
        ("/artist?name=like.A*", None),
        ("/artist?name=like.a*", 0),
        ("/artist?name=ilike.a*", None),
        ("/artist?name=eq.A*", 0),
        ("/artist?name=match.^A.*DC$", 1),
        ("/artist?name=imatch.^a.*dc$", 1),
        ("/artist?name=like(any).{AC*,Acc*}", 2),
        ("/artist?name=like(all).{AC*,*DC}", 1),
        ("/artist?or=(id.eq.1,id.eq.2)", 2),
        ("/artist?and=(id.gt.1,id.lt.4)", 2),
        ("/artist?not.and=(id.gt.1,id.lt.4)", 273),
        ("/artist?or=(id.eq.1,and(id.gt.3,not.or(id.gt.5,id.eq.4)))", 2),
        ("/artist?or=(name.ilike.ac*,id.in.(2,3))", 8),
        ("/artist?or=(name.eq.%22AC/DC%22)", 1),
        ("/artist?id=eq.1&id=eq.2", 0),
        ("/track?milliseconds=gte.300000&composer=not.is.null", None),
        ("/track?name=ilike.*love*&genre_id=in.(1,3)", None),
        ("/track?unit_price=eq.0.99", 3290),
        ("/track?unit_price=eq.0.990", 3290),
        ("/invoice?invoice_date=eq.2007-01-01", 1),
        ("/invoice?invoice_date=gte.2007-01-01T00:00:00Z&invoice_date=lt.2007-01-03", 2),
    ],
)
def test_filters(rest: Rest, query: str, count: int | str | None) -> None:
    """R4-5, R3-3, R4-6, R4-7, R4-8, R4-9, R4-10, R4-11, R4-12, R4-17, R4-18, R4-19, R4-20, R5-2, R5-4, R5-5, R11-1"""
    answer = rest("HEAD" if not isinstance(count, str) else "GET", query, headers={"prefer": "count=exact"})
    if isinstance(count, str):
        assert problem(answer)[1] == count
        return
    assert answer.status_code == 200, answer.headers
    total = int(answer.headers["content-range"].partition("/")[2])
    assert total == count if count is not None else total > 0


def test_ignoring_case_reaches_beyond_ascii(rest: Rest) -> None:
    """R4-8"""
    assert (
        [row["name"] for row in rest.rows("/artist?name=ilike.antônio*&select=name")]
        == [row["name"] for row in rest.rows("/artist?name=ilike.ANTÔNIO*&select=name")]
        != []
    )


def test_renaming_and_casting(rest: Rest) -> None:
    """R6-2, R6-3"""
    assert rest.rows(
        "/track?id=eq.1&select=title:name,unit_price::text,ms:milliseconds::text,unit_price2:unit_price"
    ) == [
        {
            "title": "For Those About To Rock (We Salute You)",
            "unit_price": "0.99",
            "ms": "343719",
            "unit_price2": 0.99,
        }
    ]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("/track?select=id::nope", (400, "42704")),
        ("/track?select=titel", (400, "42703")),
        ("/track?order=titel", (400, "42703")),
        ("/track?titel=eq.1", (400, "42703")),
        ("/track?select=album(titel)", (400, "42703")),
        ("/track?select=album(id)&album.titel=eq.1", (400, "42703")),
        ("/track?page=2", (400, "PGRST100")),
        ("/track?id=", (400, "PGRST100")),
        ("/track?id=eq.x", (400, "22P02")),
        ("/track?id=eq.99999999999", (400, "22003")),
        ("/track?id=in.(1,x)", (400, "22P02")),
        ("/invoice?invoice_date=eq.x", (400, "22007")),
        ("/track?select=artist(name)", (400, "PGRST200")),
        ("/track?select=album!nope(title)", (400, "PGRST200")),
        ("/track?album.title=eq.x", (400, "PGRST108")),
        ("/album?select=track(id)&order=track(id)", (400, "PGRST118")),
        ("/album?name=is.true", (400, "42703")),
        ("/album?title=is.true", (400, "42804")),
        ("/album?select=count()", (400, "PGRST123")),
        ("/track?select=id&limit=-1", (416, "PGRST103")),
        ("/track/x", (400, "22P02")),
        ("/track/1,2", (400, "PGRST100")),
        ("/track/1?name=eq.x", (400, "PGRST100")),
        ("/track/1?limit=1", (400, "PGRST100")),
        ("/track/", (404, "PGRST125")),
        ("/track/1/2", (404, "PGRST125")),
        ("/nope/1", (404, "PGRST205")),
    ],
)
def test_refusals(rest: Rest, query: str, error: tuple[int, str]) -> None:
    """R1-6, R2-3, R2-5, R3-1, R3-5, R4-2, R6-3, R6-7, R7-12, R21-12, R21-16, R21-23, R21-28, R21-34"""
    assert rest.error(query) == error


def test_embeds_by_every_name(rest: Rest) -> None:
    """R7-15, R7-16"""
    expected = [{"artist": {"name": "AC/DC"}}]
    for target in ("artist", "artist!artist_id", "artist!album_artist_id_fkey", "artist!inner", "artist!left"):
        assert rest.rows(f"/album?id=eq.1&select={target}(name)") == expected
    for target in ("artist_id", "album_artist_id_fkey"):
        assert rest.rows(f"/album?id=eq.1&select={target}(name)") == [{target: {"name": "AC/DC"}}]
    assert rest.rows("/album?id=eq.1&select=a:artist_id(name)") == [{"a": {"name": "AC/DC"}}]


def test_to_one_is_an_object_or_null_and_to_many_a_list(rest: Rest) -> None:
    """R7-1, R7-2, R7-9"""
    assert rest.rows("/employee?id=eq.1&select=reports_to(id),employee!reports_to(id)")[0]["reports_to"] is None
    assert rest.rows("/artist?name=eq.Azymuth&select=album(id)") == [{"album": []}]
    assert rest.rows("/track?id=eq.1&select=album(id)&album.id=eq.0") == [{"album": None}]


def test_filters_of_embeds_leave_the_parents_alone(rest: Rest) -> None:
    """R7-11, R7-16"""
    rows = rest.rows("/artist?select=id,album(id)&album.id=eq.1&order=id&limit=2")
    assert rows == [{"id": 1, "album": [{"id": 1}]}, {"id": 2, "album": []}]
    inner = rest.rows("/artist?select=id,album!inner(id)&album.id=eq.1")
    assert inner == [{"id": 1, "album": [{"id": 1}]}]


def test_limits_of_embeds_hold_per_parent(rest: Rest) -> None:
    """R7-13"""
    rows = rest.rows("/artist?id=in.(1,2)&order=id&select=id,album(id)&album.order=id.desc&album.limit=1")
    assert rows == [{"id": 1, "album": [{"id": 4}]}, {"id": 2, "album": [{"id": 3}]}]
    rows = rest.rows("/artist?id=in.(1,2)&order=id&select=id,album(id)&album.order=id&album.offset=1")
    assert rows == [{"id": 1, "album": [{"id": 4}]}, {"id": 2, "album": [{"id": 3}]}]


def test_an_embed_twice(rest: Rest) -> None:
    """R7-14, R7-17"""
    rows = rest.rows("/artist?id=eq.1&select=a:album(id),b:album(id)&a.id=eq.1&b.id=eq.4")
    assert rows == [{"a": [{"id": 1}], "b": [{"id": 4}]}]


def test_anti_join(rest: Rest) -> None:
    """R7-18, R7-20"""
    without = rest("HEAD", "/artist?select=album()&album=is.null", headers={"prefer": "count=exact"})
    having = rest("HEAD", "/artist?select=album!inner()", headers={"prefer": "count=exact"})
    assert (without.headers["content-range"], having.headers["content-range"]) == ("0-70/71", "0-203/204")
    either = "/artist?select=id,album()&or=(album.is.null,id.eq.1)"
    assert len(rest.rows(either)) == 72


def test_a_column_is_not_taken_for_an_aliased_embed(rest: Rest) -> None:
    """R7-18, R7-19"""
    manager = "/employee?select=id,m:reports_to(id)&m.id=eq.0&order=id&limit=2"
    assert rest.rows(f"{manager}&reports_to=is.null") == [{"id": 1, "m": None}]
    assert rest.rows(f"{manager}&m=is.null") == [{"id": 1, "m": None}, {"id": 2, "m": None}]
    plain = "/employee?select=id,reports_to(id)&reports_to.id=eq.0&order=id&limit=2"
    assert len(rest.rows(f"{plain}&reports_to=is.null")) == 2
    assert len(rest.rows("/artist?select=id,a:album()&album=is.null")) == 71


def test_logic_of_embeds(rest: Rest) -> None:
    """R7-17"""
    rows = rest.rows("/artist?id=eq.1&select=album(id)&album.or=(id.eq.1,title.like.Let*)&album.order=id")
    assert rows == [{"album": [{"id": 1}, {"id": 4}]}]


def test_spread(rest: Rest) -> None:
    """R8-1"""
    row = rest.rows("/track?id=eq.1&select=id,...album(title,...artist(by:name))")
    assert row == [{"id": 1, "title": "For Those About To Rock We Salute You", "by": "AC/DC"}]
    assert rest.rows("/employee?id=eq.1&select=id,...reports_to(boss:last_name)") == [{"id": 1, "boss": None}]


def test_order_and_its_nulls(rest: Rest) -> None:
    """R9-1, R9-2, R7-21"""
    first = "/track?select=composer&limit=1&order=composer"
    assert rest.rows(f"{first}.desc") == [{"composer": None}]
    assert rest.rows(f"{first}.nullsfirst") == [{"composer": None}]
    assert rest.rows(first)[0]["composer"] is not None
    assert rest.rows(f"{first}.desc.nullslast")[0]["composer"] is not None
    by_artist = "/album?select=id,artist(name)&order=artist(name).desc,id&limit=1"
    assert rest.rows(by_artist)[0]["artist"]["name"] == "Zeca Pagodinho"


def test_an_order_by_an_embed_sees_its_filters(rest: Rest) -> None:
    """R7-21, R7-11: what the embed leaves out sorts as null"""
    query = "/track?select=id,genre(name)&genre.name=eq.Rock&order=genre(name).desc.nullslast,id&limit=2"
    assert rest.rows(query) == [{"id": 1, "genre": {"name": "Rock"}}, {"id": 2, "genre": {"name": "Rock"}}]
    nulls_first = rest.rows(query.replace("nullslast", "nullsfirst"))
    assert [row["genre"] for row in nulls_first] == [None, None]


def test_counts_in_the_old_form(rest: Rest) -> None:
    """R6-9"""
    assert rest.rows("/artist?select=count") == [{"count": 275}]
    assert rest.rows("/artist?select=id,album(count)&id=in.(1,25)&order=id") == [
        {"id": 1, "album": [{"count": 2}]},
        {"id": 25, "album": [{"count": 0}]},
    ]
    rows = rest.rows("/track?select=media_type_id,count&order=media_type_id")
    assert rows[0] == {"media_type_id": 1, "count": 3034}


def test_computed_columns_are_no_part_of_all(rest: Rest) -> None:
    """R6-5, R6-1"""
    assert "track_count" not in rest.rows("/album?limit=1")[0]
    assert rest.rows("/album?id=eq.1&select=id,track_count&track_count=gt.1") == [{"id": 1, "track_count": 10}]


def test_the_first_select_counts(rest: Rest) -> None:
    """R3-3, R6-1"""
    assert rest.rows("/genre?id=eq.1&select=id&select=name") == [{"id": 1}]
    assert rest.rows("/genre?id=eq.1&select=") == [{"id": 1, "name": "Rock"}]


def test_plus_is_a_blank(rest: Rest) -> None:
    """R3-1, R6-2"""
    assert rest.rows("/artist?name=eq.Black+Sabbath&select=name") == [{"name": "Black Sabbath"}]
    assert rest.rows("/artist?select=name,+id&id=eq.1") == [{"name": "AC/DC", "id": 1}]


def test_reserved_names_in_quotes_are_columns(rest: Rest) -> None:
    """R3-2"""
    answer = rest.get("/artist?%22order%22=eq.1")
    assert problem(answer) == (400, "42703")
    assert answer.json()["message"] == "column artist.order does not exist"


def test_relation_errors_tell_what_was_searched(rest: Rest) -> None:
    """R7-7"""
    body = rest.get("/track?select=artist(name)").json()
    assert body["message"] == "Could not find a relationship between 'track' and 'artist' in the schema cache"
    assert body["details"] == (
        "Searched for a foreign key relationship between 'track' and 'artist' in the schema 'public',"
        " but no matches were found."
    )
    body = rest.get("/track?select=album!nope(id)").json()
    assert "using the hint 'nope' in the schema 'public'" in body["details"]


def test_a_table_with_its_own_key_is_no_junction(rest: Rest) -> None:
    """R7-4"""
    assert rest.error("/invoice?select=track(name)") == (400, "PGRST200")
    assert rest.rows("/invoice?id=eq.1&select=invoice_line(track(name))&limit=1")[0]["invoice_line"][0]["track"]["name"]
