"""One recorded exchange, and its form as JSON.

Shape (what the recordings of other projects have is a part of it: provider, method, path, body, status, headers,
body):

    {"recording": 1, "provider": "anthropic", "api": "messages",
     "request": {"method": "POST", "path": "/v1/messages", "headers": {name: value}, "body": JSON, "written": style},
     "response": {"status": 200, "headers": {name: value}, "body": text, "framing": "chunked",
                  "chunks": [[seconds, bytes], ...], "head_at": seconds, "ended": "complete", "ended_at": seconds}}

A request's `body` is its JSON value, and `written` says how its bytes are had from it; where no style gives them,
`text` has them, and a body that is no JSON has `text` or `base64` only. An answer's body that is not UTF-8 is
`base64`. Seconds count from the moment the request was whole. Without `chunks` an event stream has one for each event,
any other body has one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..replies.reply import events_of
from ..serving.listener import PROVIDERS
from .canonical import fingerprint

__all__ = ["Recording", "RecordingError", "api_of", "as_json", "from_json"]

VERSION = 1
FRAMINGS = ("length", "chunked", "close")
ENDINGS = ("complete", "cut")
DEEPEST = 100  # levels of a body that is kept as JSON; a deeper one is kept as text
# How JSON libraries write a body: JavaScript's and httpx's way, json.dumps, and both with the other half of the choice.
STYLES: Dict[str, Dict[str, Any]] = {
    "compact": {"ensure_ascii": False, "separators": (",", ":")},
    "spaced": {"ensure_ascii": True},
    "compact ascii": {"ensure_ascii": True, "separators": (",", ":")},
    "spaced unicode": {"ensure_ascii": False},
}
# The end of a path -> what it is called in names of files and in drift; never a client's own words.
APIS = (
    ("/chat/completions", "chat_completions"),
    ("/responses", "responses"),
    ("/messages/count_tokens", "count_tokens"),
    ("/messages", "messages"),
    (":streamGenerateContent", "generate_content"),
    (":generateContent", "generate_content"),
    (":countTokens", "count_tokens"),
    ("/embeddings", "embeddings"),
    ("/models", "models"),
)
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class RecordingError(ValueError):
    """A file that is no recording, or a folder of none; the message names file and field."""


class Recording(NamedTuple):
    """One exchange. `path` is without the provider's prefix and has the query; `chunks` are (seconds, bytes).

    `framing` is "length", "chunked" or "close" (the end of the connection ended the body); `ended` is "complete", or
    "cut" when the provider left bytes owing, of which there were `owing` if it had said how many.
    """

    name: str
    provider: str
    method: str
    path: str
    request_headers: Dict[str, str]
    request_body: bytes
    status: int
    headers: Tuple[Tuple[str, str], ...]
    chunks: Tuple[Tuple[float, bytes], ...]
    framing: str = "length"
    head_at: float = 0.0
    ended: str = "complete"
    ended_at: float = 0.0
    owing: int = 0

    @property
    def body(self) -> bytes:
        """The whole body of the answer."""
        return b"".join(data for _, data in self.chunks)

    @property
    def api(self) -> str:
        """What was asked for, such as "messages"; "other" for what is not known."""
        return api_of(self.path)

    @property
    def fingerprint(self) -> str:
        """The hash of the request."""
        content_type = self.request_headers.get("content-type", "")
        return fingerprint(self.method, self.path, self.request_body, content_type)


def api_of(path: str) -> str:
    """Name what a path asks for."""
    bare = path.partition("?")[0]
    return next((name for end, name in APIS if bare.endswith(end)), "other")


def from_json(name: str, value: Any) -> Recording:
    """Read a recording from its JSON value; `name` is what it is called.

    Raises: RecordingError, which names the field.
    """
    version = _get({"": value}, "", dict, "").get("recording", VERSION)
    if version != VERSION:
        raise RecordingError(f"recording: this reads version {VERSION}, not {version!r}")
    provider = _get(value, "provider", str)
    if provider not in PROVIDERS.values():
        raise RecordingError(f"provider: is one of {', '.join(sorted(set(PROVIDERS.values())))}, not {provider!r}")
    asked, told = _get(value, "request", dict), _get(value, "response", dict)
    method, path = _get(asked, "method", str, "request."), _get(asked, "path", str, "request.")
    if not path.startswith("/"):
        raise RecordingError(f"request.path: begins with a slash, not {path!r}")
    status = _get(told, "status", int, "response.")
    if isinstance(status, bool) or not 200 <= status <= 599:
        raise RecordingError(f"response.status: is a status from 200 to 599, not {status!r}")
    headers = _headers(told, "response.")
    streamed = headers.get("content-type", "").startswith("text/event-stream")
    chunks = _chunks(told, _bytes(told, "response.", "body"), streamed=streamed)
    framing = _choice(told, "framing", FRAMINGS, "chunked" if streamed else "length")
    head_at = _seconds(told.get("head_at", 0.0), "response.head_at")
    last = max([head_at, *[at for at, _ in chunks]])
    ended_at = _seconds(told.get("ended_at", last), "response.ended_at")
    times = [head_at, *[at for at, _ in chunks], ended_at]
    if times != sorted(times):
        raise RecordingError("response.chunks: the seconds of head_at, chunks and ended_at do not increase")
    owing = told.get("owing", 0)
    if isinstance(owing, bool) or not isinstance(owing, int) or owing < 0:
        raise RecordingError(f"response.owing: is a number of bytes, not {owing!r}")
    return Recording(
        name,
        provider,
        method,
        path,
        _headers(asked, "request."),
        _asked_body(asked),
        status,
        tuple(headers.items()),
        tuple(chunks),
        framing,
        head_at,
        _choice(told, "ended", ENDINGS, "complete"),
        ended_at,
        owing,
    )


def as_json(recording: Recording) -> Dict[str, Any]:
    """Give a recording as a JSON value."""
    body = recording.body
    return {
        "recording": VERSION,
        "provider": recording.provider,
        "api": recording.api,
        "request": {
            "method": recording.method,
            "path": recording.path,
            "headers": recording.request_headers,
            **_asked_as_json(recording.request_body),
        },
        "response": {
            "status": recording.status,
            "headers": dict(recording.headers),
            **_told_as_json(body, "body"),
            "framing": recording.framing,
            "chunks": [[round(at, 6), len(data)] for at, data in recording.chunks],
            "head_at": round(recording.head_at, 6),
            "ended": recording.ended,
            "ended_at": round(recording.ended_at, 6),
            **({"owing": recording.owing} if recording.owing else {}),
        },
    }


def _get(value: Any, field: str, kind: type, where: str = "") -> Any:
    found = value.get(field)
    if not isinstance(found, kind):
        words = {dict: "a JSON object", str: "a text", int: "a whole number", list: "a list"}[kind]
        raise RecordingError(f"{where}{field or 'the file'}: must be {words}, not {type(found).__name__}")
    return found


def _choice(value: Any, field: str, among: Sequence[str], usual: str) -> str:
    found = value.get(field, usual)
    if found not in among:
        raise RecordingError(f"response.{field}: is one of {', '.join(among)}, not {found!r}")
    return str(found)


def _seconds(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise RecordingError(f"{where}: is a number of seconds from 0, not {value!r}")
    return float(value)


def _headers(value: Any, where: str) -> Dict[str, str]:
    found = {}
    for name, text in _get(value, "headers", dict, where).items():
        if not isinstance(text, str) or not HEADER.fullmatch(name) or not VALUE.fullmatch(text):
            raise RecordingError(f"{where}headers: {name!r} is no header with a text")
        found[name.lower()] = text
    return found


def _bytes(value: Any, where: str, field: str) -> bytes:
    """Give the bytes of `field` (a text), or of `base64`."""
    if "base64" not in value:
        text: str = _get(value, field, str, where)
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:
            raise RecordingError(f"{where}{field}: has half a surrogate pair, which no UTF-8 has") from None
    try:
        return base64.b64decode(_get(value, "base64", str, where), validate=True)
    except binascii.Error as problem:
        raise RecordingError(f"{where}base64: {problem}") from None


def _chunks(told: Any, body: bytes, *, streamed: bool) -> List[Tuple[float, bytes]]:
    if "chunks" not in told:
        pieces = events_of(body) if streamed else [body] if body else []
        at = _seconds(told.get("head_at", 0.0), "response.head_at")
        return [(at, piece) for piece in pieces]
    found, place = [], 0
    for row in _get(told, "chunks", list, "response."):
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], int) or isinstance(row[1], bool):
            raise RecordingError(f"response.chunks: has rows of seconds and bytes, not {row!r}")
        if row[1] < 1:
            raise RecordingError("response.chunks: a chunk has at least one byte")
        found.append((_seconds(row[0], "response.chunks"), body[place : place + row[1]]))
        place += row[1]
    if place != len(body):
        raise RecordingError(
            f"response.chunks: add up to {place} bytes, the body has {len(body)}; leave chunks out of an edited file"
        )
    return found


def _asked_body(asked: Any) -> bytes:
    if "body" not in asked:
        return _bytes(asked, "request.", "text") if "text" in asked or "base64" in asked else b""
    written = asked.get("written", "compact")
    if written not in STYLES:
        raise RecordingError(f"request.written: is one of {', '.join(STYLES)}, not {written!r}")
    if "text" in asked:
        data = _bytes({"text": asked["text"]}, "request.", "text")
        if _parsed(data) != (asked["body"],):
            raise RecordingError("request.text: says something else than request.body; leave it out of an edited file")
        return data
    try:
        return json.dumps(asked["body"], **STYLES[written]).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(asked["body"]).encode("ascii")


def _parsed(data: bytes) -> Optional[Tuple[Any]]:
    """Give the value of JSON in a tuple of its own, or None."""
    try:
        return (json.loads(data.decode("utf-8")),)
    except (ValueError, RecursionError):
        return None


def _asked_as_json(body: bytes) -> Dict[str, Any]:
    parsed = _parsed(body)
    if parsed is None or _deep(parsed[0]):
        return _told_as_json(body, "text") if body else {}
    for name, style in STYLES.items():
        if json.dumps(parsed[0], **style).encode("utf-8", "surrogatepass") == body:
            return {"body": parsed[0], "written": name}
    return {"body": parsed[0], "text": body.decode("utf-8")}


def _deep(value: Any) -> bool:
    """Tell whether a value is nested so deeply that writing it could overrun the stack."""
    level = [value]
    for _ in range(DEEPEST):
        nested = [one for one in level if isinstance(one, (dict, list))]
        level = [inner for one in nested for inner in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return False
    return True


def _told_as_json(body: bytes, field: str) -> Dict[str, Any]:
    try:
        return {field: body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}
