"""How it is said: plans as SQL, for PostgreSQL and SQLite."""

from gemel.sql.backend import Backend
from gemel.sql.compile import compile_query
from gemel.sql.mutate import WriteSteps, compile_mutation
from gemel.sql.postgresql import PostgreSQL
from gemel.sql.processed import finished, python_json
from gemel.sql.sqlite import Failure, SQLite, register_functions
from gemel.sql.statement import Parameter, Statement

__all__ = [
    "Backend",
    "Failure",
    "Parameter",
    "PostgreSQL",
    "SQLite",
    "Statement",
    "WriteSteps",
    "compile_mutation",
    "compile_query",
    "finished",
    "python_json",
    "register_functions",
]
