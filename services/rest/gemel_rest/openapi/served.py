"""The document as it is served: made once for each view of the catalog, with an ETag."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from gemel.errors import LimitExceeded, RequestError
from gemel.functions import Function
from gemel.policy import Access, Accesses
from gemel_rest.openapi.document import make_document
from gemel_rest.parse.accept import ROOT_TYPES, parse_accept
from gemel_rest.respond.model import JSON, Response


@dataclass(frozen=True, slots=True)
class _Made:
    body: bytes
    etag: bytes


class Documents:
    """Documents of one catalog, per mount point."""

    def __init__(self, accesses: Accesses, functions: tuple[Function, ...], title: str, *, served: bool = True) -> None:
        self.served = served
        self._accesses = accesses
        self._functions = functions
        self._title = title
        self._made: dict[tuple[Access, str], _Made] = {}
        self._one = asyncio.Lock()
        """Of a large catalog the document takes seconds of a processor: never more than one at a time."""

    async def response(self, role: str, headers: Mapping[str, str], prefix: str) -> Response:
        """Answer to a GET of the document, as the role sees it.

        :param prefix: where the tables are mounted.
        :raises RequestError: ``PGRST107``; ``PGRST126``, the setting ``rest_document`` is off.
        :raises LimitExceeded: the role's introspection is off.
        """
        access = self._accesses.of(role)
        if not access.introspection:
            raise LimitExceeded("introspection", "the role is not shown what it may ask")
        if not self.served:
            raise RequestError("PGRST126", "Root endpoint metadata is disabled", status=404)
        media = parse_accept(headers.get("accept", ""), ROOT_TYPES)
        made = await self._document(access, prefix)
        kept = {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}
        common = ((b"etag", made.etag), (b"vary", b"Accept, Authorization"))
        if made.etag.decode() in kept:
            return Response(304, common)
        kind = JSON if media.form == "array" else media.content_type.encode()
        return Response(200, ((b"content-type", kind), *common), made.body)

    async def _document(self, access: Access, prefix: str) -> _Made:
        key = (access, prefix)
        if key not in self._made:
            async with self._one:
                if key not in self._made:
                    self._made[key] = await asyncio.to_thread(self._make, access, prefix)
        return self._made[key]

    def _make(self, access: Access, prefix: str) -> _Made:
        document = make_document(access, self._functions, self._title, prefix)
        body = orjson.dumps(document)
        return _Made(body, b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode())
