"""Logs: one line of JSON per event on stderr; in debug, lines for a person."""

import logging
import sys
from functools import lru_cache
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_WORDS: Final = ("secret", "password", "token", "authorization", "cookie", "apikey", "api_key")


def configure_logging(debug: bool, stream: TextIO | None = None) -> None:
    """Set up the logs of this process: structlog's own, and those of libraries that use ``logging``.

    :param stream: where to write (default: stderr).
    """
    out = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _hide_secrets,
    ]
    render = _human(out) if debug else _machine()
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _route_stdlib(debug, out, shared, render)


def _machine() -> list[Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]


def _human(out: TextIO) -> list[Processor]:
    return [structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="time", exception_formatter=_plain)]


_plain: Final = structlog.dev.plain_traceback  # the rich one prints local variables, and so secrets


def _route_stdlib(debug: bool, out: TextIO, shared: list[Processor], render: list[Processor]) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if debug else logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # uvicorn gives them handlers of their own
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # ours says more


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last net: nobody logs these, but a key that is called so is not written."""
    for key in event:
        if _is_secret(key):
            event[key] = "…"
    return event


@lru_cache(maxsize=512)
def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET_WORDS)
