"""``make conformance``: every T1 and T2 rule of docs/dialects with its tests; exit status 1 if something is missing."""

import sys

from conformance.compare import Line, compare, read_unproven
from conformance.proofs import read_proofs
from conformance.rules import DOCUMENTS, Malformed, read_document


def main() -> int:
    """Print the list and what is wrong with it."""
    try:
        lines, faults = compare([read_document(path) for path in DOCUMENTS], read_proofs(), read_unproven())
    except Malformed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for line in lines:
        sys.stdout.write(f"{line.rule.id:<9} {line.rule.tier}  {_said(line)}\n")
    proven = sum(bool(line.tests) for line in lines)
    open_ = sum(line.reason is not None for line in lines)
    sys.stdout.write(f"\n{len(lines)} rules of T1 and T2: {proven} proven, {open_} open, {len(faults)} faults\n")
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return bool(faults)


def _said(line: Line) -> str:
    if line.tests:
        return ", ".join(line.tests)
    return "MISSING" if line.reason is None else f"open: {line.reason}"


if __name__ == "__main__":
    sys.exit(main())
