"""The way of a request: plan it, say it in SQL, run it. Both APIs call nothing else.

Preparing is done once per (role, request): what comes out is cached by exactly that, so that a second request of the
same shape is looked up and run.
"""

from gemel.execute import Once, Reply, Written
from gemel.serve.engine import Engine
from gemel.serve.open import open_engine
from gemel.serve.prepared import Answer, Asked, Many, Prepared, PreparedWrite

__all__ = ["Answer", "Asked", "Engine", "Many", "Once", "Prepared", "PreparedWrite", "Reply", "Written", "open_engine"]
