"""Run statements: connections, transactions, time limits, and the database's errors as ours."""

from gemel.execute.database import Database, Script
from gemel.execute.perform import Written, digest, perform
from gemel.execute.postgresql import PostgreSQLDatabase
from gemel.execute.sqlite import SQLiteDatabase

__all__ = ["Database", "PostgreSQLDatabase", "SQLiteDatabase", "Script", "Written", "digest", "perform"]
