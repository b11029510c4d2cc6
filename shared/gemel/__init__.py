"""Gemel: SQLAlchemy models served as GraphQL and REST. Here is what an app package imports of it."""

from gemel.functions import Refused, Reply, function
from gemel.hooks import Event, after, before, committed
from gemel.limits import Limits
from gemel.periodic import periodic
from gemel.policy import Example, Policy, Role, claim

__all__ = [
    "Event",
    "Example",
    "Limits",
    "Policy",
    "Refused",
    "Reply",
    "Role",
    "after",
    "before",
    "claim",
    "committed",
    "function",
    "periodic",
]
