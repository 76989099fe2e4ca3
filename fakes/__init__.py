"""A fake provider server: the wire of the real APIs, on a free loopback port, offline and the same on every run.

The rooms: `replies` (what is said, in neutral words; a model's name -> a reply), `scripting` (rules: which reply to
which request), a folder for each provider (`openai` and so on: `checks` judges a request, `writer` writes a reply as
that provider's frames, in literal JSON, `api` routes), `serving` (bytes <-> requests and answers, what a fault makes of
them, the only sockets), `journal` (what was asked and answered), `verdict` (how the client behaved), `control` (the
server's own API), `recording` (real traffic, kept and replayed); `langsmith` (a server of its own: traces kept, read
and looked at). On top: `session` (one test's own corner), `faults`,
`pace`, `quotas`, `clock`, `server` and `handle` (the ways in from Python), `cli`.

Nothing here imports a client library: a fake that shared code with its client would share its misreadings. The
providers share no code either but the reply and the frame writer: each folder is the specimen of one wire.

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
    from .journal.exchanges import Exchange
    from .pace import Pace
    from .quotas import Quota
    from .recording.exchange import RecordingError
    from .recording.record import RecordingProxy, record
    from .recording.replay import Replay, replay
    from .replies.reply import Ask, Error, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
    from .scripting.file import ScriptError
    from .scripting.script import Script
    from .scripting.templates import template
    from .server import Server, serve
    from .sweeping import Sweep, asweep, sweep
    from .verdict.judge import Finding, Verdict

__all__ = [
    "Ask", "Error", "Exchange", "Fault", "Finding", "Pace", "Quota", "RecordingError", "RecordingProxy",
    "RedactedThinking", "Refusal", "Replay", "Reply", "Script", "ScriptError", "Server", "Sweep", "Text",
    "Thinking", "ToolCall", "Usage", "Verdict", "asweep", "record", "replay", "serve", "sweep", "template",
]  # fmt: skip

_HOMES = {
    "Ask": "replies.reply",
    "Error": "replies.reply",
    "Exchange": "journal.exchanges",
    "Fault": "faults",
    "Finding": "verdict.judge",
    "Pace": "pace",
    "Quota": "quotas",
    "RecordingError": "recording.exchange",
    "RecordingProxy": "recording.record",
    "RedactedThinking": "replies.reply",
    "Refusal": "replies.reply",
    "Replay": "recording.replay",
    "Reply": "replies.reply",
    "Script": "scripting.script",
    "ScriptError": "scripting.file",
    "Server": "server",
    "Sweep": "sweeping",
    "Text": "replies.reply",
    "Thinking": "replies.reply",
    "ToolCall": "replies.reply",
    "Usage": "replies.reply",
    "Verdict": "verdict.judge",
    "record": "recording.record",
    "replay": "recording.replay",
    "serve": "server",
    "asweep": "sweeping",
    "sweep": "sweeping",
    "template": "scripting.templates",
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
