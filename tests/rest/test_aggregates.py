"""Aggregates in select: refused unless allowed, grouping, embeds, spreads, order, counts (sections 6, 8, 29)."""

from collections import Counter
from collections.abc import Iterator

import pytest
from rest_client import Rest, serving

from gemel.app import App
from gemel.settings import Settings


@pytest.fixture(scope="module")
def aggregating(chinook_read: Settings, chinook_app: App) -> Iterator[Rest]:
    with serving(chinook_read.model_copy(update={"rest_aggregates": True}), chinook_app) as client:
        yield client


@pytest.mark.parametrize(
    "query", ["/track?select=count()", "/track?select=milliseconds.sum()", "/artist?select=name,album(count())"]
)
def test_off_by_default(rest: Rest, query: str) -> None:
    """R6-8, R21-28"""
    answer = rest.get(query)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "PGRST123",
        "message": "Use of aggregate functions is not allowed",
        "details": None,
        "hint": None,
    }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("/track?select=genre_id,count()&order=name", (400, "42803")),
        ("/track?select=count()&order=name", (400, "42803")),
        ("/track?select=genre(id),count()&order=genre(name)", (400, "42803")),
        ("/track?select=genre(name),count()&order=genre(name)&genre.limit=1", (400, "42803")),
        ("/invoice_line?select=track(unit_price::int),count()&order=track(unit_price)", (400, "42803")),
        ("/track?select=name.sum()", (404, "42883")),
        ("/track?select=nope,count()", (400, "42703")),
        ("/track?select=count(),cursor()", (400, "PGRST127")),
        ("/track?select=genre_id,count()&after=[]", (400, "42803")),
        ("/artist?select=name,...album(id.count())", (400, "PGRST127")),
    ],
)
def test_refusals(aggregating: Rest, query: str, error: tuple[int, str]) -> None:
    """R6-8, R8-4, R31-1"""
    assert aggregating.error(query) == error


def test_refused_spread_names_what_is_missing(aggregating: Rest) -> None:
    """R8-4"""
    body = aggregating.get("/artist?select=name,...album(count())").json()
    assert body["details"] == "Aggregates are not implemented for one-to-many or many-to-many spreads."


def test_one_row_without_grouping_columns(aggregating: Rest) -> None:
    """R6-8"""
    rows = aggregating.rows("/track?select=milliseconds,composer")
    lengths = [row["milliseconds"] for row in rows]
    composers = sum(row["composer"] is not None for row in rows)
    selected = "count(),milliseconds.sum(),low:milliseconds.min(),max:milliseconds.max(),composers:composer.count()"
    assert aggregating.rows(f"/track?select={selected}") == [
        {"count": len(rows), "sum": sum(lengths), "low": min(lengths), "max": max(lengths), "composers": composers}
    ]
    assert aggregating.rows("/track?select=count(),milliseconds.sum()&id=eq.0") == [{"count": 0, "sum": None}]


def test_casts_before_and_after(aggregating: Rest) -> None:
    """R6-8"""
    total = sum(row["milliseconds"] for row in aggregating.rows("/track?select=milliseconds&album_id=eq.1"))
    query = "/track?select=milliseconds::numeric.sum()::text,n:name.count()::text&album_id=eq.1"
    assert aggregating.rows(query) == [{"sum": str(total), "n": "10"}]


def test_casts_round_averages_from_the_exact_value(aggregating: Rest) -> None:
    """R6-8: the half of 2 and 3 is 3, as that of a numeric"""
    found = aggregating.rows("/track?select=half:id.avg(),whole:id.avg()::int&id=in.(2,3)")
    assert found == [{"half": 2.5, "whole": 3}]


def test_groups_are_filtered_ordered_cut_and_counted(aggregating: Rest) -> None:
    """R6-8, R11-1"""
    rows = aggregating.rows("/track?select=genre_id&milliseconds=lt.300000")
    wanted = sorted(Counter(row["genre_id"] for row in rows).items(), reverse=True)
    query = "/track?select=genre_id,count()&milliseconds=lt.300000&order=genre_id.desc&limit=3&offset=1"
    answer = aggregating.get(query, prefer="count=exact")
    assert [(row["genre_id"], row["count"]) for row in answer.json()] == wanted[1:4]
    assert answer.headers["content-range"] == f"1-3/{len(wanted)}"


def test_embeds_are_grouped_by(aggregating: Rest) -> None:
    """R6-8"""
    rows = aggregating.rows("/track?select=genre(name)")
    wanted = sorted(Counter(row["genre"]["name"] for row in rows).items())
    found = aggregating.rows("/track?select=genre(name),count()&order=genre(name)")
    assert sorted((row["genre"]["name"], row["count"]) for row in found) == wanted
    assert len(found) == len(wanted)


def test_filtered_embeds_are_grouped_and_sorted_by(aggregating: Rest) -> None:
    """R6-8, R7-11: what the filter leaves out is one group, under any order"""
    tracks = aggregating.rows("/track?select=genre(name)")
    rock = sum(row["genre"]["name"] == "Rock" for row in tracks)
    wanted = [{"genre": {"name": "Rock"}, "count": rock}, {"genre": None, "count": len(tracks) - rock}]
    query = "/track?select=genre(name),count()&genre.name=eq.Rock&order=genre(name)"
    assert aggregating.rows(query) == wanted
    assert aggregating.rows(f"{query}.desc") == wanted[::-1]


def test_embeds_without_a_row_are_a_group(aggregating: Rest) -> None:
    """R6-8"""
    found = aggregating.rows("/employee?select=manager:reports_to(id),count()")
    plain = aggregating.rows("/employee?select=reports_to")
    counts = Counter(row["reports_to"] for row in plain)
    assert {row["manager"] and row["manager"]["id"]: row["count"] for row in found} == counts


def test_aggregates_inside_embeds_are_per_parent(aggregating: Rest) -> None:
    """R6-8"""
    rows = aggregating.rows("/artist?select=name,album(id)&order=id&limit=30")
    found = aggregating.rows("/artist?select=name,album(count())&order=id&limit=30")
    assert found == [{"name": row["name"], "album": [{"count": len(row["album"])}]} for row in rows]


def test_aggregates_are_lifted_out_of_a_spread(aggregating: Rest) -> None:
    """R8-4"""
    lines = aggregating.rows("/invoice_line?select=invoice_id,track(milliseconds)&invoice_id=lte.5")
    totals: Counter[int] = Counter()
    for row in lines:
        totals[row["invoice_id"]] += row["track"]["milliseconds"]
    query = "/invoice_line?select=invoice_id,...track(total:milliseconds.sum())&invoice_id=lte.5&order=invoice_id"
    assert aggregating.rows(query) == [
        {"invoice_id": invoice, "total": total} for invoice, total in sorted(totals.items())
    ]


def test_a_spread_within_a_spread_is_grouped_by(aggregating: Rest) -> None:
    """R8-4"""
    rows = aggregating.rows("/invoice_line?select=track(genre(name))&invoice_id=lte.20")
    wanted = Counter(row["track"]["genre"]["name"] for row in rows)
    found = aggregating.rows("/invoice_line?select=...track(...genre(genre:name),count())&invoice_id=lte.20")
    assert {row["genre"]: row["count"] for row in found} == wanted


def test_a_to_many_spread_is_grouped_by(aggregating: Rest) -> None:
    """R8-2, R6-8: by its lists; those who have none are one group."""
    rows = aggregating.rows("/artist?select=id,album(title,track(name))&id=in.(1,2,25,26,27)&album.order=id&order=id")
    query = "/artist?id=in.(1,2,25,26,27)&album.order=id&order=id"
    assert aggregating.rows(f"{query}&select=id,count(),...album(titles:title,...track(tracks:name))") == [
        {
            "id": row["id"],
            "count": 1,
            "titles": [album["title"] for album in row["album"]],
            "tracks": [[track["name"] for track in album["track"]] for album in row["album"]],
        }
        for row in rows
    ]
    grouped = aggregating.rows("/artist?id=in.(1,2,25,26,27)&select=count(),...album(titles:title)&album.order=id")
    assert sorted((row["count"], len(row["titles"])) for row in grouped) == [(1, 2), (1, 2), (1, 3), (2, 0)]
    stripped = aggregating.rows(
        "/artist?id=in.(25,26)&select=count(),lowest:id.min(),...album(titles:title)",
        accept="application/vnd.pgrst.array+json;nulls=stripped",
    )
    assert stripped == [{"count": 2, "lowest": 25, "titles": []}]
    counts = aggregating.rows("/employee?select=count(),...reports_to(name:last_name,...customer(of:first_name))")
    assert {row["name"]: (row["count"], row["of"]) for row in counts}[None] == (1, [])


def test_no_related_row_is_one_group_wherever_it_ends(aggregating: Rest) -> None:
    """R8-4, R6-8"""
    query = "/invoice_line?select=count(),...invoice(customer(id))&invoice.id=neq.1&invoice.customer.id=eq.0"
    lines = len(aggregating.rows("/invoice_line?select=id"))
    assert aggregating.rows(query) == [{"count": lines, "customer": None}]


def test_what_is_of_one_row_is_not_grouped_by(aggregating: Rest) -> None:
    """R6-8"""
    assert aggregating.error("/track?select=count(),cursor()") == (400, "PGRST127")
    assert aggregating.error("/track?select=count(),...album(cursor())") == (400, "PGRST127")


def test_nulls_are_stripped_from_groups(aggregating: Rest) -> None:
    """R6-8"""
    accept = "application/vnd.pgrst.array+json;nulls=stripped"
    found = aggregating.rows("/track?select=composer,count()&composer=is.null", accept=accept)
    assert found == [{"count": 978}]


def test_spread_and_aggregate(aggregating: Rest) -> None:
    """R29-7"""
    found = aggregating.rows("/track?select=...genre(genre:name),count(),ms:milliseconds.avg()::int&order=genre(genre)")
    assert found[0] == {"genre": "Alternative", "count": 40, "ms": 264059}
    assert len(found) == 25
