"""The way of an operation: look up its plan, or parse and plan it; run it; write the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import OperationType, SelectionSetNode

from gemel.apart import apart, in_thread
from gemel.auth import Actor
from gemel.errors import LimitExceeded, RequestError
from gemel.request import Query
from gemel.serve import Answer, Engine
from gemel_graphql.cache import (
    LIVE_BYTES,
    MOST_OPERATIONS,
    PLAN_BYTES,
    Entry,
    Key,
    Plan,
    Plans,
    PreparedStream,
    entry_size,
)
from gemel_graphql.interface import Interface, Interfaces
from gemel_graphql.introspect import MOST_FIELDS
from gemel_graphql.listed import Listed
from gemel_graphql.own.run import OwnAnswers, resolve_own
from gemel_graphql.own.schema import Own
from gemel_graphql.parse.contents import contents, written_out
from gemel_graphql.parse.document import MOST_TOKENS, read_document
from gemel_graphql.parse.operation import Operation, choose, resolve
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.request import Changed, Introspected, Output, Parsed, Read, Resolved, Text, parse_operation
from gemel_graphql.parse.scope import Variables
from gemel_graphql.parse.shape import Shapes
from gemel_graphql.respond.frame import ReadFrame, quoted, read_frame, write_frame
from gemel_graphql.schema.build import Schema

TOKENS: Final = 20
"""That a document may have for each field of the role: what is too large is refused before it costs much."""
FEWEST_TOKENS: Final = 5000
"""That it may have in any case."""
MANY: Final = 8192
"""Bytes of variables from which on they are read in a thread."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    text: str
    operation: str | None
    variables: Mapping[str, Any]
    size: int = 0
    """Bytes of it, about."""

    @property
    def given(self) -> int:
        """Bytes of its variables, about."""
        return self.size - len(self.text)


@dataclass(frozen=True, slots=True)
class Made:
    """What comes of a request that is not known."""

    parsed: Parsed
    variables: Variables
    plan: Plan | None
    """``None`` if there is introspection or a field of the app's own in it."""
    values: Sequence[object] = ()
    """Of the slots of the plan."""


class Service:
    """Answers operations for one engine."""

    def __init__(self, engine: Engine, interfaces: Interfaces) -> None:
        """:raises AppError: the app's list of operations cannot be read."""
        self._engine = engine
        self.listed = Listed(engine.app.operations)
        self._interfaces = interfaces
        self._plans = Plans(MOST_OPERATIONS, PLAN_BYTES)
        self._live = Plans(MOST_OPERATIONS, LIVE_BYTES)

    async def is_subscription(self, request: Request, actor: Actor) -> bool:
        """Whether the operation is one.

        :raises RequestError: the document is not well formed, or has no such operation.
        :raises LimitExceeded: it is larger than the role may ask for, whatever it means.
        """
        found = await apart(request.size, self._operation, request, actor.access)
        return found.kind is OperationType.SUBSCRIPTION

    async def prepare_live(self, request: Request, actor: Actor) -> tuple[Plan, Sequence[object]]:
        """The plan of a subscription, and the values of its slots.

        :raises GemelError: the request is refused.
        """
        key: Key = (request.text, request.operation, actor.access)
        entry = self._live.get(key)
        known = _known(entry, request)
        if known is not None:
            return known
        interface = await self._interfaces.complete()
        schema = interface.schema(actor.access)
        made = await apart(request.size, self._made, schema, entry, request, actor.access, live=True)
        assert made.plan is not None  # noqa: S101 - neither introspection nor own fields can be followed
        self._keep(self._live, key, entry, made, made.plan, interface.shapes(schema))
        return made.plan, made.values

    async def answer(self, request: Request, actor: Actor) -> bytes:
        """The body of the answer.

        :raises GemelError: the request is refused.
        """
        key: Key = (request.text, request.operation, actor.access)
        entry = self._plans.get(key)
        known = _known(entry, request) if request.given <= MANY else await in_thread(_known, entry, request)
        if known is not None:
            return await self._run(*known, actor)
        try:
            return await self._anew(key, entry, request, actor)
        except RecursionError:
            raise refuse("the operation is nested too deeply") from None

    async def _run(self, plan: Plan, values: Sequence[object], actor: Actor) -> bytes:
        if isinstance(plan.frame, ReadFrame):
            answers = await self._engine.read(plan.run, values, actor) if plan.run is not None else ()  # type: ignore[arg-type]
            return plan.frame.fill(answers)
        written = await self._engine.write(plan.run, values, actor=actor) if plan.run is not None else ()  # type: ignore[arg-type]
        return plan.frame.fill(written)

    def _operation(self, request: Request, role: str) -> Operation:
        limits = self._engine.access.of(role).limits
        operation = _chosen(request, limits.fields)
        if limits.listed and not self.listed.holds(request.text):
            raise LimitExceeded("listed", "query is not allowed")
        return operation

    def _made(self, schema: Schema, entry: Entry | None, request: Request, role: str, *, live: bool = False) -> Made:
        operation = entry.operation if entry is not None else self._operation(request, role)
        variables = resolve(operation, request.variables)
        parsed = parse_operation(schema, operation, variables, live=live)
        if any(isinstance(output, Introspected | Resolved) for output in parsed.outputs):
            return Made(parsed, variables, None)
        plan = self._plan(parsed, role)
        return Made(parsed, variables, plan, plan.values(variables))

    async def _anew(self, key: Key, entry: Entry | None, request: Request, actor: Actor) -> bytes:
        interface = await self._interfaces.complete()
        schema = interface.schema(actor.access)
        made = await apart(request.size, self._made, schema, entry, request, actor.access)
        if made.plan is None:
            return await self._mixed(interface, schema, made.parsed, actor)
        self._keep(self._plans, key, entry, made, made.plan, interface.shapes(schema))
        return await self._run(made.plan, made.values, actor)

    def _keep(self, plans: Plans, key: Key, entry: Entry | None, made: Made, plan: Plan, shapes: Shapes) -> None:
        scope = made.parsed.scope
        if not scope.cacheable:
            return
        if entry is None:
            entry = Entry.of(scope.operation)
            plans.put(key, entry, entry_size(key))
        if entry.keep(plan, made.variables, scope.types, shapes) and plan.run is not None:
            plans.grow(key, plan.run.size)

    def _plan(self, parsed: Parsed, role: str) -> Plan:
        extracts, constants = tuple(parsed.scope.extracts), tuple(parsed.scope.constants)
        if any(isinstance(output, Changed) for output in parsed.outputs):
            changes = parsed.mutation
            write = self._engine.prepare_write(role, changes) if changes is not None else None
            return Plan(extracts, constants, write, write_frame(parsed.outputs))
        prepared = self._engine.prepare(role, parsed.query) if parsed.query is not None else None
        followed = None
        if parsed.stream is not None:
            steps = self._engine.prepare(role, parsed.stream.steps)
            followed = PreparedStream(steps, parsed.stream.cursor, parsed.stream.last)
        return Plan(extracts, constants, prepared, read_frame(parsed.outputs), followed)

    # --- operations with introspection or own resolvers in them --------------

    async def _mixed(self, interface: Interface, schema: Schema, parsed: Parsed, actor: Actor) -> bytes:
        scope = parsed.scope
        members: dict[str, str] = {}
        asked = [output for output in parsed.outputs if isinstance(output, Introspected)]
        if asked and not self._engine.access.of(actor.access).introspection:
            raise LimitExceeded("introspection", f'introspection is disabled for role: "{actor.role}"')
        if asked:
            members |= await interface.introspection(schema).answer(scope.operation, asked, scope.values)
        own = await self._resolve(interface.own, parsed, actor)
        roots = own.roots(scope)
        answers = await self._read((*(parsed.query.roots if parsed.query else ()), *roots), parsed, actor)
        first = len(answers) - len(roots)
        members |= own.fill(answers[first:])
        pairs = (f"{quoted(output.key)}:{_member(output, members, answers)}" for output in parsed.outputs)
        return ('{"data":{' + ",".join(pairs) + "}}").encode()

    async def _resolve(self, own: Own | None, parsed: Parsed, actor: Actor) -> OwnAnswers:
        outputs = [output for output in parsed.outputs if isinstance(output, Resolved)]
        if own is None or not outputs:
            return OwnAnswers()
        most = self._engine.access.of(actor.access).limits.fields
        if most is not None:
            nodes = SelectionSetNode(selections=tuple(node for output in outputs for node in output.selected.nodes))
            if written_out(contents(nodes), parsed.scope.operation.contents, most) > most:
                raise LimitExceeded("fields", f"the request has more fields than the {most} that the role may ask for")
        return await resolve_own(self._engine, own, parsed.scope, outputs, actor)

    async def _read(self, roots: tuple[Any, ...], parsed: Parsed, actor: Actor) -> tuple[Answer, ...]:
        if not roots:
            return ()
        scope = parsed.scope
        plan = Plan(tuple(scope.extracts), tuple(scope.constants), None, ReadFrame((), ""))
        prepared = self._engine.prepare(actor.access, Query(roots))
        return await self._engine.read(prepared, plan.values(scope.values), actor)


def _known(entry: Entry | None, request: Request) -> tuple[Plan, Sequence[object]] | None:
    """The plan that is in the cache."""
    variables = entry.bind(request.variables) if entry is not None else None
    if entry is None or variables is None:
        return None
    plan = entry.plans.get(entry.shape(variables))
    return (plan, plan.values(variables)) if plan is not None else None


def _member(output: Output, members: Mapping[str, str], answers: Sequence[Answer]) -> str:
    match output:
        case Text():
            return quoted(output.text)
        case Read():
            return answers[output.index].body
    return members[output.key]


def _chosen(request: Request, most: int | None) -> Operation:
    """
    :param most: fields of the role.
    """
    if most is None:
        return choose(read_document(request.text), request.operation)
    tokens = min(max(most * TOKENS, FEWEST_TOKENS), MOST_TOKENS)
    operation = choose(read_document(request.text, tokens), request.operation)
    most = max(most, MOST_FIELDS)
    if written_out(operation.own, operation.contents, most) > most:
        raise LimitExceeded("fields", f"the operation has more than {most} fields")
    return operation


def bad_body(text: str, *steps: str) -> RequestError:
    """The body is JSON, but not that of a request."""
    return RequestError("parse-failed", text, at=steps)
