"""Large requests: what is looked at in pieces, and what is freed in pieces."""

import asyncio
import json
from collections import Counter
from decimal import Decimal

import pytest

from gemel import apart
from gemel_graphql.body import PIECE, read_requests
from gemel_graphql.listed import Listed
from gemel_graphql.parse import document
from gemel_graphql.service import Request

LONG = "0.12345678901234567890123"


@pytest.mark.parametrize("at", [0, PIECE - len(LONG), *range(PIECE - 20, PIECE + 1), 3 * PIECE + 7])
def test_a_long_number_keeps_its_digits_wherever_it_stands(at: int) -> None:
    start = '{"query": "{ a }", "variables": {"n": '
    body = start[:-1].ljust(max(at, len(start)) - 1) + " " + LONG + ' }, "x": "' + "x" * PIECE + '"}'
    request = read_requests(body.encode(), Listed({}))
    assert isinstance(request, Request)
    assert request.variables == {"n": Decimal(LONG)}


def test_a_large_body_without_one_is_read_as_it_is() -> None:
    variables = {"n": list(range(10 * PIECE)), "f": 1.5}
    request = read_requests(json.dumps({"query": "{ a }", "variables": variables}).encode(), Listed({}))
    assert isinstance(request, Request)
    assert request.variables == variables


def test_nodes_that_a_document_has_many_of_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[object] = []
    monkeypatch.setattr(document, "hold", lambda node: held.append(node) or node)
    text = "query ($v: Int = 1) { a(b: [2, {c: 3}]) @d(e: true) ...f ... { g } } fragment f on t { h }"
    document.read_document(text)
    assert Counter(type(node).__name__ for node in held) == {
        "VariableDefinitionNode": 1, "IntValueNode": 3, "ObjectFieldNode": 1, "ObjectValueNode": 1, "ListValueNode": 1,
        "ArgumentNode": 2, "BooleanValueNode": 1, "DirectiveNode": 1, "FieldNode": 3, "FragmentSpreadNode": 1,
        "InlineFragmentNode": 1,
    }  # fmt: skip


def test_a_document_is_kept_while_it_is_used() -> None:
    async def read() -> document.Document:
        with apart.underway:
            return await apart.in_thread(document.read_document, "{ a { b } }")

    (operation,) = asyncio.run(read()).operations
    (field,) = operation.selection_set.selections
    assert field.name.value == "a"
