"""Chinook served from both databases, and read by the naive evaluator."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack

import pytest

from conftest import KINDS, CopyChinook
from gemel.app import App
from gemel.serve import Engine, open_engine
from gemel.settings import Settings
from property.naive.data import Data, read_data


@pytest.fixture(scope="session")
def data() -> Data:
    """The rows of the CSV files."""
    return read_data()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop in which the engines live."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def engines(
    runner: asyncio.Runner, copy_chinook: CopyChinook, chinook_app: App, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Engine]]:
    """An engine on each kind of database, by the name of the kind."""
    with ExitStack() as databases:
        settings = {kind: databases.enter_context(copy_chinook(kind, tmp_path_factory.mktemp(kind))) for kind in KINDS}
        stack = AsyncExitStack()

        async def start() -> dict[str, Engine]:
            return {
                kind: await stack.enter_async_context(open_engine(_patient(item), chinook_app))
                for kind, item in settings.items()
            }

        try:
            yield runner.run(start())
        finally:
            runner.run(stack.aclose())


def _patient(settings: Settings) -> Settings:
    """Random questions are asked for what they mean: some would take longer than a service gives them."""
    return settings.model_copy(update={"statement_timeout": 300.0, "rest_aggregates": True})
