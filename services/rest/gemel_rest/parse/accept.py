"""The Accept header: which representation is answered (``docs/dialects/rest.md`` section 12, RFC 9110 section 12)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gemel.errors import RequestError

Form = Literal["array", "object", "csv", "openapi"]

TYPES: dict[str, Form] = {
    "application/json": "array",
    "application/vnd.pgrst.array": "array",
    "application/vnd.pgrst.array+json": "array",
    "application/vnd.pgrst.object": "object",
    "application/vnd.pgrst.object+json": "object",
    "text/csv": "csv",
}
ROOT_TYPES: dict[str, Form] = {"application/openapi+json": "openapi", "application/json": "array"}
QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
PARAMETER = re.compile(r'"(?:[^"\\]|\\.)*"|[^,;"]+|[;,"]')


@dataclass(frozen=True, slots=True)
class Media:
    """Form of the answer."""

    form: Form
    strip_nulls: bool = False

    @property
    def content_type(self) -> str:
        """Value of Content-Type."""
        match self.form:
            case "csv":
                name = "text/csv"
            case "openapi":
                name = "application/openapi+json"
            case "object":
                name = "application/vnd.pgrst.object+json"
            case "array":
                name = "application/vnd.pgrst.array+json" if self.strip_nulls else "application/json"
        return f"{name}{';nulls=stripped' if self.strip_nulls else ''}; charset=utf-8"


def parse_accept(header: str, types: dict[str, Form] | None = None) -> Media:
    """The first type that is on offer, by quality, then by order.

    :param types: what is on offer (default: that of tables); the first answers wildcards.
    :raises RequestError: ``PGRST107``.
    """
    offer = TYPES if types is None else types
    if not header or header == "*/*":
        return Media(next(iter(offer.values())))
    ranges = sorted(_ranges(header), key=lambda item: -item[1])
    for name, quality, parameters in ranges:
        form = _form(name, offer) if quality > 0 else None
        if form is not None:
            return Media(form, form in ("array", "object") and "nulls=stripped" in parameters)
    asked = ", ".join(name for name, _, _ in ranges)
    raise RequestError("PGRST107", f"None of these media types are available: {asked}", status=406)


def _form(name: str, offer: dict[str, Form]) -> Form | None:
    if name == "*/*":
        return next(iter(offer.values()))
    if name.endswith("/*"):
        return next((form for known, form in offer.items() if known.startswith(name[:-1])), None)
    return offer.get(name)


def _ranges(header: str) -> Sequence[tuple[str, float, list[str]]]:
    found = []
    for text in _split(header):
        name, *rest = (part.strip() for part in text.split(";"))
        parameters = [part.replace(" ", "") for part in rest]
        quality = next((part[2:] for part in parameters if part[:2].lower() == "q="), "1")
        found.append((name.lower(), float(quality) if QUALITY.fullmatch(quality) else 1.0, parameters))
    return found


def _split(header: str) -> list[str]:
    """Split on the commas that stand outside of quotes."""
    parts = [""]
    for piece in PARAMETER.findall(header):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]
