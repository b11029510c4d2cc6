"""Whether a request surely comes from this machine (docs/decisions.md, 17).

A loopback peer alone says little: a proxy on this machine speaks for the whole world, and a page of any site can make
the browser of this machine send requests here, even under a name of its own (DNS rebinding).
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

_LOCAL_HOST: Final = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_FORWARDING: Final = frozenset(
    {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-host",
        "x-original-forwarded-for",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
    }
)


def is_local(headers: Mapping[str, str], peer_is_loopback: bool) -> bool:
    """The peer is loopback, was asked for by a loopback name, and no proxy stands between.

    :param headers: by lower-case name.
    """
    return (
        peer_is_loopback
        and _LOCAL_HOST.fullmatch(headers.get("host", "")) is not None
        and not any(name in _FORWARDING or name.startswith("x-forwarded") for name in headers)
    )


def origin_allowed(headers: Mapping[str, str], origins: Collection[str]) -> bool:
    """No page sent it, or one of this address, or one of ``origins`` (``scheme://host[:port]``, no final slash)."""
    origin = headers.get("origin")
    if origin is None or origin in origins:
        return True
    return origin.lower() in {f"{scheme}://{headers.get('host', '').lower()}" for scheme in ("http", "https")}
