"""What may be asked of an engine; it is complete when the rows of the enum tables are known."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from gemel.catalog import TableKey
from gemel.serve import Engine
from gemel_graphql.enums import enum_tables, read_enums
from gemel_graphql.introspect import Introspection
from gemel_graphql.own.schema import Own
from gemel_graphql.parse.shape import Shapes
from gemel_graphql.schema.build import Schema, Schemas

Rows: TypeAlias = Mapping[TableKey, Mapping[str, str | None]]
"""Descriptions by value, by enum table."""


class Interface:
    """The schemas, and what is remembered of each."""

    def __init__(self, schemas: Schemas, own: Own | None, warnings: Sequence[str]) -> None:
        """:param warnings: what is not served."""
        self._schemas, self.own, self.warnings = schemas, own, warnings
        self._introspections: dict[Schema, Introspection] = {}
        self._shapes: dict[Schema, Shapes] = {}

    def schema(self, role: str) -> Schema:
        """What a role may ask."""
        return self._schemas.of(role)

    def introspection(self, schema: Schema) -> Introspection:
        """Introspection of one of the schemas."""
        found = self._introspections.get(schema)
        return found or self._introspections.setdefault(schema, Introspection(schema))

    def shapes(self, schema: Schema) -> Shapes:
        """Shapes of the variables of one of the schemas."""
        return self._shapes.setdefault(schema, Shapes())


class Interfaces:
    """The interface of an engine."""

    def __init__(self, engine: Engine, make: Callable[[Rows], Interface]) -> None:
        """:raises AppError: no interface can be made of the app."""
        self._engine, self._make = engine, make
        self.first = make({})
        """Of the models alone."""
        self._complete = None if enum_tables(engine) else self.first
        self._one = asyncio.Lock()

    async def complete(self) -> Interface:
        """The interface. The first request has the rows of the enum tables read, which are then kept.

        :raises DatabaseError: the database does not give them; the next request asks again.
        """
        if self._complete is None:
            async with self._one:
                if self._complete is None:
                    self._complete = self._make(await read_enums(self._engine))
        return self._complete
