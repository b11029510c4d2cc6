"""Gemel: SQLAlchemy models served as GraphQL and REST. Here is what an app package imports of it."""

from gemel.functions import Refused, Reply, function
from gemel.hooks import Event, after, before, committed

__all__ = ["Event", "Refused", "Reply", "after", "before", "committed", "function"]
