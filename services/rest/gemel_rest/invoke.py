"""Run a call of a function, and read the rows that it named."""

from functools import partial

from gemel.auth import Actor
from gemel.errors import RequestError
from gemel.functions import Outcome
from gemel.serve import Engine, Prepared
from gemel_rest.parse.model import FunctionCall, Values
from gemel_rest.respond.call import call_response
from gemel_rest.respond.model import Response


async def invoke(engine: Engine, actor: Actor, call: FunctionCall) -> Response:
    """Answer a call.

    :raises RequestError: ``42501``, the role may not.
    :raises GemelError: an argument does not fit, or the function refused or failed.
    """
    role = actor.access
    if not call.function.may_be_called(engine.access.of(role).names):
        raise RequestError("42501", f"permission denied for function {call.function.name}", status=403)
    named = None
    if call.query is not None:  # what means nothing is refused before anything is done
        named = partial(_named, engine.prepare(role, call.query), call.values)
    outcome, answer = await engine.call(
        call.function, call.arguments, actor, named=named, exactly=call.exactly, most=call.most, keep=call.keep
    )
    return call_response(call, outcome, answer)


def _named(prepared: Prepared, values: Values, outcome: Outcome) -> tuple[Prepared, Values]:
    """The question of the rows that a function named: their keys are its last value."""
    return prepared, (*values, outcome.keys)
