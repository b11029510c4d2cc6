"""What work that died has left with Barman."""

from collections.abc import Sequence

from gemel_backup.ids import is_id
from gemel_backup.keep.catalogue import Entry
from gemel_backup.pitr.barman import Barman, Base


def take_away_leftovers(barman: Barman, entries: Sequence[Entry]) -> list[str]:
    """Delete them; gives Barman's ids. Nobody else may be taking a base backup (:meth:`Barman.alone`)."""
    found = leftovers(barman.bases(), entries)
    for barman_id in found:
        barman.delete(barman_id)
    return found


def leftovers(bases: Sequence[Base], entries: Sequence[Entry]) -> list[str]:
    """Barman's ids of base backups of ours that are good for nothing, oldest first.

    One that was not made to its end is; so is one that is whole, but is not in the store, if the store has a newer one
    that is proven: else it may be the store that is another one, and this the last good base backup.

    :param bases: what Barman has.
    :param entries: what the store has.
    """
    stored = {entry.id for entry in entries if entry.stored}
    proven = max((entry.id for entry in entries if entry.is_base and entry.status == "proven"), default="")
    ours = [base for base in bases if is_id(base.name) and base.name not in stored]
    return [base.barman_id for base in ours if not base.whole or base.name < proven]
