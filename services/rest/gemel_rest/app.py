"""The REST service as one ASGI app."""

from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response as HttpResponse
from starlette.types import ASGIApp

from gemel.auth import Authenticator
from gemel.edge import Gate, Refused, uncounted
from gemel.errors import GemelError
from gemel.observe.asgi import AsgiApp, Receive, Scope, Send
from gemel.serve import Engine
from gemel_rest.backups import add_backups
from gemel_rest.endpoint import PREFIX, Endpoint
from gemel_rest.openapi import Documents, add_pages
from gemel_rest.respond.errors import Problem, error_response, problem_response
from gemel_rest.respond.http import http_response

BELOW: Final = PREFIX + "/"


class Rest:
    """What is under ``/rest/v1`` goes straight to the endpoint, everything else to a FastAPI app.

    The endpoint stands before the FastAPI app and not in it, since its layers cost as much as a small query.
    """

    def __init__(self, endpoint: AsgiApp, site: ASGIApp) -> None:
        self._endpoint = endpoint
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "http" and (scope["path"].startswith(BELOW) or scope["path"] == PREFIX):
            await self._endpoint(scope, receive, send)
        else:
            await self._site(scope, receive, send)


def create_app(engine: Engine, refused: Refused = uncounted) -> AsgiApp:
    """The service of an engine: ``/rest/v1``, ``/openapi.json``, ``/docs`` and ``/backups``.

    :param refused: is told which limit refused a request.
    """
    authenticator = Authenticator(engine.settings, engine.own_tables.api_key)
    served = engine.settings.rest_document
    documents = Documents(engine.access, engine.app.functions, engine.app.name, served=served)
    site = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    add_pages(site, documents, authenticator, PREFIX)
    add_backups(site, engine, authenticator)
    gate = Gate(engine, refused)
    _speak_the_dialect(site, gate)
    return Rest(Endpoint(engine, authenticator, documents, gate), site)


def crash(trace_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Answer when the service failed: nothing of the inside but the trace id, by which the log tells the rest."""
    problem = Problem("PGRSTX00", 500, "Internal server error", f"The trace id of the request is {trace_id}.")
    response = problem_response(problem)
    body = response.body or b""
    return response.status, [*response.headers, (b"content-length", b"%d" % len(body))], body


def _speak_the_dialect(site: FastAPI, gate: Gate) -> None:
    @site.exception_handler(GemelError)
    async def refused(_: Request, error: GemelError) -> HttpResponse:
        gate.tell(error)
        return http_response(error_response(error))

    @site.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> HttpResponse:
        if error.status_code == 405:
            problem = Problem("PGRST117", 405, f"Unsupported HTTP method: {request.method}")
        elif error.status_code == 404:
            problem = Problem("PGRST125", 404, "Invalid path specified in request URL")
        else:
            problem = Problem("PGRST100", error.status_code, str(error.detail))
        return http_response(problem_response(problem))

    @site.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> HttpResponse:
        problem = Problem("PGRST100", 400, "The request is not valid", str(error.errors()))
        return http_response(problem_response(problem))
