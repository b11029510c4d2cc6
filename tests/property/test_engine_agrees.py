"""Random questions put to the engine itself, on both databases, and to the naive evaluator."""

import asyncio
from collections.abc import Mapping

import pytest

from figures import write_figures
from gemel.errors import Unsupported
from gemel.serve import Engine
from property.compare import TOO_DEEP, difference, parse
from property.naive.data import Data
from property.naive.evaluate import Answer, Naive
from property.questions import Question, questions
from property.seeded import ask_long, drawn

ROLE = "admin"
QUICK = 100
"""Questions."""


def test_agree(data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The engine on either database gives what the naive evaluator gives."""
    for question in drawn(questions(data, "engine"), range(QUICK)):
        check(question, data, engines, runner)


@pytest.mark.soak
def test_agree_long(data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The same, of many more questions, others each time."""
    asked = ask_long(questions(data, "engine"), lambda question: check(question, data, engines, runner))
    write_figures("questions-engine", {"questions": asked.asked}, asked.seed)


def check(question: Question, data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """Compare all answers to a question."""
    expected = Naive(data, question.values).answers(question.query)
    for kind, engine in engines.items():
        try:
            got = runner.run(_ask(engine, question))
        except Unsupported as refusal:
            if kind == "sqlite" and TOO_DEEP in str(refusal):
                continue
            raise
        found = _difference(expected, got)
        assert found is None, f"{kind}: {found}\n{question}"


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
