"""Places in JSON: the part of JSONPath (RFC 9535) that claims are found by, and PostgREST's form of it."""

import re
from functools import cache
from typing import Any, Final

Path = tuple[str | int, ...]

_STEP: Final = re.compile(r"""\.?(?:"([^"]+)"|([^.\[\]"'\s]+))|\[(?:'([^']+)'|"([^"]+)"|(\d+))\]""")


@cache
def parse(text: str) -> Path:
    """Steps of ``$.a.b[0]['c d']``, or of PostgREST's ``.a."c d"``. Paths stand in settings: they are few.

    :raises ValueError: it is no such path.
    """
    rest, steps = text.removeprefix("$"), list[str | int]()
    while rest:
        found = _STEP.match(rest)
        if found is None or (not steps and text.startswith("$") and rest[0] not in ".["):
            raise ValueError(f"{text!r} is no path: write $.name, $['a name'] or $.list[0], one behind the other")
        steps.append(int(found[5]) if found[5] is not None else next(item for item in found.groups() if item))
        rest = rest[found.end() :]
    return tuple(steps)


def find(document: object, path: Path) -> Any:
    """What is there; ``None`` if nothing is."""
    for step in path:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document
