"""Changes: one of a request, or several in one transaction; done once, if the client says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gemel.apart import apart, in_turns
from gemel.auth import Actor
from gemel.cache import BoundedCache
from gemel.edge import Gate
from gemel.errors import DatabaseError, GemelError, OneOfMany, Outdated, RequestError, WrongRowCount
from gemel.observe.asgi import Scope
from gemel.serve import Asked, Engine, Many, Once, PreparedWrite, Reply
from gemel_rest.known import ENTRIES, WRITE_BYTES, Key, key_size
from gemel_rest.parse.body import Row, invalid_body, json_rows, parse_json, parse_rows
from gemel_rest.parse.change import mutation_of, read_change
from gemel_rest.parse.conditional import parse_tags, row_parts
from gemel_rest.parse.form import Form, Layout
from gemel_rest.parse.operations import Operation, parse_operations
from gemel_rest.parse.path import Resource, parse_path
from gemel_rest.parse.rules import LONGEST_KEY, RulesOfRoles
from gemel_rest.parse.text import not_implemented
from gemel_rest.parse.write import Verb, parse_write
from gemel_rest.respond.errors import Problem, not_single, numbered, problem_response, translate
from gemel_rest.respond.model import Response
from gemel_rest.respond.operations import operations_response
from gemel_rest.respond.write import write_response

HEADERS: Final = ("accept", "prefer", "content-type", "content-profile")
"""Those that have a say in the form of a change."""
MOST_LAYOUTS: Final = 64
"""Of the bodies of one form whose plans are kept with it."""
VERBS: Final[Mapping[str, Verb]] = {"POST": "POST", "PATCH": "PATCH", "PUT": "PUT", "DELETE": "DELETE"}


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """A change that was asked for before."""

    form: Form
    prepared: dict[Layout, PreparedWrite]


@dataclass(frozen=True, slots=True)
class Sent:
    """One change as it was sent, beside its body."""

    method: str
    path: bytes
    """Behind the mount point, percent-encoded."""
    query: bytes
    headers: Mapping[str, str]
    """By lower-case name."""


class Writes:
    """Changes the tables of one engine."""

    def __init__(self, engine: Engine, rules: RulesOfRoles, gate: Gate) -> None:
        self._engine, self._rules, self._gate = engine, rules, gate
        self._known: BoundedCache[Key, Known] = BoundedCache(ENTRIES, WRITE_BYTES)

    def known(self, role: str, sent: Sent) -> Known | None:
        """The change, if it was asked for before."""
        return self._known.get(_key(role, sent))

    def parse(self, role: str, sent: Sent, resource: Resource) -> Known:
        """A change that was not.

        :raises RequestError, NotEmbedded: it is not well formed.
        """
        form = parse_write(self._rules.of(role), VERBS[sent.method], resource, sent.query, sent.headers)
        known, key = Known(form, {}), _key(role, sent)
        self._known.put(key, known, key_size(key))
        return known

    async def one(self, actor: Actor, known: Known, sent: Sent, raw: bytes) -> Response:
        """Answer a change.

        :raises GemelError: it was refused before it was tried.
        """
        form = known.form
        asked = await apart(len(raw), self._of_body, actor.access, known, sent, raw)
        once = self._once(actor, sent, raw) if form.shape.verb == "POST" and form.keep else None
        try:
            return await self._run(
                actor, [asked], once, lambda done: write_response(done[0][-1], form.shape), keep=form.keep
            )
        except GemelError as error:
            self._gate.tell(error)
            return problem_response(_problem(form, error))

    async def several(self, actor: Actor, scope: Scope, sent: Sent, raw: bytes) -> Response:
        """Answer the operations of a body: all are done in one transaction, or none (section 33).

        :raises GemelError: the body cannot be read, or the transaction failed as a whole.
        """
        kind = sent.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("", "application/json"):
            raise invalid_body(f"Content-Type not acceptable: {kind}")
        operations = await apart(len(raw), lambda: parse_operations(parse_json(raw)))
        await self._gate.count(actor, scope, len(operations), counted=1)
        try:
            found = await apart(len(raw), self._operations, actor.access, operations)
        except OneOfMany as error:
            self._gate.tell(error.error)
            return problem_response(numbered(translate(error.error), error.number))
        forms, asked = [form for form, _ in found], [one for _, one in found]

        def answer(done: Many) -> Response:
            return operations_response([write_response(one[-1], forms[at].shape) for at, one in enumerate(done)])

        try:
            return await self._run(actor, asked, self._once(actor, sent, raw), answer)
        except OneOfMany as error:
            failed, number = error.error, error.number
        except GemelError as error:
            if len(forms) != 1:
                raise
            failed, number = error, 0
        self._gate.tell(failed)
        return problem_response(numbered(_problem(forms[number], failed), number))

    async def _run(
        self,
        actor: Actor,
        asked: Sequence[Asked],
        once: Once | None,
        answer: Callable[[Many], Response],
        *,
        keep: bool = True,
    ) -> Response:
        if once is None:
            return answer(await self._engine.write_all(asked, actor=actor, keep=keep))
        return _given(await self._engine.write_once(asked, once, lambda done: _kept(answer(done)), actor=actor))

    def _operations(self, role: str, operations: Sequence[Operation]) -> list[tuple[Form, Asked]]:
        """:raises OneOfMany: one is not well formed."""
        found: list[tuple[Form, Asked]] = []
        for operation in in_turns(operations):
            try:
                found.append(self._operation(role, operation))
            except GemelError as error:
                raise OneOfMany(len(found), error) from error
        return found

    def _operation(self, role: str, operation: Operation) -> tuple[Form, Asked]:
        sent = Sent(operation.method, operation.path, operation.query, operation.headers)
        known = self.known(role, sent)
        if known is None:
            resource = parse_path(sent.path)
            if resource.kind not in ("table", "item") or (resource.kind == "item" and sent.method == "POST"):
                raise not_implemented("An operation writes to a table or to an item of one.")
            known = self.parse(role, sent, resource)
        if not known.form.keep:
            raise not_implemented("The operations of a request are kept or undone together: tx has no place in one.")
        return known.form, self._asked(role, known, sent, json_rows(operation.body))

    def _of_body(self, role: str, known: Known, sent: Sent, raw: bytes) -> Asked:
        rows = parse_rows(raw, known.form.content_type) if known.form.shape.verb != "DELETE" else []
        return self._asked(role, known, sent, rows)

    def _asked(self, role: str, known: Known, sent: Sent, rows: list[Row]) -> Asked:
        form, change = known.form, read_change(known.form, rows)
        prepared = known.prepared.get(change.layout)
        if prepared is None:
            prepared = self._engine.prepare_write(role, mutation_of(form, change.layout))
            if len(known.prepared) < MOST_LAYOUTS:
                known.prepared[change.layout] = prepared
                self._known.grow(_key(role, sent), prepared.size)
        seen = (row_parts(parse_tags("If-Match", sent.headers["if-match"])),) if form.expects == "seen" else ()
        return prepared, (*form.values, *seen, *change.values)

    def _once(self, actor: Actor, sent: Sent, raw: bytes) -> Once | None:
        """What makes the request one that was sent before (section 33).

        :raises RequestError: the key is empty or too long, or there is no place to keep an answer.
        """
        key = sent.headers.get("idempotency-key")
        if key is None:
            return None
        if not self._engine.settings.state:
            raise not_implemented("Idempotency-Key needs Gemel's own tables, which the setting state keeps out.")
        if not 0 < len(key) <= LONGEST_KEY:
            raise RequestError("PGRST100", f"Idempotency-Key has to have 1 to {LONGEST_KEY} characters")
        who = (actor.access, *(part for pair in sorted(actor.claims.items()) for part in pair))
        of = (*who, sent.path.decode("latin-1"), key)
        said = (sent.query.decode("latin-1"), *(sent.headers.get(name, "") for name in HEADERS))
        return Once(_digest(*of), _digest(*said, raw.decode("latin-1")))


def _digest(*parts: str) -> str:
    """Of texts of which each may hold anything."""
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


def _key(role: str, sent: Sent) -> Key:
    """Role, method, path, query and the headers that have a say in the form."""
    condition = "if-match" if "if-match" in sent.headers else sent.headers.get("if-none-match")
    return (role, sent.method, sent.path, sent.query, condition, *map(sent.headers.get, HEADERS))


def _problem(form: Form, error: GemelError) -> Problem:
    match error:
        case WrongRowCount(rows, most=False) if form.shape.item:
            return not_single(rows, item=True)
        case DatabaseError(sqlstate="23505") if form.expects == "absent" and error.constraint == form.shape.key_name:
            return translate(Outdated(there=True))
    return translate(error)


def _kept(response: Response) -> Reply:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
    return Reply(response.status, headers, response.body)


def _given(reply: Reply) -> Response:
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers)
    again = ((b"idempotency-replayed", b"true"),) if reply.replayed else ()
    return Response(reply.status, (*headers, *again), reply.body)
