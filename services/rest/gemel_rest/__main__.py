"""Entry point of the REST service: ``python -m gemel_rest [--workers N]``."""

import sys

from gemel.edge.service import Service, main

SERVICE = Service(name="rest", module="gemel_rest.app", port=8002, admin_port=8082)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
