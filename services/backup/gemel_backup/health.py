"""The worker's admin port: ``/livez``, ``/readyz`` and ``/metrics``."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from gemel_backup.errors import BackupError

Check = Callable[[], None]
"""Raises if something is missing."""
REQUEST_SECONDS = 10.0


class AdminPort:
    """A small HTTP server in threads of its own.

    It listens on every address of the machine, since probes come from outside a container. It shows nothing but the
    names of what is missing, and the metrics.
    """

    def __init__(self, port: int, checks: Mapping[str, Check], registry: CollectorRegistry) -> None:
        """:raises BackupError: the port is taken."""
        try:
            self._server = ThreadingHTTPServer(("", port), _handler(checks, registry))
        except OSError as error:
            raise BackupError(f"admin_port {port} cannot be listened on: {error.strerror}") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="gemel-admin", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def missing(checks: Mapping[str, Check]) -> dict[str, str]:
    """What keeps the worker from doing its work, by the name of the check; empty when nothing does."""
    found = {}
    for name, check in checks.items():
        try:
            check()
        except Exception as error:
            found[name] = type(error).__name__
    return found


def _handler(checks: Mapping[str, Check], registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS
        server_version = "gemel"
        sys_version = ""

        def do_GET(self) -> None:
            status, content_type, body = self._answer()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - its name in the base class

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name in the base class
            """Probes come all the time; they are not logged."""

        def _answer(self) -> tuple[int, str, bytes]:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                return 200, content_type, encode(registry)
            if path == "/livez":
                return 200, "application/json", b'{"live":true}'
            if path == "/readyz":
                found = missing(checks)
                body = orjson.dumps({"ready": not found, "missing": found})
                return (503 if found else 200), "application/json", body
            return 404, "application/json", b'{"message":"here are only /livez, /metrics, /readyz"}'

    return Handler
