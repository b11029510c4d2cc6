"""Answers to reads."""

from dataclasses import replace

from gemel.serve import Answer
from gemel_rest.parse.model import ReadShape, Shape
from gemel_rest.parse.ranges import unsatisfiable
from gemel_rest.respond.csv import to_csv
from gemel_rest.respond.errors import not_single, problem_response, translate
from gemel_rest.respond.model import Headers, Response, header
from gemel_rest.respond.ranges import content_range, is_beyond, page_status

MOST = 4096
"""Characters of a Content-Location: a longer one is left out, since clients refuse headers of some size."""


def read_response(answer: Answer, shape: ReadShape) -> Response:
    """Answer to a GET; that to a HEAD has the same headers."""
    if answer.total is not None and answer.rows:  # an estimate may be below what is seen
        answer = replace(answer, total=max(answer.total, shape.offset + answer.rows))
    if is_beyond(shape.offset, answer.total):
        return _beyond(answer, shape)
    if (shape.singular or shape.item) and answer.rows != 1:
        return problem_response(not_single(answer.rows, item=shape.item))
    location = (header("content-location", shape.location),) if 0 < len(shape.location) <= MOST else ()
    headers = (
        (b"content-range", _range(answer, shape).encode()),
        *location,
        *body_headers(shape),
        *common_headers(shape),
    )
    return Response(page_status(answer.rows, answer.total), headers, represent(answer.body, shape))


def _range(answer: Answer, shape: ReadShape) -> str:
    return content_range(shape.offset, 0 if shape.after else answer.rows, answer.total)


def _beyond(answer: Answer, shape: ReadShape) -> Response:
    details = f"An offset of {shape.offset} was requested, but there are only {answer.total} rows."
    response = problem_response(translate(unsatisfiable(details)))
    return Response(
        response.status, (*response.headers, (b"content-range", f"*/{answer.total}".encode())), response.body
    )


def represent(body: str, shape: Shape) -> bytes:
    """Rows in the form that was asked for.

    :param body: JSON array; of exactly one row if the shape is singular.
    """
    if shape.media.form == "csv":
        return to_csv(body, shape.columns).encode()
    return (body[1:-1] if shape.singular else body).encode()


def body_headers(shape: Shape) -> Headers:
    """Headers of an answer that has a body."""
    profile = ((b"content-profile", shape.profile.encode()),) if shape.profile is not None else ()
    return ((b"content-type", shape.media.content_type.encode()), *profile)


def common_headers(shape: Shape) -> Headers:
    """Headers of every answer to what was understood."""
    return ((b"preference-applied", shape.preferences.encode()),) if shape.preferences else ()
