"""Another client, who asks for one row again and again: a program of its own, which nothing but the service holds up.

``python other.py PORT``. It says when it begins; told to stop, it writes what it saw as JSON.
"""

import http.client
import json
import signal
import sys
import time

ONE = json.dumps({"query": "{ artist_by_pk(id: 1) { name } }"})
EXPECTED = '{"data":{"artist_by_pk":{"name":"AC/DC"}}}'
PAUSE = 0.01


def main(port: int) -> None:
    """Ask until SIGTERM comes."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    seconds, wrong = list[float](), list[str]()
    while not told:
        began = time.monotonic()
        connection.request("POST", "/v1/graphql", ONE, {"content-type": "application/json"})
        text = connection.getresponse().read().decode()
        seconds.append(time.monotonic() - began)
        if text != EXPECTED:
            wrong.append(text)
        if len(seconds) == 1:
            sys.stdout.write("asking\n")
            sys.stdout.flush()
        time.sleep(PAUSE)
    sys.stdout.write(json.dumps({"seconds": seconds[1:], "wrong": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
