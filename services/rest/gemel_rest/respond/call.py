"""Answers to calls of functions (``docs/dialects/rest.md`` R17-5 and R17-7)."""

from dataclasses import replace

from gemel.functions import Outcome, Reply
from gemel.serve import Answer
from gemel.sql import python_json
from gemel_rest.parse.model import FunctionCall
from gemel_rest.respond.errors import Problem, problem_response
from gemel_rest.respond.model import Response, header, is_header
from gemel_rest.respond.ranges import content_range
from gemel_rest.respond.read import body_headers, common_headers, read_response


def call_response(call: FunctionCall, outcome: Outcome, answer: Answer | None) -> Response:
    """Answer to a call.

    :param answer: the rows, of a function that gives rows of a table.
    """
    if answer is not None:
        response = _rows(call, answer)
    elif call.function.returns.form == "nothing":
        response = Response(204, common_headers(call.shape))
    elif call.function.returns.form == "record":
        response = _records(call, outcome)
    else:
        response = _values(call, outcome)
    return _replied(response, outcome.reply)


def _rows(call: FunctionCall, answer: Answer) -> Response:
    if answer.rows == 0 and not call.function.returns.many:
        return _finished(call, b"null", 1, None)
    return read_response(answer, call.shape)


def _records(call: FunctionCall, outcome: Outcome) -> Response:
    if outcome.is_null and not call.function.returns.many:
        return _finished(call, b"null", 1, None)
    body = "[" + ",".join(_object(item, strip=call.shape.media.strip_nulls) for item in outcome.values) + "]"
    count = len(outcome.values)
    return read_response(Answer(body, count, count if call.shape.counted else None), call.shape)


def _object(item: object, *, strip: bool) -> str:
    if not isinstance(item, dict):
        raise TypeError(f"{type(item).__name__} has no named columns")
    members = (
        f"{python_json(name)}:{python_json(value)}" for name, value in item.items() if value is not None or not strip
    )
    return "{" + ",".join(members) + "}"


def _values(call: FunctionCall, outcome: Outcome) -> Response:
    texts = [python_json(value) for value in outcome.values]
    many = call.function.returns.many
    body = "[" + ",".join(texts) + "]" if many else texts[0]
    count = len(texts)
    return _finished(call, body.encode(), count, count if call.shape.counted else None)


def _finished(call: FunctionCall, body: bytes, rows: int, total: int | None) -> Response:
    headers = (
        (b"content-range", content_range(0, rows, total).encode()),
        *body_headers(call.shape),
        *common_headers(call.shape),
    )
    return Response(200, headers, body)


def _replied(response: Response, reply: Reply) -> Response:
    """The answer with the status and headers that the function set."""
    status = reply.status
    if status is not None and (isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599):
        return problem_response(Problem("PGRST112", 500, "Reply.status must be a valid status code"))
    if not all(is_header(item) for item in reply.headers):
        return problem_response(Problem("PGRST111", 500, "Reply.headers must be a list of pairs of name and value"))
    given = tuple(header(name.lower(), value) for name, value in reply.headers)
    names = {name for name, _ in given}
    kept = tuple(item for item in response.headers if item[0] not in names)
    return replace(response, status=status or response.status, headers=(*kept, *given))
