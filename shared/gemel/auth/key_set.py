"""The keys of an issuer; those behind an address are fetched when a token needs them, and kept."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

import httpx
import orjson
import structlog

from gemel.auth.issuer import Issuer, SigningKey, read_jwks

KEPT: Final = 600.0
"""Seconds that fetched keys are kept if the answer does not say."""
LONGEST: Final = 86_400.0
AGAIN: Final = 10.0
"""Seconds until they are asked for again because of a token whose key is unknown: anybody can make such tokens."""
TIMEOUT: Final = 5.0
"""Seconds that fetching them may take in all."""
LARGEST: Final = 1_048_576
"""Bytes of an answer."""


class KeySet:
    """Keys of one issuer."""

    def __init__(self, issuer: Issuer, *, clock: Callable[[], float] = time.monotonic) -> None:
        """:param clock: seconds."""
        self.issuer, self._clock = issuer, clock
        self.keys = issuer.keys
        self._asked, self._until = -LONGEST, -LONGEST
        self._one = asyncio.Lock()

    def find(self, name: str | None) -> tuple[SigningKey, ...]:
        """Keys that a token may be signed with.

        :param name: key id that it names (``kid``).
        """
        return tuple(key for key in self.keys if name is None or key.name is None or key.name == name)

    def is_outdated(self, name: str | None) -> bool:
        """Whether to fetch them before the token is judged."""
        if not self.issuer.jwk_url:
            return False
        now = self._clock()
        wanted = now >= self._until or not self.find(name)
        return wanted and now >= self._asked + AGAIN

    async def refresh(self) -> None:
        """Fetch them. Those that are known stay when it fails."""
        async with self._one:
            if self._clock() < self._asked + AGAIN:  # another request has just done so
                return
            self._asked = self._clock()
            log = structlog.get_logger("gemel")
            try:
                async with asyncio.timeout(TIMEOUT), httpx.AsyncClient(timeout=TIMEOUT) as client:
                    found, control = await _fetched(client, self.issuer.jwk_url)
                self.keys = read_jwks(orjson.loads(found), self.issuer.type, public=True)
            except (httpx.HTTPError, ValueError, TimeoutError) as error:
                log.warning("keys not fetched", address=self.issuer.jwk_url, reason=str(error) or type(error).__name__)
                return
            self._until = self._clock() + _seconds(control)
            log.info("keys fetched", address=self.issuer.jwk_url, keys=len(self.keys))


async def _fetched(client: httpx.AsyncClient, address: str) -> tuple[bytes, str]:
    """What is at an address, and how long it may be kept. It is not followed elsewhere.

    :raises httpx.HTTPError: it does not answer.
    :raises ValueError: the answer is too large; no more than ``LARGEST`` bytes of it are kept.
    """
    async with client.stream("GET", address) as answer:
        answer.raise_for_status()
        found = bytearray()
        async for part in answer.aiter_bytes(65_536):
            found += part
            if len(found) > LARGEST:
                raise ValueError("the answer is too large")
        return bytes(found), answer.headers.get("cache-control", "")


def _seconds(control: str) -> float:
    """How long an answer may be kept (RFC 9111 section 5.2.2.1)."""
    found = re.search(r"(?:s-maxage|max-age)=(\d+)", control)
    return min(max(float(found[1]), AGAIN), LONGEST) if found else KEPT
