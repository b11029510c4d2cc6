"""A coverage-guided fuzzer (atheris): ``python guided.py graphql|rest FOLDER [options of libFuzzer]``.

It goes on until it has run as often as ``-runs`` says, or until something crashes: then libFuzzer writes the input to
the file that ``-artifact_prefix`` begins. ``FOLDER`` is for the database and the corpus. Run by ``make soak``.
"""

import logging
import sys
from pathlib import Path

import atheris
import structlog

with atheris.instrument_imports(include=["gemel", "gemel_graphql", "gemel_rest"]):
    from served import Served, serving

EVERY = 10_000
"""Requests after which it is looked whether both services still answer."""


class Target:
    """What libFuzzer calls."""

    def __init__(self, served: Served, dialect: str) -> None:
        self._served = served
        self._ask = served.ask_graphql if dialect == "graphql" else served.ask_rest
        self._runs = 0

    def __call__(self, data: bytes) -> None:
        self._ask(data)
        self._runs += 1
        if self._runs % EVERY == 0:
            self._served.check()


def main(dialect: str, folder: Path, options: list[str]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    with serving(folder) as served:
        atheris.Setup(
            [sys.argv[0], *options, str(corpus), str(Path(__file__).parent / "corpus" / dialect)],
            Target(served, dialect),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
