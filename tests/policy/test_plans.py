"""What no parser of ours lets through, a plan refuses too: the policies are asked there, whoever made the request."""

from typing import Any

import pytest
from wiki import wiki_app

from gemel.catalog import read_catalog
from gemel.errors import Denied
from gemel.plan import plan_query
from gemel.policy import Access, Accesses
from gemel.request import (
    Aggregate,
    ColumnField,
    ColumnRef,
    Computed,
    Count,
    EmbedAggregate,
    Link,
    Operator,
    OrderAggregate,
    Query,
    RelatedMeasure,
    Root,
    Rows,
    Select,
    Slot,
    Source,
    ValueTest,
)

MEASURED = RelatedMeasure(Link("pages"), "count", (), (ValueTest(Operator.GT, Slot(0)),))
SORTED = OrderAggregate((Link("pages"),), "count", None, False, False)


@pytest.fixture(scope="module")
def accesses() -> Accesses:
    app = wiki_app()
    return Accesses(read_catalog(app.mappers), app.policies)


def asked(access: Access, rows: Rows) -> None:
    """Plan a list of spaces."""
    plan_query(
        access, Query((Root("r", Source("public", "space"), Select((ColumnField("id", ColumnRef("id")),), rows)),))
    )


@pytest.mark.parametrize("rows", [Rows(where=MEASURED), Rows(order=(SORTED,))])
def test_aggregates_of_related_rows(accesses: Accesses, rows: Rows) -> None:
    asked(accesses.of("writer"), rows)
    with pytest.raises(Denied, match="page"):
        asked(accesses.of("listed"), rows)


@pytest.mark.parametrize(
    "content",
    [
        Aggregate((Count("n", (), False),), Rows()),
        Select((Computed("n", "count"),), Rows()),
        Select((EmbedAggregate("pages", Link("pages"), Aggregate((Count("n", (), False),), Rows())),), Rows()),
    ],
)
def test_aggregates(accesses: Accesses, content: Any) -> None:
    asking = Query((Root("r", Source("public", "space"), content),))
    plan_query(accesses.of("writer"), asking)
    with pytest.raises(Denied):
        plan_query(accesses.of("listed"), asking)
