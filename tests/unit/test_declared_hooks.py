"""How hooks are declared, and what is refused (docs/hooks.md)."""

from types import ModuleType
from typing import Any

import pytest

from desk import HOOKS, Comment, Person, Ticket
from gemel import after, before, committed
from gemel.errors import AppError
from gemel.hooks import read_hooks

WRONG = [(), ("insert",), (Ticket,), ("inset", Ticket), ("insert", Ticket, Comment), ("insert", int)]


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("mark", [before, after, committed])
def test_marks(mark: Any, what: tuple[Any, ...]) -> None:
    with pytest.raises(AppError, match=f"@{mark.__name__}"):
        mark(*what)


def test_signatures() -> None:
    module: Any = ModuleType("hooks")
    for call in (lambda: None, lambda a, b, c: None, lambda *a: None, lambda a, *, b: None):
        module.hook = before("insert", Ticket)(call)
        with pytest.raises(AppError, match="cannot be a hook: @before calls it with an object, and a session"):
            read_hooks(module)


def test_found_by_verb() -> None:
    names = [one.name for one in HOOKS.of("before", Ticket.__mapper__, "update")]
    assert names == ["desk.count"]
    assert HOOKS.around(Comment.__mapper__, "insert")
    assert not HOOKS.around(Comment.__mapper__, "delete")
    assert not HOOKS.around(Person.__mapper__, "insert")
    assert sorted(HOOKS.committed) == ["desk.record", "desk.tell"]
