"""From a request to a ``Call``: pure functions, one per part of the grammar (``docs/dialects/rest.md`` 2 to 14)."""
