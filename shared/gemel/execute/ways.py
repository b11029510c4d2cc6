"""Which writes go in bulk, and which through objects (docs/decisions.md, 13)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gemel.catalog import Column, Table
from gemel.hooks import Hooks, Verb
from gemel.sql import DeleteSteps, ExpectSteps, InsertedSteps, InsertSteps, UpdateSteps, WriteSteps
from gemel.sql.orm import written_columns


@dataclass(frozen=True)
class Ways:
    """Which writes of an app go through objects."""

    hooks: Hooks

    def through_objects(self, table: Table, verb: Verb, written: Iterable[Column] = ()) -> bool:
        """A hook is called around them, or a ``@validates`` of the model checks a column that is written."""
        if self.hooks.around(table.mapper, verb):
            return True
        validated = table.mapper.validators
        return bool(validated) and any(column.attribute in validated for column in written)

    def inserts(self, steps: InsertedSteps) -> bool:
        """Whether rows are inserted, or changed in place of that, through objects."""
        plan = steps.plan
        written = [column for shape in plan.shapes for column in written_columns(shape)]
        if self.through_objects(plan.table, "insert", written):
            return True
        return (
            plan.conflict is not None and plan.conflict.merges and self.through_objects(plan.table, "update", written)
        )

    def updates(self, steps: UpdateSteps) -> bool:
        """Whether rows are changed through objects."""
        written = [item.column for item in steps.plan.assignments]
        return steps.change is not None and self.through_objects(steps.table, "update", written)

    def deletes(self, steps: DeleteSteps) -> bool:
        """Whether rows are deleted with hooks around."""
        return self.through_objects(steps.table, "delete")

    def any(self, steps: Sequence[WriteSteps]) -> bool:
        """Whether any write of a mutation, nested ones too, goes through objects."""
        return any(self._through(step) for step in steps)

    def _through(self, step: WriteSteps) -> bool:
        match step:
            case InsertSteps():
                return self._nested(step.rows)
            case UpdateSteps():
                return self.updates(step) or any(
                    self.any((*one.deletes, *one.updates)) or (one.insert is not None and self._nested(one.insert))
                    for one in step.along
                )
            case DeleteSteps():
                return self.deletes(step)
            case ExpectSteps():
                return False

    def _nested(self, steps: InsertedSteps) -> bool:
        inner = (item for shape in steps.shapes for item in (*shape.first, *shape.then))
        return self.inserts(steps) or any(self._nested(item.rows) for item in inner)
