"""Questions by seed.

Hypothesis draws them, but does not run the test: it would run a slow question again and again to find a smaller one.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st
from hypothesis.errors import StopTest
from hypothesis.internal.conjecture.data import ConjectureData

from figures import count, new_seed
from property.questions import Question

LONG = 50_000
"""Questions of a soak."""


@dataclass(frozen=True)
class Asked:
    """What a long run has asked."""

    seed: int
    asked: int


def ask_long(strategy: st.SearchStrategy[Question], check: Callable[[Question], None]) -> Asked:
    """Check ``GEMEL_TEST_QUESTIONS`` questions from a new seed on; the seed is told, and repeats them."""
    seed, asked = new_seed(), 0
    for question in drawn(strategy, range(seed, seed + count("QUESTIONS", LONG))):
        check(question)
        asked += 1
    return Asked(seed, asked)


def drawn(strategy: st.SearchStrategy[Question], seeds: range) -> Iterator[Question]:
    """A question per seed, the same ones each time. A seed whose question would grow too large is left out."""
    for seed in seeds:
        source = ConjectureData(prefix=(), random=Random(seed))
        with suppress(StopTest):
            yield source.draw(strategy)
