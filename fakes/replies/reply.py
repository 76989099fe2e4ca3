"""The neutral reply that a test scripts and each provider module renders, and the neutral question it answers.

A `Reply` is a list of parts in order, an `Error` a refusal; nothing in them belongs to one provider, but for `raw`
bytes. `Ask` is what a rule may look at, filled in by the provider module from its own request. Cutting a reply to
`max_tokens` and at stop sequences happens here, once, because it means the same everywhere.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ..faults import Fault, checked
from ..pace import Pace
from ..quotas import Limits
from ..serving.http11 import Request
from . import tokens

__all__ = [
    "Ask", "Error", "Part", "RedactedThinking", "Refusal", "Reply", "Text", "Thinking", "Tool", "ToolCall", "Usage",
    "events_of",
]  # fmt: skip


class Text(NamedTuple):
    """One streamed piece of the answer's text."""

    text: str


class Refusal(NamedTuple):
    """One streamed piece of a refusal."""

    text: str


class Thinking(NamedTuple):
    """One streamed piece of the model's thoughts. Pieces that follow each other are one thought, signed by the last."""

    text: str
    signature: Optional[str] = None


class RedactedThinking(NamedTuple):
    """A thought that is sent encrypted only; `data` is the cipher text."""

    data: str


class ToolCall(NamedTuple):
    """A call of a tool; `id` is made up when it is None.

    `arguments` is a dict, or the JSON text itself (or what is none, as models write it); a reply has it as text, which
    is streamed in token-sized pieces.
    """

    name: str
    arguments: Any
    id: Optional[str] = None


Part = Union[Text, Refusal, Thinking, RedactedThinking, ToolCall]
PARTS = (Text, Refusal, Thinking, RedactedThinking, ToolCall)
FINISHES = ("stop", "length", "tool_calls", "content_filter", "blocked")


class Usage(NamedTuple):
    """Token counts. `input` has everything that was read, `output` everything that was written.

    `reasoning` is the part of `output` that is not shown (None: nothing but totals is told), `cache_read` and
    `cache_creation` the parts of `input` that came from the provider's cache or went into it.
    """

    input: int
    output: int
    reasoning: Optional[int] = 0
    cache_read: int = 0
    cache_creation: int = 0

    def checked(self, where: str = "usage") -> "Usage":
        """Give itself.

        Raises: ValueError that names the field which is no number of tokens.
        """
        for name, value in zip(self._fields, self):
            if value is None and name == "reasoning":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{where}.{name} is a whole number from 0, not {value!r}")
        return self


class Reply:
    """An answer in neutral words.

    `parts` are the streamed pieces in order, or a text. `finish` is "stop", "length", "tool_calls", "content_filter"
    (the answer was stopped by a filter) or "blocked" (the prompt was, so there is no answer); each provider has its
    own word. `usage` is counted when it is None. `raw` gives the bytes to send instead, by provider (or "responses"
    for that API of OpenAI's). `faults` and `pace` act on this reply alone.

    Raises: TypeError for a part, usage, fault or pace that is none; ValueError for an unknown finish, or counts that
    are none.
    """

    __slots__ = ("parts", "finish", "usage", "raw", "faults", "pace")

    def __init__(
        self,
        parts: Union[str, Sequence[Part]] = (),
        *,
        finish: Optional[str] = None,
        usage: Optional[Usage] = None,
        raw: Optional[Mapping[str, Union[str, bytes]]] = None,
        faults: Sequence[Fault] = (),
        pace: Optional[Pace] = None,
    ) -> None:
        if isinstance(parts, PARTS) or not isinstance(parts, Iterable):
            raise TypeError(f"parts: takes a text or a list of parts, not {parts!r:.80}")
        self.parts: List[Part] = (
            [Text(piece) for piece in tokens.split(parts)] if isinstance(parts, str) else [_checked(one) for one in parts]
        )
        calls = any(isinstance(part, ToolCall) for part in self.parts)
        self.finish = finish or ("tool_calls" if calls else "stop")
        if self.finish not in FINISHES:
            raise ValueError(f"finish is one of {', '.join(FINISHES)}, not {finish!r}")
        if usage is not None and not isinstance(usage, Usage):
            raise TypeError(f"usage takes Usage(input, output), not {type(usage).__name__}")
        self.usage = usage.checked() if usage is not None else None
        self.raw: Dict[str, bytes] = {}
        for name, sent in (raw or {}).items():
            self.raw[name] = sent.encode("utf-8") if isinstance(sent, str) else bytes(sent)
        self.faults = checked(faults)
        if pace is not None and not isinstance(pace, Pace):
            raise TypeError(f"pace takes Pace, not {type(pace).__name__}")
        self.pace = pace.checked() if pace else None

    @classmethod
    def of(cls, text: str) -> "Reply":
        """Make a reply of a text, in token-sized pieces."""
        return cls(text)

    @property
    def spoken(self) -> List[str]:
        """The pieces of the text."""
        return [part.text for part in self.parts if isinstance(part, Text)]

    @property
    def text(self) -> str:
        return "".join(self.spoken)

    @property
    def refusal(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Refusal))

    @property
    def thoughts(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Thinking))

    @property
    def calls(self) -> List[ToolCall]:
        return [part for part in self.parts if isinstance(part, ToolCall)]

    def size(self) -> int:
        """Count the tokens of what is shown."""
        return sum(
            tokens.count(part.arguments) + tokens.count(part.name) + 8 if isinstance(part, ToolCall) else 1
            for part in self.parts
        )

    def ending(self, finish: str) -> "Reply":
        """Give the same reply with another finish."""
        return Reply(self.parts, finish=finish, usage=self.usage)

    def stopped(self, stops: Sequence[str]) -> "Reply":
        """Cut the text before the first stop sequence in it."""
        text = self.text
        places = [place for place in (text.find(stop) for stop in stops if stop) if place >= 0]
        if not places:
            return self
        room = min(places)
        kept: List[Part] = []
        for part in self.parts:
            if not isinstance(part, Text) or room >= len(part.text):
                kept.append(part)
                room -= len(part.text) if isinstance(part, Text) else 0
            else:
                kept.extend([Text(part.text[:room])] if room else [])
                return Reply(kept, finish="stop", usage=self.usage)
        return Reply(kept, finish="stop", usage=self.usage)

    def limited(self, room: Optional[int]) -> "Reply":
        """Cut the reply to a number of tokens; the finish is then "length"."""
        if room is None or self.size() <= room:
            return self
        kept: List[Part] = []
        for part in self.parts:
            if isinstance(part, ToolCall):
                pieces = tokens.split(part.arguments)
                free = room - tokens.count(part.name) - 8
                if free > 0:
                    kept.append(ToolCall(part.name, "".join(pieces[:free]), part.id))
                room = free - len(pieces)
            elif room > 0:
                kept.append(part)
                room -= 1
            if room <= 0:
                break
        return Reply(kept, finish="length", usage=self.usage)


class Error(NamedTuple):
    """A refusal. Each provider writes it in its own shape: its words and its type for the status, unless given here.

    `retry_after` is in seconds; `headers` (a mapping is taken too) are sent besides the provider's own;
    `body` is sent instead of its shape.
    `limits` says which of the session's limits was reached, for the provider's own sentence and headers.
    """

    status: int
    message: Optional[str] = None
    type: Optional[str] = None
    code: Optional[str] = None
    retry_after: Optional[float] = None
    headers: Tuple[Tuple[str, str], ...] = ()
    body: Optional[bytes] = None
    limits: Optional[Limits] = None

    def checked(self) -> "Error":
        """Give itself, with headers that were given as a mapping as pairs, and a body that is a text as bytes.

        Raises: ValueError or TypeError that names the field.
        """
        given: Dict[str, Any] = {name: value for name, value in self._asdict().items() if value is not None}
        given.pop("limits", None)
        try:
            pairs = tuple(self.headers.items() if isinstance(self.headers, Mapping) else self.headers)
            given["headers"] = dict(pairs)
        except (TypeError, ValueError):
            raise TypeError(f"headers: must be pairs of texts or a mapping, not {self.headers!r:.80}") from None
        Fault("status", **given)  # says what is wrong: the fields are the same
        if self.status < 400:
            raise ValueError(f"status: a refusal has one from 400 to 599, not {self.status}")
        return self._replace(headers=pairs, body=self.body.encode() if isinstance(self.body, str) else self.body)


class Tool(NamedTuple):
    """A tool on offer: its name and the JSON schema of its arguments."""

    name: str
    schema: Any


class Ask(NamedTuple):
    """A request in neutral words.

    `provider` is the name in the path ("google" also for /gemini), `api` one of "chat_completions", "responses",
    "messages", "generate_content". `user` is the text of the last user message, `system` of all system messages,
    `results` are the texts of the tool results that end the conversation. `turn` counts from 1: one more than the
    answers of the model that are in the conversation. `tool_choice` is "auto", "none", "required" or the name of a
    tool; `json` is None (free text), True (any JSON object) or a JSON schema. `used` is the provider's count of the
    tokens asked.
    """

    request: Request
    provider: str
    api: str
    model: str
    user: str
    system: str
    turn: int = 1
    used: int = 0
    tools: Tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    json: Any = None
    results: Tuple[str, ...] = ()
    parallel: bool = True

    @property
    def body(self) -> Any:
        """The parsed JSON of the request."""
        return self.request.parsed()

    @property
    def headers(self) -> Dict[str, str]:
        """The request's headers, names in lower case."""
        return self.request.headers


def events_of(sent: bytes) -> List[bytes]:
    """Cut raw bytes of a stream behind each empty line, so that a fault can aim at an event; no byte is lost."""
    return [event for event in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\r\r)", sent) if event]


def _checked(part: Any) -> Any:
    """Give a part of a reply, a tool's arguments as text. Raises: TypeError."""
    if not isinstance(part, PARTS):
        raise TypeError(f"a part of a reply is {', '.join(kind.__name__ for kind in PARTS)}, not {part!r:.80}")
    if isinstance(part, ToolCall) and isinstance(part.arguments, Mapping):
        part = part._replace(arguments=json.dumps(dict(part.arguments), ensure_ascii=False))
    for name, value in part._asdict().items():
        if not isinstance(value, str) and not (value is None and name in ("id", "signature")):
            raise TypeError(f"{name} of {type(part).__name__} takes a text, not {type(value).__name__}")
    return part
