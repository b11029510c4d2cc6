"""REST: PostgREST's URL and header dialect over the engine (``docs/dialects/rest.md``).

``parse`` turns a request into a ``Call``, the engine answers it, and ``respond`` words the answer.
"""
