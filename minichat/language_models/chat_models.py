"""BaseChatModel: a Runnable from messages to an AIMessage, and what users subclass.

A kind of model answers through two seams, both coroutine code: `_answer` gives a whole `ChatResult`,
`_pieces` gives lists of chunks. The built-in providers define the seams (provider_model.py). Users who
write a model define LangChain's hooks instead, `_generate` and, if they like, `_stream`, `_agenerate`,
`_astream`; hooks.py turns those into the seams, so nothing here asks which of them exist.

Around the seams, once for all: the input becomes messages, a cached answer is looked for (caching.py),
the rate limiter is asked, the run is told to handlers (telling.py), messages get their ids, and whatever
had been received travels on an exception as `partial`. A call that nobody listens to passes all of that
with a few questions.
"""

from __future__ import annotations

from ..backends.driver import closing, run as run_blocking
from ..errors import ChatError, ConfigurationError
from ..globals import get_llm_cache
from ..lazy import names_from
from ..messages import coerce_input
from ..outputs import ChatGeneration, ChatResult, LLMResult
from ..runnables.base import Runnable, asyncio_backend, blocking_backend
from ..runnables.streams import gather
from .again import name_messages
from .async_hooks import AsyncHooks
from .base import BaseLanguageModel
from .describing import Described
from .legacy import Legacy
from .telling import (
    NOTHING_CAME,
    ModelRun,
    Received,
    announce,
    listeners,
    permission,
    structure_of,
    tell_tokens,
    told,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any, Dict, List, Optional
    from uuid import UUID

    from ..backends.base import Backend
    from ..messages import AIMessage, BaseMessage
    from ..prompt_values import PromptValue
    from ..rate_limiters import BaseRateLimiter
    from ..runnables.streams import Inputs
    from ..runs import Context
    from .from_stream import agenerate_from_stream, generate_from_stream
    from .simple import SimpleChatModel

__all__ = ["BaseChatModel", "SimpleChatModel", "agenerate_from_stream", "generate_from_stream"]

# LangChain's module of this name holds these too.
__getattr__ = names_from(
    __package__ or "",
    {"simple": "SimpleChatModel", "from_stream": "agenerate_from_stream generate_from_stream"},
    globals(),
)

HOOKS = {"_answer": ("_generate", "_agenerate"), "_pieces": ("_stream", "_astream")}


class BaseChatModel(Legacy, Described, AsyncHooks, BaseLanguageModel):
    """Base of chat models. Fields are class annotations, given to the constructor by keyword.

    >>> from minichat.messages import AIMessage
    >>> class Shouting(BaseChatModel):
    ...     mark: str = "!"
    ...     def _generate(self, messages, stop=None, run_manager=None, **kwargs):
    ...         answer = AIMessage(content=messages[-1].content.upper() + self.mark)
    ...         return ChatResult(generations=[ChatGeneration(message=answer)])
    ...     @property
    ...     def _llm_type(self):
    ...         return "shouting"
    >>> Shouting(mark="!!").invoke("hello")
    AIMessage(content='HELLO!!')

    `rate_limiter`: asked before each request, not for a cached answer. `disable_streaming`: True makes
    `stream` give one whole message, "tool_calling" does so for calls with `tools`. A stream that really
    streams neither looks into a cache nor fills it, as in LangChain.
    """

    rate_limiter: Optional[BaseRateLimiter] = None
    disable_streaming: Any = False

    _has_pieces = False  # does this kind define `_pieces`? Otherwise its hooks are asked.
    _can_answer = False  # is there a seam or a `_generate`?

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.keys().isdisjoint(("_generate", "_answer", "_pieces")):
            cls._can_answer = True
        for seam, hooks in HOOKS.items():
            if seam in cls.__dict__:
                own = True
            elif not cls.__dict__.keys().isdisjoint(hooks):  # hooks in a subclass of a built-in kind
                setattr(cls, seam, getattr(BaseChatModel, seam))
                own = False
            else:
                continue
            if seam == "_pieces":
                cls._has_pieces = own

    def __init__(self, **values: Any) -> None:
        if not self._can_answer:
            raise TypeError(
                f"{type(self).__name__} cannot answer: it defines no "
                "_generate(messages, stop, run_manager, **kwargs) that returns a ChatResult"
            )
        super().__init__(**values)
        if self.rate_limiter is not None and not hasattr(self.rate_limiter, "acquire"):
            raise ConfigurationError(
                f"{type(self).__name__}: rate_limiter= takes a limiter such as InMemoryRateLimiter(), "
                f"not {type(self.rate_limiter).__name__}"
            )
        if self.disable_streaming not in (True, False, "tool_calling"):
            raise ConfigurationError(
                f"{type(self).__name__}: disable_streaming= takes True, False or 'tool_calling', "
                f"not {self.disable_streaming!r}"
            )

    # -- what a kind of model defines ------------------------------------------------------

    async def _answer(
        self, run: ModelRun, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        from . import hooks  # with inspect, which the built-in models need not wait for

        return await hooks.answer(self, run, messages, stop, kwargs)

    def _pieces(
        self, run: ModelRun, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> AsyncGenerator[Sequence[AIMessage], None]:
        from . import hooks

        return hooks.pieces(self, run, messages, stop, kwargs)

    def _info_of(self, message: BaseMessage) -> Optional[Dict[str, Any]]:
        """Give a streamed answer's `generation_info`."""
        return None

    def _describe(self, result: ChatResult) -> None:
        """Complete a result by what only handlers, caches and `generate` want to know."""

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Give this model with tools to offer on every call."""
        raise NotImplementedError(f"{type(self).__name__} does not define bind_tools")

    def with_structured_output(
        self, schema: Any, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """Give this model as one that answers in a form: it has to call a tool made of `schema`.

        `schema`: a JSON schema with a title, OpenAI's function or tool, a TypedDict or a dataclass.
        `include_raw`: give {"raw": message, "parsed": ..., "parsing_error": ...} and raise nothing.

        Raises: NotImplementedError for a model without `bind_tools`; `OutputParserException` from calls.
        """
        from .structured_output import structured_output

        return structured_output(self, schema, include_raw=include_raw, **kwargs)

    # -- the seams of a Runnable -----------------------------------------------------------

    async def _run_once(
        self, ctx: Context, input: Any, *, stop: Optional[List[str]] = None, **kwargs: Any
    ) -> AIMessage:
        messages = coerce_input(input)
        form = structure_of(kwargs) if kwargs else None
        if ctx.handlers or self.callbacks or self.verbose:
            run = ModelRun(listeners(self, ctx, stop, kwargs), self)
            await announce(self, run, messages, stop, kwargs, form=form)
            try:
                result = await self._obtain(run, messages, stop, kwargs)
            except BaseException as error:
                await run.failed(self, error)
                raise
            await run.ended(result)
        else:
            result = await self._obtain(ModelRun(ctx, self), messages, stop, kwargs)
        if not result.generations:
            raise ConfigurationError(f"{type(self).__name__} returned a ChatResult without generations")
        return result.generations[0].message  # type: ignore[return-value]

    async def _run_stream(
        self,
        ctx: Context,
        inputs: Inputs,
        *,
        stop: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> AsyncGenerator[Sequence[AIMessage], None]:
        messages = coerce_input(await gather(inputs))
        if not self._may_stream(ctx.backend, kwargs):
            yield [await self._run_once(ctx, messages, stop=stop, **kwargs)]
            return
        form = structure_of(kwargs) if kwargs else None
        received = Received()
        if ctx.handlers or self.callbacks or self.verbose:
            run = ModelRun(listeners(self, ctx, stop, kwargs), self)
            await announce(self, run, messages, stop, kwargs, streamed=True, form=form)
            run.received = received
            pieces = told(self, run, self._pieces(run, messages, stop, kwargs))
        else:
            run = ModelRun(ctx, self)
            await permission(self, run)
            pieces = self._pieces(run, messages, stop, kwargs)
        try:
            async for chunks in pieces:
                await received.add(chunks, pieces)
                yield chunks
            if received.empty:
                raise ConfigurationError(NOTHING_CAME)
        except ChatError as error:
            received.complete(error)
            raise
        finally:
            await pieces.aclose()

    # -- one answer ------------------------------------------------------------------------

    async def _obtain(
        self, run: ModelRun, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        """Give the answer to one conversation: out of a cache, or asked for."""
        if self.cache is not False and (self.cache is not None or get_llm_cache() is not None):
            from .caching import cached

            return await cached(self, run, messages, stop, kwargs)
        return await self._fresh(run, messages, stop, kwargs)

    async def _fresh(
        self, run: ModelRun, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        """Give an answer that was not there before, with an id on each message."""
        if self.rate_limiter is not None:
            await permission(self, run)
        if self._is_to_stream(run, kwargs):
            result = await self._summed(run, messages, stop, kwargs)
        else:
            result = await self._answer(run, messages, stop, kwargs)
            if run.detailed or (result.again is None and run.observed):
                self._describe(result)
        name_messages(result, run.id)
        return result

    def _may_stream(self, backend: Backend, kwargs: Dict[str, Any]) -> bool:
        """Tell whether a stream of this call is one, rather than its whole answer in one piece."""
        if not self._has_pieces:
            from .hooks import can_stream

            if not can_stream(self, backend):
                return False
        off = self.disable_streaming
        if off and (off is True or kwargs.get("tools")):
            return False
        return not ("streaming" in self._given and self.__dict__["streaming"] is False)

    def _is_to_stream(self, run: ModelRun, kwargs: Dict[str, Any]) -> bool:
        """Tell whether an answer that is wanted whole is to be made of a stream.

        The call says so (`stream=True`), or the model (`streaming=True`), or a handler wants to see it.
        """
        asked = kwargs.get("stream") if kwargs else None
        if asked is None:
            asked = ("streaming" in self._given and self.__dict__["streaming"] is True) or any(
                hasattr(handler, "on_run_chunk") for handler in run.context.handlers
            )
        return bool(asked) and self._may_stream(run.context.backend, kwargs)

    async def _summed(
        self, run: ModelRun, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        """Stream an answer, tell its tokens, and give the sum."""
        received = run.received = Received()
        try:
            async with closing(self._pieces(run, messages, stop, kwargs)) as pieces:
                async for chunks in pieces:
                    if run.observed:
                        await tell_tokens(run, chunks)
                    await received.add(chunks, pieces)
        except ChatError as error:
            received.complete(error)
            raise
        message = received.message
        if message is None:
            raise ConfigurationError(NOTHING_CAME)
        info = {**(self._info_of(message) or {}), **(received.info or {})}
        return ChatResult(generations=[ChatGeneration(message=message, generation_info=info or None)])

    # -- several conversations at once -----------------------------------------------------

    def generate(
        self,
        messages: Sequence[Sequence[BaseMessage]],
        stop: Optional[List[str]] = None,
        callbacks: Any = None,
        *,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        run_name: Optional[str] = None,
        run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer each list of messages, in order, one request each; with all that is known of the answers.

        Raises: AttributeError for a list that holds anything but messages; the first error of a request,
        after all runs were ended.
        """
        from .generating import context_of, generate

        ctx = context_of(blocking_backend(), callbacks, tags, metadata, run_name, run_id)
        return run_blocking(generate(self, ctx, messages, stop, kwargs))

    async def agenerate(
        self,
        messages: Sequence[Sequence[BaseMessage]],
        stop: Optional[List[str]] = None,
        callbacks: Any = None,
        *,
        tags: Optional[List[str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        run_name: Optional[str] = None,
        run_id: Optional[UUID] = None,
        **kwargs: Any,
    ) -> LLMResult:
        """As `generate`, on the running event loop, the requests side by side."""
        from .generating import context_of, generate

        ctx = context_of(asyncio_backend(), callbacks, tags, metadata, run_name, run_id)
        return await generate(self, ctx, messages, stop, kwargs)

    def generate_prompt(
        self, prompts: Sequence[PromptValue], stop: Optional[List[str]] = None, callbacks: Any = None, **kwargs: Any
    ) -> LLMResult:
        """As `generate`, for prompt values."""
        return self.generate([prompt.to_messages() for prompt in prompts], stop, callbacks, **kwargs)

    async def agenerate_prompt(
        self, prompts: Sequence[PromptValue], stop: Optional[List[str]] = None, callbacks: Any = None, **kwargs: Any
    ) -> LLMResult:
        """As `agenerate`, for prompt values."""
        return await self.agenerate([prompt.to_messages() for prompt in prompts], stop, callbacks, **kwargs)
