"""Tokens are those of graphql-core, whatever the text."""

import pytest
from graphql import GraphQLSyntaxError, Source
from graphql.language import Lexer, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from gemel_graphql.parse.lexer import PoliteLexer

PIECES = st.sampled_from(
    [
        *("a", "_b1", "query", "{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "&", "|", "=", "...", "..", "."),
        *("0", "-1", "01", "1.5", "1e3", "1a", '"', '""', '"text"', r'"a\n"', r'"\u0041"', '"é"', '"""block\n text"""'),
        *(
            "#",
            "# comment",
            "\n",
            "\r",
            "\r\n",
            " ",
            "\t",
            ",",
            "\ufeff",
            "'",
            "é",
            "\ud800",
            '"\ud800"',
            "#\ud800",
            "\0",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def tokens(lexer: Lexer) -> list[tuple[object, ...]]:
    """All that it gives, the error at the end among it."""
    found: list[tuple[object, ...]] = []
    try:
        while True:
            token = lexer.advance()
            found.append((token.kind, token.start, token.end, token.line, token.column, token.value))
            if token.kind is TokenKind.EOF:
                return found
    except GraphQLSyntaxError as error:
        return [*found, (error.message, error.positions)]


@given(TEXTS)
def test_the_same_tokens(text: str) -> None:
    assert tokens(PoliteLexer(Source(text))) == tokens(Lexer(Source(text)))


@pytest.mark.parametrize("many", ["\r\n", "# one\r\n", " \n", "\r", ",#\n", "#", " "])
def test_the_same_behind_much_that_is_ignored(many: str) -> None:
    text = "{" + many * 2500 + " a\n}"
    assert tokens(PoliteLexer(Source(text))) == tokens(Lexer(Source(text)))


@given(TEXTS)
def test_the_same_when_it_looks_ahead(text: str) -> None:
    def both(lexer: Lexer) -> list[object]:
        found: list[object] = []
        try:
            while lexer.token.kind is not TokenKind.EOF:
                ahead = lexer.lookahead()
                found.append((ahead.start, lexer.advance() is ahead))
        except GraphQLSyntaxError as error:
            found.append(error.message)
        return found

    assert both(PoliteLexer(Source(text))) == both(Lexer(Source(text)))


@pytest.mark.parametrize("text", ["{ a b c }", "{ a # one\n # two\n b }"])
def test_what_was_read_is_forgotten(text: str) -> None:
    lexer = PoliteLexer(Source(text))
    seen = [lexer.token]
    while lexer.token.kind is not TokenKind.EOF:
        seen.append(lexer.advance())
    assert [token.prev for token in seen] == [None] * len(seen)
    assert [token.next for token in seen[:-2]] == [None] * (len(seen) - 2), "the parser keeps the first until the end"
