"""The root document: OpenAPI 3.1, and a page to read it (``docs/dialects/rest.md`` section 25)."""

from gemel_rest.openapi.pages import add_pages
from gemel_rest.openapi.served import Documents

__all__ = ["Documents", "add_pages"]
