"""Requests drawn from our OpenAPI document, and answers compared with it (rest.md section 25; decision 36)."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from conftest import CopyChinook
from figures import count, new_seed, write_figures
from processes import ROOT, free_port, program, wait_until_ready

EXAMPLES = 300
"""Requests for each operation of the document."""


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # those of the fuzzer
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_answer_is_in_the_document(kind: str, copy_chinook: CopyChinook, tmp_path: Path) -> None:
    """No 500, and status, headers and body of each answer are described (R25)."""
    schemathesis: Any = import_module("schemathesis")  # which only a soak installs
    port, chosen = free_port(), new_seed()
    with copy_chinook(kind, tmp_path) as database:
        environ = {
            "GEMEL_DATABASE_URI": database.database_uri.get_secret_value(),
            "GEMEL_DATA_DIR": str(tmp_path),
            "GEMEL_PORT": str(port),
        }
        with program([str(ROOT / "main.py")], tmp_path, **environ):
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address)
            schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
            asked = Counter[str]()
            failed = {}
            for found in schema.get_all_operations():
                operation: Any = found.ok()
                try:
                    _try(operation, chosen, asked)
                except (Exception, BaseExceptionGroup) as error:
                    failed[operation.label] = str(error)
    assert not failed, "\n\n".join(f"{label}: {text[:1500]}" for label, text in failed.items())
    write_figures(f"openapi-{kind}", {"operations": len(asked), "requests": asked.total()}, chosen)


def _try(operation: Any, chosen: int, asked: Counter[str]) -> None:
    @seed(chosen)
    @settings(
        max_examples=count("EXAMPLES", EXAMPLES), deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        asked[operation.label] += 1
        answer = case.call(timeout=30)
        case.validate_response(answer, checks=_checks(case, answer))

    ask()


def _checks(case: Any, answer: Any) -> list[Any]:
    """What the document can say. That it gives no grammar of filters, so that one of its form may be refused, is none
    of it; nor that a 201 has a body only if the client prefers one; nor, by R25-4, that ``select`` leaves columns out.
    """
    general: Any = import_module("schemathesis.checks")
    checks: Any = import_module("schemathesis.specs.openapi.checks")
    found = [general.not_a_server_error, checks.status_code_conformance, checks.response_headers_conformance]
    if answer.content:
        found.append(checks.content_type_conformance)
        if answer.status_code >= 400 or "select" not in (case.query or {}):
            found.append(checks.response_schema_conformance)
    return found
