"""Requests that are made to hurt: small to send, large to answer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Bomb:
    """A request."""

    name: str
    method: str
    path: str
    text: str | None = None
    """The body."""


def graphql(name: str, query: str, **variables: object) -> Bomb:
    return Bomb(name, "POST", "/v1/graphql", json.dumps({"query": query, "variables": variables}))


def rest(name: str, path: str) -> Bomb:
    return Bomb(name, "GET", "/rest/v1" + path)


EVERYTHING = "{ name fields { name args { name type { name } } type { name ofType { name } } } }"


def largest(number: int) -> Iterator[Bomb]:
    """About the largest that a role may ask for by default, so that they are parsed, planned and run.

    :param number: makes others of them, which are not known yet.
    """
    columns = [f"b{number}_{n}: name" for n in range(900)]
    yield graphql("columns", "{ track(limit: 1) {" + " ".join(columns) + "} }")
    yield graphql("roots", "{" + " ".join(f"b{number}_{n}: track(limit: 1) {{ name }}" for n in range(400)) + "}")
    tests = ",".join(f"{{id: {{_eq: {number * 1000 + n}}}}}" for n in range(900))
    yield graphql("tests", "{ track(limit: 1, where: {_or: [" + tests + "]}) { id } }")
    yield graphql("list", "query ($i: [Int!]) { track(where: {id: {_in: $i}}) { id } }", i=list(range(90_000 + number)))
    schemas = " ".join(f"b{number}_{n}: __schema {{ types {EVERYTHING} }}" for n in range(4))
    yield graphql("introspection", "{" + schemas + "}")
    yield rest("columns", "/track?limit=1&select=" + ",".join(column.replace(" ", "") for column in columns))
    yield rest("tests", f"/track?limit=1&or=({','.join(f'id.eq.{number * 1000 + n}' for n in range(900))})")
    yield rest("list", f"/track?limit=1&id=in.({','.join(str(number + n) for n in range(9000))})")


def bombs() -> Iterator[Bomb]:
    """All of them."""
    aliases = " ".join(f"a{number}: track {{ name }}" for number in range(3000))
    yield graphql("aliases of roots", "{" + aliases + "}")
    columns = " ".join(f"a{number}: name" for number in range(5000))
    yield graphql("aliases of columns", "{ track {" + columns + "} }")
    nested = " ".join(f"a{number}: tracks {{ name }}" for number in range(500))
    yield graphql("aliases of lists", "{ album {" + nested + "} }")
    doubled = "".join(f"fragment f{n} on track {{ a{n}: name ...f{n + 1} ...f{n + 1} }}" for n in range(40))
    yield graphql("fragments that double", "{ track { ...f0 } }" + doubled + "fragment f40 on track { id }")
    branch = "artist {{ albums {{ ...t{0} }} }}"
    tree = "".join(
        f"fragment t{n} on album {{ x{n}: {branch.format(n + 1)} y{n}: {branch.format(n + 1)} }}" for n in range(14)
    )
    yield graphql("fragments that branch", "{ album { ...t0 } }" + tree + "fragment t14 on album { id }")
    yield graphql(
        "a cycle of fragments", "{ track { ...a } } fragment a on track { ...b } fragment b on track { ...a }"
    )
    for depth in (50, 1000, 10_000):
        deep = "{ artist " + "{ albums { artist " * depth + "{ id }" + "}}" * depth + "}"
        yield graphql(f"{depth} levels", deep)
        yield graphql(
            f"{depth} levels of conditions", "{ track(where: " + "{_not: " * depth + "{}" + "}" * depth + ") { id } }"
        )
        variable: Any = {}
        for _ in range(min(depth, 300)):
            variable = {"_and": [variable]}
        yield graphql(
            f"{depth} levels of a variable", "query ($w: track_bool_exp) { track(where: $w) { id } }", w=variable
        )
        yield rest(
            f"{depth} levels of embeds",
            "/artist?select=" + "album(artist(" * min(depth, 3000) + "id" + "))" * min(depth, 3000),
        )
        yield rest(
            f"{depth} levels of logic",
            "/artist?and=" + "(not.and" * min(depth, 4000) + "(id.eq.1)" + ")" * min(depth, 4000),
        )
    yield graphql(
        "introspection in circles", "{ __schema { types " + "{ fields { type " * 60 + "{ name }" + "}}" * 60 + "} }"
    )
    yield graphql(
        "much introspection", "{" + " ".join(f"a{n}: __schema {{ types {EVERYTHING} }}" for n in range(60)) + "}"
    )
    yield graphql("a huge list", "query ($i: [Int!]) { track(where: {id: {_in: $i}}) { id } }", i=list(range(200_000)))
    yield graphql(
        "many tests", "{ track(where: {_or: [" + ",".join(f"{{id: {{_eq: {n}}}}}" for n in range(3000)) + "]}) { id } }"
    )
    yield rest("a huge list", "/track?id=in.(" + ",".join(map(str, range(10_000))) + ")")
    yield rest("many tests", "/track?or=(" + ",".join(f"id.eq.{n}" for n in range(5000)) + ")")
    cruel = "(a+)+$" + "(.*)*" * 20
    for operator in ("_regex", "_iregex", "_similar"):
        yield graphql(
            f"a cruel {operator}",
            f"query ($p: String) {{ track(where: {{name: {{{operator}: $p}}}}) {{ id }} }}",
            p=cruel,
        )
    yield graphql("a cruel LIKE", "query ($p: String) { track(where: {name: {_like: $p}}) { id } }", p="%a%e%i%" * 400)
    yield graphql("a long LIKE", "query ($p: String) { track(where: {name: {_ilike: $p}}) { id } }", p="%_" * 20_000)
    yield rest("a cruel match", "/track?name=match." + quote(cruel))
    yield rest("a cruel like", "/track?name=like." + quote("*a*e*i*" * 400))
    yield graphql(
        "deep orders", "{ track(order_by: {album: " + "{artist: {albums_aggregate: {count: asc}}}" + "}) { id } }"
    )
    yield graphql("a far page", "{ track(limit: 2147483647, offset: 2147483647) { id } }")
    yield graphql("all with all", "{ track { genre { tracks { genre { tracks { genre { tracks { id } } } } } } } }")
    yield graphql(
        "many variables", "query (" + " ".join(f"$v{n}: Int" for n in range(5000)) + ") { track(limit: $v1) { id } }"
    )
    yield graphql("long names", "{ " + "a" * 200_000 + " }")
    yield graphql("many directives", "{ track { id " + "@include(if: true) " * 8000 + "} }")
    yield graphql("many comments", "{ track { id " + "#\n" * 60_000 + "} }")
    yield Bomb("deep JSON", "POST", "/v1/graphql", "[" * 900_000)
    yield rest("a long select", "/track?select=" + ",".join(f"a{n}:name" for n in range(5000)))
    yield rest("many parameters", "/track?" + "&".join(f"name=neq.{n}" for n in range(5000)))
    yield rest("many orders", "/track?order=" + ",".join(["name"] * 8000))
