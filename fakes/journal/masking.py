"""Keys out of what is kept: which keys a request carries, in which forms a text may hold them, and texts without them.

A key travels in a header, or in the query; as it is, percent-encoded, escaped as JSON, or inside base64 (Basic
authentication, a nested token). Base64 of a longer text has one of three forms in the place of the key, by where in
the text the key begins. What is shorter than eight characters is no secret: masking every "test" in a journal would
spoil it. The forms of a key are remembered, since every request of a session brings the same one.
"""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import Any, Dict, Iterator, Tuple
from urllib.parse import quote, unquote_plus

from ..serving.http11 import Request

__all__ = [
    "MASK",
    "SECRET_HEADER",
    "Forms",
    "held_in",
    "key_of",
    "keys_of",
    "masked",
    "masked_query",
    "safe_names",
    "without_secrets",
]

MASK = "***"
LEAST = 8  # characters of a secret
KEY_HEADERS = ("x-api-key", "x-goog-api-key", "api-key")
SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|credential|password", re.IGNORECASE)
NO_SECRET = re.compile(r"(?:^|-)idempotency-key$")  # it has "key" in its name and tells one retry from the next
# The names that providers and gateways give to a secret in a query; "pageToken" is none.
SECRET_NAME = re.compile(
    r"(?:.*[_-])?(?:(?:api|access|auth|secret|private|subscription)[_-]?)?(?:key|secret|password|credentials?|signature)"
    r"|(?:(?:access|auth|api|bearer|id|refresh|session)[_-]?)?token|auth|authorization|sig",
    re.IGNORECASE,
)
# What looks like a key in a text of unknown origin.
KEY_LIKE = re.compile(r"(?:sk|pk|fw|tgp|key|gsk)[-_][\w-]{6,}|AIza[\w-]{10,}|(?i:bearer|basic)\s+[^\s'\",;]{8,}")

Forms = Tuple[Tuple[str, ...], Tuple[bytes, ...]]


class _Names(Dict[str, bool]):
    """Name of a header -> whether its value may be kept; learnt as names come."""

    def __missing__(self, name: str) -> bool:
        safe = SECRET_HEADER.search(name) is None or NO_SECRET.search(name) is not None
        if len(self) < 4_096:
            self[name] = safe
        return safe


safe_names = _Names()


def key_of(request: Request) -> str:
    """Give the API key of a request, wherever a provider takes one, or nothing."""
    headers = request.headers
    for name in KEY_HEADERS:
        if headers.get(name):
            return headers[name].strip()
    bearer = headers.get("authorization", "").partition(" ")[2].strip()
    if bearer or not request.query:
        return bearer
    found = re.search(r"(?:^|&)key=([^&]*)", request.query)
    return unquote_plus(found.group(1)) if found else ""


def keys_of(request: Request) -> Forms:
    """Give every form of every secret that a request carries: as texts, and as bytes."""
    get = request.headers.get
    return _forms_of(
        get("authorization"),
        get("x-api-key"),
        get("x-goog-api-key"),
        get("api-key"),
        get("proxy-authorization"),
        request.query,
    )


@lru_cache(maxsize=1_024)
def _forms_of(authorization: Any, one: Any, two: Any, three: Any, proxy: Any, query: str) -> Forms:
    secrets = [text.strip() for text in (one, two, three) if text]
    for text in (authorization, proxy):
        scheme, _, rest = (text or "").partition(" ")
        secrets.append(rest.strip() or scheme)
        if scheme.lower() == "basic":
            secrets += _basic(rest.strip())
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if SECRET_NAME.fullmatch(unquote_plus(name)):
            secrets += [value, unquote_plus(value)]
    found: Dict[str, None] = {}
    for secret in secrets:
        if len(secret) >= LEAST:
            found.update(dict.fromkeys(_forms(secret)))
    texts = tuple(found)
    return texts, tuple(text.encode("utf-8", "replace") for text in texts)


def _basic(encoded: str) -> Tuple[str, ...]:
    """Give what a Basic header holds: user, password and both (RFC 7617)."""
    try:
        pair = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ()
    user, _, password = pair.partition(":")
    return user, password, pair


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    data = secret.encode("utf-8", "replace")
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode("ascii")
        # The characters at both ends also hold bits of what stands beside the key.
        whole = encoded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        if len(whole) >= LEAST:
            yield whole
            yield whole.replace("+", "-").replace("/", "_")


def held_in(body: bytes, keys: Forms, parsed: Any) -> bool:
    """Tell whether a body has a key in it; `parsed` is its JSON, where a key may stand behind escapes."""
    for form in keys[1]:
        if form in body:
            return True
    if b"\\u00" in body or b"\\/" in body:
        return bool(masked(parsed, keys) != parsed)
    return False


def masked(value: Any, keys: Forms) -> Any:
    """Give a text, or any JSON value, without the keys."""
    if isinstance(value, str):
        for form in keys[0]:
            if form in value:
                value = value.replace(form, MASK)
        return value
    if isinstance(value, dict):
        return {masked(name, keys): masked(one, keys) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(one, keys) for one in value]
    return value


def masked_query(query: str, keys: Forms) -> Tuple[str, bool]:
    """Give a query with its secrets masked, and whether there were any."""
    shown = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if value and SECRET_NAME.fullmatch(unquote_plus(name)):
            shown.append(name + equals + MASK)
            continue
        plain = unquote_plus(part)
        shown.append(masked(part if masked(plain, keys) == plain else plain, keys))
    told = "&".join(shown)
    return told, told != query


def without_secrets(text: str) -> str:
    """Mask what looks like a key in a text that came without its request."""
    return KEY_LIKE.sub(MASK, text)
