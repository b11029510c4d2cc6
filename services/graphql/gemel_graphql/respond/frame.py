"""The frame of an answer: all its text but that which comes from the database, made once per plan."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gemel.serve import Answer, Written
from gemel_graphql.parse.request import Changed, Output, Read, Text
from gemel_graphql.parse.writes import ResponsePart

END = "}}"


@dataclass(frozen=True, slots=True)
class ReadFrame:
    """Of a query: the texts before each answer, and the order of the answers."""

    before: tuple[str, ...]
    last: str

    def fill(self, answers: Sequence[Answer]) -> bytes:
        """The body."""
        if len(answers) == 1:
            return f"{self.before[0]}{answers[0].body}{self.last}".encode()
        parts: list[str] = []
        for text, answer in zip(self.before, answers, strict=True):
            parts += (text, answer.body)
        parts.append(self.last)
        return "".join(parts).encode()


Piece: TypeAlias = str | Changed


@dataclass(frozen=True, slots=True)
class WriteFrame:
    """Of a mutation: texts and members."""

    pieces: tuple[Piece, ...]

    def fill(self, written: Sequence[Written]) -> bytes:
        """The body."""
        parts = (piece if isinstance(piece, str) else _member_of(piece, written) for piece in self.pieces)
        return "".join(parts).encode()


def read_frame(outputs: Sequence[Output]) -> ReadFrame:
    """Frame of a query whose members are constants and answers of the engine."""
    before: list[str] = []
    text = '{"data":{'
    for number, output in enumerate(outputs):
        text += _member(output.key, first=number == 0)
        if isinstance(output, Text):
            text += quoted(output.text)
        else:
            assert isinstance(output, Read)  # noqa: S101 - the caller sorted out the others
            before.append(text)
            text = ""
    return ReadFrame(tuple(before), text + END)


def write_frame(outputs: Sequence[Output]) -> WriteFrame:
    """Frame of a mutation whose members are constants and answers of the engine."""
    pieces: list[Piece] = ['{"data":{']
    for number, output in enumerate(outputs):
        pieces.append(_member(output.key, first=number == 0))
        if isinstance(output, Text):
            pieces.append(quoted(output.text))
        else:
            assert isinstance(output, Changed)  # noqa: S101 - the caller sorted out the others
            pieces.append(output)
    return WriteFrame((*pieces, END))


def _member(key: str, *, first: bool) -> str:
    return f'"{key}":' if first else f',"{key}":'


def _member_of(output: Changed, written: Sequence[Written]) -> str:
    if not output.response.listed:
        return changed(output, written[output.index])
    several = written[output.index : output.index + output.count]
    return "[" + ",".join(changed(output, one) for one in several) + "]"


def changed(output: Changed, written: Written) -> str:
    """JSON text of what a write answers."""
    parts = output.response.parts
    if parts is None:
        only = written.bodies[0]
        return only[1:-1] or "null"
    return "{" + ",".join(f'"{part.key}":{_part(part, written)}' for part in parts) + "}"


def _part(part: ResponsePart, written: Written) -> str:
    if part.content == "affected":
        return str(written.affected)
    if part.content == "text":
        return quoted(part.text)
    return written.bodies[part.content]


def quoted(text: str) -> str:
    """A text as JSON."""
    return json.dumps(text, ensure_ascii=False)
