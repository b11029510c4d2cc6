"""Updates, and what they change along relations (``docs/dialects/graphql.md`` sections 9.3 and 21)."""

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

from gemel.catalog import Relation
from gemel_graphql.schema.filters import bool_exp
from gemel_graphql.schema.inserts import along, rows_input
from gemel_graphql.schema.meaning import Part, RelatedRows, meant
from gemel_graphql.schema.served import Served
from gemel_graphql.schema.types import Types
from gemel_graphql.schema.updates import update_operators


def changes(types: Types, served: Served) -> dict[str, tuple[GraphQLInputObjectType, str]]:
    """What an update can do to a row and to those related to it, and its description."""
    found = update_operators(types, served)
    if _related(types, served):
        found["_nested"] = (nested_input(types, served), "changes the rows that are related to the filtered rows")
    return found


def updates_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """One of several updates."""

    def fields() -> dict[str, GraphQLInputField]:
        members = {name: _part(name, type_, text) for name, (type_, text) in changes(types, served).items()}
        where = GraphQLNonNull(bool_exp(types, served))
        return {**members, "where": _part("where", where, "filter the rows which have to be updated")}

    return types.input(f"{served.name}_updates", None, fields)


def _related(types: Types, served: Served) -> tuple[Relation, ...]:
    """Relations along which an update can do something; what a row refers to can only be updated by it."""
    return tuple(
        relation
        for relation in along(types, served, "insert", "update", "delete")
        if not relation.forward or types.served(relation.target).may("update")
    )


def nested_input(types: Types, served: Served) -> GraphQLInputObjectType:
    """What is changed along each relation."""

    def fields() -> dict[str, GraphQLInputField]:
        return {relation.name: _along(types, relation) for relation in _related(types, served)}

    text = f'input type for changing rows that are related to those of table "{served.name}"'
    return types.input(f"{served.name}_nested_input", text, fields)


def _along(types: Types, relation: Relation) -> GraphQLInputField:
    served = types.served(relation.target)
    kind = "arr" if relation.to_many else "obj" if relation.forward else "one"

    def fields() -> dict[str, GraphQLInputField]:
        members = {}
        if served.may("delete") and not relation.forward:  # what the row refers to is neither deleted nor made
            deleted = GraphQLList(GraphQLNonNull(_deletes(types, served)))
            members["delete"] = _part("delete", deleted, "related rows to be deleted, before all else")
        if served.may("update"):
            updated = GraphQLList(GraphQLNonNull(updates_input(types, served)))
            members["update"] = _part("update", updated, "updates of related rows, executed in order")
        if served.may("insert") and not relation.forward:
            inserted = rows_input(types, relation)
            members["insert"] = _part("insert", inserted, "related rows to be inserted, after all else")
        return members

    text = f'input type for changing related rows of table "{served.name}"'
    made = types.input(f"{served.name}_{kind}_rel_nested_input", text, fields)
    return GraphQLInputField(made, extensions=meant(RelatedRows(relation, served.table)))


def _deletes(types: Types, served: Served) -> GraphQLInputObjectType:
    def fields() -> dict[str, GraphQLInputField]:
        where = GraphQLNonNull(bool_exp(types, served))
        return {"where": _part("where", where, "filter the related rows to be deleted")}

    return types.input(f"{served.name}_nested_deletes", f'related rows of table "{served.name}" to be deleted', fields)


def _part(name: str, type_: GraphQLInputType, text: str) -> GraphQLInputField:
    return GraphQLInputField(type_, description=text, extensions=meant(Part(name)))
