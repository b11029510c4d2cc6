"""Answers to changes (``docs/dialects/rest.md`` sections 14, 15 and 23)."""

from urllib.parse import quote

from gemel.execute import Written
from gemel_rest.parse.model import WriteShape
from gemel_rest.respond.item import entity_tag, tag_header
from gemel_rest.respond.model import Headers, Response, header
from gemel_rest.respond.ranges import content_range
from gemel_rest.respond.read import body_headers, common_headers, represent


def write_response(written: Written, shape: WriteShape) -> Response:
    """Answer to a change."""
    if shape.verb == "PUT":
        return _put_response(written, shape)
    headers: Headers = ((b"content-range", _range(written, shape).encode()), *common_headers(shape))
    created = shape.verb == "POST" and not (shape.merges and not written.inserted)
    if shape.returns == "representation":
        return _represented(201 if created else 200, headers, written, shape)
    if shape.verb != "POST":
        return Response(204, headers)
    location = _location(written, shape) if shape.returns == "headers-only" else None
    more: Headers = (header("location", location),) if location is not None else ()
    return Response(201 if created else 200, (*headers, *more, (b"content-length", b"0")))


def _put_response(written: Written, shape: WriteShape) -> Response:
    """A new item has a place; of a collection only the representation tells that the row is new (R16-4)."""
    headers = common_headers(shape)
    created = bool(written.inserted)
    if created and shape.item:
        headers = (header("location", shape.path), *headers)
    if shape.returns == "representation":
        return _represented(201 if created else 200, headers, written, shape)
    if created and shape.item:
        return Response(201, (*headers, (b"content-length", b"0")))
    return Response(204, headers)


def _represented(status: int, headers: Headers, written: Written, shape: WriteShape) -> Response:
    """What was written; of an item that is there afterwards with its entity tag."""
    body = represent(written.bodies[0], shape)
    tag = (tag_header(entity_tag(written.bodies[1], body)),) if len(written.bodies) > 1 else ()
    return Response(status, (*headers, *tag, *body_headers(shape)), body)


def _range(written: Written, shape: WriteShape) -> str:
    total = written.affected if shape.count else None
    return content_range(0, written.affected if shape.verb == "PATCH" else 0, total)


def _location(written: Written, shape: WriteShape) -> str | None:
    if len(written.keys) != 1 or not shape.key:
        return None
    pairs = zip(shape.key, written.keys[0], strict=True)
    tests = (f"{quote(name, safe='')}=eq.{quote(value or '', safe='')}" for name, value in pairs)
    return f"{shape.path}?{'&'.join(tests)}"
