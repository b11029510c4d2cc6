"""Plans of writes as statements.

A write gives the keys of the rows written; what is returned is then read by those keys, so that it is an ordinary read.
A delete gives back all that its rows held, and what is returned is read of that.
"""

from gemel.plan.write_model import DeletePlan, ExpectPlan, InsertPlan, MutationPlan, UpdatePlan, WritePlan
from gemel.sql.backend import Backend
from gemel.sql.change import delete_steps, expect_steps, update_steps
from gemel.sql.insert import insert_steps
from gemel.sql.steps import WriteSteps


def compile_mutation(backend: Backend, plan: MutationPlan) -> tuple[WriteSteps, ...]:
    """Statements of each write, in order.

    :raises Unsupported: the database cannot say it.
    """
    return tuple(_write(backend, item) for item in plan.writes)


def _write(backend: Backend, plan: WritePlan) -> WriteSteps:
    match plan:
        case InsertPlan():
            return insert_steps(backend, plan)
        case UpdatePlan():
            return update_steps(backend, plan)
        case DeletePlan():
            return delete_steps(backend, plan)
        case ExpectPlan():
            return expect_steps(backend, plan)
