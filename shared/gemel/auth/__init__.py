"""Who asks: from the headers of a request to an actor (role and session variables), or a refusal.

The rules are Hasura's (admin secret, ``https://hasura.io/jwt/claims``) and PostgREST's (``role`` of the token), so that
clients of either find what they know.
"""

from gemel.auth.actor import NOBODY, Actor
from gemel.auth.api_key import ApiKey
from gemel.auth.authenticator import Authenticator, authenticate
from gemel.auth.loopback import is_local

__all__ = ["NOBODY", "Actor", "ApiKey", "Authenticator", "authenticate", "is_local"]
