"""Answers to reads of single rows, and their entity tags (``docs/dialects/rest.md`` sections 2 and 32)."""

from collections.abc import Mapping, Sequence

from gemel.execute import digest
from gemel.serve import Answer
from gemel_rest.parse.conditional import parse_tags
from gemel_rest.parse.model import ReadShape
from gemel_rest.respond.model import Response, header
from gemel_rest.respond.read import read_response

KEPT = frozenset({b"content-location", b"content-profile", b"preference-applied"})
"""Headers of a 304 beside the tag."""


def item_response(answers: Sequence[Answer], shape: ReadShape, headers: Mapping[str, str]) -> Response:
    """Answer to a GET of an item.

    :param answers: the row as it was asked for; then the whole of it, unless that is the same.
    """
    answer = answers[0]
    if len(answers) > 1:
        rows = int(answer.body != "[]")
        answer = Answer(answer.body, rows, rows if shape.counted else None)
    response = read_response(answer, shape)
    if response.body is None or response.status not in (200, 206):
        return response
    tag = entity_tag(answers[-1].body, response.body)
    known = headers.get("if-none-match")
    if known is not None:
        tags = parse_tags("If-None-Match", known)
        if tags is None or tag.strip('"') in {one.removeprefix("W/") for one in tags}:
            return Response(304, (tag_header(tag), *(one for one in response.headers if one[0] in KEPT)))
    return Response(response.status, (*response.headers, tag_header(tag)), response.body)


def entity_tag(row: str, body: bytes) -> str:
    """A strong entity tag: what the row holds, and what this representation shows.

    :param row: JSON array of the row with all stored columns.
    """
    return f'"{digest(row)}.{digest(body.decode("utf-8", "surrogatepass"))}"'


def tag_header(tag: str) -> tuple[bytes, bytes]:
    """ETag."""
    return header("etag", tag)
