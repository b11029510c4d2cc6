"""From the text of an operation to a request of the engine (``docs/dialects/graphql.md`` sections 3 to 10)."""
