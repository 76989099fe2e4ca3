"""A call from the playground: a chat completion, streamed by a thread of its own, itself traced while it runs.

All providers are asked in OpenAI's chat-completions form, which each of them takes at an address of its own; "fake" is
this package's own server, started for the one call. Keys come from the environment, are sent only to the provider's
address and shown nowhere. The run is in the store before the call begins and ended there when it is over, whatever the
outcome; what has been said so far is in memory for whoever looks meanwhile.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import traceback
import urllib.error
import urllib.request
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..database import Refused, new_id
from ..derive import iso, now_us, segment
from ..merging import Op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..store import Store

__all__ = ["PROJECT", "PROVIDERS", "Play", "available", "play", "under_way"]

PROJECT = "playground"
MOST_AT_ONCE = 4
PATIENCE = 60.0  # seconds without a byte
LONGEST_ERROR = 4_000  # letters of a provider's error
# Name -> (variables of the key, variable of the address, address). Addresses of the OpenAI form: each provider's page
# "OpenAI compatibility".
PROVIDERS: Dict[str, Tuple[Tuple[str, ...], str, str]] = {
    "fake": ((), "", ""),
    "openai": (("OPENAI_API_KEY",), "OPENAI_BASE_URL", "https://api.openai.com/v1"),
    "anthropic": (("ANTHROPIC_API_KEY",), "", "https://api.anthropic.com/v1"),
    "google": (("GOOGLE_API_KEY", "GEMINI_API_KEY"), "", "https://generativelanguage.googleapis.com/v1beta/openai"),
    "mistral": (("MISTRAL_API_KEY",), "", "https://api.mistral.ai/v1"),
    "fireworks": (("FIREWORKS_API_KEY",), "", "https://api.fireworks.ai/inference/v1"),
    "together": (("TOGETHER_API_KEY",), "", "https://api.together.xyz/v1"),
}


_ASKED_FOR_USAGE = ("fake", "openai", "anthropic", "google")  # the others tell it unasked; Mistral refuses the option


class Play(NamedTuple):
    """What is asked: messages, tools and parameters in OpenAI's form."""

    provider: str
    model: str
    messages: List[Dict[str, Any]]
    tools: List[Dict[str, Any]]
    parameters: Dict[str, Any]


class _Answer:
    """What has come so far."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.calls: List[Dict[str, Any]] = []
        self.usage: Dict[str, Any] = {}
        self.finish: Optional[str] = None
        self.first_us: Optional[int] = None

    def take(self, piece: Dict[str, Any]) -> None:
        """Add one piece of the stream. Raises: ValueError for one that says an error."""
        if piece.get("error"):
            raise ValueError(json.dumps(piece["error"], ensure_ascii=False)[:LONGEST_ERROR])
        if isinstance(piece.get("usage"), dict):
            self.usage = piece["usage"]
        for choice in piece.get("choices") or ():
            self.finish = choice.get("finish_reason") or self.finish
            delta = choice.get("delta") or {}
            if self.first_us is None and any(
                delta.get(name) for name in ("content", "tool_calls", "reasoning_content")
            ):
                self.first_us = now_us()
            self.text += delta.get("content") or ""
            self.reasoning += delta.get("reasoning_content") or ""
            for call in delta.get("tool_calls") or ():
                self._call(call)

    def _call(self, piece: Dict[str, Any]) -> None:
        place = piece.get("index", len(self.calls))
        while len(self.calls) <= min(place, 99):
            self.calls.append({"id": None, "type": "function", "function": {"name": "", "arguments": ""}})
        call, said = self.calls[min(place, 99)], piece.get("function") or {}
        call["id"] = piece.get("id") or call["id"]
        for name in ("name", "arguments"):
            call["function"][name] += said.get(name) or ""

    def message(self) -> Dict[str, Any]:
        message: Dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        if self.calls:
            message["tool_calls"] = self.calls
        return message


_UNDER_WAY: Dict[str, _Answer] = {}
_LOCK = threading.Lock()


def available() -> List[str]:
    """Give the providers that can be asked here: the fake, and those with a key in the environment."""
    return [name for name, (keys, _, _) in PROVIDERS.items() if not keys or any(os.environ.get(key) for key in keys)]


def under_way(run_id: str) -> Optional[str]:
    """Give what a running call has said so far; None where none is running."""
    answer = _UNDER_WAY.get(run_id)
    return None if answer is None else answer.text


def play(asked: Play, store: "Store") -> str:
    """Begin a call and give the id of its run. Raises: Refused (422, 429)."""
    if asked.provider not in available():
        raise Refused(
            422, f"{asked.provider[:40]!r} cannot be asked; a key in the environment makes a provider available"
        )
    run_id, begun = new_id(), now_us()
    with _LOCK:
        if len(_UNDER_WAY) >= MOST_AT_ONCE:
            raise Refused(429, f"{MOST_AT_ONCE} calls are under way; wait until one has ended")
        _UNDER_WAY[run_id] = _Answer()
    run = _run_of(asked, run_id, begun)
    try:
        store.merge([Op("post", run)])
        threading.Thread(target=_call, args=(asked, store, run), name="playground", daemon=True).start()
    except BaseException:
        _UNDER_WAY.pop(run_id, None)
        raise
    return run_id


def _run_of(asked: Play, run_id: str, begun: int) -> Dict[str, Any]:
    parameters = {"model": asked.model, **asked.parameters, **({"tools": asked.tools} if asked.tools else {})}
    metadata = {"ls_provider": asked.provider, "ls_model_name": asked.model, "ls_model_type": "chat"}
    return {
        "id": run_id, "trace_id": run_id, "dotted_order": segment(begun, run_id), "name": asked.model or "model",
        "run_type": "llm", "session_name": PROJECT, "start_time": iso(begun), "tags": ["playground"],
        "inputs": {"messages": asked.messages}, "extra": {"invocation_params": parameters, "metadata": metadata},
        "events": [{"name": "start", "time": iso(begun)}],
    }  # fmt: skip


def _call(asked: Play, store: "Store", run: Dict[str, Any]) -> None:
    """Ask, and end the run; this is the thread."""
    answer, error = _UNDER_WAY[run["id"]], None
    try:
        for piece in _pieces(asked):
            answer.take(piece)
    except urllib.error.HTTPError as problem:
        with problem:
            error = f"HTTP {problem.code}: {problem.read(LONGEST_ERROR).decode('utf-8', 'replace')}"
    except (OSError, ValueError) as problem:
        error = f"{type(problem).__name__}: {problem}"
    except Exception as problem:  # ours, or a stream of an unknown shape: the run says it, and so does stderr
        traceback.print_exc()
        error = f"{type(problem).__name__}: {problem}"
    try:
        store.merge([Op("patch", _ended(run, answer, error))])
    except sqlite3.ProgrammingError:
        pass  # the server was closed meanwhile: there is no store to tell
    finally:
        _UNDER_WAY.pop(run["id"], None)


def _ended(run: Dict[str, Any], answer: _Answer, error: Optional[str]) -> Dict[str, Any]:
    ended = now_us()
    events = [*run["events"]]
    if answer.first_us is not None:
        events.append({"name": "new_token", "time": iso(answer.first_us)})
    usage = {
        ours: answer.usage[theirs]
        for ours, theirs in (
            ("input_tokens", "prompt_tokens"),
            ("output_tokens", "completion_tokens"),
            ("total_tokens",) * 2,
        )
        if isinstance(answer.usage.get(theirs), int)
    }
    extra = {**run["extra"], "metadata": {**run["extra"]["metadata"], **({"usage_metadata": usage} if usage else {})}}
    events.append({"name": "error" if error else "end", "time": iso(ended)})
    outputs = {"choices": [{"index": 0, "message": answer.message(), "finish_reason": answer.finish}]}
    more = {"error": error} if error else {}
    return {**run, "end_time": iso(ended), "outputs": outputs, "extra": extra, "events": events, **more}


def _pieces(asked: Play) -> Iterator[Dict[str, Any]]:
    if asked.provider != "fake":
        keys, variable, address = PROVIDERS[asked.provider]
        key = next(os.environ[name] for name in keys if os.environ.get(name))
        yield from _streamed(asked, os.environ.get(variable) or address if variable else address, key)
        return
    from ... import Pace, serve  # this package's own server, for the one call
    from ...replies.behaviours import is_fake

    with serve() as fake:
        fake.pace(Pace(first_token=0.05, tokens_per_second=80.0))  # slow enough to be seen coming
        if not is_fake(asked.model):  # a run of any model can be tried here; it is answered by its own words
            fake.when().reply(lambda ask: f"The fake was told: {ask.user}")
        yield from _streamed(asked, fake.url("openai"), fake.key)


def _streamed(asked: Play, address: str, key: str) -> Iterator[Dict[str, Any]]:
    body = {**asked.parameters, "model": asked.model, "messages": asked.messages, "stream": True}
    if asked.provider in _ASKED_FOR_USAGE:
        body["stream_options"] = {"include_usage": True}
    if asked.tools:
        body["tools"] = asked.tools
    request = urllib.request.Request(
        address.rstrip("/") + "/chat/completions",
        json.dumps(body).encode("ascii"),
        {"authorization": f"Bearer {key}", "content-type": "application/json", "accept": "text/event-stream"},
    )
    handlers: List[urllib.request.BaseHandler] = [_NoRedirect()]
    if asked.provider == "fake":
        handlers.append(urllib.request.ProxyHandler({}))
    with urllib.request.build_opener(*handlers).open(request, timeout=PATIENCE) as response:
        for line in response:
            data = line.strip()
            if data.startswith(b"data:") and data[5:].strip() != b"[DONE]":
                yield json.loads(data[5:])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follow nothing: the key is for the one address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None
