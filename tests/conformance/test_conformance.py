"""The documents and the tests agree; and the tool that says so finds it when they do not."""

import re
from pathlib import Path

import pytest

from conformance.compare import DEBT, compare, read_unproven
from conformance.proofs import Proof, read_proofs
from conformance.rules import DOCUMENTS, Document, Malformed, Rule, read_document

TEXT = """# A dialect

## State

| rules | missing | answer |
|---|---|---|
| `R2-1` to `R2-3`, `R1-2` | functions | 404 |
| – | half of `R1-1` | |

## 1. Rows (T1)

- `R1-1` The first, which
  goes on. (T3)
- `R1-2` The second says (T3) in its middle.

| code | when | tier |
|---|---|---|
| `R1-3` `a|b` | always | T2 |
| `R1-4` `c` | never | |

**Nested.** — T3

- `R1-5` Deep.

### 2. Functions — T2

- `R2-1` One. — T1
- `R2-2` Two.
- `R2-3` Three.
"""


def document(folder: Path, text: str = TEXT) -> Document:
    path = folder / "dialect.md"
    path.write_text(text, encoding="utf-8")
    return read_document(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("`R1-2` The", "`R1-1` The", "ids that stand twice: R1-1"),
        ("(T1)\n", "\n", r"dialect\.md:14: R1-2 has no tier"),
        ("`R1-2` |", "`R9-9` |", "State names R9-9, which are no rules"),
        ("| functions |", "| |", "State gives no reason for"),
    ],
)
def test_a_document_that_breaks_its_form_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(Malformed, match=told):
        document(tmp_path, TEXT.replace(old, new))


def test_tiers_and_open_rules_are_read(tmp_path: Path) -> None:
    found = document(tmp_path)
    assert {rule.id: rule.tier for rule in found.rules} == {
        "R1-1": "T3", "R1-2": "T1", "R1-3": "T2", "R1-4": "T1", "R1-5": "T3", "R2-1": "T1", "R2-2": "T2", "R2-3": "T2",
    }  # fmt: skip
    assert found.open == dict.fromkeys(("R2-1", "R2-2", "R2-3", "R1-2"), "functions")


@pytest.mark.parametrize(
    ("tier", "reason", "proofs", "told"),
    [
        ("T1", None, [], "no test carries it"),
        ("T2", None, ["R1-2"], "no test carries it"),
        ("T1", "later", ["R1-1"], r"tests prove it, yet it is listed as open \(later\)"),
        ("T3", "later", ["R1-1"], r"tests prove it, yet it is listed as open \(later\)"),
        ("T1", None, ["R1-1", "R1-11"], r"R1-11 \(test_x\.py::test_y\): no document has this id"),
    ],
)
def test_a_fault_is_found(tier: str, reason: str | None, proofs: list[str], told: str) -> None:
    rules = (Rule("R1-1", tier, "x.md:1"), Rule("R1-2", "T3", "x.md:2"))
    known = Document(rules, {} if reason is None else {"R1-1": reason})
    _, faults = compare([known], [Proof(name, "test_x.py::test_y") for name in proofs])
    assert len(faults) == 1
    assert re.search(told, faults[0])


def test_the_list_of_debts_only_gets_shorter() -> None:
    known = Document((Rule("R1-1", "T1", "x.md:1"), Rule("R1-2", "T1", "x.md:2")), {})
    lines, faults = compare([known], [Proof("R1-1", "test_x.py::test_y")], ["R1-1", "R1-2", "R1-3"])
    assert [line.reason for line in lines] == [DEBT, DEBT]
    assert [fault.split()[0] for fault in faults] == ["R1-1", "R1-3"]
    assert faults[0].endswith("take it out of unproven.txt")


def test_ids_are_read_from_the_docstrings_of_tests_alone(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        '"""R1-1 is told."""\n\ndef helper():\n    """R1-2"""\n\nasync def test_it():\n    """Proves R1-3, G5.7-2."""\n'
        '    return "R1-4"  # R1-5\n\nclass TestAll:\n    """R1-6"""\n'
    )
    found = read_proofs(tmp_path)
    assert {(proof.id, proof.test) for proof in found} == {
        ("R1-3", "test_a.py::test_it"), ("G5.7-2", "test_a.py::test_it"), ("R1-6", "test_a.py::TestAll"),
    }  # fmt: skip


def test_every_rule_of_t1_and_t2_has_a_test_or_a_reason() -> None:
    lines, faults = compare([read_document(path) for path in DOCUMENTS], read_proofs(), read_unproven())
    assert len(lines) > 300
    assert not faults, "\n".join(faults)
