"""Alembic's environment, shared by all histories; :mod:`gemel_migrator.history` says what each one is."""

from alembic import context

context.configure(**context.config.attributes["options"])
with context.begin_transaction():
    context.run_migrations()
