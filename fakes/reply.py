"""The neutral reply that a test scripts and each provider module renders, and the neutral question it answers.

A `Reply` is a list of parts in order; nothing in it belongs to one provider. `Ask` is what a behaviour may look at,
filled in by the provider module from its own request. Cutting a reply to `max_tokens` and at stop sequences happens
here, once, because it means the same everywhere.
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import tokens

__all__ = [
    "Ask", "Failure", "Part", "RedactedThinking", "Refusal", "Reply", "Text", "Thinking", "Tool", "ToolCall", "Usage",
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
    """A call of a tool. `arguments` is JSON text, streamed in token-sized pieces; `id` is made up when it is None."""

    name: str
    arguments: str
    id: Optional[str] = None


Part = Union[Text, Refusal, Thinking, RedactedThinking, ToolCall]


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


class Reply:
    """An answer in neutral words.

    `finish` is "stop", "length", "tool_calls", "content_filter" (the answer was stopped by a filter) or "blocked" (the
    prompt was, so there is no answer); each provider has its own word. `usage` is counted when it is None; `cut` drops
    the connection in the middle of the answer.
    """

    __slots__ = ("parts", "finish", "usage", "cut")

    def __init__(
        self, parts: Sequence[Part], *, finish: Optional[str] = None, usage: Optional[Usage] = None, cut: bool = False
    ) -> None:
        self.parts = list(parts)
        calls = any(isinstance(part, ToolCall) for part in self.parts)
        self.finish = finish or ("tool_calls" if calls else "stop")
        self.usage = usage
        self.cut = cut

    @classmethod
    def of(cls, text: str, *, cut: bool = False) -> "Reply":
        """Make a reply of a text, in token-sized pieces."""
        return cls([Text(piece) for piece in tokens.split(text)], cut=cut)

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
        return Reply(self.parts, finish=finish, usage=self.usage, cut=self.cut)

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
                return Reply(kept, finish="stop", usage=self.usage, cut=self.cut)
        return Reply(kept, finish="stop", usage=self.usage, cut=self.cut)

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
        return Reply(kept, finish="length", usage=self.usage, cut=self.cut)


class Failure(NamedTuple):
    """No reply. `kind` is "rate_limit" (with the seconds to wait), "not_found", or "script_over": the test asks for
    more than it scripted."""

    kind: str
    retry_after: Optional[float] = None


class Tool(NamedTuple):
    """A tool on offer: its name and the JSON schema of its arguments."""

    name: str
    schema: Any


class Ask(NamedTuple):
    """A request in neutral words.

    `tool_choice` is "auto", "none", "required" or the name of a tool; `json` is None (free text), True (any JSON
    object) or a JSON schema; `results` are the texts of the tool results that end the conversation.
    """

    model: str
    user: str
    system: str
    tools: Tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    json: Any = None
    results: Tuple[str, ...] = ()
    parallel: bool = True
