"""What the handlers of a model's run are told: its start, its tokens, and its one end or error.

`ModelRun` is a run that knows what has come so far, so that whoever has to end it, early or late, can
say so. `announce` tells the start with what LangChain tells: how the model is made (never its key), what
this call asks of it, and the tags and metadata of the model itself. `told` passes a stream on and tells
each piece.
"""

from __future__ import annotations

from ..errors import ChatError, ConfigurationError, ProtocolError
from ..globals import get_debug
from ..messages import Accumulator, AIMessage
from ..messages.merging import merge_dicts
from ..outputs import ChatGeneration, ChatGenerationChunk, LLMResult
from ..runs import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any, Dict, List, Optional

    from ..messages import AIMessageChunk, BaseMessage
    from ..outputs import ChatResult
    from ..runs import Context
    from .chat_models import BaseChatModel

__all__ = [
    "NOTHING_CAME",
    "ModelRun",
    "Received",
    "announce",
    "listeners",
    "permission",
    "structure_of",
    "tell_tokens",
    "told",
]

NOTHING_CAME = "No generation chunks were returned"


class Received:
    """What has come of a stream so far: put on its error, and summed up for its handlers."""

    __slots__ = ("_sum", "empty", "info")

    def __init__(self) -> None:
        self._sum = Accumulator()
        self.info: Optional[Dict[str, Any]] = None  # what a user's `_stream` said beside its messages
        self.empty = True

    async def add(self, chunks: Sequence[AIMessage], source: AsyncGenerator[Any, None]) -> None:
        """Add what the next read of `source` gave.

        Raises: `ProtocolError` for chunks that do not add up, as when a field changes its type. It is
        thrown into the source first, which knows what else there is to say of it (status, request id).
        """
        self.empty = False
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
    def chunk(self) -> Optional[AIMessageChunk]:
        """The sum so far, None when nothing came."""
        return self._sum.chunk

    @property
    def message(self) -> Optional[AIMessage]:
        """The sum as a whole message, None when nothing came."""
        return self._sum.message


class ModelRun(Run):
    """A run of a chat model.

    `received`: what its stream gave, None before there is one. `info`: the `generation_info` of the piece
    in hand, where a user's `_stream` gave one. `detailed`: will somebody read more than the message?
    `quiet`: the first token is told, and nobody wants another.
    """

    __slots__ = ("detailed", "info", "quiet", "received")

    def __init__(self, context: Context, model: BaseChatModel) -> None:
        super().__init__(context, model, "chat_model")
        self.received: Optional[Received] = None
        self.info: Optional[Dict[str, Any]] = None
        self.detailed = False
        self.quiet = False

    async def ended(self, result: ChatResult) -> None:
        """Tell the end of a call that was answered."""
        told = LLMResult(generations=[result.generations], llm_output=result.llm_output)
        told.again = result.again
        await self.tell("end", told)

    async def failed(self, model: BaseChatModel, error: BaseException) -> None:
        """Tell the error that ended the run, with what had come."""
        partial = self.partial(model)
        head = _head_of(error)
        response = LLMResult(generations=[head] if partial is None else [[partial], head])
        await self.tell("error", error, response=response)

    def partial(self, model: BaseChatModel) -> Optional[ChatGenerationChunk]:
        """Give the sum of what has come as a generation."""
        chunk = None if self.received is None else self.received.chunk
        if self.received is None or chunk is None:
            return None
        info = {**(model._info_of(chunk) or {}), **(self.received.info or {})}
        return ChatGenerationChunk(message=chunk, generation_info=info or None)


def _head_of(error: BaseException) -> List[ChatGeneration]:
    """Give what the head and body of a refusal said, in the place and words of langchain-core 1.8."""
    if not isinstance(error, ChatError) or error.status is None:
        return []
    known = {"body": getattr(error, "body", None), "status_code": error.status, "request_id": error.request_id}
    return [ChatGeneration(message=AIMessage(content="", response_metadata=known))]


def listeners(
    model: BaseChatModel, ctx: Context, stop: Optional[List[str]], kwargs: Dict[str, Any]
) -> Context:
    """Give the context of a call with what the model itself adds to it: handlers, tags, metadata."""
    known = model._get_ls_params_with_defaults(stop=stop, **kwargs)
    ctx = ctx.over(ctx.backend)
    ctx.metadata = {**ctx.metadata, **known}
    ctx.inheritable_metadata = {**ctx.inheritable_metadata, **known}
    ctx = ctx.with_own(model.callbacks, model.tags, model.metadata)
    if model.verbose:
        from ..callbacks.stdout import StdOutCallbackHandler

        printing = any(isinstance(handler, StdOutCallbackHandler) for handler in ctx.handlers)
        if not (printing or get_debug()):
            ctx = ctx.with_own([StdOutCallbackHandler()])
    return ctx


async def announce(
    model: BaseChatModel,
    run: ModelRun,
    messages: List[BaseMessage],
    stop: Optional[List[str]],
    kwargs: Dict[str, Any],
    *,
    streamed: bool = False,
    batch_size: int = 1,
    form: Any = None,
) -> None:
    """Tell the start of a run. `form`: what `structure_of` took out of the arguments."""
    handlers = run.context.handlers
    if not handlers:
        return
    run.detailed = not all(getattr(one, "makes_again", False) for one in handlers)
    params = model._get_invocation_params(stop=stop, **kwargs)
    options: Dict[str, Any] = {"stop": stop}
    if streamed:
        options.update({name: params[name] for name in kwargs if name in params})
    if form is not None:
        options["ls_structured_output_format"] = form
    await run.tell(
        "start",
        model._serialized(),
        [messages],
        metadata=dict(run.context.metadata),
        invocation_params=params,
        options=options,
        batch_size=batch_size,
        name=run.name,
    )


def structure_of(kwargs: Dict[str, Any]) -> Any:
    """Take out of a call's arguments what is neither the model's nor the provider's: the form of the answer.

    `with_structured_output` says it there for tracers. Shape: {"kwargs": ..., "schema": JSON schema}.
    """
    forms = [kwargs.pop(name, None) for name in ("ls_structured_output_format", "structured_output_format")]
    form = forms[0] or forms[1]
    if not form:
        return None
    schema = form.get("schema")
    if not isinstance(schema, dict):
        from ..utils.function_calling import convert_to_openai_function

        try:
            function = convert_to_openai_function(schema)
        except ValueError:  # of a kind that has no such form
            return None
        described = {"description": function["description"]} if "description" in function else {}
        schema = {"title": function["name"], **described, **function.get("parameters", {})}
    return {"kwargs": form.get("kwargs", {}), "schema": schema}


async def permission(model: BaseChatModel, run: Run) -> None:
    """Wait until the model's rate limiter lets a request pass."""
    limiter = model.rate_limiter
    if limiter is None:
        return
    if run.context.backend.suspends:
        await limiter.aacquire(blocking=True)
    else:
        limiter.acquire(blocking=True)


async def tell_tokens(run: ModelRun, chunks: Sequence[Any]) -> None:
    """Tell each of these pieces; only the first where every handler has `first_token_is_enough`."""
    for chunk in () if run.quiet else chunks:
        piece = ChatGenerationChunk(message=chunk, generation_info=run.info)
        await run.tell("token", token=chunk.content, chunk=piece)
        run.quiet = all(getattr(one, "first_token_is_enough", False) for one in run.context.handlers)
        if run.quiet:
            break
    if run.info and run.received is not None:
        run.received.info = merge_dicts(run.received.info or {}, run.info)


async def told(
    model: BaseChatModel, run: ModelRun, pieces: AsyncGenerator[Sequence[AIMessage], None]
) -> AsyncGenerator[Sequence[AIMessage], None]:
    """Pass a stream on as the work of `run`; whoever iterates this adds the pieces to `run.received`."""
    received = run.received
    assert received is not None
    try:
        try:
            await permission(model, run)
            async for items in pieces:
                for item in items:  # one by one, so that what each piece becomes further on is told in turn
                    if run.info or not run.quiet:
                        await tell_tokens(run, (item,))
                    try:
                        yield [item]
                    except ChatError as error:  # thrown in by whoever could not use it: the source's to judge
                        await pieces.athrow(error)
            if received.empty:
                raise ConfigurationError(NOTHING_CAME)
        finally:
            await pieces.aclose()
    except BaseException as error:
        await run.failed(model, error)
        raise
    await run.tell("end", LLMResult(generations=[[run.partial(model)]]))  # type: ignore[list-item]
