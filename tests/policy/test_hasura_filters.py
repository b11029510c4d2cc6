"""Filters of Hasura's permissions have their counterparts: the table of ``docs/policies.md`` is tried row by row."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from wiki import ROWS, Page, Remark, Space, asked_wiki

from asker import Asker
from conftest import KINDS
from gemel import Policy, claim
from gemel.policy import Policies

DOCUMENT = Path(__file__).parents[2] / "docs" / "policies.md"
ROW = re.compile(r"^\| `(\{.*\})` \| (?:`(.*)`|nothing: all rows) \|$", re.MULTILINE)
TABLE = ROW.findall(DOCUMENT.read_text())
VARIABLES = {"X-Hasura-User-Id": "ann", "X-Hasura-Page-Ids": [2, 5, 8]}
NOT_IN_WHERE = {"_ceq": [2, 3], "_cgt": [1, 2, 3, 4, 5, 7, 8], "_exists": [1, 2, 3, 4, 5, 6, 7, 8]}
"""What Hasura has in permissions only, and the pages that it means."""


def policies() -> Iterator[Policy]:
    """A role for each row of the table."""
    names = {"Page": Page, "Space": Space, "Remark": Remark, "claim": claim, "sa": sa}
    for number, (_, expression) in enumerate(TABLE):
        rows = eval(expression, names) if expression else None  # noqa: S307 - of our own document
        yield Policy(f"row{number}", Page).select(rows)


@pytest.fixture(scope="module", params=KINDS)
def wiki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with asked_wiki(request, tmp_path_factory.mktemp("wiki"), Policies(policies())) as asker:
        yield asker


def pages(asker: Asker, where: object) -> list[int]:
    query = "query($where: page_bool_exp!) { page(where: $where, order_by: {id: asc}) { id } }"
    return [row["id"] for row in asker.data(query, where=where)["page"]]


def seen(wiki: Asker, number: int) -> list[int]:
    """Pages that the role of a row of the table is shown."""
    return pages(wiki.as_(f"row{number}", user_id="ann", page_ids="{2,5,8}"), {})


def filled(value: Any) -> Any:
    """A filter with values in the place of session variables."""
    if isinstance(value, dict):
        return {name: filled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return VARIABLES.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("number", range(len(TABLE)), ids=[given for given, _ in TABLE])
def test_a_filter_and_its_counterpart(wiki: Asker, number: int) -> None:
    """G12.2-15: the rows of a role are those that the filter means."""
    given = TABLE[number][0]
    shown = seen(wiki, number)
    special = next((meant for name, meant in NOT_IN_WHERE.items() if f'"{name}"' in given), None)
    assert shown == (pages(wiki.as_("admin"), filled(json.loads(given))) if special is None else special)


def test_the_table_tells_rows_apart(wiki: Asker) -> None:
    """Nearly no row of it shows all or nothing, and none is passed over."""
    lines = DOCUMENT.read_text().split("## Coming from Hasura")[1].splitlines()
    assert len(TABLE) == sum(line.startswith("| `{") for line in lines) > 15
    shown = [len(seen(wiki, number)) for number in range(len(TABLE))]
    assert sum(0 < count < len(ROWS[Page]) for count in shown) >= len(TABLE) - 4
