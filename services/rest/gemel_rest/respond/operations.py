"""Answers to several changes (``docs/dialects/rest.md`` section 33)."""

import json
from collections.abc import Sequence

from gemel_rest.respond.model import JSON, Headers, Response

UNTOLD = frozenset({b"content-length"})


def operations_response(responses: Sequence[Response]) -> Response:
    """One answer of those to each operation, in order."""
    members = (f'{{"status":{one.status},"headers":{_headers(one.headers)},"body":{_body(one)}}}' for one in responses)
    return Response(200, ((b"content-type", JSON),), f"[{','.join(members)}]".encode("utf-8", "surrogatepass"))


def _headers(headers: Headers) -> str:
    named = {name.decode(): value.decode("latin-1") for name, value in headers if name not in UNTOLD}
    return json.dumps(named, separators=(",", ":"))


def _body(response: Response) -> str:
    """JSON as it is, any other body as a text."""
    if response.body is None:
        return "null"
    text = response.body.decode("utf-8", "surrogatepass")
    kind = dict(response.headers).get(b"content-type", b"")
    return json.dumps(text, ensure_ascii=False) if kind.startswith(b"text/") else text
