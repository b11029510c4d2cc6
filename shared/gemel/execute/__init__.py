"""Run statements: connections, transactions, time limits, and the database's errors as ours."""

from gemel.execute.database import Database, Script
from gemel.execute.once import Once, Reply, once
from gemel.execute.perform import Written, digest, perform
from gemel.execute.postgresql import PostgreSQLDatabase
from gemel.execute.sqlite import SQLiteDatabase

__all__ = [
    "Database",
    "Once",
    "PostgreSQLDatabase",
    "Reply",
    "SQLiteDatabase",
    "Script",
    "Written",
    "digest",
    "once",
    "perform",
]
