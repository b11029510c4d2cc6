"""How SQLite says it: its SQL, the storage forms of values, and the functions that it lacks."""

from gemel.sql.sqlite.dialect import SQLite
from gemel.sql.sqlite.functions import Failure, register_functions

__all__ = ["Failure", "SQLite", "register_functions"]
