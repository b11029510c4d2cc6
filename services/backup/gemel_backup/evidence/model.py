"""Evidence as data, and what two of them differ in."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from gemel_backup.errors import Corrupted

Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Rows:
    """What a table held."""

    rows: Count
    checksum: str
    """The sum of a hash of each row, in decimal digits: it says nothing of the order of the rows."""


@dataclass(frozen=True)
class Range:
    """The next value of a sequence when the dump began, and when it had ended: sequences stand outside of snapshots."""

    least: int
    most: int


NOTHING = Rows(0, "0")


@dataclass(frozen=True)
class Evidence:
    """All that a restored database is compared with."""

    major: int
    """Major version of the server, or of the SQLite library: another one may write the same definition otherwise."""
    tables: Mapping[str, Rows]
    """By the table's name as SQL writes it. Of Gemel's own tables those that change during a backup are left out."""
    sequences: Mapping[str, Range] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)
    """The schema: SHA-256 of the definition of each object, by its kind and name (``index public.album_pkey``)."""
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Versions by name."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Owner and grants of each object, by kind and name."""
    roles: tuple[str, ...] = ()
    """All that own something or were granted something."""
    large_objects: Rows = NOTHING
    heads: tuple[str, ...] = ()
    """Alembic's heads."""

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())

    def to_json(self) -> bytes:
        """As it is stored."""
        return ADAPTER.dump_json(self, indent=1) + b"\n"


ADAPTER = TypeAdapter(Evidence)


def parse_evidence(text: bytes, backup_id: str) -> Evidence:
    """:raises Corrupted: it is not what :meth:`Evidence.to_json` writes."""
    try:
        return ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Corrupted(f"backup {backup_id}: its evidence is not well formed: {where}: {first['msg']}") from error


def of_tables(evidence: Evidence, tables: Collection[str]) -> Evidence:
    """What can be compared of a restore that has filled some tables only: without foreign keys and large objects."""
    return Evidence(
        evidence.major,
        {name: found for name, found in evidence.tables.items() if name in tables},
        sequences=evidence.sequences,
        objects={name: value for name, value in evidence.objects.items() if not name.startswith("constraint ")},
        extensions=evidence.extensions,
    )


def differences(taken: Evidence, found: Evidence, *, owners: bool) -> list[str]:
    """What is not as it was taken, a line for each; empty if all is.

    Definitions and versions of extensions are compared only between servers of one major version.

    :param owners: compare owners and grants, too.
    """
    alike = taken.major == found.major
    return [
        *_tables(taken.tables, found.tables),
        *_sequences(taken.sequences, found.sequences),
        *_named(taken.objects, found.objects, "is defined otherwise", values=alike),
        *_named(_extensions(taken), _extensions(found), "has another version", values=False),
        *(_named(taken.owners, found.owners, "has another owner or other grants", values=True) if owners else ()),
        *_large_objects(taken.large_objects, found.large_objects),
        *([] if taken.heads == found.heads else [f"Alembic's heads are {_list(found)} instead of {_list(taken)}"]),
    ]


def _tables(taken: Mapping[str, Rows], found: Mapping[str, Rows]) -> Iterator[str]:
    for name in sorted(taken.keys() | found.keys()):
        if name not in found:
            yield f"table {name} is missing"
        elif name not in taken:
            yield f"table {name} was not taken"
        elif taken[name].rows != found[name].rows:
            yield f"table {name} has {found[name].rows} rows instead of {taken[name].rows}"
        elif taken[name].checksum != found[name].checksum:
            yield f"table {name} has as many rows as it had, but other values"


def _sequences(taken: Mapping[str, Range], found: Mapping[str, Range]) -> Iterator[str]:
    for name in sorted(taken.keys() | found.keys()):
        if name not in found:
            yield f"sequence {name} is missing"
        elif name not in taken:
            yield f"sequence {name} was not taken"
        else:
            bounds, value = taken[name], found[name].least
            if not min(bounds.least, bounds.most) <= value <= max(bounds.least, bounds.most):
                said = str(bounds.least) if bounds.least == bounds.most else f"{bounds.least} to {bounds.most}"
                yield f"sequence {name} goes on with {value} instead of {said}"


def _named(taken: Mapping[str, str], found: Mapping[str, str], otherwise: str, *, values: bool) -> Iterator[str]:
    for name in sorted(taken.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing"
        elif name not in taken:
            yield f"{name} was not taken"
        elif values and taken[name] != found[name]:
            yield f"{name} {otherwise}"


def _extensions(evidence: Evidence) -> Mapping[str, str]:
    return {f"extension {name}": version for name, version in evidence.extensions.items()}


def _large_objects(taken: Rows, found: Rows) -> Iterator[str]:
    if taken.rows != found.rows:
        yield f"there are {found.rows} pieces of large objects instead of {taken.rows}"
    elif taken.checksum != found.checksum:
        yield "large objects have other contents"


def _list(evidence: Evidence) -> str:
    return ", ".join(evidence.heads) or "none"
