"""Whole requests, and the dialect-free questions they become (docs/dialects/rest.md, sections 2 to 14)."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest

from gemel.app import App
from gemel.catalog import read_catalog
from gemel.errors import NotEmbedded, RequestError
from gemel.policy import Accesses, Policies
from gemel.request import (
    AllColumns,
    And,
    Assign,
    ColumnField,
    ColumnRef,
    Compare,
    Computed,
    Delete,
    Embed,
    Insert,
    Link,
    Mutation,
    NewRow,
    Not,
    Operator,
    Or,
    OrderColumn,
    Related,
    Rows,
    RowShape,
    Select,
    Slot,
    Source,
    Update,
)
from gemel_rest.parse.body import parse_rows
from gemel_rest.parse.change import mutation_of, read_change
from gemel_rest.parse.model import ReadCall, Values
from gemel_rest.parse.path import Resource, parse_path
from gemel_rest.parse.read import parse_read
from gemel_rest.parse.rules import Rules
from gemel_rest.parse.write import Verb, parse_write


@pytest.fixture(scope="module")
def rules(chinook_app: App) -> Rules:
    return Rules(
        Accesses(read_catalog(chinook_app.mappers), Policies()).of("admin"),
        ("public",),
        max_rows=None,
        safe_writes=True,
    )


def read(rules: Rules, path: str, **headers: str) -> ReadCall:
    name, _, query = path.partition("?")
    return parse_read(rules, "GET", parse_path(name.encode()), query.encode(), headers)


def selected(call: ReadCall) -> Select:
    content = call.query.roots[0].content
    assert isinstance(content, Select)
    return content


def where(rules: Rules, query: str) -> tuple[Any, tuple[object, ...]]:
    call = read(rules, f"/track?{query}")
    return selected(call).rows.where, call.values


def compare(name: str, operator: Operator, slot: int | None = None, **more: Any) -> Compare:
    return Compare(ColumnRef(name), operator, None if slot is None else Slot(slot), **more)


def link(name: str, hint: str | None = None) -> Link:
    return Link(name, hint, detect=True)


def test_nothing_said(rules: Rules) -> None:
    call = read(rules, "/track")
    assert call.values == ()
    assert call.query.roots[0].source == Source("public", "track")
    assert selected(call) == Select((AllColumns(),))
    assert not call.query.roots[0].total


def test_values_are_no_part_of_the_question(rules: Rules) -> None:
    one = read(rules, "/track?id=eq.1&name=in.(a,b)&limit=5&offset=2")
    other = read(rules, "/track?id=eq.2&name=in.(c)&limit=6&offset=0")
    assert one.query == other.query
    assert hash(one.query) == hash(other.query)
    assert one.values == ("1", ["a", "b"], 5, 2)
    assert other.values == ("2", ["c"], 6, 0)


@pytest.mark.parametrize(
    ("query", "condition", "values"),
    [
        ("id=eq.1", compare("id", Operator.EQ, 0), ("1",)),
        ("id=gt.1&id=lt.5", And((compare("id", Operator.GT, 0), compare("id", Operator.LT, 1))), ("1", "5")),
        ("name=like.*a*", compare("name", Operator.LIKE, 0), ("%a%",)),
        ("name=match.a*", compare("name", Operator.REGEX, 0), ("a*",)),
        ("name=eq.a*", compare("name", Operator.EQ, 0), ("a*",)),
        ("name=ilike(any).{a*,b}", compare("name", Operator.ILIKE, 0, quantifier="any"), (["a%", "b"],)),
        ("name=not.eq.a", Not(compare("name", Operator.EQ, 0)), ("a",)),
        (
            "composer=not.in.(a)",
            And((Not(compare("composer", Operator.IN, 0)), Not(compare("composer", Operator.NULL)))),
            (["a"],),
        ),
        ("composer=not.is.null", Not(compare("composer", Operator.NULL)), ()),
        ("name=wfts(english).a", compare("name", Operator.FTS_WEB, 0, language="english"), ("a",)),
        (
            "or=(id.eq.1,not.and(id.gt.2,name.is.null))",
            Or(
                (
                    compare("id", Operator.EQ, 0),
                    Not(And((compare("id", Operator.GT, 1), compare("name", Operator.NULL)))),
                )
            ),
            ("1", "2"),
        ),
        ("not.or=(id.eq.1)", Not(compare("id", Operator.EQ, 0)), ("1",)),
        ('"order"=eq.1', compare("order", Operator.EQ, 0), ("1",)),
    ],
)
def test_conditions(rules: Rules, query: str, condition: object, values: tuple[object, ...]) -> None:
    assert where(rules, query) == (condition, values)


def test_embeds_have_their_own_parameters(rules: Rules) -> None:
    call = read(rules, "/artist?select=name,a:album!inner(title)&a.title=eq.x&a.order=title.desc&a.limit=3&limit=1")
    title = compare("title", Operator.EQ, 0)
    order = (OrderColumn((), ColumnRef("title"), descending=True, nulls_first=True),)
    inner = Select((ColumnField("title", ColumnRef("title")),), Rows(title, order, limit=Slot(2)))
    assert selected(call) == Select(
        (ColumnField("name", ColumnRef("name")), Embed("a", link("album"), inner)),
        Rows(Related(link("album"), title), limit=Slot(1)),
    )
    assert call.values == ("x", 1, 3)


def test_inner_reaches_up_to_the_next_embed_that_is_not(rules: Rules) -> None:
    both = read(rules, "/artist?select=album!inner(track!inner(id))&album.track.id=eq.1")
    track = Related(link("track"), compare("id", Operator.EQ, 0))
    assert selected(both).rows.where == Related(link("album"), track)
    lower = read(rules, "/artist?select=album(track!inner(id))&album.track.id=eq.1")
    assert selected(lower).rows.where is None
    embed = selected(lower).fields[0]
    assert isinstance(embed, Embed)
    assert embed.select.rows.where == track


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("album=is.null", Not(Related(link("album")))),
        ("album=not.is.null", Related(link("album"))),
        ("album=is.not_null", Related(link("album"))),
        (
            "or=(album.is.null,name.eq.X)",
            Or((Not(Related(link("album"))), compare("name", Operator.EQ, 0))),
        ),
    ],
)
def test_tests_of_embeds(rules: Rules, query: str, condition: object) -> None:
    assert selected(read(rules, f"/artist?select=name,album()&{query}")).rows.where == condition


def test_empty_embeds_add_no_key(rules: Rules) -> None:
    fields = selected(read(rules, "/artist?select=name,album(track())")).fields
    assert fields == (ColumnField("name", ColumnRef("name")),)


def test_counts_without_parentheses(rules: Rules) -> None:
    call = read(rules, "/artist?select=name,album(count)")
    counted = Embed("album", link("album"), Select((Computed("count", "count"),)))
    assert selected(call).fields == (ColumnField("name", ColumnRef("name")), counted)


def test_order_by_an_embed_knows_its_aliases(rules: Rules) -> None:
    call = read(rules, "/album?select=artist(n:name)&order=artist(n).desc")
    path = (link("artist"),)
    assert selected(call).rows.order == (OrderColumn(path, ColumnRef("name"), descending=True, nulls_first=True),)


def test_a_key_is_given_once(rules: Rules) -> None:
    assert [getattr(field, "key", "*") for field in selected(read(rules, "/genre?select=id,id,name")).fields] == [
        "id",
        "name",
    ]
    assert selected(read(rules, "/genre?select=*,name::text")).fields == (
        ColumnField("id", ColumnRef("id")),
        ColumnField("name", ColumnRef("name"), "text"),
    )


def test_the_cap_holds_at_every_level(rules: Rules) -> None:
    capped = dataclasses.replace(rules, max_rows=7)
    select = selected(read(capped, "/artist?select=album(track(id))"))
    assert select.rows.most == 7
    albums = select.fields[0]
    assert isinstance(albums, Embed)
    tracks = albums.select.fields[0]
    assert isinstance(tracks, Embed)
    assert (albums.select.rows.most, tracks.select.rows.most) == (7, 7)


def test_items(rules: Rules) -> None:
    call = read(rules, "/playlist_track/1,3402")
    key = (compare("playlist_id", Operator.EQ, 0), compare("track_id", Operator.EQ, 1))
    assert selected(call).rows.where == And(key)
    assert call.values == ("1", "3402")
    assert call.shape.item
    assert call.shape.singular


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("", Resource("root")),
        ("/", Resource("root")),
        ("/a%20b", Resource("table", "a b")),
        ("/rpc/f", Resource("function", "f")),
        ("/rpc", Resource("table", "rpc")),
        ("/t/1,2", Resource("item", "t", ("1", "2"))),
        ("/t/a%2Cb,c", Resource("item", "t", ("a,b", "c"))),
        ('/t/"Sub, Pop",2', Resource("item", "t", ("Sub, Pop", "2"))),
        ("/t/%22Sub,%20Pop%22,2", Resource("item", "t", ("Sub, Pop", "2"))),
        (r"/t/%22a%5C%22b%22", Resource("item", "t", ('a"b',))),
        ("/t/a%2Fb", Resource("item", "t", ("a/b",))),
    ],
)
def test_paths(path: str, resource: Resource) -> None:
    assert parse_path(path.encode()) == resource


@pytest.mark.parametrize("path", ["/t/", "//t", "/t/1/2", "/rpc/f/g", "/%ff", "/a%00", "t"])
def test_paths_refused(path: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_path(path.encode())
    assert (error.value.code, error.value.status) == ("PGRST125", 404)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select=count()", "PGRST123"),
        ("select=milliseconds.sum()", "PGRST123"),
        ("limit=-1", "PGRST103"),
        ("select=" + ",".join(f"a{number}:album(id)" for number in range(70)), "PGRST127"),
        ("name=like(any).x", "22P02"),
    ],
)
def test_refused(rules: Rules, query: str, code: str) -> None:
    with pytest.raises(RequestError) as error:
        read(rules, f"/track?{query}")
    assert error.value.code == code


@pytest.mark.parametrize(
    "query", ["album.id=eq.1", "album.order=id", "album.limit=1", "album.or=(id.eq.1)", "order=album(id)"]
)
def test_parameters_of_what_is_not_embedded(rules: Rules, query: str) -> None:
    with pytest.raises(NotEmbedded):
        read(rules, f"/track?{query}")


@pytest.mark.parametrize(
    ("query", "header", "page"),
    [
        ("", "0-24", (25, 0)),
        ("", "10-", (None, 10)),
        ("limit=3", "0-1", (2, 0)),
        ("limit=3&offset=5", "0-100", (3, 5)),
        ("limit=10&offset=5", "7-8", (2, 7)),
        ("", "items=0-1", (None, None)),
        ("", "bytes", (None, None)),
        ("limit=x", "", (None, None)),
        ("offset=-5", "", (None, 0)),
        ("limit=99999999999999999999999", "", (2**63 - 1, None)),
    ],
)
def test_pages(rules: Rules, query: str, header: str, page: tuple[int | None, int | None]) -> None:
    call = read(rules, f"/track?{query}", **({"range": header} if header else {}))
    rows = selected(call).rows
    found = tuple(None if slot is None else call.values[slot.index] for slot in (rows.limit, rows.offset))
    assert found == page
    assert call.shape.offset == (page[1] or 0)


@pytest.mark.parametrize(("query", "header"), [("", "5-4"), ("limit=2", "5-6")])
def test_ranges_refused(rules: Rules, query: str, header: str) -> None:
    with pytest.raises(RequestError) as error:
        read(rules, f"/track?{query}", range=header)
    assert (error.value.code, error.value.status) == ("PGRST103", 416)


@dataclass(frozen=True)
class Written:
    """A form and what a body makes of it."""

    mutation: Mutation
    values: Values


def write(rules: Rules, verb: Verb, query: str, body: bytes = b"", **headers: str) -> Written:
    form = parse_write(rules, verb, Resource("table", "artist"), query.encode(), headers)
    change = read_change(form, parse_rows(body, form.content_type) if verb != "DELETE" else [])
    return Written(mutation_of(form, change.layout), (*form.values, *change.values))


def test_insert(rules: Rules) -> None:
    call = write(rules, "POST", "", b'[{"name":"a"},{"name":null}]')
    shapes = (RowShape((ColumnRef("name"),)),)
    assert call.mutation.writes == (Insert("rows", Source("public", "artist"), shapes, Slot(0)),)
    assert call.values == ((NewRow(0, ("a",)), NewRow(0, (None,))),)


@pytest.mark.parametrize(
    ("query", "prefer", "body", "rows"),
    [
        ("", "", b"{}", [{}]),
        ("", "", b"[]", []),
        ("", "", b"5", []),
        ("", "", b"[{},{}]", [{}, {}]),
        ("columns=id,name", "", b'{"name":"a","x":1}', [{"id": None, "name": "a"}]),
        ("columns=id,name", "missing=default", b'[{"name":"a"},{"id":3}]', [{"name": "a"}, {"id": 3}]),
    ],
)
def test_inserted_rows(rules: Rules, query: str, prefer: str, body: bytes, rows: list[dict[str, object]]) -> None:
    call = write(rules, "POST", query, body, prefer=prefer)
    insert = call.mutation.writes[0]
    assert isinstance(insert, Insert)
    found: Any = call.values[insert.rows.index]
    names = [[ref.name for ref in shape.columns] for shape in insert.shapes]
    assert [dict(zip(names[row.shape], row.values, strict=True)) for row in found] == rows


def test_update(rules: Rules) -> None:
    call = write(rules, "PATCH", "id=eq.1&select=id,album!inner(id)", b'{"name":"a"}', prefer="return=representation")
    update = call.mutation.writes[0]
    assert isinstance(update, Update)
    assert update.assignments == (Assign(ColumnRef("name"), "set", Slot(1)),)
    assert update.where == compare("id", Operator.EQ, 0)
    assert [field.key for field in update.returning[0].fields if not isinstance(field, AllColumns)] == ["id", "album"]


def test_delete(rules: Rules) -> None:
    accept = "application/vnd.pgrst.object+json"
    call = write(rules, "DELETE", "id=eq.1", prefer="handling=strict,max-affected=3", accept=accept)
    condition = compare("id", Operator.EQ, 0)
    assert call.mutation.writes == (Delete("rows", Source("public", "artist"), condition, exactly=1, most=3),)


def test_max_affected_needs_strict(rules: Rules) -> None:
    assert write(rules, "DELETE", "id=eq.1", prefer="max-affected=3").mutation.writes[0].most is None  # type: ignore[union-attr]
