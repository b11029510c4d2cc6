"""Questions that use every parameter of a role's OpenAPI document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

VALUES = {
    "integer": ("5", "98", "1000100"),
    "number": ("5", "1.98"),
    "string": ("Luis", "a"),
    "boolean": ("true",),
    "date": ("2010-01-01T00:00:00",),
}
PATTERNS = ("like", "ilike", "match", "imatch")


@dataclass(frozen=True)
class RestProbe:
    """A question, and the parameters that it uses."""

    method: str
    path: str
    uses: frozenset[str]
    headers: dict[str, str] = field(default_factory=dict)


def rest_uses(document: Any) -> frozenset[str]:
    """Every parameter of an operation that reads, and every operator of a filter."""
    found = set()
    for path, item in document["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            place = f"{path} {parameter['name']}"
            found.add(place)
            if _is_filter(parameter):
                found |= {f"{place} {operator}" for operator in _operators(parameter)}
    return frozenset(found)


def rest_probes(document: Any) -> Iterator[RestProbe]:
    """At least one for each of them."""
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        parameters = {one["name"]: one for one in item["get"]["parameters"]}
        columns = {name: one for name, one in parameters.items() if _is_filter(one)}
        schema = _schema(document, item["get"])
        base = path
        needed = ""
        for name, one in parameters.items():
            if one["in"] == "path":
                base = re.sub(r"\{[^}]*\}", ",".join(["5"] * one["schema"]["pattern"].count("[^,]+")), base)
            elif one.get("required"):
                needed += f"&{name}={next(iter(one['examples'].values()))['value']}"
        for name, one in parameters.items():
            place = f"{path} {name}"
            for query, headers, uses in _asked(name, one, columns, schema):
                for method in ("GET", "HEAD") if "head" in item else ("GET",):
                    joined = f"{base}?{query}{needed}"
                    yield RestProbe(method, joined, frozenset({place, *(f"{place} {use}" for use in uses)}), headers)


def _asked(  # noqa: C901, PLR0912 - one case for each kind of parameter
    name: str, one: Any, columns: dict[str, Any], schema: dict[str, Any]
) -> Iterator[tuple[str, dict[str, str], tuple[str, ...]]]:
    """Query, headers, and the operators that are used."""
    plain = [column for column in columns if column.isidentifier()]
    if one["in"] == "path":
        for count in ("*", ",".join(list(schema)[:2])):
            yield f"select={count}", {}, ()
    elif _is_filter(one):
        for operator in _operators(one):
            for value in _values(one, operator):
                yield f"{name}={operator}.{quote(value)}", {}, (operator,)
        yield f"{name}=not.{_operators(one)[0]}.{quote(_values(one, 'eq')[0])}", {}, ()
    elif name in ("and", "or"):
        yield f"{name}=({plain[0]}.not.is.null,{plain[-1]}.is.null)", {}, ()
        yield f"not.{name}=({plain[0]}.is.null,{plain[-1]}.is.null)", {}, ()
    elif name == "select":
        for column in schema:
            yield f"select={column}", {}, ()
        for relation in _relations(schema):
            yield f"select=*,{relation}(*)", {}, ()
            yield f"select=*,{relation}!inner(*)", {}, ()
            yield f"select={relation}(id)&{relation}=not.is.null", {}, ()
            yield f"select=*,{relation}()&{relation}=is.null", {}, ()
        if plain:
            yield f"select={plain[0]},cursor()", {}, ()
            yield "select=count()", {}, ()
    elif name == "order":
        for column in plain:
            yield f"order={column}.desc.nullslast", {}, ()
        for relation in _relations(schema):
            yield f"select=*,{relation}(id)&order={relation}(id).desc", {}, ()
    elif name in ("limit", "offset", "first"):
        for number in (0, 3, 100000):
            yield f"{name}={number}", {"prefer": "count=exact"}, ()
    elif name == "after":
        yield "after=CURSOR", {}, ()  # the test has one
        yield "after=%5B%22x%22%5D", {}, ()
    elif name == "Prefer":
        for example in one["examples"].values():
            yield "limit=2", {"prefer": example["value"]}, ()
    elif name == "Range":
        yield "select=*", {"range": "0-4", "prefer": "count=exact"}, ()
    elif name in ("Accept-Profile",):
        yield "limit=2", {"accept_profile": "public"}, ()
    elif name == "If-None-Match":
        yield "select=*", {"if_none_match": '"x"'}, ()
    elif one.get("description", "").startswith("Argument: "):
        for value in ("1", "58", "1000100"):
            yield f"{name}={value}", {}, ()
    else:
        raise AssertionError(f"no probe uses {name}")


def _is_filter(one: Any) -> bool:
    return str(one.get("description", "")).startswith("Filter by ")


def _operators(one: Any) -> list[str]:
    text = re.match(r"Filter by `[^`]*`: ([a-z, ]+)", one["description"])
    assert text is not None
    return [item.strip() for item in text[1].split(",") if item.strip()]


def _values(one: Any, operator: str) -> tuple[str, ...]:
    example = next(iter(one["examples"].values()))["value"][0].partition(".")[2]
    if operator == "in":
        return (f"({example})",)
    if operator == "is":
        return ("null", "not_null")
    if operator in PATTERNS:
        return ("%a%", "L") if operator in ("like", "ilike") else ("a", "^L")
    return VALUES["integer"] if example.isdigit() else VALUES["string"] if example == "a" else (example,)


def _schema(document: Any, operation: Any) -> dict[str, Any]:
    """Columns of the rows that it gives."""
    text = str(operation["responses"].get("200", {}).get("content", {}))
    found = re.search(r"#/components/schemas/(\w+)", text)
    if found is None:
        return {}
    schema = document["components"]["schemas"][found[1]]
    names = {name: item for name, item in schema["properties"].items() if name not in schema["x-relationships"]}
    return _Columns(names, schema)


class _Columns(dict[str, Any]):
    """Columns, and the relations beside them."""

    def __init__(self, columns: dict[str, Any], schema: Any) -> None:
        super().__init__(columns)
        self.relations = list(schema["x-relationships"])


def _relations(schema: dict[str, Any]) -> list[str]:
    return getattr(schema, "relations", [])
