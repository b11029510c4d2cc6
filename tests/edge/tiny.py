"""A service with one path that answers when the body of the request has come; everything else answers at once."""

import os

from edge.asgi import answering, crash
from gemel.edge import Refused, read_body, request_headers
from gemel.observe.asgi import AsgiApp, Receive, Scope, Send
from gemel.serve import Engine

__all__ = ["crash", "create_app"]


def create_app(engine: Engine, refused: Refused) -> AsgiApp:
    """The app; it tells the process that answered."""
    process = str(os.getpid()).encode()
    answer = answering(headers=[(b"x-process", process), (b"content-length", b"4")], body=b"done")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["gemel.route"] = "table"
        if scope["path"] == "/body":
            await read_body(receive, request_headers(scope), engine.settings.body_limit)
        await answer(scope, receive, send)

    return app
