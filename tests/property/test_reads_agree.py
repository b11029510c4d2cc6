"""Random questions through GraphQL and REST, on both databases, and to the naive evaluator: all agree."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from figures import write_figures
from gemel.request import Select
from gemel.serve import Engine
from gemel_graphql.app import create_app as create_graphql
from gemel_rest.app import create_app as create_rest
from property.compare import TOO_DEEP, difference, parse
from property.naive.data import Data
from property.naive.evaluate import Answer, Naive
from property.questions import Question, questions
from property.say_graphql import to_graphql
from property.say_rest import to_rest
from property.seeded import ask_long, drawn

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

Clients = Mapping[tuple[str, str], httpx.AsyncClient]
"""By kind of database and dialect."""

QUICK = 100
"""Questions of each dialect."""
SECONDS = 30


@pytest.fixture(scope="module")
def clients(runner: asyncio.Runner, engines: Mapping[str, Engine]) -> Iterator[Clients]:
    """Clients of both services on both databases."""
    makers: Mapping[str, Callable[[Engine], Any]] = {"graphql": create_graphql, "rest": create_rest}
    made = {
        (kind, dialect): httpx.AsyncClient(
            transport=httpx.ASGITransport(create(engine)), base_url="http://localhost", timeout=SECONDS
        )
        for kind, engine in engines.items()
        for dialect, create in makers.items()
    }
    with ExitStack() as stack:
        for client in made.values():
            stack.callback(runner.run, client.aclose())
        yield made


def test_graphql(data: Data, clients: Clients, runner: asyncio.Runner) -> None:
    """GraphQL on either database gives what the naive evaluator gives."""
    for question in drawn(questions(data, "graphql"), range(QUICK)):
        check_graphql(question, data, clients, runner)


def test_rest(data: Data, clients: Clients, runner: asyncio.Runner) -> None:
    """REST on either database gives what the naive evaluator gives."""
    for question in drawn(questions(data, "rest"), range(QUICK)):
        check_rest(question, data, clients, runner)


@pytest.mark.soak
def test_graphql_long(data: Data, clients: Clients, runner: asyncio.Runner) -> None:
    """GraphQL, with many more questions, others each time."""
    asked = ask_long(questions(data, "graphql"), lambda question: check_graphql(question, data, clients, runner))
    write_figures("questions-graphql", {"questions": asked.asked}, asked.seed)


@pytest.mark.soak
def test_rest_long(data: Data, clients: Clients, runner: asyncio.Runner) -> None:
    """REST, with many more questions, others each time."""
    asked = ask_long(questions(data, "rest"), lambda question: check_rest(question, data, clients, runner))
    write_figures("questions-rest", {"questions": asked.asked}, asked.seed)


def check_graphql(question: Question, data: Data, clients: Clients, runner: asyncio.Runner) -> None:
    """Compare the answers of GraphQL, with the order of their keys."""
    answers = Naive(data, question.values).answers(question.query)
    expected = {root.key: answer.body for root, answer in zip(question.query.roots, answers, strict=True)}
    said = to_graphql(question, data)
    for (kind, dialect), client in clients.items():
        if dialect == "graphql":
            post = client.post("/graphql", content=said.body, headers={"content-type": "application/json"})
            response = runner.run(post)
            if kind == "sqlite" and TOO_DEEP in response.text:
                continue
            found = difference({"data": expected}, parse(response.text), key_order=True)
            assert found is None, f"{kind}: {found}\n{said}\n{response.text[:500]}"


def check_rest(question: Question, data: Data, clients: Clients, runner: asyncio.Runner) -> None:
    """Compare status, body and range of REST."""
    (expected,) = Naive(data, question.values).answers(question.query)
    asked = to_rest(question)
    if _is_ambiguous(asked.path):
        return
    for (kind, dialect), client in clients.items():
        if dialect == "rest":
            response = runner.run(client.get(asked.path, headers=asked.headers))
            if kind == "sqlite" and TOO_DEEP in response.text:
                continue
            found = _rest_difference(question, expected, response)
            assert found is None, f"{kind}: {found}\n{asked}\n{response.text[:500]}"


def _is_ambiguous(path: str) -> bool:
    """Whether a null test names an embed and a column alike: it then speaks of the embed (``rest.md`` section 7)."""
    embeds = re.findall(r"(\w+)(?:!\w+)*\(", path)
    return any(re.search(rf"\b{name}%?2?2?[=.](not\.)?is\.(null|not_null)", path) for name in embeds)


def _rest_difference(question: Question, expected: Answer, response: httpx.Response) -> str | None:
    offset = _offset(question)
    if expected.total is not None and offset > expected.total:
        return None if response.status_code == 416 else f"expected the status 416, got {response.status_code}"
    partial = expected.total is not None and expected.total > len(expected.body)
    if response.status_code != (206 if partial else 200):
        return f"expected the status {206 if partial else 200}, got {response.status_code}: {response.text}"
    last = offset + len(expected.body) - 1
    rows = f"{offset}-{last}" if expected.body else "*"
    total = "*" if expected.total is None else str(expected.total)
    if response.headers["content-range"] != f"{rows}/{total}":
        return f"expected the range {rows}/{total}, got {response.headers['content-range']}"
    return difference(expected.body, parse(response.text), key_order=False)


def _offset(question: Question) -> int:
    content = question.query.roots[0].content
    assert isinstance(content, Select)
    slot = content.rows.offset
    return int(str(question.values[slot.index])) if slot is not None else 0
