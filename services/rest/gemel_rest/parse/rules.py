"""What of the server the parser has to know, and which schema a request speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gemel.auth.actor import role_of
from gemel.catalog import Views
from gemel.errors import RequestError
from gemel.functions import Function
from gemel.policy import Access, Accesses

LONGEST_KEY = 255
"""Characters of an Idempotency-Key."""
READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the role sees, and settings."""

    access: Access
    schemas: tuple[str, ...]
    """Those exposed, the default one first."""
    max_rows: int | None
    safe_writes: bool
    aggregates: bool = False
    """Whether aggregate functions may be used; counting rows by ``count`` always may."""
    tx_end: str = "commit"
    """How a change ends: ``commit`` or ``rollback``, with ``-allow-override`` if a request may choose (section 23)."""
    functions: Mapping[str, tuple[Function, ...]] = field(default_factory=dict)
    """By the name that they are called under."""

    @property
    def views(self) -> Views:
        """The tables that can be named."""
        return self.access.views

    @property
    def tx_override(self) -> bool:
        """A request may choose how it ends."""
        return self.tx_end.endswith("-allow-override")

    @property
    def tx(self) -> frozenset[str]:
        """The preference that is applied where a request may choose its end; of a read, too, which ends as it would."""
        return frozenset({"tx"}) if self.tx_override else frozenset()


class RulesOfRoles:
    """The rules of each role."""

    def __init__(self, accesses: Accesses, base: Rules) -> None:
        """:param base: of the admin."""
        self.base = base
        self._rules = {name: replace(base, access=access) for name, access in accesses.all}

    def of(self, access: str) -> Rules:
        """Of a role.

        :param access: ``Actor.access``.
        :raises RequestError: ``22023``, no policy speaks of it.
        """
        found = self._rules.get(access)
        if found is None:
            raise RequestError("22023", f'role "{role_of(access)}" does not exist', status=401)
        return found


def kept(rules: Rules, wanted: str | None) -> bool:
    """Whether a change is kept.

    :param wanted: what the request prefers, ``commit`` or ``rollback``.
    """
    end = rules.tx_end.removesuffix("-allow-override")
    return (wanted or end if rules.tx_override else end) == "commit"


def schema_of(rules: Rules, method: str, headers: Mapping[str, str]) -> tuple[str, str | None]:
    """The schema meant, and the value of Content-Profile if the answer has to tell it (section 18).

    :raises RequestError: ``PGRST106``.
    """
    wanted = headers.get("accept-profile" if method in READS else "content-profile")
    if wanted is None:
        schema = rules.schemas[0]
        return schema, schema if len(rules.schemas) > 1 else None
    if wanted not in rules.schemas:
        hint = f"Only the following schemas are exposed: {', '.join(rules.schemas)}"
        raise RequestError("PGRST106", f"Invalid schema: {wanted}", hint=hint, status=406)
    return wanted, wanted
