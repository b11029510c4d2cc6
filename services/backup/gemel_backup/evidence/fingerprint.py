"""Definitions of objects, made comparable and hashed."""

import hashlib
import re
from typing import Final

# PostgreSQL writes a restored expression with other casts and parentheses than the first one, such as
# ((a)::text = ANY ((ARRAY['x'::character varying])::text[])), which comes back as
# ((a)::text = ANY (ARRAY[('x'::character varying)::text])).
CAST: Final = re.compile(
    r"::(?:character varying|double precision|bit varying|time(?:stamp)?(?:\(\d+\))? with(?:out)? time zone"
    r'|(?:"(?:[^"]|"")*"|\w+)(?:\.(?:"(?:[^"]|"")*"|\w+))?)(?:\(\d+(?:,-?\d+)?\))?(?:\[\])*'
)
NOISE: Final = re.compile(r"[\s()]+")


def fingerprint(definition: str, *, expression: bool = False) -> str:
    """SHA-256 of a definition, in hexadecimal.

    :param expression: it holds expressions that the server writes in more than one way: without casts and parentheses.
    """
    text = NOISE.sub("", CAST.sub("", definition)) if expression else definition
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
