"""Run a call of a function, and read the rows that it named."""

from gemel.auth import Actor
from gemel.errors import RequestError
from gemel.serve import Answer, Engine
from gemel_rest.parse.call import restricted
from gemel_rest.parse.model import FunctionCall
from gemel_rest.respond.call import call_response
from gemel_rest.respond.model import Response


async def invoke(engine: Engine, actor: Actor, call: FunctionCall) -> Response:
    """Answer a call. Rows are read after what the function did was committed.

    :raises RequestError: ``42501``, the role may not.
    :raises GemelError: an argument does not fit, or the function refused or failed.
    """
    role = actor.role
    if not call.function.may_be_called(engine.access.of(role).names):
        raise RequestError("42501", f"permission denied for function {call.function.name}", status=403)
    if call.query is not None:  # what means nothing is refused before anything is done
        engine.prepare(role, call.query)
    outcome = await engine.call(call.function, call.arguments, exactly=call.exactly, most=call.most)
    answer: Answer | None = None
    if call.query is not None:
        table = engine.catalog.by_mapper(call.function.returns.mapper) if call.function.returns.mapper else None
        key = table.primary_key.columns if table is not None and table.primary_key is not None else ()
        query, values = restricted(call.query, call.values, key, outcome.keys)
        (answer,) = await engine.read(engine.prepare(role, query), values, actor)
    return call_response(call, outcome, answer)
