"""Answers of the dialect as answers of the framework."""

from starlette.responses import Response as HttpResponse

from gemel_rest.respond.model import Response


def http_response(response: Response) -> HttpResponse:
    """The same answer, with the length of its body."""
    body = response.body or b""
    answer = HttpResponse(body, response.status)
    answer.raw_headers = [*response.headers, (b"content-length", b"%d" % len(body))]
    return answer
