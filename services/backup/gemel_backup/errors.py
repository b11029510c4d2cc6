"""What the backup service refuses, in one tree under :class:`gemel.errors.GemelError`."""

from gemel.errors import GemelError


class BackupError(GemelError):
    """A backup, proof or restore cannot be done; the text says what was wrong and what to do."""


class Unreachable(BackupError):
    """What a backup is looked at with does not answer, or is not there: that says nothing of the backup."""


class Corrupted(BackupError):
    """What the store holds is not what was written: a hash, a size or the manifest does not fit."""


class Unproven(BackupError):
    """A backup was restored, and what came out is not what was taken."""


class Yielded(BackupError):
    """The work gave way (to a migration, or because the service stops); it is to be done again."""
