"""The hash of a row of a PostgreSQL table, as an expression in SQL.

Each column is hashed by the function of its own type, with its number for a seed; these are combined by exclusive or,
and the result is hashed once more. So no value can go to another column or, the sum of all rows being compared, to
another row: without the last hash one such exchange in 2^32 would not be seen, with it one in 2^64.
``hash_record_extended`` is linear in the hashes of the columns: it sees none of them, and takes twice as long.
"""

from collections.abc import Sequence
from typing import Final

ALIAS: Final = "t"
BY_ARRAY: Final = "hash_array_extended(ARRAY[{column}], {seed})"
BY_NAME: Final = {
    "int2": "hashint2extended",
    "int4": "hashint4extended",
    "int8": "hashint8extended",
    "oid": "hashoidextended",
    "float4": "hashfloat4extended",
    "float8": "hashfloat8extended",
    "numeric": "hash_numeric_extended",
    "text": "hashtextextended",
    "varchar": "hashtextextended",
    "bpchar": "hashbpcharextended",
    "name": "hashnameextended",
    "uuid": "uuid_hash_extended",
    "time": "time_hash_extended",
    "timestamp": "timestamp_hash_extended",
}
NAMED: Final = {kind: f"coalesce({name}({{column}}, {{seed}}), -{{seed}})" for kind, name in BY_NAME.items()}
FUNCTIONS: Final = {
    **NAMED,
    **dict.fromkeys(("bool", "bytea", "date"), BY_ARRAY),
    "timestamptz": NAMED["timestamp"].replace("{column}", "{column} AT TIME ZONE 'UTC'"),
}
"""Expressions by the name of a type of PostgreSQL whose own hash is the same for what was restored, and another one for
what is not equal. Of others the text is hashed: an enum is hashed by its number, ``[[[1]]]`` in ``jsonb`` as ``[1]``.

NULL is not the seed, which is the hash of zero and of ``NaN``. Functions of types for which there is none to be called
by name before PostgreSQL 18 are found by an array's, which takes longer; a ``timestamptz`` as a ``timestamp`` in UTC.
"""


def row_hash(columns: Sequence[str], types: Sequence[str]) -> str:
    """An expression of type ``bigint``; NULL for no row.

    :param columns: names as SQL writes them, of the table whose alias is ``t``; in an order that a restored table has.
    :param types: their names in ``pg_type``; of which the text is to be hashed: empty.
    """
    hashes, texts = [], []
    for seed, (name, kind) in enumerate(zip(columns, types, strict=True), 1):
        column = f"{ALIAS}.{name}"
        if expression := FUNCTIONS.get(kind):
            hashes.append(expression.format(column=column, seed=seed))
        else:
            texts.append(column)
    if texts or not hashes:
        hashes.append(f"hashtextextended(ROW({', '.join(texts)})::text, 0)")
    return f"hashint4extended(0, {' # '.join(hashes)})"
