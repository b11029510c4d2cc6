"""Patterns of text, each as the expression of Python's ``re`` that means the same."""

import re

PLAIN_IN_SIMILAR = ".^$"
"""What a regular expression takes as special and ``SIMILAR TO`` does not."""


def like(text: str, pattern: str, *, fold: bool = False) -> bool:
    """``LIKE``: ``%`` any text, ``_`` any character, a backslash takes what follows as it is; the whole text."""
    if fold:
        text, pattern = text.lower(), pattern.lower()
    return _whole(text, "".join(_wild(token) or re.escape(token[-1]) for token in _tokens(pattern)))


def similar(text: str, pattern: str) -> bool:
    """``SIMILAR TO``: the wildcards of ``LIKE`` within ``| * + ? {} () []`` of regular expressions; the whole text."""
    return _whole(text, "".join(_wild(token) or _similar(token) for token in _tokens(pattern)))


def regex(text: str, pattern: str, *, fold: bool = False) -> bool:
    """A regular expression, found anywhere. Only what POSIX and Python read alike is asked here."""
    return re.search(pattern, text, re.IGNORECASE if fold else 0) is not None


def _whole(text: str, expression: str) -> bool:
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _tokens(pattern: str) -> list[str]:
    """Characters, those behind a backslash together with it."""
    return re.findall(r"\\.|[^\\]", pattern, re.DOTALL)


def _wild(token: str) -> str | None:
    return {"%": ".*", "_": "."}.get(token)


def _similar(token: str) -> str:
    if token in PLAIN_IN_SIMILAR or len(token) == 2:
        return re.escape(token[-1])
    return token
