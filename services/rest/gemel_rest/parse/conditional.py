"""Conditional requests: If-Match and If-None-Match (``docs/dialects/rest.md`` section 32, RFC 9110 section 13)."""

import re
from collections.abc import Mapping
from typing import Literal

from gemel.errors import RequestError
from gemel_rest.parse.path import Resource
from gemel_rest.parse.text import not_implemented

Expects = Literal["seen", "absent"]
"""The row is as the client saw it; or there is none."""

TAG = re.compile(r'[\s,]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?=,|$)')


def parse_tags(name: str, value: str) -> frozenset[str] | None:
    """The strong entity tags of a header, with the marks ``W/`` of the weak ones; ``None`` for ``*``.

    :param name: of the header.
    :raises RequestError: ``PGRST100``.
    """
    if value.strip() == "*":
        return None
    found, at = set(), 0
    while value[at:].strip(" \t,"):
        tag = TAG.match(value, at)
        if tag is None:
            text = f'"failed to parse {name} header ({value})" (line 1, column {at + 1})'
            raise RequestError("PGRST100", text, 'expecting entity tags such as "x", or *')
        found.add((tag[1] or "") + tag[2])
        at = tag.end()
    return frozenset(found)


def row_parts(tags: frozenset[str] | None) -> frozenset[str] | None:
    """What strong tags say of the stored row; a weak one says nothing that a change could rely on."""
    return None if tags is None else frozenset(tag.partition(".")[0] for tag in tags if not tag.startswith("W/"))


def expected(method: str, resource: Resource, headers: Mapping[str, str]) -> Expects | None:
    """What a change makes conditions about.

    :raises RequestError: it is no condition that this resource can be held to.
    """
    if "if-match" in headers:
        if resource.kind != "item":
            raise not_implemented("If-Match is implemented for single items, as in PATCH /album/1.")
        return "seen"
    if "if-none-match" in headers:
        if method != "PUT" or resource.kind != "item" or headers["if-none-match"].strip() != "*":
            raise not_implemented("A change knows If-None-Match: * alone, of a PUT of an item.")
        return "absent"
    return None
