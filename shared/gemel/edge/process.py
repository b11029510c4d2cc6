"""A process that serves: its ports, its signals, its end."""

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from types import FrameType
from typing import Final

import uvicorn

from gemel.edge.connections import Connections
from gemel.edge.protocol import BoundedProtocol
from gemel.errors import SettingsError
from gemel.observe.asgi import AsgiApp

BACKLOG: Final = 2048
GRACE: Final = 20
"""Seconds that requests in flight are given when a service stops; orchestrators usually wait for 30."""
KEEP_ALIVE: Final = 75
"""Seconds an idle connection is kept: longer than a gateway keeps its own, or it would meet a closed one."""
WEBSOCKETS: Final = "gemel.edge.websocket:BoundedWebSocket" if find_spec("websockets") else "none"
"""REST has none, nor the library."""
_UNUSABLE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class Stop:
    """Handler of SIGINT and SIGTERM for the whole life of a process: the first asks it to stop, the second ends it.

    The first one is a ``KeyboardInterrupt``, except in the block of :meth:`deferred`.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._deferred = False
        self._servers: list[uvicorn.Server] = []

    def install(self) -> None:
        """Take the signals; only possible in the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self.asked.is_set():
            os._exit(128 + number)
        self.asked.set()
        if not self._deferred:
            raise KeyboardInterrupt
        self.stop_servers()

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within the block the first signal stops the servers, those too that are started after it."""
        self._deferred = True
        yield

    def stops(self, servers: Sequence[uvicorn.Server]) -> None:
        """These are what a signal stops."""
        self._servers[:] = servers
        if self.asked.is_set():
            self.stop_servers()

    def stop_servers(self) -> None:
        """Let every server finish its requests and end."""
        for server in self._servers:
            server.should_exit = True


class Server(uvicorn.Server):
    """A server that leaves the signals to :class:`Stop`: several run in one loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


@dataclass(frozen=True)
class Listener:
    """An app and where it listens, and to how many at a time."""

    app: AsgiApp
    sockets: Sequence[socket.socket]
    bound: Connections


def bind(host: str, port: int, key: str) -> list[socket.socket]:
    """Take the port, without listening yet: who cannot have it should know before it migrates anything.

    :param port: 0 takes any that is free.
    :param key: of the setting that names the port, for the message.
    :raises SettingsError: the port is in use, or the address is none of this machine.
    """
    sockets: list[socket.socket] = []
    try:
        for family, kind, _, _, address in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            sockets += _bind(family, kind, (address[0], port, *address[2:]))
            # Of localhost's two addresses the second takes what the first was given.
            port = sockets[0].getsockname()[1] if sockets else port
        if not sockets:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    except OSError as error:
        _close(sockets)
        raise _unavailable(host, port, key, error) from None
    return sockets


def _close(sockets: Iterable[socket.socket]) -> None:
    for item in sockets:
        item.close()


@contextmanager
def closed_after(sockets: list[socket.socket]) -> Iterator[list[socket.socket]]:
    """The sockets, closed at the end of the block."""
    try:
        yield sockets
    finally:
        _close(sockets)


def _bind(family: int, kind: int, address: tuple[object, ...]) -> list[socket.socket]:
    """One socket; none where this machine has no such kind of address (IPv6 switched off)."""
    with ExitStack() as stack:
        try:
            sock = stack.enter_context(socket.socket(family, kind))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
        except OSError as error:
            if error.errno in _UNUSABLE:
                return []
            raise
        sock.setblocking(False)
        stack.pop_all()
        return [sock]


def _unavailable(host: str, port: int, key: str, error: OSError) -> SettingsError:
    variable = f"GEMEL_{key.upper()}"
    if error.errno == errno.EADDRINUSE:
        text = f"port {port} of {host} is in use by another program: stop it, or choose another ({variable}=…)"
    elif error.errno == errno.EACCES:
        text = f"port {port} may not be used without privileges: choose one above 1023 ({variable}=…)"
    else:
        return SettingsError(f"host: {host} is no address of this machine: {error.strerror}")
    return SettingsError(f"{key}: {text}")


def listen(sockets: Sequence[socket.socket], key: str) -> None:
    """Let connections come in; they wait until the loop accepts them.

    :raises SettingsError: another program was faster.
    """
    for item in sockets:
        try:
            item.listen(BACKLOG)
        except OSError as error:
            host, port = item.getsockname()[:2]
            raise _unavailable(host, port, key, error) from None


def config(
    app: AsgiApp | Callable[[], AsgiApp], bound: Connections, *, grace: int = GRACE, workers: int = 1
) -> uvicorn.Config:
    """Configuration of a server: no logs of its own, nothing believed of what a proxy says.

    :param app: with several workers a picklable factory of the app, which is given a lifespan.
    """
    return uvicorn.Config(
        app,
        ws=WEBSOCKETS,
        http=partial(BoundedProtocol, bound=bound),  # type: ignore[arg-type]  # it is only called
        workers=workers,
        factory=workers > 1,
        lifespan="on" if workers > 1 else "off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a forwarded address would be taken for that of the peer (docs/decisions.md, 17)
        server_header=False,
        headers=[("server", "gemel")],
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=grace,
    )


COLLECTIONS: Final = (500, 2, 10_000)
"""Objects made and not freed until the youngest are looked at, and how often before the next older ones are."""


def keep_for_good() -> None:
    """Let the garbage collector never again look at what is there before the first request.

    Models and catalog stay until the end; a full collection among a thousand tables of them would hold up all requests
    for half a second. Of the rest it looks at all seldom, since that holds up everyone: what few cycles requests leave
    behind are young when they are found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


def take_turns() -> None:
    """Let threads, in which large requests are made ready, give way to the loop fifty times as soon as Python does."""
    sys.setswitchinterval(0.0001)


async def serve(listeners: Sequence[Listener], stop: Stop, *, grace: int = GRACE) -> None:
    """Serve until told to stop; requests in flight are finished within ``grace`` seconds.

    If one server ends, all do.
    """
    keep_for_good()
    take_turns()
    servers = [Server(config(listener.app, listener.bound, grace=grace)) for listener in listeners]
    stop.stops(servers)
    tasks = [
        asyncio.ensure_future(server.serve(list(listener.sockets)))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.stop_servers()
        await asyncio.gather(*tasks)


def run(work: Awaitable[None], stop: Stop) -> None:
    """Run in a new loop, uvloop's where it is installed. A signal does not interrupt it: it ends by itself."""

    async def main() -> None:
        await work

    with stop.deferred(), asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(main())


def complain(text: str) -> None:
    """Tell why the start failed: plain text on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
