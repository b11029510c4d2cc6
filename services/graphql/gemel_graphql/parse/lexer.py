"""Read the tokens of a document as graphql-core does, without holding up others."""

import re
from typing import Final

from graphql.language import Lexer, Token, TokenKind

from gemel.apart import give_way

# GraphQL specification, sections 2.1.1 to 2.1.9 and 2.9.4. Upstream goes from character to character, and a client may
# send a million of a kind.
_IGNORED: Final = re.compile(r"[ \t,\r\n\ufeff]*")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_COMMENT: Final = re.compile(r"#[^\r\n\ud800-\udfff]*")
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
        behind: Token | None = self.last_token
        self.last_token = self.token
        while behind is not None and behind is not self.token:  # the one before, and comments
            behind.next, behind = None, behind.next
        token = self.token = self.lookahead()
        behind = self.last_token.next
        while behind is not None:  # comments, the token, and what was looked at behind it
            behind.prev = None
            behind = behind.next
        return token

    def read_next_token(self, start: int) -> Token:
        """As upstream: the token that begins at ``start``, or behind what is ignored there."""
        give_way()
        body = self.source.body
        found = _IGNORED.match(body, start)
        assert found is not None  # noqa: S101 - it matches anywhere
        for end in _LINE_END.finditer(body, start, found.end()):
            self.line += 1
            self.line_start = end.end()
        return super().read_next_token(found.end())

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

    def read_comment(self, start: int) -> Token:
        """As upstream, which counts them by ``max_tokens`` as well."""
        found = _COMMENT.match(self.source.body, start)
        if found is None or self._max_comments is not None:
            return super().read_comment(start)
        return self.create_token(TokenKind.COMMENT, start, found.end(), found.group()[1:])
