"""From a request to the function that answers it, bare or under /api, /api/v1, /api/v2, /v1/platform and the like.

Who may ask: a program with a key that begins `lsv2_fake` or `sk-fake`, or with none (the SDK without a key sends no
header); any other key is refused, so that a real one is noticed before it travels further. With a password it is the
key, behind `lsv2_fake_` or alone; only what was shared, an attachment's signed address and a feedback token do without
one. Keys are looked at and forgotten. A web page that leads a browser here is kept out by its Origin and by the Host it
used.
"""

from __future__ import annotations

import base64
import sqlite3
import sys
import traceback
from typing import Callable, Dict, List, Optional, Tuple, Union
from urllib.parse import parse_qs, unquote, urlsplit

from ..control.api import is_loopback
from ..serving.http11 import Answer, Request
from . import api_data, api_datasets, api_examples, api_runs, api_second, api_shares, calls
from .calls import Call, Reply
from .database import Refused
from .door import Door, Shut
from .filters import BadFilter
from .store import Store

__all__ = ["API", "answer", "is_api", "let_in", "may_be_api", "password_of"]

KEYS = ("lsv2_fake", "sk-fake")
_BEHIND = "lsv2_fake_"  # what stands before a password that is a key
_BEFORE = ("api", "v1", "v2", "platform")
# What sqlite3 says of a value that no column can hold: an object, a number of 20 digits, half a surrogate pair.
_UNFIT = (sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError, UnicodeEncodeError)
# What LangSmith has and this server has not: the first word of its path, and what to say.
_PROMPTS = "prompts, agents and skills are not kept here; keep them in files, and trace their use"
_ABSENT = {
    "annotation-queues": "there are no annotation queues here; give feedback on the runs, or add them to a dataset",
    "feedback-configs": "feedback keys have no configuration here; any key takes any score and value",
    "otel": "spans of OpenTelemetry are not taken here; leave LANGSMITH_OTEL_ENABLED unset, and runs are sent",
    "threads": 'there are no lists of threads here; query runs with the filter eq(thread_id, "…")',
    **dict.fromkeys(("repos", "commits", "likes", "hub", "settings", "prompts", "prompt-webhooks", "agents"), _PROMPTS),
    **dict.fromkeys(("issues", "workspaces", "fleet", "sandboxes", "evaluators", "insights", "charts"),
                    "only traces, feedback, datasets, experiments and sharing are here"),
}  # fmt: skip
# What sqlite3 says when it is the file's fault. 503 is for the client to try again, the others are not.
_FILE = (
    (507, ("is full", "disk I/O"), "the disk takes no more"),
    (503, ("is locked", "busy"), "another program holds the file"),
    (507, ("readonly", "unable to open"), "the file cannot be written any more"),
)
Handler = Callable[[Call], Union[Reply, Answer]]
_ROUTES: Dict[Tuple[str, str], Handler] = {
    **api_runs.ROUTES, **api_shares.ROUTES, **api_data.ROUTES, **api_datasets.ROUTES, **api_examples.ROUTES,
    **api_second.ROUTES,
}  # fmt: skip
_FIRST = frozenset(path.partition("/")[0] for _, path in _ROUTES)
API = frozenset((*_BEFORE, *_FIRST, *_ABSENT))
_SHAPES = {path for _, path in _ROUTES}


def is_api(path: str) -> bool:
    """Tell whether the API has a path, by some method."""
    return _shape(path)[0] in _SHAPES


def may_be_api(path: str) -> bool:
    """Tell whether a path that nobody has is better refused by the API: a program asked for it."""
    return path[1:].partition("/")[0] in API


def answer(
    request: Request, store: Store, door: Optional[Door] = None, address: Callable[[], str] = lambda: ""
) -> Answer:
    """Answer a request to the API; with a door, keys that do not say its password are refused.

    `address` gives the network address of who asks.
    """
    try:
        _check_key(request, store, door, address)
        return calls.answer(_called(request, store))
    except Shut as problem:
        refusal = calls.error(problem.status, str(problem))
        refusal.headers = [*refusal.headers, ("retry-after", str(problem.wait))]
        return refusal
    except Refused as problem:
        return calls.error(problem.status, str(problem))
    except BadFilter as problem:
        return calls.error(400, f"Invalid filter: {problem}")
    except sqlite3.OperationalError as problem:
        return _not_now(problem)
    except _UNFIT as problem:
        return calls.error(422, f"a value is of a kind that does not belong there: {problem}")
    except Exception as problem:
        traceback.print_exc()
        return calls.error(500, f"{type(problem).__name__} while answering; the traceback is on stderr")


def _not_now(problem: sqlite3.OperationalError) -> Answer:
    """Tell that the file cannot take it or give it: the disk is full, another program holds the file, it is broken."""
    told = str(problem)
    for status, words, why in _FILE:
        if any(word in told for word in words):
            print(f"fakes: {why} ({told})", file=sys.stderr, flush=True)
            return calls.error(status, f"nothing of this request was stored: {why} ({told})")
    traceback.print_exc()
    return calls.error(500, f"OperationalError while answering ({told}); the traceback is on stderr")


def let_in(request: Request, host: str) -> Optional[Answer]:
    """Give the refusal of a request that did not come by a name of this server, or came from a web page elsewhere."""
    said = request.headers.get("host", "")
    if not is_loopback(said) and _named(said) != host.lower() and host not in ("0.0.0.0", "::"):
        return calls.error(421, "this server answers to a loopback name, or to the address it was told to listen on")
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != said:
        return calls.error(403, "requests of web pages from elsewhere are not taken")
    return None


def _named(host: str) -> Optional[str]:
    try:
        return urlsplit("//" + host).hostname
    except ValueError:  # "[" and the like
        return None


def _called(request: Request, store: Store) -> Union[Reply, Answer]:
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Refused(415, "compressed bodies are not read; /info does not offer them")
    path, ids, v2 = _shape(request.path)
    asked = ("GET" if request.method == "HEAD" else request.method, path)
    handler = (api_second.SECOND.get(asked) if v2 else None) or _ROUTES.get(asked)
    if handler is None:
        if path in _SHAPES:
            allowed = ", ".join(sorted(method for method, shape in _ROUTES if shape == path))
            raise Refused(405, f"Method Not Allowed; there is {allowed}")
        word = next((word for word in path.split("/") if word in _ABSENT), None)
        if word is not None and path.partition("/")[0] not in _FIRST:
            told = f"{request.method} {request.path[:200]}: {_ABSENT[word]}"
            # OpenTelemetry's exporter tries again what was answered with 501, and holds the program's end up by it.
            if request.method == "GET" or word == "otel":
                raise Refused(404, f"Not Found: {told}")
            raise Refused(501, f"Not there: {told}")
        raise Refused(404, f"Not Found: {request.method} {request.path[:200]}")
    return handler(Call(request, store, ids, v2=v2))


def password_of(request: Request) -> str:
    """Give the password that a browser sent (HTTP Basic, whatever user name), or an empty text."""
    kind, _, said = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(said, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""


def _needs_no_key(request: Request, store: Store) -> bool:
    path, ids, _ = _shape(request.path)
    if path == "attachments/{}":
        try:
            query = {name: values[-1] for name, values in parse_qs(request.query, max_num_fields=50).items()}
        except ValueError:  # too many parameters
            return False
        return store.opens(ids[0], *(query.get(name, "") for name in ("name", "until", "signature")))
    return path == "feedback/tokens/{}" or (path in _SHAPES and path.startswith("public/{}/"))  # the token is the key


def _check_key(request: Request, store: Store, door: Optional[Door], address: Callable[[], str]) -> None:
    if _needs_no_key(request, store):
        return
    key = request.headers.get("x-api-key", "")
    bearer = request.headers.get("authorization", "")
    if not key and bearer[:7].lower() == "bearer ":
        key = bearer[7:].strip()
    if door is not None:  # one guess, not two, is what a key with the prefix makes
        before = key.startswith(_BEHIND * 2 if door.password.startswith(_BEHIND) else _BEHIND)
        if not door.opens([key[len(_BEHIND) :] if before else key, password_of(request)], address):
            raise Refused(401, "this server has a password: the API key is lsv2_fake_ and the password")
    elif key and not key.startswith(KEYS):
        raise Refused(401, f"Invalid token: this server takes keys that begin with {' or '.join(KEYS)}, or none")


def _shape(path: str) -> Tuple[str, List[str], bool]:
    """Give the path as routes write it, the ids in it, and whether it is of version 2."""
    words = [unquote(word) for word in path.strip("/").split("/")]
    v2 = False
    while words and words[0] in _BEFORE:
        v2 = v2 or words[0] == "v2"
        words.pop(0)
    exact = "/".join(words)
    if exact in _SHAPES and "{}" not in words:
        return exact, [], v2
    for places in ((1,), (2,), (1, 3)):  # where a path may have ids
        shaped = "/".join("{}" if place in places else word for place, word in enumerate(words))
        if shaped in _SHAPES and len(words) > places[-1]:
            return shaped, [words[place] for place in places], v2
    return exact, [], v2
