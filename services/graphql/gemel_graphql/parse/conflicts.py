"""``on_conflict`` (``docs/dialects/graphql.md`` section 9.2)."""

from collections.abc import Mapping

from gemel.catalog import View
from gemel.request import ColumnRef, Conflict
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given
from gemel_graphql.schema.meaning import meaning_of


def conflict(table: View, given: Mapping[str, Given]) -> Conflict | None:
    """What is done where a row is there already.

    :param given: what stands beside the rows; ``on_conflict`` may be null or missing.
    :raises RequestError: a constraint or a column is not there, or the filter is wrong.
    """
    asked = given.get("on_conflict")
    if asked is None or asked.is_null:
        return None
    parts = {name: item for name, item in asked.parts().items() if not item.is_null}
    constraint = str(parts["constraint"].word().value)
    update = parts["update_columns"].elements() if "update_columns" in parts else []
    columns = tuple(ColumnRef(meaning_of(item.word()).column.name, at=item.at) for item in update)
    chosen = condition(parts["where"]) if "where" in parts else None
    return Conflict(constraint, tuple(dict.fromkeys(columns)), chosen, at=asked.at)
