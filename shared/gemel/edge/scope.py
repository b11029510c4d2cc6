"""What of a request stands in its ASGI scope."""

import ipaddress
from functools import lru_cache

from gemel.observe.asgi import Scope


def request_headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name, decoded as Latin-1; repeated ones joined by a comma (RFC 9110, section 5.3).

    Joined, a secret, a host or an origin that was sent twice fits nothing, so that it never depends on the order.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def peer_is_loopback(scope: Scope) -> bool:
    """Whether the other end of the connection is this machine; false when that is not known."""
    client = scope.get("client")
    return client is not None and _is_loopback(client[0])


@lru_cache(maxsize=256)
def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def shown_path(scope: Scope) -> str:
    """The path as it was sent, for a log line: percent-encoded, without the query, at most 512 characters."""
    raw = scope.get("raw_path")
    path: bytes = raw if isinstance(raw, bytes) else scope["path"].encode("utf-8", "surrogatepass")
    return path.partition(b"?")[0][:512].decode("ascii", "backslashreplace")
