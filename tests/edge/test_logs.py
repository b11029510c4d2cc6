"""Logs: one JSON object per line, with the trace id, without secrets, libraries' lines among them."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from gemel.observe import configure_logging

pytestmark = pytest.mark.usefixtures("logs_as_before")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_line_of_json_with_the_trace_id() -> None:
    configure_logging(False, stream := io.StringIO())
    with structlog.contextvars.bound_contextvars(trace_id="abc"):
        structlog.get_logger("gemel").info("request", path="/a\nb", status=200)
        structlog.get_logger("gemel").debug("not this one")
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {"event": "request", "level": "info", "path": "/a\nb", "status": 200, "trace_id": "abc"}


def test_an_exception_is_part_of_its_line() -> None:
    configure_logging(False, stream := io.StringIO())
    try:
        raise KeyError("the inside")
    except KeyError:
        structlog.get_logger("gemel").exception("crash")
    (line,) = lines(stream)
    assert line["level"] == "error"
    assert "KeyError: 'the inside'" in line["exception"]


@pytest.mark.parametrize("debug", [False, True])
def test_secrets_are_not_written(debug: bool) -> None:
    configure_logging(debug, stream := io.StringIO())
    structlog.get_logger("gemel").warning("x", admin_secret="hidden-1", Authorization="hidden-2", pg_password="hidden")
    assert "hidden" not in stream.getvalue()
    assert "admin_secret" in stream.getvalue()


def test_lines_of_libraries_have_the_same_form() -> None:
    configure_logging(False, stream := io.StringIO())
    logging.getLogger("uvicorn.error").warning("something %s", "odd")
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.access").warning("127.0.0.1 GET /?secret")
    (line,) = lines(stream)
    line.pop("time")
    assert line == {"event": "something odd", "level": "warning", "logger": "uvicorn.error"}


def test_debug_is_for_a_person_and_shows_no_local_variables() -> None:
    configure_logging(True, stream := io.StringIO())
    hidden = "a local variable"
    try:
        raise KeyError(len(hidden))
    except KeyError:
        structlog.get_logger("gemel").exception("crash")
    assert "KeyError" in stream.getvalue()
    assert hidden not in stream.getvalue().replace(f'hidden = "{hidden}"', "")
    assert not stream.getvalue().startswith("{")
