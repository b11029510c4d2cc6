"""Whether code of one revision can serve a database at another (docs/decisions.md, 30)."""

import pytest

from gemel.state.readiness import Revision, compatible

A = Revision("a", None)


@pytest.mark.parametrize(
    ("head", "rows", "ready"),
    [
        ("a", [], False),
        ("b", [A], False),
        ("a", [A, Revision("b", None)], False),
        ("a", [A, Revision("b", "b")], False),
        ("a", [A, Revision("b", "unknown")], False),
        ("a", [A, Revision("b", "a"), Revision("c", None)], False),
        ("a", [A, Revision("b", "a"), Revision("c", "b")], False),
        ("a", [A, Revision("b", None), Revision("c", "a")], False),
        ("c", [A, Revision("b", "a")], False),
        (None, [], True),
        (None, [A], True),
        ("a", [A], True),
        ("b", [A, Revision("b", None)], True),
        ("a", [A, Revision("b", "a")], True),
        ("b", [A, Revision("b", None), Revision("c", "a")], True),
        ("b", [A, Revision("b", None), Revision("c", "b"), Revision("d", "a")], True),
    ],
)
def test_compatible(head: str | None, rows: list[Revision], ready: bool) -> None:
    assert compatible(head, rows) is ready
