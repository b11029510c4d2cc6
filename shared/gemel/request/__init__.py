"""What is asked, free of any dialect: frozen, hashable, and free of values.

A value stands in a ``Slot``; the values themselves travel beside the request, so that equal questions with other
values are the same key in the plan cache. Names are not yet checked. ``at`` says where in the client's text a part
came from, for errors only: it takes no part in equality.
"""

from gemel.request.condition import And, Compare, Condition, Not, Operator, Or, Related
from gemel.request.read import (
    Aggregate,
    AllColumns,
    ColumnField,
    Computed,
    Constant,
    Count,
    Cursor,
    Embed,
    EmbedAggregate,
    Field,
    Measure,
    MeasureGroup,
    Nodes,
    One,
    Order,
    OrderAggregate,
    OrderColumn,
    Query,
    Root,
    Rows,
    Select,
)
from gemel.request.terms import ColumnRef, Link, Slot, Source
from gemel.request.write import Assign, Delete, Insert, Mutation, Update, Write

__all__ = [
    "Aggregate",
    "AllColumns",
    "And",
    "Assign",
    "ColumnField",
    "ColumnRef",
    "Compare",
    "Computed",
    "Condition",
    "Constant",
    "Count",
    "Cursor",
    "Delete",
    "Embed",
    "EmbedAggregate",
    "Field",
    "Insert",
    "Link",
    "Measure",
    "MeasureGroup",
    "Mutation",
    "Nodes",
    "Not",
    "One",
    "Operator",
    "Or",
    "Order",
    "OrderAggregate",
    "OrderColumn",
    "Query",
    "Related",
    "Root",
    "Rows",
    "Select",
    "Slot",
    "Source",
    "Update",
    "Write",
]
