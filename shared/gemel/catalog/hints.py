"""Python types of mapped attributes, from their annotations."""

import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy.orm import Mapped, Mapper


def attribute_hints(mapper: Mapper[object]) -> Mapping[str, Any]:
    """Type of each attribute that is annotated ``Mapped[…]``, without ``None``; nothing if they cannot be evaluated."""
    try:
        found = get_type_hints(mapper.class_)
    except (NameError, TypeError, AttributeError):  # names that only a type checker imports
        return {}
    return {name: _without_none(get_args(hint)[0]) for name, hint in found.items() if get_origin(hint) is Mapped}


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    left = [part for part in get_args(hint) if part is not type(None)]
    return left[0] if len(left) == 1 else None
