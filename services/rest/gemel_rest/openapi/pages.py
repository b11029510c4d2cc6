"""``/openapi.json`` and ``/docs``."""

from importlib.resources import files
from typing import Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gemel.auth import Authenticator
from gemel.edge import peer_is_loopback, request_headers
from gemel_rest.openapi.served import Documents

FILES: Final = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
}
POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""The page loads nothing from another host; Swagger UI sets styles and shows images of its own."""


def add_pages(site: FastAPI, documents: Documents, authenticator: Authenticator, prefix: str) -> None:
    """Add the routes. The page tells nothing; the document it loads asks who reads it.

    There is no page where there is no document.
    """
    folder = files("gemel_rest") / "static"

    @site.api_route("/openapi.json", methods=["GET", "HEAD"])
    async def openapi(request: Request) -> Response:
        headers = request_headers(request.scope)
        actor = await authenticator.admit(headers, peer_is_loopback(request.scope))
        request.scope["gemel.role"], request.scope["gemel.route"] = actor.role, "openapi"
        found = await documents.response(actor.access, headers, prefix)
        body = found.body if found.body is not None and request.method == "GET" else b""
        answer = Response(body, found.status)
        length = [(b"content-length", b"%d" % len(body))] if body else []
        answer.raw_headers = [*found.headers, *length]
        return answer

    if not documents.served:
        return

    @site.api_route("/docs", methods=["GET", "HEAD"])
    async def docs(request: Request) -> Response:
        request.scope["gemel.route"] = "docs"
        page = (folder / "docs.html").read_bytes()
        return Response(page, media_type="text/html", headers={"content-security-policy": POLICY})

    @site.api_route("/docs/{name}", methods=["GET", "HEAD"])
    async def part(name: str, request: Request) -> Response:
        request.scope["gemel.route"] = "docs"
        if name not in FILES:
            raise HTTPException(404)
        content = (folder / name).read_bytes()
        return Response(content, headers={"content-type": FILES[name], "cache-control": "max-age=3600"})
