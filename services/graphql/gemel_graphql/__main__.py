"""Entry point of the GraphQL service: ``python -m gemel_graphql [--workers N]``."""

import sys

from gemel.edge.service import Service, main

SERVICE = Service(name="graphql", module="gemel_graphql.app", port=8001, admin_port=8081)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
