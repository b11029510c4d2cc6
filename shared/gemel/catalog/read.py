"""Read the mappers of an app into a catalog, once, at the start."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import ColumnProperty, Mapper

from gemel.catalog.codec import column_type, has_sql
from gemel.catalog.enums import enum_of, is_enum
from gemel.catalog.hints import attribute_hints
from gemel.catalog.keys import foreign_keys, primary_key, table_key, unique_keys
from gemel.catalog.model import DEFAULT_SCHEMA, Catalog, Column, Relation, Table, TableKey
from gemel.catalog.relations import declared_relations, detected_relations
from gemel.errors import AppError

RESERVED = "rpc"


def read_catalog(mappers: Sequence[Mapper[object]], default_schema: str | None = None) -> Catalog:
    """Catalog of all mapped classes.

    :param mappers: of one app, configured.
    :param default_schema: schema of the models that the APIs know as ``public``; tables without a schema always are.
    :raises AppError: two classes claim one table, a table has a name that cannot be served, or is marked as an enum and
        is none.
    """
    warnings: list[str] = []
    keys = {mapper: table_key(mapper.local_table, default_schema) for mapper in mappers}
    found: dict[TableKey, Mapper[object]] = {}
    for mapper, key in keys.items():
        if mapper.inherits is not None and mapper.local_table is mapper.inherits.local_table:
            warnings.append(f"{mapper.class_.__name__} shares the table of its parent class and is served as that")
        elif key in found:
            raise AppError(f"table {key[1]!r} is mapped by {found[key].class_.__name__} and {mapper.class_.__name__}")
        elif key == (DEFAULT_SCHEMA, RESERVED):
            raise AppError(f"a table called {RESERVED!r} could not be reached: /{RESERVED} is where functions are")
        else:
            found[key] = mapper
    detected = detected_relations({key: mapper.local_table for key, mapper in found.items()}, default_schema)
    tables = {}
    for key, mapper in sorted(found.items(), key=lambda item: item[0]):
        relations = declared_relations(mapper, keys, default_schema, warnings)
        computed = tuple(_computed(mapper, warnings))
        warnings += _unapplied(mapper)
        tables[key] = _table(key, mapper, relations, detected.get(key, ()), computed, default_schema)
    return Catalog(tables, tuple(warnings))


def _table(
    key: TableKey,
    mapper: Mapper[object],
    relations: dict[str, Relation],
    detected: tuple[Relation, ...],
    computed: tuple[Column, ...],
    default_schema: str | None,
) -> Table:
    source = mapper.local_table
    stored = {column.name: column for column in _stored(mapper, default_schema)}
    writable = isinstance(source, sa.Table) and source.info.get("is_writable", not source.info.get("is_view", False))
    primary, unique, declared = primary_key(mapper), unique_keys(source), getattr(source, "primary_key", ())
    keyed = writable and primary is not None
    written = {name: column for name, column in stored.items() if keyed and not column.generated}
    return Table(
        schema=key[0],
        name=key[1],
        columns=stored | {column.name: column for column in computed if column.name not in stored},
        insertable=written,
        updatable=written,
        verbs=frozenset({"select", "insert", "update", "delete"} if keyed else {"select"}),
        aggregates=True,
        primary_key=primary,
        unique=unique,
        constraints=(*([primary] if primary is not None and len(declared) else []), *unique),
        foreign_keys=foreign_keys(source, default_schema),
        relations=relations,
        detected=detected,
        source=source,
        mapper=mapper,
        writable=writable,
        comment=getattr(source, "comment", None) or _first_line(mapper.class_.__doc__),
        enum=is_enum(source),
    )


def _first_line(text: str | None) -> str | None:
    return (text or "").strip().split("\n")[0] or None


def _stored(mapper: Mapper[object], default_schema: str | None) -> Iterator[Column]:
    hints = attribute_hints(mapper)
    for column in mapper.local_table.columns:
        try:
            attribute = mapper.get_property_by_column(column).key
        except sa.orm.exc.UnmappedColumnError:
            continue  # left out of the model on purpose (exclude_properties)
        identity = isinstance(column, sa.Column) and column.identity is not None and bool(column.identity.always)
        generated = isinstance(column, sa.Column) and column.computed is not None
        yield Column(
            name=column.name,
            attribute=attribute,
            type=column_type(column.type, hints.get(attribute)),
            nullable=bool(getattr(column, "nullable", True)),
            has_default=_has_default(column),
            generated=generated or identity,
            comment=getattr(column, "comment", None) or getattr(column, "doc", None),
            expression=column,
            fulltext=getattr(column, "info", {}).get("fts5"),
            enum=enum_of(column, default_schema),
        )


def _unapplied(mapper: Mapper[object]) -> Iterator[str]:
    for column in mapper.local_table.columns:
        if has_sql(column.type):
            name = f"{mapper.class_.__name__}.{column.name}"
            yield f"column {name} is served as it is stored: the SQL expressions of its type are not applied"


def _has_default(column: sa.ColumnElement[object]) -> bool:
    if not isinstance(column, sa.Column):
        return True
    given = column.default is not None or column.server_default is not None
    serial = column.table is not None and column is getattr(column.table, "autoincrement_column", None)
    return bool(given or serial or column.identity is not None)


def _computed(mapper: Mapper[object], warnings: list[str]) -> Iterator[Column]:
    for name, item in inspect(mapper).all_orm_descriptors.items():
        if isinstance(item, hybrid_property):
            expression = _hybrid(mapper, name, warnings)
        elif name in mapper.column_attrs and not isinstance(mapper.column_attrs[name].expression, sa.Column):
            expression = _property(mapper.column_attrs[name])
        else:
            continue
        if expression is None or name.startswith("_"):
            continue
        yield Column(
            name=name,
            attribute=name,
            type=column_type(expression.type),
            nullable=True,
            has_default=True,
            generated=True,
            comment=_first_line(getattr(item, "doc", None) or item.__doc__),
            expression=expression,
            computed=True,
        )


def _hybrid(mapper: Mapper[object], name: str, warnings: list[str]) -> sa.ColumnElement[object] | None:
    where = f"hybrid {mapper.class_.__name__}.{name}"
    missing = f"{where} is not served: it has no SQL expression (add @{name}.expression)"
    try:
        value = getattr(mapper.class_, name)
        expression = value.__clause_element__() if hasattr(value, "__clause_element__") else value
    except sa.exc.InvalidRequestError:  # what the class gives is no SQL
        warnings.append(missing)
        return None
    except Exception as error:
        warnings.append(f"{where} is not served: on the class it raises {type(error).__name__}: {error}")
        return None
    if not isinstance(expression, sa.ColumnElement):
        warnings.append(missing)
        return None
    return expression._deannotate() if hasattr(expression, "_deannotate") else expression


def _property(item: ColumnProperty[object]) -> sa.ColumnElement[object]:
    expression = item.expression
    return expression._deannotate() if hasattr(expression, "_deannotate") else expression  # type: ignore[return-value]
