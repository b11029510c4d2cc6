"""The GraphQL service: Hasura v2's dialect (``docs/dialects/graphql.md``) over Gemel's engine."""

from gemel_graphql.own.allow import allow
from gemel_graphql.own.context import Context

__all__ = ["Context", "allow"]
