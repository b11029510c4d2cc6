"""How it is said: plans as SQL, for PostgreSQL and SQLite."""

from gemel.sql.backend import Backend
from gemel.sql.compile import compile_query
from gemel.sql.estimate import Estimate, compile_estimate, planned_rows
from gemel.sql.given import Batch
from gemel.sql.mutate import compile_mutation
from gemel.sql.postgresql import PostgreSQL
from gemel.sql.processed import finished, python_json
from gemel.sql.sqlite import Failure, SQLite, register_functions
from gemel.sql.statement import Parameter, Statement
from gemel.sql.steps import (
    AlongSteps,
    DeleteSteps,
    ExpectSteps,
    InsertedSteps,
    InsertSteps,
    NestedSteps,
    Returned,
    ShapeSteps,
    UpdateSteps,
    WriteSteps,
)
from gemel.sql.whole import WholeInsert, whole_inserts

__all__ = [
    "AlongSteps",
    "Backend",
    "Batch",
    "DeleteSteps",
    "Estimate",
    "ExpectSteps",
    "Failure",
    "InsertSteps",
    "InsertedSteps",
    "NestedSteps",
    "Parameter",
    "PostgreSQL",
    "Returned",
    "SQLite",
    "ShapeSteps",
    "Statement",
    "UpdateSteps",
    "WholeInsert",
    "WriteSteps",
    "compile_estimate",
    "compile_mutation",
    "compile_query",
    "finished",
    "planned_rows",
    "python_json",
    "register_functions",
    "whole_inserts",
]
