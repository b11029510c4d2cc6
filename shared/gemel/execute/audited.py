"""Write down, in the same transaction, what an administrator changes through the APIs (docs/access.md)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias, TypeVar

from gemel.auth import Actor
from gemel.execute.database import Script
from gemel.execute.perform import Written
from gemel.sql import WriteSteps
from gemel.sql.steps import DeleteSteps, InsertSteps, UpdateSteps
from gemel.state.audit import audit_statement
from gemel.state.tables import moment

VERBS: Final = {InsertSteps: "insert", UpdateSteps: "update", DeleteSteps: "delete"}
Steps: TypeAlias = Sequence[WriteSteps]
Result = TypeVar("Result", bound=Sequence[Sequence[Written]])


def audited(
    work: Script[Result], asked: Sequence[Steps], actor: Actor, trace: str | None, *, postgresql: bool
) -> Script[Result]:
    """The same work, and a line for each of its writes that changed something.

    :param asked: the steps of each mutation.
    :param trace: trace id of the request.
    """
    done = yield from work
    at, add = moment(datetime.now(UTC), postgresql=postgresql), audit_statement(postgresql=postgresql)
    who = actor.role if actor.user is None else actor.user
    for steps, written in zip(asked, done, strict=True):
        for step, one in zip(steps, written, strict=True):
            verb = VERBS.get(type(step))
            if verb is None or not one.affected:
                continue
            details = json.dumps({"rows": one.affected, "role": actor.role, "trace_id": trace})
            yield (add, (at, who, f"api {verb}", ".".join(step.plan.table.key), details))
    return done
