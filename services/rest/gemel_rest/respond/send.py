"""Put a response on the wire (ASGI)."""

from gemel.observe.asgi import Send
from gemel_rest.respond.model import Response


async def send_response(send: Send, method: str, response: Response) -> None:
    """Send a response; to HEAD its headers alone, without a length."""
    body = response.body
    if body is None or method == "HEAD":
        headers, body = list(response.headers), b""
    else:
        headers = [*response.headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
