"""From what the engine gave to a response: status, headers, body (``docs/dialects/rest.md`` 10 to 15, 21 to 23)."""
