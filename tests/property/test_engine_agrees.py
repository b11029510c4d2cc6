"""Random questions put to the engine itself, on both databases, and to the naive evaluator."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from figures import count, new_seed, write_figures
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
LONG = count("QUESTIONS", 50_000)


@QUICK
@given(source=st.data())
def test_agree(source: st.DataObject, data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The engine on either database gives what the naive evaluator gives."""
    check(source.draw(questions(data, "engine")), data, engines, runner)


@pytest.mark.soak
def test_agree_long(data: Data, engines: Mapping[str, Engine], runner: asyncio.Runner) -> None:
    """The same, of many more questions, others each time; the seed that is told repeats them."""
    chosen = new_seed()

    @seed(chosen)
    @settings(QUICK, max_examples=LONG, derandomize=False, print_blob=True)
    @given(source=st.data())
    def ask(source: st.DataObject) -> None:
        check(source.draw(questions(data, "engine")), data, engines, runner)

    ask()
    write_figures("questions-engine", {"questions": LONG}, chosen)


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
