"""Subscriptions: live queries over WebSockets (``docs/dialects/graphql.md`` section 13)."""
