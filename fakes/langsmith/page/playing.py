"""A call from the playground: a chat completion, streamed by a thread of its own, itself traced while it runs.

All providers are asked in OpenAI's chat-completions form, which each of them takes at an address of its own; "fake" is
this package's own server, started for the one call. A key comes from the environment or from the form; it is sent to
the provider's address and nowhere else: not kept, not traced, and taken out of what a provider says about it. The run
is in the store before the call begins and ended there when it is over, whatever the outcome, also when the reader stops
it; what has been said so far is in memory for whoever looks meanwhile.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import sqlite3
import threading
import traceback
import urllib.error
import urllib.request
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..database import Refused, new_id
from ..derive import iso, now_us, segment
from ..merging import Op
from .answers import Answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store import Store

__all__ = ["PROJECT", "PROVIDERS", "Play", "Provider", "has_key", "play", "stop", "under_way"]

PROJECT = "playground"
MOST_AT_ONCE = 4
PATIENCE = 60.0  # seconds without a byte
LONGEST_ERROR = 4_000  # letters of a provider's error
STOPPED = "Cancelled: stopped on the page; the output is what had come until then"
_KEY = re.compile(r"[!-~]{1,4096}\Z")


class Provider(NamedTuple):
    """Where chat completions are asked of a provider, by which key, and what its page says of the limits there."""

    keys: Tuple[str, ...]  # variables of the environment
    address: str
    variable: str = ""  # of another address
    usage: bool = False  # whether usage has to be asked for
    limits: str = ""


PROVIDERS: Dict[str, Provider] = {
    "fake": Provider((), "", usage=True, limits="this package's own server; a model unknown to it repeats your words"),
    # https://platform.openai.com/docs/api-reference/chat
    "openai": Provider(("OPENAI_API_KEY",), "https://api.openai.com/v1", "OPENAI_BASE_URL", True),
    # https://platform.claude.com/docs/en/api/openai-sdk ("OpenAI SDK compatibility", read 2026-11-23)
    "anthropic": Provider(
        ("ANTHROPIC_API_KEY",), "https://api.anthropic.com/v1", usage=True,
        limits="system messages are joined at the beginning; sound, response_format, seed, penalties, logprobs and "
        "reasoning_effort are ignored; thinking is done but not shown; a temperature above 1 counts as 1",
    ),
    # https://ai.google.dev/gemini-api/docs/openai ("OpenAI compatibility", read 2026-11-23)
    "google": Provider(
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"), "https://generativelanguage.googleapis.com/v1beta/openai", usage=True,
        limits="of Google's own tools none; how much it thinks is said by reasoning_effort",
    ),
    # Tells its usage unasked and refuses stream_options, max_completion_tokens and what else it does not know with 422
    # (https://github.com/openai/openai-agents-python/issues/442, https://docs.mistral.ai/api/, read 2026-11-23).
    "mistral": Provider(
        ("MISTRAL_API_KEY",), "https://api.mistral.ai/v1",
        limits="max_tokens instead of max_completion_tokens, random_seed instead of seed; anything unknown is refused",
    ),
    # https://docs.fireworks.ai/tools-sdks/openai-compatibility, read 2026-11-23; usage comes unasked (the wire notes)
    "fireworks": Provider(("FIREWORKS_API_KEY",), "https://api.fireworks.ai/inference/v1"),
    # https://docs.together.ai/docs/inference/openai-compatibility, read 2026-11-23 (once api.together.xyz);
    # its SDK lists neither stream_options nor the parameters named here (the wire notes)
    "together": Provider(
        ("TOGETHER_API_KEY",), "https://api.together.ai/v1",
        limits="max_tokens instead of max_completion_tokens; no parallel_tool_calls, no top_logprobs",
    ),
}  # fmt: skip


class Play(NamedTuple):
    """What is asked: messages, tools and parameters in OpenAI's form."""

    provider: str
    model: str
    messages: List[Dict[str, Any]]
    tools: List[Dict[str, Any]]
    parameters: Dict[str, Any]


class _Call:
    """A call that is under way: what is asked, its run, what has come, and the way to end it."""

    def __init__(self, asked: Play, run: Dict[str, Any], key: str) -> None:
        self.asked, self.run, self.key = asked, run, key
        self.answer = Answer()
        self.stopped = False
        self._over = False
        self._line: Optional[socket.socket] = None

    def ends(self) -> bool:
        """Tell the first who asks, and nobody else, that it is theirs to end the run."""
        with _LOCK:
            mine, self._over = not self._over, True
        return mine

    def connected(self, response: Any) -> None:
        """Keep a second handle of the connection, by which another thread can hang up."""
        self._line = socket.fromfd(response.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        if self.stopped:
            self.hang_up()

    def hang_up(self) -> None:
        self.stopped = True
        if self._line is not None:
            try:
                self._line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it had ended by itself

    def close(self) -> None:
        if self._line is not None:
            self._line.close()


_UNDER_WAY: Dict[str, _Call] = {}
_LOCK = threading.Lock()


def has_key(provider: str) -> bool:
    """Tell whether a provider can be asked without a key in the form: its key is in the environment, or none needed."""
    keys = PROVIDERS[provider].keys
    return not keys or any(os.environ.get(name) for name in keys)


def under_way(run_id: str) -> Optional[str]:
    """Give what a running call has said so far; None where none is running."""
    call = _UNDER_WAY.get(run_id)
    return None if call is None else call.answer.so_far()


def play(asked: Play, store: "Store", key: str = "") -> str:
    """Begin a call and give the id of its run. Raises: Refused (422, 429)."""
    if asked.provider not in PROVIDERS:
        raise Refused(422, f"{asked.provider[:40]!r} is no provider that could be asked here")
    names = PROVIDERS[asked.provider].keys
    key = key.strip() or next((os.environ[name] for name in names if os.environ.get(name)), "").strip()
    if names and not key:
        raise Refused(422, f"{asked.provider} cannot be asked without a key: give one in the form, or set {names[0]}")
    if names and not _KEY.match(key):
        raise Refused(422, f"the key for {asked.provider} holds a letter that no key has; it may be cut or mistyped")
    run_id, begun = new_id(), now_us()
    call = _Call(asked, _run_of(asked, run_id, begun), key)
    with _LOCK:
        if len(_UNDER_WAY) >= MOST_AT_ONCE:
            raise Refused(429, f"{MOST_AT_ONCE} calls are under way; wait until one has ended, or stop one")
        _UNDER_WAY[run_id] = call
    try:
        store.merge([Op("post", call.run)])
        threading.Thread(target=_work, args=(call, store), name="playground", daemon=True).start()
    except BaseException:
        _UNDER_WAY.pop(run_id, None)
        raise
    return run_id


def stop(run_id: str, store: "Store") -> bool:
    """End a call now, with what has come; False where it is not under way (any more)."""
    call = _UNDER_WAY.get(run_id)
    if call is None or not call.ends():
        return False
    call.hang_up()
    _end(call, store, STOPPED)
    return True


def _run_of(asked: Play, run_id: str, begun: int) -> Dict[str, Any]:
    parameters = {"model": asked.model, **asked.parameters, "stream": True}
    if asked.tools:
        parameters["tools"] = asked.tools
    most = asked.parameters.get("max_completion_tokens", asked.parameters.get("max_tokens"))
    told = {"ls_temperature": asked.parameters.get("temperature"), "ls_max_tokens": most,
            "ls_stop": asked.parameters.get("stop")}  # fmt: skip
    metadata = {"ls_provider": asked.provider, "ls_model_name": asked.model, "ls_model_type": "chat",
                **{name: value for name, value in told.items() if value is not None}}  # fmt: skip
    return {
        "id": run_id, "trace_id": run_id, "dotted_order": segment(begun, run_id), "name": asked.model or "model",
        "run_type": "llm", "session_name": PROJECT, "start_time": iso(begun), "tags": ["playground"],
        "inputs": {"messages": asked.messages},
        "extra": {"invocation_params": parameters, "metadata": metadata, "runtime": {"sdk": "fakes langsmith"}},
        "events": [{"name": "start", "time": iso(begun)}],
    }  # fmt: skip


def _work(call: _Call, store: "Store") -> None:
    """Ask, and end the run; this is the thread."""
    error = None
    try:
        for piece in _pieces(call):
            call.answer.take(piece)
        call.answer.check()
    except urllib.error.HTTPError as problem:
        error = f"HTTP {problem.code} {problem.reason}: {_body(problem)}"
    except (OSError, ValueError, http.client.HTTPException) as problem:
        error = f"{type(problem).__name__}: {problem}"
    except Exception as problem:  # ours, or a stream of an unknown shape: the run says it, and so does stderr
        if not call.stopped:
            traceback.print_exc()
        error = f"{type(problem).__name__}: {problem}"
    finally:
        call.close()
    if call.ends():
        _end(call, store, error)


def _body(problem: urllib.error.HTTPError) -> str:
    try:
        with problem:
            return problem.read(LONGEST_ERROR).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as broken:
        return f"({broken} while its text was read)"


def _end(call: _Call, store: "Store", error: Optional[str]) -> None:
    if error is not None and call.key:
        error = error.replace(call.key, "…")
    try:
        store.merge([Op("patch", _ended(call.run, call.answer, error))])
    except sqlite3.ProgrammingError:
        pass  # the server was closed meanwhile: there is no store to tell
    finally:
        _UNDER_WAY.pop(call.run["id"], None)


def _ended(run: Dict[str, Any], answer: Answer, error: Optional[str]) -> Dict[str, Any]:
    ended = now_us()
    events = [*run["events"]]
    if answer.first_us is not None:
        events.append({"name": "new_token", "time": iso(answer.first_us)})
    usage = answer.counted()
    extra = {**run["extra"], "metadata": {**run["extra"]["metadata"], **({"usage_metadata": usage} if usage else {})}}
    events.append({"name": "error" if error else "end", "time": iso(ended)})
    more = {"error": error} if error else {}
    return {**run, "end_time": iso(ended), "outputs": answer.whole(), "extra": extra, "events": events, **more}


def _pieces(call: _Call) -> Iterator[Dict[str, Any]]:
    asked = call.asked
    if asked.provider != "fake":
        provider = PROVIDERS[asked.provider]
        address = os.environ.get(provider.variable, "") if provider.variable else ""
        yield from _streamed(call, address or provider.address)
        return
    from ... import Pace, serve  # this package's own server, for the one call
    from ...replies.behaviours import is_fake

    with serve() as fake:
        fake.pace(Pace(first_token=0.05, tokens_per_second=80.0))  # slow enough to be seen coming
        if not is_fake(asked.model):  # a run of any model can be tried here; it is answered by its own words
            fake.when().reply(lambda ask: f"The fake was told: {ask.user}")
        call.key = fake.key
        yield from _streamed(call, fake.url("openai"))


def _streamed(call: _Call, address: str) -> Iterator[Dict[str, Any]]:
    asked = call.asked
    body = {**asked.parameters, "model": asked.model, "messages": asked.messages, "stream": True}
    if PROVIDERS[asked.provider].usage:
        body["stream_options"] = {"include_usage": True}
    if asked.tools:
        body["tools"] = asked.tools
    request = urllib.request.Request(
        address.rstrip("/") + "/chat/completions",
        json.dumps(body).encode("ascii"),
        {"authorization": f"Bearer {call.key}", "content-type": "application/json", "accept": "text/event-stream"},
    )
    handlers: List[urllib.request.BaseHandler] = [_NoRedirect()]
    if asked.provider == "fake":
        handlers.append(urllib.request.ProxyHandler({}))
    with urllib.request.build_opener(*handlers).open(request, timeout=PATIENCE) as response:
        call.connected(response)
        for line in response:
            if call.stopped:
                return
            data = line.strip()
            if not data.startswith(b"data:"):
                call.answer.strange(line)
            elif data[5:].strip() == b"[DONE]":
                call.answer.done = True
            else:
                yield json.loads(data[5:])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follow nothing: the key is for the one address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None
