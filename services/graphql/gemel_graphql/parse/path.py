"""Paths into documents: ``$.a.b``, ``a.b``, ``[0].x``, ``['odd key']`` (``docs/dialects/graphql.md`` section 2)."""

import re
from typing import Final

from gemel.errors import Location
from gemel_graphql.parse.refuse import refuse

_STEP: Final = re.compile(
    r"""\.?(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<index>-?[0-9]{1,9})\]|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]"""
)


def read_path(text: str, at: Location) -> tuple[str | int, ...]:
    """Steps of a path.

    :raises RequestError: it is none.
    """
    steps: list[str | int] = []
    position = 1 if text.startswith("$") else 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match["name"] is not None and steps and text[position] != "."):
            raise refuse(f"parse json path error: {text[:200]!r} at character {position + 1}", at)
        index, key = match["index"], match["key"]
        steps.append(int(index) if index is not None else key if key is not None else match["name"])
        position = match.end()
    return tuple(steps)
