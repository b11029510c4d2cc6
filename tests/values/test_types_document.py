"""Every row of ``docs/types.md``, in both dialects, on both databases (docs/decisions.md, 7 to 9)."""

import json
from decimal import Decimal
from functools import cache

import psycopg
import pytest
from families import FAMILIES, SERVER_ONLY
from fronts import Fronts
from types_document import Row, read_rows

ROWS = list(read_rows())
NUMBERS = frozenset({"real", "double", "json", "jsonb"})
"""Columns whose JSON is compared by value."""


@cache
def reads_xml(address: str) -> bool:
    """Whether the server was built with libxml: that of a wheel is not."""
    with psycopg.connect(address) as connection:
        try:
            connection.execute("SELECT xmlparse(CONTENT '<a/>')")
        except psycopg.errors.FeatureNotSupported:
            return False
    return True


def refused_first(row: Row) -> bool:
    """The denied cases come first."""
    return row.refusal is None


@pytest.mark.parametrize(
    "row", sorted(ROWS, key=refused_first), ids=lambda row: f"{row.column}-{row.sent}".encode("unicode_escape").decode()
)
def test_row(typed: Fronts, row: Row) -> None:
    """R4-2, R4-3, R12-4, G10.1-24, G10.2-1, G10.2-2, G10.2-3, G10.2-4: what is sent is refused alike, or comes back
    in its form (G10.1-3, G10.1-4, G10.1-5, G10.1-7, G10.1-10, G10.1-11, G10.1-13, G10.1-14, G10.1-15, G10.1-16,
    G10.1-17, G10.1-18, G10.1-21) and is found."""
    kind = "postgresql" if typed.settings.is_postgresql else "sqlite"
    if row.table in SERVER_ONLY and kind == "sqlite":
        assert row.sqlite == "–"
        return
    if row.column == "xml" and not reads_xml(typed.settings.database):
        pytest.skip("this PostgreSQL was built without libxml")
    given, refusal = row.given_on(kind)
    for write in (write_graphql, write_rest):
        assert typed.rest("DELETE", f"/{row.table}?id=gte.0").status_code == 204
        wanted = (given, refusal) if write is write_graphql else (given, None)
        check(row, write(typed, row), wanted)
        if refusal is None:
            check_read(typed, row, given)


SCALARS = {
    "numbers": "smallint Int bigint numeric numeric Float float8 Boolean",
    "texts": "String String bpchar uuid bytea mood mood_value String",
    "moments": "date timestamp timestamptz time timetz interval",
    "documents": "json jsonb",
    "arrays": "Int String uuid Boolean",
}
"""Scalars of the columns of each table, in their order."""


@pytest.mark.parametrize("table", SCALARS)
def test_scalars(typed: Fronts, table: str) -> None:
    """G10.1-1, G10.1-2, G10.1-3, G10.1-4, G10.1-5, G10.1-7, G10.1-8, G10.1-9, G10.1-10, G10.1-11, G10.1-12, G10.1-13,
    G10.1-14, G10.1-15, G10.1-16, G10.1-17, G10.1-19, G10.1-20: how types are called."""
    kind = "{ kind name ofType { kind name ofType { name } } }"
    text = typed.graphql(f'{{ __type(name: "{table}") {{ fields {{ name type {kind} }} }} }}')
    fields = {item["name"]: item["type"] for item in json.loads(text)["data"]["__type"]["fields"]}
    found = [fields[column] for column in FAMILIES[table]]
    if table == "arrays":
        assert {item["kind"] for item in found} == {"LIST"}
        found = [item["ofType"]["ofType"] for item in found]
    assert " ".join(item["name"] for item in found) == SCALARS[table]


UNREADABLE = frozenset({"22P02", "22007", "22008", "22009", "22023"})
"""Refusals of the form of a value, wherever it stands."""


@pytest.mark.parametrize("row", [row for row in ROWS if row.refusal is not None], ids=lambda row: row.column + row.sent)
def test_a_filter_refuses_what_a_column_refuses(typed: Fronts, row: Row) -> None:
    """R4-2, G10.2-1: a value that cannot be read has the same code in a filter."""
    sent = json.loads(row.sent)
    read_here = typed.settings.is_postgresql or row.table not in SERVER_ONLY
    if row.given not in UNREADABLE or not isinstance(sent, str) or not read_here:
        return
    answer = typed.rest("GET", f"/{row.table}", params={row.column: f"eq.{sent}"})
    assert (answer.status_code, answer.json()["code"]) == (400, row.given)
    query = f"query ($w: {row.table}_bool_exp!) {{ {row.table}(where: $w) {{ id }} }}"
    text = typed.graphql(query, f'{{"w": {{"{row.column}": {{"_eq": {row.sent}}}}}}}')
    assert json.loads(text)["errors"][0]["extensions"]["code"] == row.refusal


def check(row: Row, found: tuple[str, str | None], wanted: tuple[str, str | None]) -> None:
    """Compare what came back; GraphQL has no SQLSTATE, REST no code of GraphQL."""
    if wanted[1] is not None:
        assert found[1] == wanted[1]
    else:
        assert same(row, found[0], wanted[0]), f"{found[0]} is not {wanted[0]}"


def same(row: Row, found: str, wanted: str) -> bool:
    """Whether two JSON texts are equal."""
    if row.column not in NUMBERS or found == wanted:
        return found == wanted
    one, other = (json.loads(text, parse_float=Decimal, parse_int=Decimal) for text in (found, wanted))
    return bool(one == other)


def write_graphql(typed: Fronts, row: Row) -> tuple[str, str | None]:
    """Insert; JSON of the column, or the code of the refusal."""
    root = f"insert_{row.table}_one"
    query = f"mutation ($o: {row.table}_insert_input!) {{ {root}(object: $o) {{ {row.column} }} }}"
    text = typed.graphql(query, f'{{"o": {{"id": 1, "{row.column}": {row.sent}}}}}')
    if text.startswith('{"errors"'):
        return "", str(json.loads(text)["errors"][0]["extensions"]["code"])
    return cut(text, f'{{"data":{{"{root}":{{"{row.column}":', "}}}"), None


def write_rest(typed: Fronts, row: Row) -> tuple[str, str | None]:
    """Insert; JSON of the column, or the SQLSTATE of the refusal."""
    prefer = {"prefer": "return=representation"}
    body = f'{{"id": 1, "{row.column}": {row.sent}}}'
    answer = typed.rest("POST", f"/{row.table}?select={row.column}", body, headers=prefer)
    if answer.status_code != 201:
        assert answer.status_code == 400
        return str(answer.json()["code"]), None
    return cut(answer.text, f'[{{"{row.column}":', "}]"), None


def check_read(typed: Fronts, row: Row, given: str) -> None:
    """Both dialects read it alike, CSV has its cell, and the filter finds the row."""
    text = typed.graphql(f"{{ {row.table} {{ {row.column} }} }}")
    assert same(row, cut(text, f'{{"data":{{"{row.table}":[{{"{row.column}":', "}]}}"), given)
    text = typed.rest("GET", f"/{row.table}?select={row.column}").text
    assert same(row, cut(text, f'[{{"{row.column}":', "}]"), given)
    if row.csv is not None and given == row.given:
        csv = typed.rest("GET", f"/{row.table}?select={row.column}", headers={"accept": "text/csv"}).text
        assert csv == f"{row.column}\n{row.csv}" or same(row, csv.partition("\n")[2], row.csv)
    if row.filter is not None:
        check_found(typed, row, row.filter)


def check_found(typed: Fronts, row: Row, value: str) -> None:
    """The filter finds the row, and its negation does not."""
    document = row.table == "documents"
    for word, operator, found in (("eq", "_eq", [{"id": 1}]), ("neq", "_neq", [])):
        answer = typed.rest("GET", f"/{row.table}", params={"select": "id", row.column: f"{word}.{value}"})
        assert answer.json() == found
        query = f"query ($w: {row.table}_bool_exp!) {{ {row.table}(where: $w) {{ id }} }}"
        shown = value if document else json.dumps(value)
        text = typed.graphql(query, f'{{"w": {{"{row.column}": {{"{operator}": {shown}}}}}}}')
        assert json.loads(text) == {"data": {row.table: found}}


def cut(text: str, start: str, end: str) -> str:
    """What stands between."""
    assert text.startswith(start), text
    assert text.endswith(end), text
    return text[len(start) : -len(end)]


def test_every_column_has_a_row_that_is_given_and_one_that_is_refused() -> None:
    """The document leaves no type out, and says of each what it refuses."""
    columns = {(table, column) for table, types in FAMILIES.items() for column in types}
    assert {(row.table, row.column) for row in ROWS if row.refusal is None} == columns
    assert columns - {(row.table, row.column) for row in ROWS if row.refusal is not None} == set()
