"""The rows that an actor may read, as a select of the app's own."""

from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from gemel.errors import Denied
from gemel.policy.access import Access
from gemel.policy.claim import fill

Model = TypeVar("Model")


def visible(access: Access, claims: Mapping[str, str], model: type[Model]) -> "sa.Select[Model]":
    """A select of objects, of the rows that a role with these claims may read.

    :raises Denied: it may read none of that class.
    :raises MissingVariable: a policy needs a claim that is not there.
    """
    mapper: Any = sa.inspect(model)
    view = access.of_class(mapper)
    grant = access.grant(view, "select") if view is not None else None
    if grant is None:
        raise Denied(mapper.local_table.name, "select")
    query = sa.select(model)
    return query if grant.rows is None else query.where(fill(grant.rows, claims))
