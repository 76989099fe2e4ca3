"""From recordings to answers: which one a request gets, how it goes out, and what is said when there is none.

A request gets the recording with its fingerprint. The same request recorded several times is answered in the recorded
order, each once; after the last, and where nothing was recorded, it gets a 404 in words with what differs from the
nearest recording: a test must not go on with an answer to another question. How often each was given is counted in
the session. Keys are not asked for.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import import_module
from typing import Callable, Dict, Iterable, List, Optional, Tuple

from ..journal.exchanges import Exchange
from ..serving.http11 import LAST_CHUNK, Answer, BadRequest, Request, chunk, render_head
from ..serving.listener import PROVIDERS
from ..serving.transmission import WHOLE, Plan, Step
from ..session import Session
from .canonical import Leaves, differences, distance, fingerprint, leaves
from .exchange import Recording, api_of
from .responses import unpacked
from .scrub import Scrubber, secrets_of

__all__ = ["Replayer"]

# Of the connection, not of the answer; and bodies are kept unpacked.
FRAMING = frozenset("connection content-encoding content-length keep-alive trailer transfer-encoding".split())
SCRIPTED = "a replay answers from its recordings only: rules, replies, faults, pace and quotas are for a server without"
Key = Tuple[str, str]


class Replayer:
    """The recordings of one server. `timing`: pauses as recorded, on the session's clock."""

    def __init__(
        self,
        recordings: Iterable[Recording],
        *,
        timing: bool = False,
        repeat: bool = False,
        scrub: Iterable[str] = (),
        say: Optional[Callable[[str], None]] = None,
    ) -> None:
        """Sort the recordings; `say` is told of every miss.

        Raises: ValueError for a pattern that is none.
        """
        self.recordings = list(recordings)
        self._timing = timing
        self._repeat = repeat
        self._patterns = tuple(scrub)
        self._say = say
        scrubber = Scrubber(self._patterns)
        self._by_key: Dict[Key, List[Recording]] = {}
        for recording in self.recordings:
            target, body = scrubber.target(recording.path), scrubber.body(recording.request_body)
            content_type = recording.request_headers.get("content-type", "")
            key = (recording.provider, fingerprint(recording.method, target, body, content_type))
            self._by_key.setdefault(key, []).append(recording)
        self._leaves = lru_cache(maxsize=None)(self._recorded_leaves)

    def answer(self, request: Request, session: Session, exchange: Exchange) -> Tuple[Answer, Optional[Plan]]:
        """Answer a request under a provider's prefix, and note in its exchange which recording did."""
        session.moment()
        prefix, _, rest = request.path[1:].partition("/")
        provider = PROVIDERS[prefix]
        exchange.provider, exchange.api = provider, api_of(request.path)
        scrubber = Scrubber(self._patterns)
        scrubber.learn(secrets_of(request))
        target = scrubber.target(f"/{rest}" + (f"?{request.query}" if request.query else ""))
        script = session.script
        if script.answers or script.faults or script.pace or script.quota:
            return self._no(request, session, exchange, SCRIPTED), None
        try:
            body = scrubber.body(b"".join(unpacked([request.body], request.headers.get("content-encoding", ""))))
        except ValueError as problem:
            return self._no(request, session, exchange, f"the request: {problem}"), None
        exchange.model = _model(body, rest)
        key = (provider, fingerprint(request.method, target, body, request.headers.get("content-type", "")))
        recorded = self._by_key.get(key, [])
        given = session.count(_counter(key)) - 1
        if given < len(recorded) or (recorded and self._repeat):
            recording = recorded[given % len(recorded)]
            exchange.rule = recording.name
            return _answer(recording), _plan(recording, request, timing=self._timing)
        if recorded:
            names = ", ".join(recording.name for recording in recorded[-3:])
            often = f"{len(recorded)} time{'s' if len(recorded) > 1 else ''}"
            why = (
                f"this request was recorded {often} ({names}) and is asked once more; record it again, or allow repeat"
            )
        else:
            why = self._missed(provider, leaves(request.method, target, body))
        return self._no(request, session, exchange, why), None

    def _no(self, request: Request, session: Session, exchange: Exchange, why: str) -> Answer:
        session.problems.append(f"request {exchange.number}: {why}")
        if self._say is not None:
            self._say(f"request {exchange.number}: {why}")
        return _refused(request, session, why)

    def unused(self, session: Session) -> List[str]:
        """Name the recordings that were not given in a session."""
        return [
            recording.name
            for key, recorded in self._by_key.items()
            for recording in recorded[session.counted(_counter(key)) :]
        ]

    def _missed(self, provider: str, asked: Leaves) -> str:
        there = [place for place, recording in enumerate(self.recordings) if recording.provider == provider]
        if not there:
            known = sorted({recording.provider for recording in self.recordings})
            return f"nothing of {provider} was recorded; there are recordings of {', '.join(known)}"
        nearest = min(there, key=lambda place: (distance(self._leaves(place), asked), place))
        lines = differences(self._leaves(nearest), asked)
        return f"no recording has this request; the nearest is {self.recordings[nearest].name}:\n" + "\n".join(lines)

    def _recorded_leaves(self, place: int) -> Leaves:
        recording = self.recordings[place]
        scrubber = Scrubber(self._patterns)
        return leaves(recording.method, scrubber.target(recording.path), scrubber.body(recording.request_body))


def _counter(key: Key) -> str:
    return f"replay/{key[0]}/{key[1]}"


def _model(body: bytes, rest: str) -> str:
    """Give the model of a request: of its body, or of a path as Google's."""
    try:
        value = json.loads(body) if body else None
    except (ValueError, RecursionError):
        value = None
    model = value.get("model") if isinstance(value, dict) else None
    if isinstance(model, str):
        return model
    return rest.partition("models/")[2].partition(":")[0] if "models/" in rest else ""


def _refused(request: Request, session: Session, why: str) -> Answer:
    """Say no in the provider's own shape."""
    home = PROVIDERS[request.path[1:].partition("/")[0]]
    if home == "google":  # whose front has a page of HTML instead
        body = {"error": {"code": 404, "message": f"fakes: {why}", "status": "NOT_FOUND"}}
        return Answer(404, [("content-type", "application/json; charset=UTF-8")], json.dumps(body).encode("ascii"))
    answer: Answer = import_module(".." + home, __package__).front_error(BadRequest(404, f"fakes: {why}"), session)
    return answer


def _answer(recording: Recording) -> Answer:
    headers = [row for row in recording.headers if row[0] not in FRAMING]
    frames = [data for _, data in recording.chunks]
    if recording.framing == "length":
        return Answer(recording.status, headers, b"".join(frames))
    return Answer(recording.status, headers, frames=frames)


def _plan(recording: Recording, request: Request, *, timing: bool) -> Plan:
    """Plan an answer: each chunk is a write of its own, and an HTTP chunk where it was one."""
    answer = _answer(recording)
    chunked = recording.framing == "chunked" and not request.version_1_0
    whole = recording.ended == "complete"
    length = len(recording.body) + recording.owing if recording.framing == "length" else None
    lost = not whole and length is not None and not recording.owing and length == len(recording.body)
    stays = request.keep_alive and whole and (chunked or length is not None)
    head = render_head(
        answer,
        None if lost else length,
        keep_alive=stays,
        version_1_0=length is None and not chunked,
    )
    steps, now = [Step(recording.head_at if timing else 0.0, head, True)], recording.head_at
    for at, data in recording.chunks if request.method != "HEAD" else ():
        steps.append(Step(at - now if timing else 0.0, chunk(data) if chunked else data, True))
        now = at
    rest = recording.ended_at - now if timing else 0.0
    if chunked and whole and request.method != "HEAD":
        steps.append(Step(rest, LAST_CHUNK))
    elif rest:
        steps.append(Step(rest, b""))
    sent = sum(len(step.data) for step in steps)
    return Plan(steps, WHOLE if whole else "cut", stays, not whole, sent, (), ())
