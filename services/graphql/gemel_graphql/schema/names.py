"""Naming conventions: the only place that knows how names are written (``docs/dialects/graphql.md`` sections 1.1, 1.2).

Everything else composes names in the form of ``hasura-default``; the store of types writes them as the convention does,
and the parser goes by meanings (``schema.meaning``), so that a plan is the same under both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Names:
    """A naming convention. Each of its functions gives what it is given when that is in its form already."""

    field: Callable[[str], str]
    """Of fields, columns, relations, arguments and operators."""
    type: Callable[[str], str]
    """Of types; the names of scalars and roots are under no convention."""
    value: Callable[[str], str]
    """Of values of enums that are no columns."""


def _as_it_is(name: str) -> str:
    return name


def _camel(name: str) -> str:
    """``order_by`` is ``orderBy``, ``_is_null`` is ``_isNull``, ``Album`` is ``album``; ``ID`` and ``X`` stay."""
    underscores, words = _words(name)
    return underscores + "".join([words[0] if words[0].isupper() else _lowered(words[0]), *map(_raised, words[1:])])


def _pascal(name: str) -> str:
    """``invoice_line_bool_exp`` is ``InvoiceLineBoolExp``."""
    underscores, words = _words(name)
    return underscores + "".join(map(_raised, words))


def _words(name: str) -> tuple[str, list[str]]:
    bare = name.lstrip("_")
    return name[: len(name) - len(bare)], [word for word in bare.split("_") if word] or [""]


def _raised(word: str) -> str:
    return word[:1].upper() + word[1:]


def _lowered(word: str) -> str:
    return word[:1].lower() + word[1:]


CONVENTIONS: Final[Mapping[str, Names]] = {
    "hasura-default": Names(_as_it_is, _as_it_is, _as_it_is),
    "graphql-default": Names(_camel, _pascal, str.upper),
}
"""By value of the setting ``naming_convention``."""
