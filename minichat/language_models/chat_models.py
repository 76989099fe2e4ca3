"""BaseChatModel: a Runnable from messages to an AIMessage, and what users subclass.

A kind of model answers through two seams, both coroutine code: `_answer` gives a whole `ChatResult`,
`_pieces` gives lists of chunks. The built-in providers define the seams (provider_model.py). Users who
write a model define LangChain's hooks instead, `_generate` and, if they like, `_stream`, `_agenerate`,
`_astream`; hooks.py turns those into the seams, so nothing here asks which of them exist.

Around the seams, once for all: the input becomes messages, the run is told to handlers, messages get
their ids, and whatever had been received travels on an exception as `partial`.
"""

from __future__ import annotations

from ..errors import ChatError, ConfigurationError, ProtocolError
from ..messages import Accumulator, AIMessageChunk, coerce_input
from ..outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from ..runnables.base import Runnable
from ..runnables.streams import gather
from ..runs import Context, Run, observe, observe_stream
from ..settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any, Dict, List, Optional

    from ..messages import AIMessage, BaseMessage
    from ..runnables.streams import Inputs

__all__ = ["BaseChatModel", "Received"]


class BaseChatModel(Settings, Runnable["Any", "AIMessage"]):
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
    """

    # -- what a kind of model defines ------------------------------------------------------

    @property
    def _llm_type(self) -> str:
        return type(self).__name__

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        from . import hooks  # with inspect, which the built-in models need not wait for

        return await hooks.answer(self, run, messages, stop, kwargs)

    def _pieces(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> AsyncGenerator[Sequence[AIMessage], None]:
        from . import hooks

        return hooks.pieces(self, run, messages, stop, kwargs)

    def _summary(self, result: ChatResult) -> LLMResult:
        """Give the answer to one prompt as handlers are told of it."""
        return LLMResult(generations=[result.generations], llm_output=result.llm_output)

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Give this model with tools to offer on every call."""
        raise NotImplementedError(f"{type(self).__name__} does not define bind_tools")

    # -- the seams of a Runnable -----------------------------------------------------------

    async def _run_once(
        self, ctx: Context, input: Any, *, stop: Optional[List[str]] = None, **kwargs: Any
    ) -> AIMessage:
        messages = coerce_input(input)
        run = Run(ctx, self.name or type(self).__name__, "chat_model")
        if run.observed:
            await self._announce(run, messages, stop, kwargs)
            result = await observe(run, self._answer(run, messages, stop, kwargs), self._summary)
        else:
            result = await self._answer(run, messages, stop, kwargs)
        for index, generation in enumerate(result.generations):
            if generation.message.id is None:
                generation.message.id = f"lc_run--{run.id}-{index}"
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
        run = Run(ctx, self.name or type(self).__name__, "chat_model")
        received = Received(self)
        pieces = self._pieces(run, messages, stop, kwargs)
        if run.observed:
            await self._announce(run, messages, stop, kwargs)
            pieces = observe_stream(run, pieces, received.result, _token)
        try:
            async for chunks in pieces:
                await received.add(chunks, pieces)
                yield chunks
        except ChatError as error:
            received.complete(error)
            raise
        finally:
            await pieces.aclose()

    async def _announce(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> None:
        module = type(self).__module__.split(".")
        serialized = {"lc": 1, "type": "not_implemented", "id": [*module, type(self).__name__]}
        options = {"stop": stop}
        await run.start(
            serialized, [messages], invocation_params=dict(kwargs), options=options, batch_size=1
        )


class Received:
    """What has come of a stream so far: put on its error, and summed up for its handlers."""

    __slots__ = ("_model", "_sum", "_whole")

    def __init__(self, model: BaseChatModel) -> None:
        self._model = model
        self._sum = Accumulator()
        self._whole: Optional[AIMessage] = None  # a model without _stream gives one whole message

    async def add(self, chunks: Sequence[AIMessage], source: AsyncGenerator[Any, None]) -> None:
        """Add what the next read of `source` gave.

        Raises: `ProtocolError` for chunks that do not add up, as when a field changes its type. It is
        thrown into the source first, which knows what else there is to say of it (status, request id).
        """
        if not isinstance(chunks[0], AIMessageChunk):
            self._whole = chunks[0]
            return
        try:
            self._sum.extend(chunks)  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            failure = ProtocolError(f"the chunks of this stream do not add up: {error}")
            failure.__cause__ = error
            while True:  # a source may have something left to give before it ends
                await source.athrow(failure)

    def complete(self, error: ChatError) -> None:
        """Put what had come on the error that ended the stream."""
        if error.partial is None:
            error.partial = self._sum.chunk

    @property
    def message(self) -> Optional[AIMessage]:
        """The whole answer, None when nothing came."""
        return self._whole or self._sum.message

    def result(self) -> LLMResult:
        message = self._whole or self._sum.chunk
        if message is None:
            return LLMResult(generations=[[]])
        return self._model._summary(ChatResult(generations=[ChatGeneration(message=message)]))


def _token(message: Any) -> Any:
    chunk = (ChatGenerationChunk if isinstance(message, AIMessageChunk) else ChatGeneration)(message=message)
    return chunk.text, chunk
