"""What a role may not see has no influence on any answer (docs/decisions.md, 36).

Two databases differ in everything that the role may not see: values of hidden columns, values and number of hidden
rows. Every argument of every field of its schema, and every parameter of its OpenAPI document, is asked of both; the
answers are the same to the byte. An argument that no question uses fails the test.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_client_schema, get_introspection_query, get_named_type
from probes import Probe, Prober
from rest_probes import rest_probes, rest_uses
from twins import dump, scramble, trim
from wiki import wiki_app

from asker import Asker, asking
from databases import copy_of
from gemel.app import App

AT_ONCE = 8
ROLES: dict[str, tuple[str, dict[str, str]]] = {
    "anonymous": ("chinook", {}),
    "customer": ("chinook", {"user-id": "5"}),
    "support": ("chinook", {"employee-id": "4"}),
    "writer": ("wiki", {"user-id": "ann"}),
    "reader": ("wiki", {}),
}


PARAMS = [f"{role}-sqlite" for role in ROLES]
"""SQLite alone: PostgreSQL gives rows without an order, and guesses their number, by statistics that differ between two
databases whatever is in them. The plans are the same."""


@dataclass(frozen=True)
class Twins:
    """A role at both databases."""

    one: Asker
    other: Asker
    admins: tuple[Asker, Asker]
    app: App

    def same(self, query: str) -> Any:
        """The answer to an operation, which is the same from both."""
        first, second = self.one.graphql(query), self.other.graphql(query)
        if first != second:
            told, others = (answer.get("data") or {"": answer} for answer in (first, second))
            differing = {name: (told[name], others.get(name)) for name in told if told[name] != others.get(name)}
            raise AssertionError((query, differing))
        return first


@pytest.fixture(scope="module", params=PARAMS)
def twins(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chinook_app: App
) -> Iterator[Twins]:
    role, _, kind = request.param.partition("-")
    name, claims = ROLES[role]
    app = chinook_app if name == "chinook" else wiki_app()
    with ExitStack() as stack:
        askers = []
        for number in range(2):
            folder = tmp_path_factory.mktemp(f"twin{number}")
            if name == "chinook":
                settings = stack.enter_context(request.getfixturevalue("copy_chinook")(kind, folder))
                trim(settings)
            else:
                settings = stack.enter_context(copy_of(request.getfixturevalue(f"{kind}_wiki"), request, folder))
            if number:
                scramble(settings, app, role, claims)
            askers.append(stack.enter_context(asking(settings, app)))
        known = {key.replace("-", "_"): value for key, value in claims.items()}
        one, other = (asker.as_(role, **known) for asker in askers)
        yield Twins(one, other, (askers[0].as_("admin"), askers[1].as_("admin")), app)


def test_the_twins_differ(twins: Twins) -> None:
    """Or the tests below would prove nothing."""
    first, second = (dump(asker.engine.settings, twins.app) for asker in twins.admins)
    differing = {name for name in first if first[name] != second[name]}
    assert differing
    table = sorted(differing)[0]
    assert twins.admins[0].rows(f"/{table}?order=id") != twins.admins[1].rows(f"/{table}?order=id")


EVERY = pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
"""All questions, or those that bring an argument that none before them had."""


@EVERY
def test_no_argument_of_graphql_tells(twins: Twins, *, every: bool) -> None:
    shown = twins.same(get_introspection_query())
    schema = build_client_schema(shown["data"])
    prober = Prober(schema, dict(_cursors(twins, schema)))
    used: set[str] = set()
    refused: dict[str, str] = {}
    for chunk in _chunks(list(prober.probes())):
        wanted = [probe for probe in chunk if every or not probe.uses <= used]
        for probe in _asked(twins, wanted, refused) if wanted else ():
            used |= probe.uses
    missing = {name for name in prober.all_uses() - used if "search" not in name.lower()}  # no FTS5 here
    told = [
        item for item in refused.items() if any(one.partition(".")[2].partition("(")[0] in item[0] for one in missing)
    ]
    assert not missing, (sorted(missing)[:20], told[:5])


def _cursors(twins: Twins, schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """A cursor of each row type that has them."""
    assert schema.query_type is not None
    for name, item in schema.query_type.fields.items():
        type_ = get_named_type(item.type)
        if "after" in item.args and isinstance(type_, GraphQLObjectType) and "_cursor" in type_.fields:
            [row, *_] = twins.same(f"{{ {name}(limit: 1) {{ _cursor }} }}")["data"][name] or [{"_cursor": ""}]
            yield type_.name, json.dumps(row["_cursor"])


def _asked(twins: Twins, chunk: list[Probe], refused: dict[str, str]) -> list[Probe]:
    """Those of the questions that were answered."""
    query = "{ " + " ".join(_aliased(number, probe.text) for number, probe in enumerate(chunk)) + " }"
    if "data" in twins.same(query):
        return chunk
    if len(chunk) == 1:
        refused[chunk[0].text] = str(twins.one.graphql(query))
        return []
    half = len(chunk) // 2
    return [*_asked(twins, chunk[:half], refused), *_asked(twins, chunk[half:], refused)]


def _aliased(number: int, text: str) -> str:
    return f"a{number}: {text}"


def _chunks(probes: list[Probe]) -> Iterator[list[Probe]]:
    for start in range(0, len(probes), AT_ONCE):
        yield probes[start : start + AT_ONCE]


@EVERY
def test_no_parameter_of_rest_tells(twins: Twins, *, every: bool) -> None:
    document = twins.one.rows("/")
    assert json.dumps(document) == json.dumps(twins.other.rows("/"))
    used: set[str] = set()
    refused: dict[str, str] = {}
    for probe in rest_probes(document):
        path = probe.path
        if probe.uses <= used and not every:
            continue
        if "CURSOR" in path:
            rows = twins.one.rest("GET", path.replace("after=CURSOR", "select=cursor()&limit=1")).json()
            path = path.replace("CURSOR", quote(rows[0]["cursor"] if rows else ""))
        first, second = (asker.rest(probe.method, path, **probe.headers) for asker in (twins.one, twins.other))
        told = (first.status_code, first.content, first.headers.get("content-range"), first.headers.get("etag"))
        assert told == (
            second.status_code,
            second.content,
            second.headers.get("content-range"),
            second.headers.get("etag"),
        ), probe
        if first.status_code < 400 or b"PGRST116" in first.content or b"PGRST103" in first.content:
            used |= probe.uses
        else:
            refused[f"{probe.path} {probe.headers}"] = first.text
    missing = rest_uses(document) - used
    assert not missing, (sorted(missing)[:20], list(refused.items())[:5])


def test_what_is_not_shown_is_refused(twins: Twins) -> None:
    """Every operation that the admin's document has and the role's does not is refused, and changes nothing."""
    before = dump(twins.one.engine.settings, twins.app)
    mine, every = twins.one.rows("/")["paths"], twins.admins[0].rows("/")["paths"]
    for path, item in every.items():
        for method in set(item) - set(mine.get(path, {})):
            asked = path.replace("{", "").replace("}", "")
            for name in ("playlist_id_track_id", "id"):
                asked = asked.replace(name, "1,3402" if "_" in name else "1")
            body = {} if method in ("post", "patch", "put") else None
            answers = [asker.rest(method.upper(), asked, body) for asker in (twins.one, twins.other)]
            assert answers[0].status_code in (400, 401, 403, 404, 405), (method, asked)
            assert answers[0].content == answers[1].content
    shown = twins.admins[0].data("{ __schema { queryType { fields { name } } mutationType { fields { name } } } }")
    own = twins.one.data("{ __schema { queryType { fields { name } } mutationType { fields { name } } } }")["__schema"]
    for kind, word in (("queryType", "query"), ("mutationType", "mutation")):
        known = {item["name"] for item in (own[kind] or {"fields": []})["fields"]}
        for item in shown["__schema"][kind]["fields"]:
            if item["name"] not in known:
                code, _ = twins.one.refused(f"{word} {{ {item['name']} {{ __typename }} }}")
                assert code == "validation-failed", item["name"]
    assert dump(twins.one.engine.settings, twins.app) == before


def test_no_write_reaches_what_is_hidden(twins: Twins) -> None:
    """Every mutation of the role's schema with the widest condition, and every change of its document."""
    for asker in (twins.one, twins.other):
        before = dump(asker.engine.settings, twins.app)
        fields = asker.data("{ __schema { mutationType { fields { name args { name } } } } }")["__schema"][
            "mutationType"
        ]
        for item in (fields or {"fields": []})["fields"]:
            names = {argument["name"] for argument in item["args"]}
            if {"where", "_set"} <= names:
                table = item["name"].removeprefix("update_")
                shape = asker.data(f'{{ __type(name: "{table}_set_input") {{ inputFields {{ name }} }} }}')["__type"]
                column = shape["inputFields"][0]["name"]
                text = f"mutation {{ {item['name']}(where: {{}}, _set: {{{column}: null}}) {{ affected_rows }} }}"
                asker.graphql(text)
            elif "where" in names:
                asker.graphql(f"mutation {{ {item['name']}(where: {{}}) {{ affected_rows }} }}")
        for path, operations in asker.rows("/")["paths"].items():
            if "{" not in path and "delete" in operations:
                asker.rest("DELETE", f"{path}?id=gt.0")
        after = dump(asker.engine.settings, twins.app)
        changed = {
            (table, key) for table, rows in before.items() for key, row in rows.items() if after[table].get(key) != row
        }
        allowed = {"customer": {(5,)}, "page": {(1,), (2,)}, "remark": {(2,)}}
        assert all(key in allowed.get(table, set()) for table, key in changed), changed
