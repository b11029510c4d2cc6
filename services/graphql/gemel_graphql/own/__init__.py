"""Own resolvers of the app, written with Strawberry and merged into the generated schema (docs/decisions.md, 2)."""
