"""Cut a conversation down to a number of tokens, at its beginning or at its end.

What is kept is one stretch. Its length is found by halving, so a counter is called about log2(n)
times; it has to give more for more messages. Keeping the end is keeping the beginning of the list
turned round, but for texts and blocks, which are cut in place.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from .as_step import or_step
from .base import BaseMessage
from .convert import convert_to_messages
from .kinds import SystemMessage
from .selection import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, Optional

    from .selection import Kinds

    Counter = Callable[[list[BaseMessage]], int]
    Splitter = Callable[[str], list[str]]

__all__ = ["trim_messages"]


@or_step
def trim_messages(
    messages: Any = None,
    *,
    max_tokens: int,
    token_counter: Any,
    strategy: Literal["first", "last"] = "last",
    allow_partial: bool = False,
    end_on: Optional[Kinds] = None,
    start_on: Optional[Kinds] = None,
    include_system: bool = False,
    text_splitter: Any = None,
) -> Any:
    """Return the first or last messages that together have at most `max_tokens`.

    >>> talk = [("system", "Be brief."), ("human", "hi"), ("ai", "Hello."), ("human", "Who are you?")]
    >>> trim_messages(talk, max_tokens=3, token_counter=len, include_system=True, start_on="human")
    [SystemMessage(content='Be brief.'), HumanMessage(content='Who are you?')]

    `token_counter`: a function of a list of messages (`len` counts messages) or, when its parameter
    is annotated so, of one BaseMessage; a model with `get_num_tokens_from_messages`; or
    "approximate". `end_on` and `start_on` name kinds ("human", HumanMessage, or several): what
    stands behind the last, or before the first of them is let go. `include_system` keeps a system
    message at the front, and counts it. `allow_partial` fills the rest with a part of the next
    message: some of its blocks, or pieces of its text, which `text_splitter` (a function, or an
    object with `split_text`) cuts so that they join again; lines, when not given.
    Units: whatever the counter counts. Raises: ConfigurationError naming the argument.
    """
    if strategy not in ("first", "last"):
        raise ConfigurationError(f"strategy must be 'first' or 'last', got {strategy!r}")
    for name, given in (("start_on", start_on), ("include_system", include_system)):
        if given and strategy == "first":
            raise ConfigurationError(f"{name} goes with strategy='last' only; leave it out")
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, (int, float)):
        raise ConfigurationError(f"max_tokens must be a number, got {type(max_tokens).__name__}")
    count = _counter(token_counter)
    cut = _Cut(count, _splitter(text_splitter) if allow_partial else None, from_end=strategy == "last")
    ends, starts = Kind("end_on", end_on), Kind("start_on", start_on)
    conversation = convert_to_messages(messages)
    if strategy == "first":
        return _ending(cut.fit(conversation, max_tokens), ends)
    conversation = _ending(conversation, ends)
    system: list[BaseMessage] = []
    if include_system and conversation and isinstance(conversation[0], SystemMessage):
        system, conversation = conversation[:1], conversation[1:]
        max_tokens = max(0, max_tokens - count(system))
    turned = _ending(cut.fit(conversation[::-1], max_tokens), starts)
    return system + turned[::-1]


def _ending(messages: list[BaseMessage], kinds: Kind) -> list[BaseMessage]:
    """Return the messages up to the last of these kinds; all of them when no kind is named."""
    length = len(messages)
    while kinds and length and not kinds.fits(messages[length - 1]):
        length -= 1
    return messages[:length]


class _Cut:
    """How to cut: what counts, what splits texts (None: no message is cut), and which end is kept."""

    def __init__(self, count: Counter, split: Optional[Splitter], *, from_end: bool) -> None:
        self.count = count
        self.split = split
        self.from_end = from_end

    def fit(self, messages: list[BaseMessage], limit: float) -> list[BaseMessage]:
        """Return the longest beginning of `messages` that fits, with a part of the next one if wanted."""
        if not messages or self.count(messages) <= limit:
            return messages
        length = _most(len(messages), lambda n: self.count(messages[:n]) <= limit)
        kept = messages[:length]
        if self.split is not None and length < len(messages):
            kept += self.part(messages[length], kept, limit)
        return kept

    def part(self, message: BaseMessage, before: list[BaseMessage], limit: float) -> list[BaseMessage]:
        """Return the part of a message that fits behind those `before` it: in a list, or an empty list."""

        def with_content(content: Any) -> BaseMessage:
            copied: BaseMessage = message.model_copy(update={"content": content}, deep=True)
            return copied

        text = message.content
        if not isinstance(text, str):
            blocks = text
            length = _most(
                len(blocks) - 1,
                lambda n: self.count([*before, with_content(self.side(blocks, n))]) <= limit,
            )
            if length:
                return [with_content(self.side(blocks, length))]
            # Not one block fits: then some of the text of the nearest.
            text = _text_of(self.side(blocks, 1))
        if not text or self.split is None:
            return []
        pieces = list(self.split(text))
        used = self.count(before)
        length = _most(
            len(pieces),
            lambda n: used + self.count([with_content("".join(self.side(pieces, n)))]) <= limit,
        )
        return [with_content("".join(self.side(pieces, length)))] if length else []

    def side(self, items: list[Any], length: int) -> list[Any]:
        return items[len(items) - length :] if self.from_end else items[:length]


def _most(length: int, fits: Callable[[int], bool]) -> int:
    """Return the greatest n up to `length` that fits, 0 if none does, when fewer fit if more do."""
    low, high = 0, length
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _text_of(blocks: list[Any]) -> str:
    for block in blocks:
        if isinstance(block, str):
            return block
        if block.get("type") == "text":
            return block.get("text") or ""
    return ""


def _counter(given: Any) -> Counter:
    if given == "approximate":
        from .counting import count_tokens_approximately

        return count_tokens_approximately
    of_model = getattr(given, "get_num_tokens_from_messages", None)
    if of_model is not None:
        return of_model  # type: ignore[no-any-return]
    if isinstance(given, str) or not callable(given):
        shown = repr(given) if isinstance(given, str) else type(given).__name__
        raise ConfigurationError(
            "token_counter must be a function, a model with get_num_tokens_from_messages or 'approximate', "
            f"got {shown}"
        )
    counter: Any = given
    if _takes_one(counter):
        return lambda messages: sum(counter(message) for message in messages)
    return counter  # type: ignore[no-any-return]


def _takes_one(counter: Any) -> bool:
    """Say whether the first parameter is annotated as one message, also where annotations are texts."""
    import inspect  # here: it takes 10 ms to import

    try:
        parameters = list(inspect.signature(counter).parameters.values())
    except (TypeError, ValueError):  # some builtins do not tell
        return False
    annotation = parameters[0].annotation if parameters else None
    if isinstance(annotation, str):
        return annotation.strip("'\"").rpartition(".")[2] == BaseMessage.__name__
    return annotation is BaseMessage


def _splitter(given: Any) -> Splitter:
    if given is None:
        return _lines
    split = getattr(given, "split_text", given)
    if not callable(split):
        raise ConfigurationError(
            f"text_splitter must be a function or have split_text, got {type(given).__name__}"
        )
    return split  # type: ignore[no-any-return]


def _lines(text: str) -> list[str]:
    *ended, last = text.split("\n")
    return [line + "\n" for line in ended] + [last]
