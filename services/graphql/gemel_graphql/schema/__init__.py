"""The generated schema, made from the catalog (``docs/dialects/graphql.md`` section 1.1)."""
