"""Random questions put to the engine itself, on both databases, and to the naive evaluator."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from gemel.serve import Engine
from property.compare import difference, parse
from property.naive.data import Data
from property.naive.evaluate import Answer, Naive
from property.questions import Question, questions

ROLE = "admin"
QUICK = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=5000, derandomize=False, print_blob=True)


@QUICK
@given(source=st.data())
def test_agree(source: st.DataObject, data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The engine on either database gives what the naive evaluator gives."""
    check(source.draw(questions(data, "engine")), data, engines, runner)


@pytest.mark.soak
@LONG
@given(source=st.data())
def test_agree_long(source: st.DataObject, data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The same, of many more questions, others each time."""
    check(source.draw(questions(data, "engine")), data, engines, runner)


def check(question: Question, data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """Compare all answers to a question."""
    expected = Naive(data, question.values).answers(question.query)
    for kind, engine in engines.items():
        note(kind)
        got = runner.run(_ask(engine, question))
        assert _difference(expected, got) is None


async def _ask(engine: Engine, question: Question) -> list[Answer]:
    prepared = engine.prepare(ROLE, question.query)
    answers = await engine.read(prepared, question.values)
    return [Answer(parse(answer.body), answer.total) for answer in answers]


def _difference(expected: list[Answer], got: list[Answer]) -> str | None:
    for number, (one, other) in enumerate(zip(expected, got, strict=True)):
        found = difference(one.body, other.body, key_order=True, at=f"root {number}")
        if found:
            return found
        if one.total != other.total and len(expected) == 1:  # a total is given of the only root
            return f"root {number}: expected the total {one.total}, got {other.total}"
    return None
