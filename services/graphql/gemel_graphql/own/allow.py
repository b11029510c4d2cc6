"""Which roles may ask an own resolver."""

from collections.abc import Callable
from typing import Any, TypeVar

from graphql import GraphQLField

Call = TypeVar("Call", bound=Callable[..., Any])
MARK = "__gemel_roles__"


def allow(*roles: str) -> Callable[[Call], Call]:
    """Let roles ask a root field, beside the admin; stands below ``@strawberry.field`` or ``@strawberry.mutation``."""

    def mark(call: Call) -> Call:
        setattr(call, MARK, frozenset(roles))
        return call

    return mark


def allowed(field: GraphQLField) -> frozenset[str]:
    """The roles that may ask a field of Strawberry's schema."""
    definition = field.extensions.get("strawberry-definition")
    resolver = getattr(definition, "base_resolver", None)
    found: frozenset[str] = getattr(getattr(resolver, "wrapped_func", None), MARK, frozenset())
    return found
