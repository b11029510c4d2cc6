"""Read the tokens of a document as graphql-core does, without holding up others."""

import re
from typing import Final

from graphql.language import Lexer, Token, TokenKind

from gemel.apart import give_way

# GraphQL specification, sections 2.1.1 to 2.1.9 and 2.9.4. Upstream goes from character to character, and a client may
# send a million of a kind.
_IGNORED: Final = re.compile(r"(?:[ \t,\ufeff]+|\r\n|[\r\n]|#[^\r\n\ud800-\udfff]*){1,1000}")
"""Comments among them: as tokens of their own each would have to be made and freed."""
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_STRING: Final = re.compile(r'"([^"\\\r\n\ud800-\udfff]*)"')
"""Without escapes."""


class PoliteLexer(Lexer):
    """Gives way, is done soon with what is long, and forgets what was read."""

    def advance(self) -> Token:
        """As upstream: go on to the next token.

        What was read is taken out of the list, so that each token is freed by itself: the parser keeps the first one
        of a document, and with it all that follow until the end. A list linked both ways would be left to the garbage
        collector, which stops everyone.
        """
        before, self.last_token = self.last_token, self.token
        if before is not self.token:
            before.next = None
        token = self.token = self.lookahead()
        token.prev = None
        return token

    def read_next_token(self, start: int) -> Token:
        """As upstream: the token that begins at ``start``, or behind what is ignored there."""
        give_way()
        body = self.source.body
        while (found := _IGNORED.match(body, start)) is not None:
            give_way()
            for end in _LINE_END.finditer(body, start, found.end()):
                self.line += 1
                self.line_start = end.end()
            start = found.end()
        return super().read_next_token(start)

    def read_name(self, start: int) -> Token:
        """As upstream."""
        found = _NAME.match(self.source.body, start)
        if found is None:
            return super().read_name(start)
        return self.create_token(TokenKind.NAME, start, found.end(), found.group())

    def read_string(self, start: int) -> Token:
        """As upstream."""
        found = _STRING.match(self.source.body, start)
        if found is None:
            return super().read_string(start)
        return self.create_token(TokenKind.STRING, start, found.end(), found.group(1))
