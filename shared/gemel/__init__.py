"""Gemel: SQLAlchemy models served as GraphQL and REST. Here is what an app package imports of it."""

from gemel.functions import FunctionError, Reply, function

__all__ = ["FunctionError", "Reply", "function"]
