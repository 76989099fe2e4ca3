"""How do the vendors' own clients take faults and limits? `python -m tests.real_clients.faults_and_limits [CLIENT ...]`

Runs `openai` (Chat Completions and Responses), `anthropic`, `mistralai`, `google-genai`, `together` and `fireworks-ai`, sync
and async, against the scripted faults of `fakes`, and prints a matrix: a row per fault, a column per client. Of these
packages, those that are installed are run; see matrix.py. It starts its own fakes, since it needs two clocks and a
session for each cell, and is run as a module, from the repository.

A cell is "ok" when the whole answer came, the name of the exception where one is due (with its package in brackets when
it is the transport's, which the client lets through), or what the client made of it, in capitals: that is a finding
about the client, no success. `FINDINGS` has those that are known; whatever is otherwise than expected is FAILED, and the
exit code 1. Exit code 2: none of the packages is there.
"""

from __future__ import annotations

import inspect
import sys
import time
from importlib import import_module
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import fakes
from fakes import Fault, Quota, Reply, Usage

from .matrix import LOOP, is_installed, show_cells, tell_versions

# Four bytes each: a split after every third byte goes through the middle of every one of them. (A whole answer of the
# Responses API has \u escapes in their place, as recordings have; there the split goes through these.)
SIGNS = "\U0001f600\U0001f680\U0001f40d\U0001f30d"
TEXT = f"Grüße {SIGNS} aus Köln: diese Antwort hat genug Wörter für einen Strom, den man zerschneiden kann."
QUESTION = [{"role": "user", "content": "hi"}]
LET_THROUGH = ("httpx", "httpx2", "aiohttp", "json")  # packages whose exceptions a client may let through
PER_MINUTE = 60_000  # tokens: a thousand a second


class Client(NamedTuple):
    """One client, sync or async.

    `begun` is the number of an event by which some text of a stream has come. `errors` are the names of its exceptions
    for 503, 429 and 404. `told` is where its provider says how long to wait: "header", "body", or "" for nowhere.
    """

    name: str
    package: str
    root: str  # the module its exceptions are in
    make: Callable[..., Any]  # key, number of retries -> the client
    ask: Callable[[Any, bool], Any]  # client, streamed -> answer, iterator of chunks, or a coroutine of one
    text: Callable[[Any], str]
    piece: Callable[[Any], str]
    close: Callable[[Any], Any]
    begun: int
    told: str
    errors: Tuple[str, str, str] = ("InternalServerError", "RateLimitError", "NotFoundError")


class Case(NamedTuple):
    """One cell that is being run: its client, its session, and the servers."""

    client: Client
    session: Any
    server: Any

    def ask(self, *, stream: bool = False, retries: int = 0, times: int = 1) -> List[str]:
        """Ask so many times, each second time streamed when `times` is more than one, and give the texts."""
        made = self.client.make(self.server, self.session.key, retries)
        kinds = [stream] if times == 1 else [bool(number % 2) for number in range(times)]
        return LOOP.run_until_complete(self._asked(made, kinds))

    async def _asked(self, made: Any, kinds: List[bool]) -> List[str]:
        try:
            return [await self._once(made, stream) for stream in kinds]
        finally:
            closing = self.client.close(made)
            if inspect.isawaitable(closing):
                await closing

    async def _once(self, made: Any, stream: bool) -> str:
        answer = self.client.ask(made, stream)
        if inspect.isawaitable(answer):
            answer = await answer
        if not stream:
            return self.client.text(answer)
        if hasattr(answer, "__aiter__"):
            return "".join([self.client.piece(chunk) async for chunk in answer])
        return "".join(self.client.piece(chunk) for chunk in answer)

    def statuses(self) -> List[int]:
        return [exchange.status for exchange in self.session.journal]


# -- the rows ---------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One fault. `run` gives what a cell says; `wanted` is "ok", the place of a class in `Client.errors`, or "error"."""

    name: str
    wanted: Any
    run: Callable[[Case], str]
    clock: str = "virtual"


def taken(texts: List[str]) -> str:
    """Say what a client made of answers."""
    if all(text == TEXT for text in texts):
        return "ok"
    (text,) = texts
    if len(text) < len(TEXT) and TEXT.startswith(text):
        return "TAKEN FOR WHOLE"
    return "DOUBLED" if len(text) > len(TEXT) else f"got {text!r}"


def struck(kind: str, *, stream: bool = True, at_event: bool = False, **settings: Any) -> Callable[[Case], str]:
    """Give a run of one answer that a fault strikes."""

    def run(case: Case) -> str:
        placed = {"event": case.client.begun} if at_event else {}
        case.session.reply(Reply(TEXT, faults=[Fault(kind, **settings, **placed)]))
        try:
            return taken(case.ask(stream=stream))
        finally:
            if not case.session.journal[-1].faults or case.session.problems:
                raise AssertionError(f"the fault did not strike: {case.session.problems}")

    return run


def unavailable(retries: int) -> Callable[[Case], str]:
    """Refuse once, with 503."""

    def run(case: Case) -> str:
        case.session.reply(TEXT)
        case.session.fault(Fault("status", status=503, times=1))
        said = taken(case.ask(retries=retries))
        return said if case.statuses() == [503, 200] else f"statuses {case.statuses()}"

    return run


def limited(case: Case) -> str:
    """Spend a minute's one request; the next is refused, and told to come back; then it is taken."""
    case.session.reply(TEXT, TEXT)
    case.session.quota(Quota(requests_per_minute=1))
    first = taken(case.ask())
    if first != "ok":
        return first
    try:
        return taken(case.ask())
    except Exception as error:
        told = {"header": case.session.journal[-1].retry_after, "body": "60s" in str(error) and 60}.get(case.client.told, 60)
        if told != 60:
            raise AssertionError(f"told to wait for {told} seconds") from None
        case.session.advance(60)
        if taken(case.ask()) != "ok" or case.statuses() != [200, 429, 200]:
            raise AssertionError(f"not taken after the wait: {case.statuses()}") from None
        raise


def waited(case: Case) -> str:
    """Spend a little more than a minute's tokens, then ask with retries: it takes about a second of real time."""
    case.session.reply(Reply(TEXT, usage=Usage(10, PER_MINUTE + 600)), TEXT)
    case.session.quota(Quota(tokens_per_minute=PER_MINUTE))
    said = taken(case.ask() + case.ask(retries=5))
    if case.statuses()[:2] != [200, 429] or (case.client.told == "header" and case.statuses() != [200, 429, 200]):
        return f"statuses {case.statuses()}"
    faults = {finding.kind for finding in case.session.verdict().findings if finding.severity == "fault"}
    return ", ".join(sorted(faults)).upper().replace("_", " ") if said == "ok" and faults else said


def unmatched(case: Case) -> str:
    """Ask what no rule fits: the refusal names the nearest."""
    case.session.when(user="something else").reply(TEXT, name="the only rule")
    try:
        return taken(case.ask())
    except Exception as error:
        if "the only rule" not in str(error):
            raise AssertionError(f"the rule is not named: {error}") from None
        raise


def kept_alive(case: Case) -> str:
    """Ask four times, whole and streamed in turn, with one client."""
    case.session.reply(*[TEXT] * 4)
    said = taken(case.ask(times=4))
    used = len({exchange.connection for exchange in case.session.journal})
    return said if said != "ok" or used == 1 else f"{used} CONNECTIONS FOR 4"


def stalled(case: Case) -> str:
    """Stand still for a minute of the session's clock in mid-stream."""
    begun = time.monotonic()
    said = struck("stall", at_event=True, seconds=60)(case)
    if case.session.now() < 60 or time.monotonic() - begun > 20:
        return f"the clock says {case.session.now()}"
    return said


ROWS = [
    Row("503 once, with retries", "ok", unavailable(2)),
    Row("503, without", 0, unavailable(0)),
    Row("429 of a quota", 1, limited),
    Row("429, then waited", "ok", waited, clock="real"),
    Row("no rule fits", 2, unmatched),
    Row("reset in mid-stream", "error", struck("reset", at_event=True)),
    Row("cut in mid-stream", "error", struck("cut", at_event=True)),
    Row("reset, whole answer", "error", struck("reset", stream=False)),
    Row("cut, whole answer", "error", struck("cut", stream=False)),
    Row("ended without its end", "error", struck("end", at_event=True)),
    Row("error in the stream", "error", struck("error_event", at_event=True)),
    Row("JSON that breaks off", "error", struck("malformed", at_event=True)),
    Row("an event sent twice", "ok", struck("duplicate", at_event=True)),
    Row("gzip, whole", "ok", struck("gzip", stream=False)),
    Row("gzip, streamed", "ok", struck("gzip")),
    Row("byte by byte, whole", "ok", struck("trickle", stream=False)),
    Row("byte by byte, streamed", "ok", struck("trickle")),
    Row("split signs, whole", "ok", struck("split", stream=False, size=3)),
    Row("split signs, streamed", "ok", struck("split", size=3)),
    Row("one connection", "ok", kept_alive),
    Row("a minute's stall", "ok", stalled),
]
# Row -> client ("*": all) -> what is known of it, and is no success. A client's name stands for its async twin too.
FINDINGS: Dict[str, Dict[str, str]] = {
    # A body that ends as HTTP says, without [DONE], message_stop, response.completed or a finish reason.
    "ended without its end": {"*": "TAKEN FOR WHOLE"},
    # Its chunks have neither choices nor a class for errors, so the error is a chunk that says nothing.
    "error in the stream": {"fireworks": "TAKEN FOR WHOLE"},
    # It reads no RetryInfo, in which Google tells how long to wait, and backs off by itself.
    "429, then waited": {"google-genai": "IGNORED RETRY AFTER", "google-genai async": "IGNORED RETRY AFTER"},
    # Numbers of events, where there are any, are not looked at.
    "an event sent twice": {"*": "DOUBLED"},
    # They hang up at [DONE], before the chunk that ends the body. openai's async client reads on to it, fireworks' async
    # client has another transport (aiohttp), and the other protocols have no [DONE].
    "one connection": {
        "openai": "2 CONNECTIONS FOR 4",
        "openai async": "ok",
        "mistralai": "2 CONNECTIONS FOR 4",
        "together": "2 CONNECTIONS FOR 4",
        "fireworks": "2 CONNECTIONS FOR 4",
        "fireworks async": "ok",
    },
}


# -- the clients ------------------------------------------------------------------------------------------------------


def openai_made(kind: str) -> Callable[..., Any]:
    def make(server: Any, key: str, retries: int) -> Any:
        return getattr(import_module("openai"), kind)(api_key=key, base_url=server.url("openai"), max_retries=retries, timeout=20)

    return make


def plain_made(module: str, kind: str, prefix: str) -> Callable[..., Any]:
    """Make a client whose base is where the provider's part of the fake begins, without a version."""

    def make(server: Any, key: str, retries: int) -> Any:
        return getattr(import_module(module), kind)(api_key=key, base_url=server.url() + prefix, max_retries=retries, timeout=20)

    return make


def mistral_made(server: Any, key: str, retries: int) -> Any:
    from mistralai.client import Mistral
    from mistralai.client.utils import BackoffStrategy, RetryConfig

    rule = RetryConfig("backoff", BackoffStrategy(50, 500, 1.5, 10_000), True) if retries else None
    return Mistral(api_key=key, server_url=server.url() + "/mistral", retry_config=rule, timeout_ms=20_000)


def google_made(server: Any, key: str, retries: int) -> Any:
    from google import genai
    from google.genai import types

    rule = types.HttpRetryOptions(attempts=retries + 1, initial_delay=0.2, jitter=0.01)
    options = types.HttpOptions(base_url=server.url("gemini"), api_version="v1beta", retry_options=rule, timeout=20_000)
    return genai.Client(api_key=key, http_options=options)


def chat(client: Any, stream: bool) -> Any:
    return client.chat.completions.create(model="fake-hello", messages=QUESTION, stream=stream)


def respond(client: Any, stream: bool) -> Any:
    return client.responses.create(model="fake-hello", input="hi", stream=stream)


def messages(client: Any, stream: bool) -> Any:
    return client.messages.create(model="fake-hello", max_tokens=1024, messages=QUESTION, stream=stream)


def mistral(client: Any, stream: bool) -> Any:
    return (client.chat.stream if stream else client.chat.complete)(model="fake-hello", messages=QUESTION)


def mistral_async(client: Any, stream: bool) -> Any:
    return (client.chat.stream_async if stream else client.chat.complete_async)(model="fake-hello", messages=QUESTION)


def google(models: Any, stream: bool) -> Any:
    return (models.generate_content_stream if stream else models.generate_content)(model="fake-hello", contents="hi")


def said_in_chat(chunk: Any) -> str:
    return "".join(choice.delta.content or "" for choice in chunk.choices or ())


def closed(client: Any) -> Any:
    return client.close()


def clients() -> List[Client]:
    """Give the clients: sync and async of each."""
    whole: Callable[[Any], str] = lambda answer: answer.choices[0].message.content
    delta: Callable[[Any], str] = lambda event: event.delta if event.type == "response.output_text.delta" else ""
    block: Callable[[Any], str] = lambda event: getattr(event.delta, "text", "") if event.type == "content_block_delta" else ""
    found: List[Client] = []
    for twin, kind in (("", ""), (" async", "Async")):
        rows = [
            Client("openai", "openai", "openai", openai_made(f"{kind}OpenAI"), chat, whole, said_in_chat, closed, 3, "header"),
            Client("responses", "openai", "openai", openai_made(f"{kind}OpenAI"), respond, lambda answer: answer.output_text, delta, closed, 6, "header"),
            Client(
                "anthropic", "anthropic", "anthropic", plain_made("anthropic", f"{kind}Anthropic", "/anthropic"), messages,
                lambda answer: answer.content[0].text, block, closed, 5, "header",
            ),
            Client(
                "mistralai", "mistralai", "mistralai", mistral_made, mistral_async if twin else mistral, whole,
                lambda event: said_in_chat(event.data),
                (lambda client: client.__aexit__(None, None, None)) if twin else (lambda client: client.__exit__(None, None, None)),
                3, "", ("MistralError",) * 3,
            ),
            Client(
                "google-genai", "google-genai", "google", google_made,
                (lambda client, stream: google(client.aio.models, stream)) if twin else (lambda client, stream: google(client.models, stream)),
                lambda answer: answer.text, lambda chunk: chunk.text or "",
                (lambda client: client.aio.aclose()) if twin else closed,
                2, "body", ("ServerError", "ClientError", "ClientError"),
            ),
            Client("together", "together", "together", plain_made("together", f"{kind}Together", "/together"), chat, whole, said_in_chat, closed, 3, "header"),
            Client(
                "fireworks", "fireworks-ai", "fireworks", plain_made("fireworks", f"{kind}Fireworks", "/fireworks/inference"), chat,
                whole, said_in_chat, closed, 3, "",
            ),
        ]  # fmt: skip
        found += [row._replace(name=row.name + twin) for row in rows]
    return found


# -- the matrix -------------------------------------------------------------------------------------------------------


def cell(row: Row, client: Client, server: Any) -> Tuple[str, Optional[str]]:
    """Run one cell; give what it says, and what it ought to have said when it is otherwise."""
    session = server.session(f"{client.name}/{row.name}".replace(" ", "-"))
    names: List[str] = []
    try:
        said = row.run(Case(client, session, server))
    except AssertionError as problem:
        said = str(problem)
    except Exception as error:
        names = [kind.__name__ for kind in type(error).__mro__]
        root = type(error).__module__.partition(".")[0]
        said = names[0] if root == client.root else f"{names[0]} ({root})"
        if root not in (client.root, *LET_THROUGH):
            names = []
    known = FINDINGS.get(row.name, {})
    finding = known.get(client.name) or known.get(client.name.partition(" ")[0]) or known.get("*")
    if finding is not None:
        return said, None if said == finding else finding
    if row.wanted == "ok":
        return said, None if said == "ok" else "ok"
    wanted = "error" if row.wanted == "error" else client.errors[row.wanted]
    right = bool(names) if wanted == "error" else wanted in names
    return said, None if right else wanted


def main(argv: List[str]) -> int:
    """Run all cells of the clients that are installed, and print the matrix."""
    columns = [one for one in clients() if is_installed(one.package) and (not argv or one.name.partition(" ")[0] in argv)]
    if not columns:
        print("none of the real clients is installed", file=sys.stderr)
        return 2
    tell_versions(sorted({one.package for one in columns}))
    with fakes.serve(clock="virtual") as virtual, fakes.serve() as real:
        cells = {
            (row.name, one.name): cell(row, one, real if row.clock == "real" else virtual) for row in ROWS for one in columns
        }
    LOOP.run_until_complete(LOOP.shutdown_asyncgens())  # those of streams that failed
    shown = {place: said if wanted is None else "FAILED" for place, (said, wanted) in cells.items()}
    show_cells([row.name for row in ROWS], [one.name for one in columns], shown)
    failed = {place: told for place, told in cells.items() if told[1] is not None}
    findings = [said for said, wanted in cells.values() if wanted is None and said.isupper()]
    print(f"\n{len(cells) - len(failed) - len(findings)} of {len(cells)} cells green, {len(findings)} known findings, {len(failed)} failed")
    for (row, name), (said, wanted) in failed.items():
        print(f"FAILED: {row}, {name}: {said}; expected: {wanted}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
