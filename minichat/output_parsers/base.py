"""What all parsers share: a run of type "parser" around one method that a kind of parser defines.

`parse_result` gets the candidates for one answer, as generations; most parsers define only `parse`,
which gets the text of the first. The methods of the parsers in this folder only compute; a user's may
do anything, so they run where they may block (in a thread on the asynchronous side) and what they call
finds the parser's run around it.

Whatever a parser raises as `OutputParserException` carries the message that would not do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..errors import ConfigurationError, OutputParserException
from ..messages import BaseMessage, coerce_message
from ..outputs import ChatGeneration, Generation
from ..runnables.step import Step
from ..runs import call_user
from ..settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Generic, List, TypeVar

    from ..prompt_values import PromptValue
    from ..runs import Run

    T = TypeVar("T")
else:
    from ..backends.driver import Generic

    T = object

__all__ = ["BaseGenerationOutputParser", "BaseLLMOutputParser", "BaseOutputParser"]

_OWN = __name__.rpartition(".")[0] + "."  # the modules whose methods only compute


class BaseLLMOutputParser(ABC, Generic[T]):
    """Base of everything that parses the candidates for one answer."""

    @abstractmethod
    def parse_result(self, result: List[Generation], *, partial: bool = False) -> T:
        """Parse the candidates for one answer; `partial`: as far as they had come in a stream."""

    async def aparse_result(self, result: List[Generation], *, partial: bool = False) -> T:
        """As `parse_result`, in a thread. Override it to await something; then it is what async calls use."""
        options = {"partial": True} if partial else {}
        parsed: T = await _asyncio_call(self.parse_result, result, **options)
        return parsed


class _Parser(Settings, Step):
    """The run around parsing, for both kinds of public bases."""

    run_type = "parser"

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        return await self._parsed(run, generation_of(self, input))

    async def _parsed(self, run: Run, generation: Generation, **options: Any) -> Any:
        """Parse one generation, with `partial=True` one that is still growing."""
        kind: Any = type(self)
        parser: Any = self
        try:
            if run.context.backend.suspends and kind.aparse_result is not BaseLLMOutputParser.aparse_result:
                return await parser.aparse_result([generation], **options)
            return await self._call(run, parser.parse_result, [generation], **options)
        except OutputParserException as error:
            if error.raw_message is None and isinstance(generation, ChatGeneration):
                error.raw_message = generation.message
            raise

    async def _call(self, run: Run, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method of this parser: at once when it and `parse` are ours, else as users' code."""
        if _is_own(method) and _is_own(getattr(self, "parse", method)):
            return method(*args, **kwargs)
        return await call_user(run.child(), method, *args, **kwargs)


class BaseGenerationOutputParser(_Parser, BaseLLMOutputParser[T]):
    """Base of parsers that need the message, not only its text; define `parse_result`."""


class BaseOutputParser(_Parser, BaseLLMOutputParser[T]):
    """Base of parsers; define `parse`, and fields as class annotations.

    >>> class YesNo(BaseOutputParser[bool]):
    ...     yes: str = "YES"
    ...     def parse(self, text):
    ...         return text.strip().upper() == self.yes
    >>> YesNo().invoke("yes")
    True
    """

    @abstractmethod
    def parse(self, text: str) -> T:
        """Parse a text.

        Raises: `OutputParserException` for a text that will not do.
        """

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> T:
        return self.parse(result[0].text)

    async def aparse(self, text: str) -> T:
        """As `parse`, in a thread. The calls of a Runnable use `aparse_result`."""
        parsed: T = await _asyncio_call(self.parse, text)
        return parsed

    def parse_with_prompt(self, completion: str, prompt: PromptValue) -> Any:
        """Parse a text knowing what was asked; override it to ask again."""
        return self.parse(completion)

    def get_format_instructions(self) -> str:
        """Say to the model how it has to answer.

        Raises: NotImplementedError where a kind of parser has no say in it.
        """
        raise NotImplementedError

    @property
    def _type(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} has no _type, its name for serialization")


def generation_of(parser: Any, input: Any) -> Generation:
    """Wrap a parser's input, a text or a message.

    Raises: `ConfigurationError` for anything else.
    """
    if isinstance(input, BaseMessage):
        return ChatGeneration(message=input)
    if isinstance(input, str):
        return Generation(text=input)
    if hasattr(input, "type") and hasattr(input, "content"):  # another library's message
        return ChatGeneration(message=coerce_message(input))
    raise ConfigurationError(f"{parser.get_name()} parses a text or a message, not {type(input).__name__}")


def _is_own(method: Any) -> bool:
    return str(getattr(method, "__module__", "")).startswith(_OWN)


async def _asyncio_call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    from ..backends.aio import backend

    return await backend.call(function, *args, **kwargs)
