"""The order parameter (``docs/dialects/rest.md`` section 9)."""

from gemel.apart import hold
from gemel_rest.parse.field import read_field
from gemel_rest.parse.syntax import OrderTerm
from gemel_rest.parse.text import Reader, parse


def parse_order(text: str) -> tuple[OrderTerm, ...]:
    """Sort keys."""
    return parse("order", text, _terms)


def _terms(reader: Reader) -> tuple[OrderTerm, ...]:
    terms = [_term(reader)]
    while reader.take(","):
        terms.append(_term(reader))
    reader.end('"," or end of input')
    return tuple(terms)


def _term(reader: Reader) -> OrderTerm:
    field = read_field(reader)
    relation: str | None = None
    if not field.path and reader.take("("):
        relation = field.name
        field = read_field(reader)
        reader.expect(")")
    descending = False
    if reader.take(".desc"):
        descending = True
    else:
        reader.take(".asc")
    # PostgreSQL's own places, made explicit: nulls come last going up and first going down.
    nulls_first = descending
    if reader.take(".nullsfirst"):
        nulls_first = True
    elif reader.take(".nullslast"):
        nulls_first = False
    reader.blanks()
    if not (reader.ended or reader.follows(",")):
        raise reader.unexpected('"asc", "desc", "nullsfirst", "nullslast", "," or end of input')
    return hold(OrderTerm(relation, field, descending, nulls_first))
