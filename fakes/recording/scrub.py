"""What is masked before anything is kept: headers by a list of those allowed, keys in a URL, secrets in a body.

A header that is not on the list is not kept, so a key in a header cannot be stored whatever the header is called. In
bodies the request's own key is masked wherever it occurs (plain, URL-encoded, in base64 at any alignment), then
whatever looks like a key, then the caller's own patterns. A body is scrubbed as a whole and its split points are moved
along, so a secret that lies across two chunks is found. The mask is of one length for all: whoever asks again with
another key asks for the same recording.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Dict, Iterable, List, Pattern, Sequence, Set, Tuple
from urllib.parse import quote, quote_plus, unquote_plus

from ..journal.exchanges import key_of
from ..serving.http11 import Request

__all__ = ["MASK", "EMAILS", "Scrubber", "allowed_request", "allowed_response", "is_secret_name", "secrets_of"]

MASK = "***"
SHORTEST = 8  # characters of a key that is looked for in bodies; a shorter one would be found in ordinary words
MOST_SECRETS = 200  # that are remembered; some clients send a new token with every request
REQUEST_HEADERS = frozenset("accept anthropic-beta anthropic-version content-type openai-beta".split())
# What providers tell about an answer. Not here: set-cookie, and what names an organisation or project.
RESPONSE_HEADERS = frozenset(
    """cache-control content-language content-type date mistral-correlation-id openai-model openai-processing-ms
    openai-version request-id retry-after retry-after-ms server server-timing vary x-api-call-end x-api-call-start
    x-api-received x-content-type-options x-envoy-upstream-service-time x-inference-time x-inference-version
    x-kong-proxy-latency x-kong-request-id x-kong-upstream-latency x-max-retry-attempts-reached x-ratelimit
    x-request-id x-should-retry""".split()
)
RESPONSE_PREFIXES = (
    "anthropic-fast-", "anthropic-input-tokens-", "anthropic-output-tokens-", "anthropic-ratelimit-",
    "anthropic-priority-", "fireworks-", "ratelimit-", "ratelimitbysize-", "x-ratelimit-", "x-ratelimitbysize-",
)  # fmt: skip
SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|credential|password|signature", re.IGNORECASE)
EMAILS = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
NAMED = {"emails": EMAILS}
# Shapes of keys, as the issuers and the public secret scanners describe them, each with what it cannot be without (in
# lower case): to look for that first is many times faster. A shape is bounded on the left, so that no stretch of a
# picture's base64 is taken for one; the end of an escape in JSON (a line break before the key) is no letter.
_LEFT = r"(?:(?<![A-Za-z0-9_+/-])|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
_KEYS = (
    ("sk-", r"sk-[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic and many others
    ("fw_|fpk_", r"(?:fw|fpk)_[A-Za-z0-9_-]{16,}"),  # Fireworks
    ("tgp_v1_", r"tgp_v1_[A-Za-z0-9_-]{16,}"),  # Together
    ("gsk_|hf_|r8_|xai-|pplx-", r"(?:gsk_|hf_|r8_|xai-|pplx-)[A-Za-z0-9_-]{16,}"),
    ("aiza", r"AIza[A-Za-z0-9_-]{35}"),  # Google
    ("ya29.", r"ya29\.[A-Za-z0-9_-]{16,}"),
    ("akia|asia", r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),  # AWS
    ("gho_|ghp_|ghr_|ghs_|ghu_", r"gh[oprsu]_[A-Za-z0-9]{30,}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{30,}"),
    ("xox", r"xox[abprs]-[A-Za-z0-9-]{10,}"),
    ("eyj", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),  # a JSON web token
    ("bearer ", r"(?i:bearer) (?P<only>[A-Za-z0-9._~+/=-]{8,})"),
)
_OTHERS = (
    ("access", r"(?i)aws_?secret_?access_?key[\\\"']*\s*[:=]\s*[\\\"']*(?P<only>[A-Za-z0-9/+]{40})"),
    ("private key", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"),
)
SHAPES = tuple(
    (tuple(needs.split("|")), re.compile(shape))
    for needs, shape in (*((needs, _LEFT + shape) for needs, shape in _KEYS), *_OTHERS)
)


def is_secret_name(name: str) -> bool:
    """Tell whether a header or a part of a query is called what secrets are called."""
    return SECRET_NAME.search(name) is not None


def allowed_request(headers: Dict[str, str]) -> Dict[str, str]:
    """Give the headers of a request that may be kept."""
    return {name: value for name, value in headers.items() if name in REQUEST_HEADERS}


def allowed_response(headers: Iterable[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """Give the headers of an answer that may be kept, with lower-case names."""
    lowered = [(name.lower(), value) for name, value in headers]
    return [row for row in lowered if row[0] in RESPONSE_HEADERS or row[0].startswith(RESPONSE_PREFIXES)]


def secrets_of(request: Request) -> Set[str]:
    """Give every secret that a request tells beside its body: keys in headers, in cookies and in the query."""
    found = {key_of(request)}
    for name, value in request.headers.items():
        if is_secret_name(name):
            scheme, _, rest = value.partition(" ")
            found |= {value, rest if scheme.lower() in ("basic", "bearer", "token") else value}
            found |= {pair.partition("=")[2].strip() for pair in value.split(";")} if name == "cookie" else set()
    for pair in request.query.split("&"):
        name, _, value = pair.partition("=")
        if is_secret_name(unquote_plus(name)):
            found |= {value, unquote_plus(value)}
    return {secret for secret in found if len(secret) >= SHORTEST}


def forms_of(secret: str) -> Set[str]:
    """Give the ways in which a secret may be written: plain, in JSON, URL-encoded, in base64 at each alignment."""
    forms = {secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), quote(secret, safe=""), quote_plus(secret)}
    data = secret.encode("utf-8", "surrogateescape")
    for shift in range(3):
        # Whole groups of three bytes that belong to the secret alone look the same whatever stands around them.
        inner = data[-shift % 3 :] if shift else data
        inner = inner[: len(inner) // 3 * 3]
        if len(inner) >= 6:
            coded = base64.b64encode(inner).decode("ascii")
            forms |= {coded, coded.replace("+", "-").replace("/", "_"), coded.replace("/", "\\/")}
    return forms


class Scrubber:
    """Patterns, and the secrets that were seen so far. `extra` are regular expressions, or the word "emails"."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._forms: Dict[str, Set[str]] = {}  # of each secret, the one seen last at the end
        self._extra: List[Pattern[str]] = []
        for one in extra:
            try:
                pattern = re.compile(NAMED.get(one, one))
            except re.error as problem:
                raise ValueError(f"scrub: {one!r} is no regular expression: {problem}") from None
            if pattern.search("") is not None:
                raise ValueError(f"scrub: {one!r} fits the empty text")
            self._extra.append(pattern)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these from now on; of very many the ones seen longest ago are forgotten."""
        for secret in sorted(secrets):
            self._forms[secret] = self._forms.pop(secret, set()) or forms_of(secret)
        while len(self._forms) > MOST_SECRETS:
            del self._forms[next(iter(self._forms))]

    def text(self, text: str) -> str:
        """Give a text with its secrets masked."""
        for pattern in self._patterns(text):
            text = pattern.sub(_masked, text)
        return text

    def target(self, target: str) -> str:
        """Give a path and query with its keys masked."""
        path, mark, query = target.partition("?")
        pairs = [
            f"{name}={MASK}" if equals and is_secret_name(unquote_plus(name)) else name + equals + value
            for name, equals, value in (pair.partition("=") for pair in query.split("&"))
        ]
        return self.text(path + mark + "&".join(pairs))

    def headers(self, headers: Iterable[Tuple[str, str]]) -> List[Tuple[str, str]]:
        """Give headers with the secrets in their values masked."""
        return [(name, self.text(value)) for name, value in headers]

    def body(self, body: bytes) -> bytes:
        """Give a body with its secrets masked; one that hides them behind escapes of JSON is written anew."""
        scrubbed = self.chunks([body])[0] if body else body
        try:
            plain = json.dumps(json.loads(scrubbed.decode("utf-8")), ensure_ascii=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            return scrubbed
        masked = self.text(plain)
        return scrubbed if masked == plain else masked.encode("utf-8", "surrogatepass")

    def chunks(self, chunks: Sequence[bytes]) -> List[bytes]:
        """Give the chunks of one body with its secrets masked, found across their borders too.

        There are as many as before; a border inside a secret comes to lie inside its mask, or behind it.
        """
        sizes = [len(chunk) for chunk in chunks]
        body = b"".join(chunks)
        for pattern in self._patterns(body.decode("utf-8", "surrogateescape")):
            body, sizes = _replaced(pattern, body, sizes)
        found, place = [], 0
        for size in sizes:
            found.append(body[place : place + size])
            place += size
        return found

    def knows(self, text: str) -> bool:
        """Tell whether one of the secrets that were learnt is in a text."""
        return bool(self._found(text))

    def _found(self, text: str) -> List[str]:
        """Give the spellings of known secrets that are in a text, the longest first."""
        found = {form for forms in self._forms.values() for form in forms if form in text}
        return sorted(found, key=lambda one: (-len(one), one))

    def _patterns(self, text: str) -> List[Pattern[str]]:
        """Give the patterns that may find something in a text, in the order in which they act."""
        own, lowered = self._found(text), text.lower()
        shapes = [pattern for needs, pattern in SHAPES if any(one in lowered for one in needs)]
        return [*([re.compile("|".join(map(re.escape, own)))] if own else []), *shapes, *self._extra]


def _span(found: Any) -> Tuple[int, int]:
    """Give the part of a match that is the secret."""
    span: Tuple[int, int] = found.span("only" if "only" in found.re.groupindex else 0)
    return span


def _masked(found: Any) -> str:
    whole: str = found.group()
    first, last = _span(found)
    return whole[: first - found.start()] + MASK + whole[last - found.start() :]


def _replaced(pattern: Pattern[str], body: bytes, sizes: List[int]) -> Tuple[bytes, List[int]]:
    """Mask what a pattern finds, and move the ends of the chunks along."""
    text = body.decode("utf-8", "surrogateescape")
    # Offsets of characters are those of bytes unless there are others than ASCII; then the text before is measured.
    wide = len(text) != len(body)
    spans = []
    for found in pattern.finditer(text):
        first, last = _span(found)
        if first == last:
            continue
        if wide:
            size = len(text[first:last].encode("utf-8", "surrogateescape"))
            first = len(text[:first].encode("utf-8", "surrogateescape"))
            last = first + size
        spans.append((first, last))
    if not spans:
        return body, sizes
    pieces, place = [], 0
    for first, last in spans:
        pieces += [body[place:first], MASK.encode()]
        place = last
    ends, total = [], 0
    for size in sizes:
        total += size
        ends.append(_moved(total, spans))
    return b"".join([*pieces, body[place:]]), [end - start for start, end in zip([0, *ends], ends)]


def _moved(place: int, spans: List[Tuple[int, int]]) -> int:
    """Tell where an offset lies once the spans before it are masks."""
    shift = 0
    for first, last in spans:
        if place <= first:
            break
        if place < last:
            return first + shift + min(place - first, len(MASK))
        shift += len(MASK) - (last - first)
    return place + shift
