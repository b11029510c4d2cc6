"""``/backups``: the backups and their proofs on a time line, for the admin role (docs/backups.md)."""

from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

import orjson
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gemel.auth import Authenticator
from gemel.edge import peer_is_loopback, request_headers
from gemel.serve import Engine
from gemel_rest.respond.errors import Problem, problem_response
from gemel_rest.respond.http import http_response

ADMIN: Final = "admin"
FILES: Final = {"backups.css": "text/css; charset=utf-8", "backups.js": "text/javascript; charset=utf-8"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_backups(site: FastAPI, engine: Engine, authenticator: Authenticator) -> None:
    """Add the routes. The page tells nothing; what it loads is for the admin role. There are none without tables."""
    if not engine.settings.state:
        return
    folder = files("gemel_rest") / "static"

    @site.api_route("/backups", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        request.scope["gemel.route"] = "backups"
        content = (folder / "backups.html").read_bytes()
        return Response(content, media_type="text/html", headers={"content-security-policy": POLICY})

    @site.api_route("/backups/data", methods=["GET", "HEAD"])
    async def data(request: Request) -> Response:
        actor = await authenticator.admit(request_headers(request.scope), peer_is_loopback(request.scope))
        request.scope["gemel.role"], request.scope["gemel.route"] = actor.role, "backups"
        if actor.role != ADMIN:
            problem = Problem("42501", 403, f"Role {actor.role!r} may not see the backups: they are for {ADMIN!r}")
            return http_response(problem_response(problem))
        body = orjson.dumps({"now": datetime.now(UTC).isoformat(), **await engine.own_tables.backups()})
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    @site.api_route("/backups/{name}", methods=["GET", "HEAD"])
    async def part(name: str, request: Request) -> Response:
        request.scope["gemel.route"] = "backups"
        if name not in FILES:
            raise HTTPException(404)
        headers = {"content-type": FILES[name], "cache-control": "max-age=3600"}
        return Response((folder / name).read_bytes(), headers=headers)
