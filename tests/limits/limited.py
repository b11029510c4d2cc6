"""Chinook with limits."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from asker import Asker
from chinook import policies
from gemel.app import App, load_app
from gemel.limits import Limits
from gemel.policy import Policies, Policy, Role

Ask = Callable[..., AbstractContextManager[Asker]]


def limited(limits: Limits, **more: object) -> App:
    """The sample app, in which ``anonymous`` has limits.

    :param more: attributes of the app, such as ``operations``.
    """
    app = load_app("chinook")
    roles = [Role("anonymous", limits=limits), Role("customer", "anonymous", limits=limits)]
    writes = Policy("anonymous", policies.Genre).insert()
    own = [item for item in policies.policies if not (item.role == "anonymous" and item.model is policies.Genre)]
    genre = writes.select(aggregates=True)
    app.__dict__.update(
        {"policies": Policies([*own, genre], [*roles, Role("support", "anonymous", limits=limits)]), **more}
    )
    return app
