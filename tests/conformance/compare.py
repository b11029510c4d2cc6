"""What the documents ask for beside what the tests prove (docs/decisions.md, 37)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.proofs import Proof
from conformance.rules import Document, Rule

ASKED = ("T1", "T2")
DEBT = "built, but no test carries it yet"
UNPROVEN = Path(__file__).with_name("unproven.txt")
"""Ids, one a line, of rules that are built while their test is still to be written. It only ever gets shorter."""


@dataclass(frozen=True)
class Line:
    """One T1 or T2 rule: its tests, and why it is open if the document lists it so."""

    rule: Rule
    tests: tuple[str, ...]
    reason: str | None

    @property
    def fault(self) -> str | None:
        """What is wrong, if something is."""
        if self.tests and self.reason is not None:
            where = UNPROVEN.name if self.reason == DEBT else "the table of State"
            return f"tests prove it, yet it is listed as open ({self.reason}): take it out of {where}"
        if not self.tests and self.reason is None:
            return "no test carries it: write one, or list it in State with the reason"
        return None


def read_unproven(path: Path = UNPROVEN) -> tuple[str, ...]:
    """The ids of the list."""
    return tuple(path.read_text(encoding="utf-8").split())


def compare(
    documents: Sequence[Document], proofs: Sequence[Proof], unproven: Collection[str] = ()
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Every T1 and T2 rule with its tests, and all faults in words; without faults the tests conform."""
    lines = tuple(_lines(documents, proofs, unproven))
    known = {rule.id for document in documents for rule in document.rules}
    faults = [f"{line.rule.id} ({line.rule.place}): {line.fault}" for line in lines if line.fault]
    faults += [f"{proof.id} ({proof.test}): no document has this id" for proof in proofs if proof.id not in known]
    faults += [f"{name} ({UNPROVEN.name}): no document has this id" for name in unproven if name not in known]
    return lines, tuple(faults)


def _lines(documents: Sequence[Document], proofs: Sequence[Proof], unproven: Collection[str]) -> Iterator[Line]:
    for document in documents:
        for rule in document.rules:
            tests = tuple(proof.test for proof in proofs if proof.id == rule.id)
            reason = document.open.get(rule.id, DEBT if rule.id in unproven else None)
            if rule.tier in ASKED or (tests and reason is not None):
                yield Line(rule, tests, reason)
