"""The columns and on_conflict parameters (``docs/dialects/rest.md`` section 14)."""

from gemel_rest.parse.text import Reader, parse


def parse_columns(what: str, text: str) -> tuple[str, ...]:
    """Names of columns, each once, in order."""
    return parse(f"{what} parameter", text, _names)


def _names(reader: Reader) -> tuple[str, ...]:
    names = [reader.name()]
    while reader.take(","):
        names.append(reader.name())
    reader.end('"," or end of input')
    return tuple(dict.fromkeys(names))
