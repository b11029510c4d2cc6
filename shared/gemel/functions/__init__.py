"""Functions of the app (``functions.py``), served at ``/rpc/<name>`` (``docs/dialects/rest.md`` section 17)."""

from gemel.errors import Refused
from gemel.functions.arguments import accept, accept_all
from gemel.functions.declare import by_name, function, read_functions
from gemel.functions.model import Function, Parameter, Reply, Returns
from gemel.functions.run import FunctionFailed, Outcome, calling

__all__ = [
    "Function",
    "FunctionFailed",
    "Outcome",
    "Parameter",
    "Refused",
    "Reply",
    "Returns",
    "accept",
    "accept_all",
    "by_name",
    "calling",
    "function",
    "read_functions",
]
