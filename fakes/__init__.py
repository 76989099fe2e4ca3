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
    from .script import Script
    from .script_file import ScriptError
    from .templates import template
    from .reply import Ask, Error, RedactedThinking, Refusal, Reply, Text, Thinking, ToolCall, Usage
    from .server import Server, serve

__all__ = [
    "Ask", "Error", "Exchange", "Fault", "Pace", "Quota", "RedactedThinking", "Refusal", "Reply", "Script",
    "ScriptError", "Server", "Text", "Thinking", "ToolCall", "Usage", "serve", "template",
]  # fmt: skip

_HOMES = {
    "serve": "server",
    "Server": "server",
    "Ask": "reply",
    "Error": "reply",
    "Exchange": "journal",
    "Fault": "faults",
    "Pace": "pace",
    "Script": "script",
    "ScriptError": "script_file",
    "template": "templates",
    "Quota": "quotas",
    "Reply": "reply",
    "Text": "reply",
    "Thinking": "reply",
    "RedactedThinking": "reply",
    "ToolCall": "reply",
    "Refusal": "reply",
    "Usage": "reply",
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
