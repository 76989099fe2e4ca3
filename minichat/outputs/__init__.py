"""What a call gave besides the message: generations, and their sum over several prompts.

Names and shapes are LangChain's (`langchain_core.outputs`), and the modules beside this one its places to
import from. Subclasses of `BaseChatModel` return a `ChatResult` from `_generate` and yield
`ChatGenerationChunk` from `_stream`. Each class says its name in `type`, which is neither printed nor compared.
"""

from __future__ import annotations

from ..messages.merging import merge_dicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Protocol, Sequence
    from uuid import UUID

    from ..messages import BaseMessage, BaseMessageChunk

    class Again(Protocol):
        """Makes a result once more, as it was when it came: for a tracer, which reads it later than the program.

        `weight`: about how many bytes the result has. `run_id`: of the run that it is the result of.
        """

        @property
        def weight(self) -> int: ...

        def __call__(self, run_id: str) -> LLMResult: ...

__all__ = [
    "ChatGeneration",
    "ChatGenerationChunk",
    "ChatResult",
    "Generation",
    "GenerationChunk",
    "LLMResult",
    "RunInfo",
]


class _Value:
    """Equality and repr by the fields in `_fields`; None is not printed."""

    _fields: tuple[str, ...] = ()
    _not_compared: tuple[str, ...] = ()
    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> Dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "again"}  # it is of this process

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [name for name in self._fields if name not in self._not_compared]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __repr__(self) -> str:
        values = [(name, getattr(self, name)) for name in self._fields]
        inner = ", ".join(f"{name}={value!r}" for name, value in values if value is not None)
        return f"{type(self).__name__}({inner})"


class Generation(_Value):
    """One answer that is text and no message: `text` and `generation_info` (finish reason, logprobs)."""

    type = "Generation"
    _fields: tuple[str, ...] = ("text", "generation_info")

    def __init__(self, *, text: str, generation_info: Optional[Dict[str, Any]] = None) -> None:
        self.text = text
        self.generation_info = generation_info


class GenerationChunk(Generation):
    """A streamed piece of a text; `+` joins text and info, and says `Generation` in `type` as LangChain does."""

    def __add__(self, other: object) -> GenerationChunk:
        if not isinstance(other, GenerationChunk):
            return NotImplemented
        info = merge_dicts(self.generation_info or {}, other.generation_info or {})
        return GenerationChunk(text=self.text + other.text, generation_info=info or None)


class ChatGeneration(Generation):
    """One answer: its `message`, the message's `text`, and `generation_info` (finish reason, logprobs)."""

    type = "ChatGeneration"
    _fields = ("text", "generation_info", "message")

    def __init__(
        self, *, message: BaseMessage, generation_info: Optional[Dict[str, Any]] = None, text: str = ""
    ) -> None:
        del text  # LangChain takes it too, and derives it from the message all the same
        self.message = message
        self.generation_info = generation_info

    @property
    def text(self) -> str:  # type: ignore[override]  # read from the message when asked: tokens do not pay for it
        """The text of the message: of a list of blocks, all its text, also of blocks without a type."""
        content = self.message.content
        if isinstance(content, str):
            return content
        return "".join(
            block if isinstance(block, str) else str(block.get("text") or "")
            for block in content
            if isinstance(block, str) or block.get("type") in (None, "text")
        )


class ChatGenerationChunk(ChatGeneration):
    """A streamed piece of an answer; `+` joins message and info."""

    type = "ChatGenerationChunk"
    message: BaseMessageChunk

    def __add__(self, other: object) -> ChatGenerationChunk:
        others: List[Any] = other if isinstance(other, list) else [other]
        if not all(isinstance(one, ChatGenerationChunk) for one in others):
            return NotImplemented
        message = self.message
        info = self.generation_info or {}
        for one in others:
            message = message + one.message
            info = merge_dicts(info, one.generation_info or {})
        return ChatGenerationChunk(message=message, generation_info=info or None)


class ChatResult(_Value):
    """The answers to one prompt (more than one with `n`), and what else the provider said."""

    _fields = ("generations", "llm_output")
    again: Optional[Again] = None

    def __init__(
        self, *, generations: Sequence[ChatGeneration], llm_output: Optional[Dict[str, Any]] = None
    ) -> None:
        self.generations = list(generations)
        self.llm_output = llm_output


class RunInfo(_Value):
    """The id of the run that gave a result, as `uuid.UUID`."""

    _fields = ("run_id",)

    def __init__(self, *, run_id: UUID) -> None:
        self.run_id = run_id


class LLMResult(_Value):
    """The answers to several prompts: one list of generations each; equality ignores `run`."""

    type = "LLMResult"
    _fields = ("generations", "llm_output", "run")
    _not_compared = ("run",)
    again: Optional[Again] = None

    def __init__(
        self,
        *,
        generations: Sequence[Sequence[Generation]],
        llm_output: Optional[Dict[str, Any]] = None,
        run: Optional[List[RunInfo]] = None,
    ) -> None:
        self.generations = [list(answers) for answers in generations]
        self.llm_output = llm_output
        self.run = run

    def flatten(self) -> List[LLMResult]:
        """Give one result per prompt, without `run`; only the first has the token counts, so that sums are right."""
        flat = [LLMResult(generations=[answers], llm_output=self.llm_output) for answers in self.generations]
        for later in flat[1:]:
            if self.llm_output is not None:
                later.llm_output = {**self.llm_output, "token_usage": {}}
        return flat
