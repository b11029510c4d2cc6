"""Requests that are ready to run, made once per (role, request) and found again by exactly that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gemel.cache import weight
from gemel.execute import Written
from gemel.execute.ways import Ways
from gemel.plan import plan_mutation, plan_query
from gemel.plan.model import CLAIMS
from gemel.plan.size import Cost, within_limits
from gemel.plan.write_model import InsertPlan
from gemel.policy import Access
from gemel.request import Mutation, Query
from gemel.sql import (
    Backend,
    Estimate,
    Statement,
    WholeInsert,
    WriteSteps,
    compile_estimate,
    compile_mutation,
    compile_query,
    whole_inserts,
)

CHARACTER: Final = 2
PARAMETER: Final = 500
"""Bytes that a prepared query takes for each of its SQL, about."""
STEPS: Final = 3
"""Times the size of a mutation that its steps take with it, about."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one root of a query."""

    body: str
    """JSON text: an array for a select, an object for an aggregate, an object or ``null`` for one row."""
    rows: int
    """Rows in the body (of a select that is the only root; else 0)."""
    total: int | None
    """Rows without limit and offset, if asked of the only root; estimated if that was asked."""


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """A query that is ready to run."""

    statement: Statement
    roots: int
    access: Access
    """Of the role that it was prepared for."""
    estimate: Estimate | None = None
    costs: tuple[Cost, ...] = ()
    """To be held against the limits of the role with the values of each request."""
    personal: bool = False
    """What it gives may depend on the claims of who asks, and not on the role alone."""
    size: int = 0
    """Bytes of it and of the query, about."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedWrite:
    """A mutation that is ready to run."""

    steps: tuple[WriteSteps, ...]
    access: Access
    """Of the role that it was prepared for."""
    hooked: bool = False
    """Rows of some table go through objects."""
    statements: dict[object, Any] = field(default_factory=dict)
    """What was compiled for that."""
    insert: InsertPlan | None = None
    whole: tuple[WholeInsert, ...] = ()
    """If that is all, and one statement can say it with what is given back."""
    costs: tuple[Cost, ...] = ()
    size: int = 0
    """Both as of ``Prepared``."""


Asked = tuple[PreparedWrite, Sequence[object]]
"""A mutation, and the values of its slots."""
Many = tuple[tuple[Written, ...], ...]
"""Of each mutation what came of its writes."""


def prepare_query(access: Access, backend: Backend, query: Query, *, acting: bool) -> Prepared:
    """Plan and compile a query.

    :param acting: statements run as the database role of who asks.
    :raises PlanError: it means nothing here, or the role may not.
    :raises LimitExceeded: it is more than the role may ask for.
    :raises Unsupported: the database cannot say it.
    """
    plan = plan_query(access, query)
    costs = within_limits(access.limits, plan)
    statement = compile_query(backend, plan)
    personal = acting or any(item.slot == CLAIMS for item in statement.parameters)
    size = weight(query) + CHARACTER * len(statement.text) + PARAMETER * len(statement.parameters)
    return Prepared(statement, len(plan.roots), access, compile_estimate(backend, plan), costs, personal, size)


def prepare_mutation(access: Access, backend: Backend, ways: Ways, mutation: Mutation) -> PreparedWrite:
    """Plan and compile a mutation.

    :raises PlanError, LimitExceeded, Unsupported: as ``prepare_query``.
    """
    plan = plan_mutation(access, mutation)
    costs = within_limits(access.limits, plan)
    steps = compile_mutation(backend, plan)
    hooked, only = ways.any(steps), plan.writes[0] if len(plan.writes) == 1 else None
    insert = only if isinstance(only, InsertPlan) and not hooked else None
    whole = whole_inserts(backend, insert) if insert is not None else ()
    size = STEPS * weight(mutation)
    return PreparedWrite(steps, access, hooked, insert=insert, whole=whole, costs=costs, size=size)
