"""Chinook, asked by roles with limits."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asker import Asker, asking
from gemel.limits import Limits
from gemel.settings import Settings

sys.path.append(str(Path(__file__).parent))

from limited import Ask, limited


@pytest.fixture
def ask(chinook_read: Settings) -> Ask:
    """``ask(depth=3)``: an anonymous asker of Chinook, which is only read, with these limits."""

    @contextmanager
    def asked(*, settings: Settings = chinook_read, **limits: object) -> Iterator[Asker]:
        more = {"operations": limits.pop("operations")} if "operations" in limits else {}
        with asking(settings, limited(Limits(**limits), **more)) as asker:  # type: ignore[arg-type]
            yield asker.as_("anonymous")

    return asked
