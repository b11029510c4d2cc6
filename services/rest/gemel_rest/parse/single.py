"""Changes of one row: its key in the path of an item, or in the filters of a PUT (``docs/dialects/rest.md`` 2, 16)."""

from collections.abc import Mapping, Sequence

from gemel.catalog import View
from gemel.errors import RequestError
from gemel.request import Operator
from gemel_rest.parse.body import Row
from gemel_rest.parse.path import Resource
from gemel_rest.parse.query import Parameters
from gemel_rest.parse.read import key_of_item
from gemel_rest.parse.syntax import Filter, Tree

Key = Mapping[str, str]
"""Values of the columns of a primary key, as the URL has them."""


def key_of_put(table: View, resource: Resource, conditions: Sequence[Tree], parameters: Parameters) -> Key:
    """The key that a PUT names.

    :raises RequestError: ``PGRST105``, the filters are not exactly the key; ``PGRST114``, there is a limit.
    """
    if resource.kind == "item":
        return dict(zip(*key_of_item(table, resource, parameters), strict=True))
    if parameters.is_paged:
        raise RequestError("PGRST114", "limit/offset querystring parameters are not allowed for PUT")
    names = table.primary_key.columns if table.primary_key is not None else ()
    found = {item.field.name: item.test.value for item in conditions if isinstance(item, Filter) and _is_equal(item)}
    key = {name: value for name, value in found.items() if isinstance(value, str)}
    if not names or set(key) != set(names) or len(conditions) != len(names):
        text = "Filters must include all and only primary key columns with 'eq' operators"
        raise RequestError("PGRST105", text, status=405)
    return key


def _is_equal(item: Filter) -> bool:
    test = item.test
    return not item.field.path and test.operator is Operator.EQ and not test.negated and test.quantifier is None


def row_of_put(rows: Sequence[Row], key: Key, *, complete: bool) -> Row:
    """The row of a body that has the key.

    :param complete: columns of the key may be left out.
    :raises RequestError: ``PGRST115``, none has it.
    """
    for row in rows:
        if all(_is_same(row[name], value) if name in row else complete for name, value in key.items()):
            return {**key, **row}
    raise RequestError("PGRST115", "Payload values do not match URL in primary key column(s)")


def _is_same(given: object, value: str) -> bool:
    text = ("true" if given else "false") if isinstance(given, bool) else str(given)
    return given is not None and text == value
