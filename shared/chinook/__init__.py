"""The sample app: the Chinook music store, served by default.

An app package is all that a user of Gemel writes. Only ``models`` is required.
"""
