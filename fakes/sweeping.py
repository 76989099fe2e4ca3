"""One answer broken at every byte: what does a client take for whole?

`sweep` lets a client ask once for the whole answer, whose body the journal then knows, and once more for each place in
it, where the answer is cut, reset, ended or split. A client has to raise whenever something is missing and to give the
same result however the bytes are split; `Sweep` tells where it did not. The session is reset before each question, so
the bytes are the same every time and only the fault differs; one server and, where the client keeps one, one pool of
connections serve them all.

The places are a generator's, which knows nothing of how the client is called: one driver calls functions, another
awaits coroutines.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections import Counter
from typing import Any, Awaitable, Callable, Collection, Dict, Generator, List, NamedTuple, Optional, Tuple, Type, Union

from .faults import Fault
from .handle import Handle
from .journal.exchanges import Exchange
from .replies.reply import Ask, Error, Reply
from .scripting.script import Rule, Script
from .server import Server

__all__ = ["Sweep", "asweep", "sweep"]

HOW = ("cut", "end", "reset", "split")
REPLY = "Voilà: “42” 🌍."  # characters of one to four bytes
SHOWN = 8  # runs of places that the text of a failure names
AROUND = 12  # bytes on each side of a place


class Outcome(NamedTuple):
    """What a call of the client came to."""

    result: Any
    error: Optional[Exception]


Replying = Union[str, Reply, Callable[[Ask], Union[str, Reply, Error]]]
Places = Generator[None, Outcome, None]


class Sweep:
    """What a client made of an answer that was broken at one place after the other. Places are byte offsets in `body`.

    `taken`: places where something was missing and the client took the answer for complete; there should be none.
    `refused`: place -> class of the error that the client raised. `whole_from`: the first place behind which nothing
    is missing but what ends the transmission (line ends, the last chunk); a client that is content there is right,
    and so is one that is not: the former are in `after_terminator`. `differing`: for "split", place -> what the client
    gave, or raised, instead of `result`, which it made of the whole answer.
    """

    def __init__(self, how: str) -> None:
        self.how = how
        self.body = b""
        self.streamed = False
        self.result: Any = None
        self.whole_from = 0
        self.places = range(0)
        self.taken: List[int] = []
        self.refused: Dict[int, Type[Exception]] = {}
        self.after_terminator: List[int] = []
        self.differing: Dict[int, Any] = {}

    def __repr__(self) -> str:
        errors = ", ".join(f"{name} {count}" for name, count in self.errors.items())
        found = f"{len(self.differing)} differing" if self.how == "split" else f"{len(self.taken)} taken for complete"
        refused = f"{len(self.refused)} refused" + (f" ({errors})" if errors else "")
        behind = f", {len(self.after_terminator)} behind the terminator" if self.after_terminator else ""
        return f"<Sweep {self.how} at {len(self.places)} places of {len(self.body)} bytes: {found}, {refused}{behind}>"

    @property
    def errors(self) -> Dict[str, int]:
        """How often the client raised each class of error, by its name."""
        return dict(Counter(kind.__name__ for kind in self.refused.values()).most_common())

    def around(self, place: int) -> str:
        """Show the bytes around a place, which is marked by a bar."""
        before, behind = self.body[max(0, place - AROUND) : place], self.body[place : place + AROUND]
        return f"{before!r}|{behind!r}"

    def check(self) -> None:
        """Demand that the client took no broken answer for complete, and made the same of every split one.

        Raises: AssertionError, which names the places and the bytes around them.
        """
        if self.differing:
            raise AssertionError(self._told("the client made something else of it when it was split", self.differing))
        if self.taken:
            raise AssertionError(self._told(f"the client took it for complete ({self.how})", self.taken))

    def _told(self, what: str, places: Collection[int]) -> str:
        runs = self._runs(places)
        lines = [f"An answer of {len(self.body)} bytes, broken at {len(self.places)} places: {what} at {len(places)}:"]
        for first, last in runs[:SHOWN]:
            gave = f" gave {self._difference(first)}" if first in self.differing else ""
            lines.append(f"  at {first}{f' to {last}' if last > first else ''}: {self.around(first)}{gave}")
        if len(runs) > SHOWN:
            lines.append(f"  and at more places, up to {runs[-1][1]}")
        return "\n".join(lines)

    def _difference(self, place: int) -> str:
        """Show what the client gave there, from shortly before it differs from what it should have given."""
        given, wanted = repr(self.differing[place]), repr(self.result)
        same = next((at for at, (one, other) in enumerate(zip(given, wanted)) if one != other), 0)
        begin = max(0, same - AROUND)
        shown = given[begin : begin + 6 * AROUND]
        return ("…" if begin else "") + shown + ("…" if begin + len(shown) < len(given) else "")

    def _runs(self, places: Collection[int]) -> List[Tuple[int, int]]:
        """Join places that were tried one after the other to (first, last)."""
        runs: List[Tuple[int, int]] = []
        for place in places:
            if runs and place == runs[-1][1] + self.places.step:
                runs[-1] = (runs[-1][0], place)
            else:
                runs.append((place, place))
        return runs

    def _note(self, place: int, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.refused[place] = type(outcome.error)
        if self.how == "split":
            if outcome.error is not None or outcome.result != self.result:
                self.differing[place] = outcome.error if outcome.error is not None else outcome.result
        elif outcome.error is None:
            (self.taken if place < self.whole_from else self.after_terminator).append(place)


def sweep(
    client: Callable[[Handle], Any],
    reply: Replying = REPLY,
    *,
    how: str = "cut",
    every: int = 1,
    whole_from: Optional[int] = None,
    stream: Optional[bool] = None,
    provider: Optional[str] = None,
    server: Optional[Handle] = None,
) -> Sweep:
    """Let a client ask for one reply, broken at every byte of its body, and tell what it took for complete.

    `client` gets the server's handle (`url("openai")`, `key`), asks once, without retries, and gives what it made of
    the answer or raises; an async function is run in an event loop, one for all calls. To keep its connections it
    keeps its client between the calls; give the `server` (or a session of it) to make one beforehand: its script is
    replaced and it is reset before each call.

    `how`: "cut" (FIN, the last chunk or bytes of Content-Length missing), "reset" (RST), "end" (a well-formed end too
    early: the terminator of the stream is missing) or "split" (the body in two writes, and two chunks of a stream).
    `every`: each so many bytes only. `whole_from`: the place from which the answer is logically complete, when it is
    not where only line ends are missing, e.g. `body.index(b"[DONE]")` of a sweep before. `stream` and `provider`:
    what the client is expected to ask for, to be sure that it does.

    Raises: whatever the client raises for the whole answer; ValueError when it did not ask exactly once, or for
    something else than expected; TypeError for what is no reply.

    >>> import json, urllib.request, fakes
    >>> def client(server):
    ...     body = json.dumps({"model": "any", "messages": [{"role": "user", "content": "hi"}]}).encode()
    ...     headers = {"authorization": "Bearer " + server.key}
    ...     request = urllib.request.Request(server.url("openai") + "/chat/completions", body, headers)
    ...     opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ...     with opener.open(request) as response:
    ...         return json.load(response)["choices"][0]["message"]["content"]
    >>> found = sweep(client, "Hello", every=50)
    >>> found.result, found.taken, list(found.errors)
    ('Hello', [], ['IncompleteRead'])
    """
    found = Sweep(how)
    with _served(server) as handle:
        places = _places(found, handle, reply, every, whole_from, stream, provider)
        next(places)
        first = client(handle)
        if inspect.isawaitable(first):
            _in_a_loop(_drive(places, client, handle, first))
            return found
        with contextlib.suppress(StopIteration):
            places.send(Outcome(first, None))
            while True:
                try:
                    outcome = Outcome(client(handle), None)
                except Exception as error:  # that is what is counted
                    outcome = Outcome(None, error)
                places.send(outcome)
    return found


async def asweep(
    client: Callable[[Handle], Awaitable[Any]],
    reply: Replying = REPLY,
    *,
    how: str = "cut",
    every: int = 1,
    whole_from: Optional[int] = None,
    stream: Optional[bool] = None,
    provider: Optional[str] = None,
    server: Optional[Handle] = None,
) -> Sweep:
    """Do what `sweep` does in the event loop that runs: for a client that belongs to it."""
    found = Sweep(how)
    with _served(server) as handle:
        places = _places(found, handle, reply, every, whole_from, stream, provider)
        next(places)
        await _drive(places, client, handle, client(handle))
    return found


@contextlib.contextmanager
def _served(server: Optional[Handle]) -> Generator[Handle, None, None]:
    """Give the handle that is asked; one that was given is left with no script."""
    if server is None:
        with Server() as own:
            yield own
        return
    try:
        yield server
    finally:
        server.script(Script())
        server.reset()


async def _drive(places: Places, client: Callable[[Handle], Any], handle: Handle, first: Awaitable[Any]) -> None:
    """Await a client at one place after the other."""
    pending: Optional[Awaitable[Any]] = first
    while True:
        try:
            outcome = Outcome(await (client(handle) if pending is None else pending), None)
        except Exception as error:  # that is what is counted
            outcome = Outcome(None, error)
        pending = None
        try:
            places.send(outcome)
        except StopIteration:
            return


def _in_a_loop(work: Any) -> None:
    """Run a coroutine to its end; where a loop runs already, in a thread with a loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    failures: List[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as failure:  # handed to the thread that waits
            failures.append(failure)

    thread = threading.Thread(target=run, name="fakes sweep")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _places(
    found: Sweep,
    handle: Handle,
    reply: Replying,
    every: int,
    whole_from: Optional[int],
    stream: Optional[bool],
    provider: Optional[str],
) -> Places:
    """Prepare the server for one call after the other; each `yield` is a call of the client, and gets what it came to."""
    if found.how not in HOW:
        raise ValueError(f"how: is one of {', '.join(HOW)}, not {found.how!r}")
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ValueError(f"every: is a whole number from 1, not {every!r}")
    _prepare(handle, reply, None)
    outcome = yield
    if outcome.error is not None:
        raise outcome.error
    asked = handle.journal
    if len(asked) != 1 or asked[0].status != 200:
        told = ", ".join(f"{one.method} {one.path} -> {one.status}" for one in asked) or "nothing"
        raise ValueError(f"client: has to ask once and be answered with status 200; it asked: {told}")
    _learn(found, asked[0], outcome.result, whole_from, stream, provider)
    behind = len(found.body) + (1 if found.streamed and found.how in ("cut", "reset") else 0)
    found.places = range(1 if found.how == "split" else 0, behind, every)
    for place in found.places:
        _prepare(handle, reply, Fault(found.how, byte=place))
        outcome = yield
        asked = handle.journal
        if not asked:
            raise ValueError("client: gave an answer without asking again; does it keep answers?")
        if asked[0].response_body != found.body or handle.problems:
            told = "; ".join(handle.problems) or "its bytes are not those of the first one"
            raise ValueError(
                f"client: must ask the same every time; the answer to break at byte {place} was another: {told}"
            )
        found._note(place, outcome)


def _prepare(handle: Handle, reply: Replying, fault: Optional[Fault]) -> None:
    rule = Rule({}, [reply], name="sweep", faults=() if fault is None else (fault,))
    handle.script(Script([rule]))
    handle.reset()


def _learn(
    found: Sweep,
    whole: Exchange,
    result: Any,
    whole_from: Optional[int],
    stream: Optional[bool],
    provider: Optional[str],
) -> None:
    """Note what the whole answer was, and that it was the one to expect."""
    found.result = result
    found.body = whole.response_body
    headers = {name.lower(): value for name, value in whole.response_headers}
    found.streamed = "text/event-stream" in headers.get("content-type", "")
    if stream is not None and stream is not found.streamed:
        raise ValueError(f"stream: the client {'did not ask' if stream else 'asked'} for a stream")
    if provider is not None and provider != whole.provider:
        raise ValueError(f"provider: the client asked {whole.provider}, not {provider}")
    length = len(found.body)
    if whole_from is not None and not -length <= whole_from <= length:
        raise ValueError(f"whole_from: {whole_from} is no place in an answer of {length} bytes")
    found.whole_from = len(found.body.rstrip()) if whole_from is None else whole_from % (length + 1)
