"""What will be done: a request whose names are resolved against the catalog, and which the role may do."""

from gemel.plan.read import plan_query
from gemel.plan.write import plan_mutation

__all__ = ["plan_mutation", "plan_query"]
