"""Every error that Gemel raises on purpose, in one tree, grouped by the stage that refuses.

::

    GemelError
    ├── SettingsError              start: a setting is wrong (key, what is wrong, where it was read)
    ├── AppError                   start: the app package cannot be served
    ├── AccessError                auth: who asks is not known, or may not
    ├── RequestError               parse: not well formed
    ├── RequestTooLarge            parse: the body is larger than allowed
    ├── LimitExceeded              auth, parse, plan: more than the role may ask for
    ├── PlanError                  plan: names a thing that is not there, or that does not fit
    │   ├── UnknownTable
    │   ├── UnknownColumn
    │   ├── UnknownRelation
    │   ├── AmbiguousRelation
    │   ├── NotEmbedded
    │   ├── Mismatch
    │   └── Denied
    ├── MissingVariable            execute: a policy needs a claim that who asks does not have
    ├── CheckFailed                execute: a row written does not meet the check of a policy; rolled back
    ├── Unsupported                sql: this database cannot say it
    ├── DatabaseError              execute: the database refused (or our codec did, in its stead); has a SQLSTATE
    ├── WrongRowCount              execute: not as many rows as the request said; rolled back
    └── Refused              execute: a function of the app refused, in its own words

An error holds facts; each service words them in its own dialect, in one place (``gemel_graphql.respond.errors``,
``gemel_rest.respond.errors``). What is none of these is a bug and is answered as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Location = tuple[str | int, ...]
"""Where in the request an error lies, as the parser of the dialect counts it; empty when that is not known."""


class GemelError(Exception):
    """Root of the tree."""

    @property
    def message(self) -> str:
        """What was wrong, for a person."""
        return str(self)


class SettingsError(GemelError):
    """A setting is wrong; the text says which, why, and where it was read."""


class AppError(GemelError):
    """The app package cannot be served; the text says what to change."""


@dataclass
class AccessError(GemelError):
    """Authentication failed. ``reason`` is one of the keys that both services translate."""

    reason: str
    """``secret-missing``, ``secret-wrong``, ``token-missing``, ``token-malformed``, ``token-invalid``,
    ``token-expired``, ``token-early``, ``token-claims``, ``token-unverifiable`` (no key to verify it with is set),
    ``token-audience``, ``key-invalid``, ``key-expired``, ``role-missing``, ``role-not-allowed``,
    ``header-invalid`` or ``no-secret-configured``."""
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class RequestError(GemelError):
    """The request is not well formed. ``code`` and ``text`` are already the dialect's own."""

    code: str
    text: str
    details: Any = None
    hint: str | None = None
    at: Location = ()
    status: int = 400

    def __str__(self) -> str:
        return self.text


@dataclass
class RequestTooLarge(GemelError):
    """The body of a request is larger than the role, or ``body_limit``, allows."""

    limit: int
    """Bytes allowed."""

    def __str__(self) -> str:
        return f"the request body is larger than {self.limit} bytes"


@dataclass
class LimitExceeded(GemelError):
    """A request is more than the limits of its role allow (``gemel.limits.Limits``)."""

    limit: str
    """Which: ``depth``, ``fields``, ``cost``, ``rate``, ``concurrency``, ``subscriptions``, ``connections``, ``batch``,
    ``listed``, ``introspection`` or ``memory``."""
    text: str
    retry_after: float | None = None
    """Seconds until the same may be asked again; ``None``: it never may."""

    def __str__(self) -> str:
        return self.text


@dataclass
class PlanError(GemelError):
    """A well-formed request that means nothing here."""

    at: Location = field(default=(), kw_only=True)


@dataclass
class UnknownTable(PlanError):
    """No table of this name, or the role may not see it."""

    schema: str | None
    table: str
    near: str | None = None
    """The most similar name that the role may see."""

    def __str__(self) -> str:
        return f"there is no table {self.table!r}"


@dataclass
class UnknownColumn(PlanError):
    """The table has no column of this name, or the role may not see it."""

    table: str
    column: str
    written: bool = False
    """True where the name stood in a row to be written."""

    def __str__(self) -> str:
        return f"table {self.table!r} has no column {self.column!r}"


@dataclass
class UnknownRelation(PlanError):
    """Nothing relates the two."""

    table: str
    target: str
    schema: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"nothing relates {self.table!r} and {self.target!r}"


@dataclass
class AmbiguousRelation(PlanError):
    """More than one relation fits."""

    table: str
    target: str
    candidates: Sequence[Mapping[str, str]]
    """Of each: ``cardinality``, ``embedding``, ``relationship`` and ``name`` (what singles it out)."""

    def __str__(self) -> str:
        return f"more than one relation between {self.table!r} and {self.target!r}"


@dataclass
class NotEmbedded(PlanError):
    """A parameter speaks of a relation that the request does not select."""

    name: str

    def __str__(self) -> str:
        return f"{self.name!r} is not selected in this request"


@dataclass
class Mismatch(PlanError):
    """A name exists but cannot be used so; ``text`` says why. ``kind`` is a key the services translate."""

    kind: str
    """``distinct-order``, ``order-to-many``, ``aggregate-type``, ``json-path``, ``null``, ``cast``, ``cannot-cast``,
    ``no-key``, ``read-only``, ``written-twice``, ``operator``, ``conflict-target``, ``nested``, ``nothing-inserted``,
    ``group``, ``group-order``, ``cursor``."""
    text: str
    table: str = ""
    name: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass
class Denied(PlanError):
    """The role may not do this to the table."""

    table: str
    verb: str
    """``select``, ``insert``, ``update`` or ``delete``."""

    def __str__(self) -> str:
        return f"permission denied for table {self.table}"


@dataclass
class MissingVariable(GemelError):
    """A policy needs something of who asks that is not known."""

    name: str
    """``x-hasura-user-id``."""

    def __str__(self) -> str:
        return f'missing session variable: "{self.name}"'


@dataclass
class CheckFailed(GemelError):
    """A row that was written does not meet what a policy asks of it; nothing was kept."""

    table: str

    def __str__(self) -> str:
        return f'new row violates row-level security policy for table "{self.table}"'


@dataclass
class Unsupported(GemelError):
    """The database in use cannot say it."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class DatabaseError(GemelError):
    """The database refused. SQLSTATEs are PostgreSQL's (appendix A of its manual) on every database."""

    sqlstate: str
    """Five characters; ``08001`` when no connection could be had, other ``08…`` when it was lost, ``53300`` when none
    was free in time."""
    text: str
    details: str | None = None
    hint: str | None = None
    constraint: str | None = None
    table: str | None = None
    at: Location = ()

    def __str__(self) -> str:
        return self.text


@dataclass
class WrongRowCount(GemelError):
    """A write did not meet ``exactly`` or ``most``; nothing was kept."""

    rows: int
    """Rows that it would have written."""
    most: bool = False
    """True when ``most`` was exceeded, false when it was not ``exactly``."""

    def __str__(self) -> str:
        return f"the request affects {self.rows} rows"


@dataclass
class Outdated(GemelError):
    """A row is not as the client saw it (``gemel.request.Expect``); nothing was written."""

    there: bool
    """Whether there is such a row."""

    def __str__(self) -> str:
        return "the row is not as it was expected" if self.there else "there is no such row"


@dataclass
class Reused(GemelError):
    """An idempotency key was used before, for another request; nothing was written."""

    def __str__(self) -> str:
        return "the key was used for another request"


@dataclass
class OneOfMany(GemelError):
    """One of several mutations of a request failed; nothing of any was kept."""

    number: int
    """Its index."""
    error: GemelError

    def __str__(self) -> str:
        return f"operation {self.number}: {self.error}"


@dataclass
class Refused(GemelError):
    """Raised by a function of the app on purpose; nothing that it changed is kept (``docs/dialects/rest.md`` R17-7)."""

    text: str
    code: str = "P0001"
    """An SQLSTATE, or a code of the app's own. ``PTxyz`` is the status xyz."""
    status: int | None = None
    """Status over HTTP; ``None``: by the code."""
    details: str | None = None
    hint: str | None = None
    headers: Sequence[tuple[str, str]] = ()

    def __str__(self) -> str:
        return self.text
