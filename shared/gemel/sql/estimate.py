"""How many rows a list has, by the statistics of the database instead of by counting."""

import json
from dataclasses import dataclass
from typing import Any

from gemel.plan.model import QueryPlan, RowsPlan
from gemel.sql.backend import Backend
from gemel.sql.build import Builder
from gemel.sql.compile import uncut
from gemel.sql.statement import Statement


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """An estimate that goes with a query, as a statement of its own."""

    statement: Statement
    exact_to: int | None
    """What was counted is the total up to this number; ``None``: never, an estimate can only raise it."""

    def needed(self, counted: int | None) -> bool:
        """Whether the estimate has to be asked for.

        :param counted: rows that were counted, if any were.
        """
        return counted is None or self.exact_to is None or counted > self.exact_to


def compile_estimate(backend: Backend, plan: QueryPlan) -> Estimate | None:
    """The estimate that the only root asks for; ``None`` if it asks for none, or the database makes none."""
    root = plan.roots[0]
    if len(plan.roots) > 1 or root.estimate is None or not isinstance(root.content, RowsPlan):
        return None
    builder = Builder(backend)
    explained = backend.explain(uncut(builder, root.content))
    if explained is None:
        return None
    return Estimate(builder.statement(explained), root.content.slice.most)


def planned_rows(explained: str | list[Any]) -> int:
    """Rows that the planner expects, from what ``EXPLAIN (FORMAT JSON)`` says; a session of SQLAlchemy has read it."""
    plans = json.loads(explained) if isinstance(explained, str) else explained
    return int(plans[0]["Plan"]["Plan Rows"])
