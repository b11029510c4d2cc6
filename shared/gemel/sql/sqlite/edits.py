"""Documents changed in part, by the rules of PostgreSQL's jsonb (its manual, section 9.16, table 9.48)."""

from typing import Any

from gemel.errors import DatabaseError
from gemel.sql.encode import json_text
from gemel.sql.sqlite.documents import parse

Form = str | int | float | None
"""A document as it is stored; one that is a number alone is stored as such."""


def joined(left: Form, right: Form) -> str | None:
    """``||``: objects are merged, everything else is made one array."""
    if left is None or right is None:
        return None
    one, other = parse(left), parse(right)
    if isinstance(one, dict) and isinstance(other, dict):
        return json_text(one | other)
    return json_text([*_listed(one), *_listed(other)])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def without_key(document: Form, key: str | None) -> str | None:
    """``- text``: without a member, or without the elements that are this text.

    :raises DatabaseError: 22023, it is neither object nor array.
    """
    if document is None or key is None:
        return None
    value = parse(document)
    if isinstance(value, dict):
        return json_text({name: item for name, item in value.items() if name != key})
    if isinstance(value, list):
        return json_text([item for item in value if item != key])
    raise DatabaseError("22023", "cannot delete from scalar")


def without_element(document: Form, index: int | None) -> str | None:
    """``- integer``; a negative index counts from the end.

    :raises DatabaseError: 22023, it is no array.
    """
    if document is None or index is None:
        return None
    value = parse(document)
    if isinstance(value, dict):
        raise DatabaseError("22023", "cannot delete from object using integer index")
    if not isinstance(value, list):
        raise DatabaseError("22023", "cannot delete from scalar")
    return json_text(_without(value, index))


def _without(items: list[Any], index: int) -> list[Any]:
    index += len(items) if index < 0 else 0
    return [item for number, item in enumerate(items) if number != index]


def without_path(document: Form, path: str | None) -> str | None:
    """``#-``; what is not there is not deleted.

    :param path: a JSON array of texts.
    :raises DatabaseError: 22023, it is neither object nor array; 22P02, a step into an array is no number.
    """
    if document is None or path is None:
        return None
    value, steps = parse(document), parse(path)
    if not isinstance(value, dict | list):
        raise DatabaseError("22023", "cannot delete path in scalar")
    return json_text(_pruned(value, steps, 1) if steps else value)


def _pruned(value: Any, steps: list[Any], place: int) -> Any:
    step, *rest = steps
    if step is None:
        raise DatabaseError("22004", f"path element at position {place} is null")
    if isinstance(value, dict):
        if step not in value:
            return value
        if not rest:
            return {name: item for name, item in value.items() if name != step}
        return value | {step: _pruned(value[step], rest, place + 1)}
    if not isinstance(value, list):
        return value
    index = _index(step, place)
    if not rest:
        return _without(value, index)
    index += len(value) if index < 0 else 0
    return [_pruned(item, rest, place + 1) if number == index else item for number, item in enumerate(value)]


def _index(step: str, place: int) -> int:
    try:
        return int(step)
    except ValueError:
        text = f'path element at position {place} is not an integer: "{step}"'
        raise DatabaseError("22P02", text) from None
