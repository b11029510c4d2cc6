"""What of the database's refusals a role is told (docs/decisions.md, 19): name and code always, values only if it may
read all that they are of."""

from gemel.catalog import Table
from gemel.errors import DatabaseError
from gemel.policy.access import Access

UNIQUE, FOREIGN, WHOLE_ROW = "23505", "23503", ("23502", "23514", "23P01")


def told(access: Access, error: DatabaseError) -> DatabaseError:
    """The error without the details that the role may not be told."""
    if access.everything or not error.details:
        return error
    if error.sqlstate in (UNIQUE, FOREIGN, *WHOLE_ROW) and not _is_readable(access, error):
        error.details = None
    return error


def _is_readable(access: Access, error: DatabaseError) -> bool:
    """Whether all columns of the key, or of the row, can be read."""
    table = next((one for one in access.catalog.tables.values() if one.name == error.table), None)
    if table is None:
        return False
    if error.sqlstate in WHOLE_ROW:
        return _sees(access, table, {column.name for column in table.stored})
    if error.sqlstate == UNIQUE:
        key = next((one for one in table.keys if one.name == error.constraint), None)
        return key is not None and _sees(access, table, set(key.columns))
    foreign = next((one for one in table.foreign_keys if one.name == error.constraint), None)
    if foreign is None:
        return False
    near, far = {one for one, _ in foreign.pairs}, {one for _, one in foreign.pairs}
    other = access.catalog.tables.get(foreign.target)
    return other is not None and _sees(access, table, near) and _sees(access, other, far)


def _sees(access: Access, table: Table, columns: set[str]) -> bool:
    view = access.views.tables.get(table.key)
    return view is not None and not view.filtered and columns <= set(view.columns)
