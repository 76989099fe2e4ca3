"""A fake provider server: the wire of the real APIs, on a free loopback port, offline and the same on every run.

Reading order: `behaviours` (model name -> neutral reply), then a provider's folder, as `openai`: `writer` (reply ->
that provider's frames, as literal JSON), `checks` (what that provider refuses, and in which words), `api` (routes and
keys); `http11` (bytes <-> requests and answers, no socket), `listener` (the only sockets), `server` (the way in from
Python). Nothing here imports a client library: a fake that shared code with its client would share its misreadings.
The providers share no code either but the reply and the frame writer: each folder is the specimen of one wire.

>>> import fakes
>>> with fakes.serve() as server:                              # doctest: +SKIP
...     print(server.url("openai"))
http://127.0.0.1:40123/openai/v1
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .faults import Fault
    from .journal import Exchange
    from .pace import Pace
    from .quotas import Quota
    from .recording.exchange import RecordingError
    from .recording.record import record, RecordingProxy
    from .recording.replay import Replay, replay
    from .reply import Ask, Error, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
    from .script import Script
    from .script_file import ScriptError
    from .server import serve, Server
    from .sweeping import Sweep, sweep
    from .templates import template
    from .verdict import Finding, Verdict

__all__ = [
    "Ask", "Error", "Exchange", "Fault", "Finding", "Pace", "Quota", "RecordingError", "RecordingProxy",
    "RedactedThinking", "Refusal", "Replay", "Reply", "Script", "ScriptError", "Server", "Sweep", "Text",
    "Thinking", "ToolCall", "Usage", "Verdict", "record", "replay", "serve", "sweep", "template",
]  # fmt: skip

_HOMES = {
    "Ask": "reply",
    "Error": "reply",
    "Exchange": "journal",
    "Fault": "faults",
    "Finding": "verdict",
    "Pace": "pace",
    "Quota": "quotas",
    "RecordingError": "recording.exchange",
    "RecordingProxy": "recording.record",
    "RedactedThinking": "reply",
    "Refusal": "reply",
    "Replay": "recording.replay",
    "Reply": "reply",
    "Script": "script",
    "ScriptError": "script_file",
    "Server": "server",
    "Sweep": "sweeping",
    "Text": "reply",
    "Thinking": "reply",
    "ToolCall": "reply",
    "Usage": "reply",
    "Verdict": "verdict",
    "record": "recording.record",
    "replay": "recording.replay",
    "serve": "server",
    "sweep": "sweeping",
    "template": "templates",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562), so that importing the package starts nothing."""
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module("." + home, __name__), name)
    globals()[name] = value
    return value
