"""Texts of parameters and what they mean (docs/dialects/rest.md, sections 3 to 9)."""

import pytest

from gemel.errors import RequestError
from gemel.request import Operator
from gemel_rest.parse.array import parse_array
from gemel_rest.parse.columns import parse_columns
from gemel_rest.parse.filters import parse_key, parse_test
from gemel_rest.parse.logic import parse_logic, parse_logic_key
from gemel_rest.parse.order import parse_order
from gemel_rest.parse.query import parse_query
from gemel_rest.parse.select import parse_select
from gemel_rest.parse.syntax import EmbedItem, FieldName, Filter, Item, Logic, OrderTerm, RowCount, Star
from gemel_rest.parse.syntax import Test as Meaning

F = FieldName


@pytest.mark.parametrize(
    ("text", "path", "field"),
    [
        ("id", (), F("id")),
        (" id ", (), F("id")),
        ("album.title", ("album",), F("title")),
        ("a.b.c", ("a", "b"), F("c")),
        ('"info.cpe"', (), F("info.cpe")),
        (r'"a\"b\\c"', (), F('a"b\\c')),
        ("first-name", (), F("first-name")),
        ("größe_1$", (), F("größe_1$")),
        ("data->a", (), F("data", ("a",))),
        ("data->>a", (), F("data", ("a",), True)),
        ("data->a->0->>b-c", (), F("data", ("a", 0, "b-c"), True)),
        ("data->-1", (), F("data", (-1,))),
        ("data->10x", (), F("data", ("10x",))),
        ('data->"a.b"', (), F("data", ("a.b",))),
        ("album.data->>k", ("album",), F("data", ("k",), True)),
    ],
)
def test_key(text: str, path: tuple[str, ...], field: FieldName) -> None:
    """R3-6"""
    assert parse_key(text) == (path, field)


@pytest.mark.parametrize("text", ["", "a.", ".a", "a..b", "a(b)", 'a"b"', "data->", "data->>", "a:b"])
def test_key_refused(text: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_key(text)
    assert error.value.code == "PGRST100"


def test_a_step_into_text() -> None:
    with pytest.raises(RequestError) as error:
        parse_key("data->>a->b")
    assert (error.value.code, error.value.status) == ("42883", 404)


O = Operator  # noqa: E741 - a table reads better with one letter


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("eq.5", Meaning(O.EQ, "5")),
        ("eq.", Meaning(O.EQ, "")),
        ("eq.a,b.c", Meaning(O.EQ, "a,b.c")),
        ('eq."x"', Meaning(O.EQ, '"x"')),
        ("eq.null", Meaning(O.EQ, "null")),
        ("not.eq.5", Meaning(O.EQ, "5", negated=True)),
        ("neq.5", Meaning(O.NEQ, "5")),
        ("gt.5", Meaning(O.GT, "5")),
        ("gte.5", Meaning(O.GTE, "5")),
        ("lt.5", Meaning(O.LT, "5")),
        ("lte.5", Meaning(O.LTE, "5")),
        ("like.*x*", Meaning(O.LIKE, "*x*")),
        ("ilike(all).{a,b}", Meaning(O.ILIKE, "{a,b}", quantifier="all")),
        ("eq(any).{1,2}", Meaning(O.EQ, "{1,2}", quantifier="any")),
        ("match.^a", Meaning(O.REGEX, "^a")),
        ("imatch.^a", Meaning(O.IREGEX, "^a")),
        ("in.(1,2)", Meaning(O.IN, ("1", "2"))),
        ("in.()", Meaning(O.IN, ())),
        ('in.("")', Meaning(O.IN, ())),
        ("in.(,)", Meaning(O.IN, ("", ""))),
        ('in.("Hebdon,John","say \\"hi\\"")', Meaning(O.IN, ("Hebdon,John", 'say "hi"'))),
        ('in.("a"b,c)', Meaning(O.IN, ('"a"b', "c"))),
        ("in.( a , b )", Meaning(O.IN, (" a ", " b "))),
        ("in.(1)rest", Meaning(O.IN, ("1",))),
        ("not.in.(1)", Meaning(O.IN, ("1",), negated=True)),
        ("is.null", Meaning(O.NULL)),
        ("is.NULL", Meaning(O.NULL)),
        ("is.not_null", Meaning(O.NULL, negated=True)),
        ("not.is.null", Meaning(O.NULL, negated=True)),
        ("not.is.not_null", Meaning(O.NULL)),
        ("is.true", Meaning(O.TRUE)),
        ("is.False", Meaning(O.FALSE)),
        ("is.unknown", Meaning(O.UNKNOWN)),
        ("isdistinct.null", Meaning(O.DISTINCT, "null")),
        ("fts.a&b", Meaning(O.FTS, "a&b")),
        ("plfts(english).a b", Meaning(O.FTS_PLAIN, "a b", language="english")),
        ("phfts.a", Meaning(O.FTS_PHRASE, "a")),
        ("wfts(german).a", Meaning(O.FTS_WEB, "a", language="german")),
        ('cs.{"a":1}', Meaning(O.CONTAINS, '{"a":1}')),
        ("cd.{a,b}", Meaning(O.CONTAINED, "{a,b}")),
        ("ov.[1,5)", Meaning(O.OVERLAPS, "[1,5)")),
        ("sl.[1,5)", Meaning(O.LEFT_OF, "[1,5)")),
        ("sr.[1,5)", Meaning(O.RIGHT_OF, "[1,5)")),
        ("nxr.[1,5)", Meaning(O.NOT_RIGHT_OF, "[1,5)")),
        ("nxl.[1,5)", Meaning(O.NOT_LEFT_OF, "[1,5)")),
        ("adj.[1,5)", Meaning(O.ADJACENT, "[1,5)")),
    ],
)
def test_test(text: str, test: Meaning) -> None:
    assert parse_test(text) == test


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("1", 1),
        ("EQ.1", 1),
        ("eq", 3),
        ("eq1", 3),
        ("nope.1", 1),
        ("not.5", 5),
        ("in.1", 4),
        ("in.(1", 6),
        ("is.maybe", 4),
        ("neq(any).{1}", 4),
        ("is(any).null", 1),
    ],
)
def test_test_refused(text: str, column: int) -> None:
    with pytest.raises(RequestError) as error:
        parse_test(text)
    assert error.value.code == "PGRST100"
    assert error.value.text == f'"failed to parse filter ({text})" (line 1, column {column})'
    assert error.value.details.startswith("unexpected ")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("(id.eq.1)", (Filter(F("id"), Meaning(O.EQ, "1")),)),
        ("( id.eq.1 , name.is.null )", (Filter(F("id"), Meaning(O.EQ, "1 ")), Filter(F("name"), Meaning(O.NULL)))),
        ('(a.eq."x,y)",b.eq.z)', (Filter(F("a"), Meaning(O.EQ, "x,y)")), Filter(F("b"), Meaning(O.EQ, "z")))),
        (r'(a.eq."say \"hi\" \\")', (Filter(F("a"), Meaning(O.EQ, 'say "hi" \\')),)),
        (
            "(tags.cs.{a,b},id.eq.1)",
            (Filter(F("tags"), Meaning(O.CONTAINS, "{a,b}")), Filter(F("id"), Meaning(O.EQ, "1"))),
        ),
        ('(span.adj."[18,21)")', (Filter(F("span"), Meaning(O.ADJACENT, "[18,21)")),)),
        (
            "(a.in.(1,2),b.not.gt.6)",
            (Filter(F("a"), Meaning(O.IN, ("1", "2"))), Filter(F("b"), Meaning(O.GT, "6", True))),
        ),
        ("(and_x.eq.1)", (Filter(F("and_x"), Meaning(O.EQ, "1")),)),
        ("(or.eq.1)", (Filter(F("or"), Meaning(O.EQ, "1")),)),
        (
            "(a.eq.1,not.and(b.eq.2,or(c.is.null)))",
            (
                Filter(F("a"), Meaning(O.EQ, "1")),
                Logic(
                    "and",
                    True,
                    (Filter(F("b"), Meaning(O.EQ, "2")), Logic("or", False, (Filter(F("c"), Meaning(O.NULL)),))),
                ),
            ),
        ),
        ("(data->>k.eq.1)", (Filter(F("data", ("k",), True), Meaning(O.EQ, "1")),)),
        ("(a.like(any).{x*,y})", (Filter(F("a"), Meaning(O.LIKE, "{x*,y}", quantifier="any")),)),
        ("(id.eq.1))", (Filter(F("id"), Meaning(O.EQ, "1")),)),
    ],
)
def test_logic(text: str, items: tuple[Filter | Logic, ...]) -> None:
    """R5-1, R5-2, R5-3, R5-4, R5-5"""
    assert parse_logic(text, "or", False) == Logic("or", False, items)


@pytest.mark.parametrize("text", ["", "()", "(a)", "(a.eq.1", "(a.eq.1,)", "a.eq.1", "(a.nope.1)", "(and())"])
def test_logic_refused(text: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_logic(text, "and", False)
    assert error.value.code == "PGRST100"
    assert "failed to parse logic tree" in error.value.text


def test_logic_depth_is_bounded() -> None:
    with pytest.raises(RequestError) as error:
        parse_logic("(and" * 5000, "and", False)
    assert error.value.code == "PGRST127"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("and", ((), False, "and")),
        ("not.or", ((), True, "or")),
        ("album.or", (("album",), False, "or")),
        ("album.track.not.and", (("album", "track"), True, "and")),
    ],
)
def test_logic_key(text: str, meaning: object) -> None:
    assert parse_logic_key(text) == meaning


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", ()),
        ("*", (Star(),)),
        ("id, name", (Item(F("id")), Item(F("name")))),
        ("a:id", (Item(F("id"), "a"),)),
        ('"my alias":"a.b"', (Item(F("a.b"), "my alias"),)),
        ("id::text", (Item(F("id"), cast="text"),)),
        ("x:id::double precision", (Item(F("id"), "x", "double precision"),)),
        ("data->a->>b", (Item(F("data", ("a", "b"), True)),)),
        ("count()", (RowCount(),)),
        ("n:count()::text", (RowCount("n", "text"),)),
        ("price.sum()", (Item(F("price"), aggregate="sum"),)),
        ("t:data->>x::numeric.avg()::int", (Item(F("data", ("x",), True), "t", "numeric", "avg", "int"),)),
        ("count", (Item(F("count")),)),
        ("artist(*)", (EmbedItem("artist", (Star(),)),)),
        ("artist()", (EmbedItem("artist", ()),)),
        ("a:artist!inner(name)", (EmbedItem("artist", (Item(F("name")),), "a", None, True),)),
        ("artist!fk!inner(id)", (EmbedItem("artist", (Item(F("id")),), None, "fk", True),)),
        ("artist!inner!fk(id)", (EmbedItem("artist", (Item(F("id")),), None, "fk", True),)),
        ("artist!left(id)", (EmbedItem("artist", (Item(F("id")),)),)),
        ("...artist(n:name)", (EmbedItem("artist", (Item(F("name"), "n"),), spread=True),)),
        ("id , artist ( name , id ) ", (Item(F("id")), EmbedItem("artist", (Item(F("name")), Item(F("id")))))),
        ("a(b(c))", (EmbedItem("a", (EmbedItem("b", (Item(F("c")),)),)),)),
    ],
)
def test_select(text: str, items: object) -> None:
    assert parse_select(text) == items


@pytest.mark.parametrize(
    "text", [",", "a,", "a(", "a)", "a(b", "::text", "a::", "a!(b)", "...", "a b(c)d", "a:b:c", "a.b"]
)
def test_select_refused(text: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_select(text)
    assert error.value.code == "PGRST100"
    assert "failed to parse select parameter" in error.value.text


def test_select_depth_is_bounded() -> None:
    with pytest.raises(RequestError) as error:
        parse_select("a(" * 5000)
    assert error.value.code == "PGRST127"


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a", (OrderTerm(None, F("a"), False, False),)),
        ("a.asc", (OrderTerm(None, F("a"), False, False),)),
        ("a.desc", (OrderTerm(None, F("a"), True, True),)),
        ("a.desc.nullslast,b", (OrderTerm(None, F("a"), True, False), OrderTerm(None, F("b"), False, False))),
        ("a.nullsfirst", (OrderTerm(None, F("a"), False, True),)),
        ("artist(name).desc", (OrderTerm("artist", F("name"), True, True),)),
        ("data->>k.desc", (OrderTerm(None, F("data", ("k",), True), True, True),)),
    ],
)
def test_order(text: str, terms: object) -> None:
    assert parse_order(text) == terms


@pytest.mark.parametrize("text", ["", "a.", "a.up", "a.nullslast.desc", "a,", "a(b", "a.desc.desc"])
def test_order_refused(text: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_order(text)
    assert error.value.code == "PGRST100"


def test_columns() -> None:
    assert parse_columns("columns", '"a","b, c",d,a') == ("a", "b, c", "d")
    with pytest.raises(RequestError):
        parse_columns("columns", "")


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("{}", []),
        ("{a,b}", ["a", "b"]),
        ('{"a,b", c }', ["a,b", "c"]),
        ("{NULL,null}", [None, None]),
        (r"{a\,b}", ["a,b"]),
    ],
)
def test_array(text: str, members: list[str | None]) -> None:
    assert parse_array(text) == members


@pytest.mark.parametrize("text", ["", "a", "{a", "{a,}", "{,}", "{a}}", '{"a}', "{{a}}"])
def test_array_refused(text: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_array(text)
    assert error.value.code == "22P02"


def test_query_string_sorts_parameters() -> None:
    found = parse_query(
        b"select=id&select=x&order=a&album.order=b&album.limit=1&id=eq.a+b%20c&not.or=(x)&flag&album.and=(y)&%22order%22=eq.1"
    )
    assert found.select == "id"
    assert found.orders == {(): "a", ("album",): "b"}
    assert found.limits == {("album",): "1"}
    assert found.filters == (("id", "eq.a b c"), ('"order"', "eq.1"))
    assert found.logic == (("not.or", "(x)"), ("album.and", "(y)"))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"a=eq.%ff", "PGRST100"),
        (b"a=eq.\xff", "PGRST100"),
        (b"a=eq.%00", "22021"),
        (b"a=" + b"x" * 70_000, "PGRST127"),
    ],
)
def test_query_string_refused(raw: bytes, code: str) -> None:
    with pytest.raises(RequestError) as error:
        parse_query(raw)
    assert error.value.code == code


def test_a_stray_percent_sign_stands_for_itself() -> None:
    assert parse_query(b"a=ilike.%love%").filters == (("a", "ilike.%love%"),)
