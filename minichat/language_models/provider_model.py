"""ProviderModel: the built-in kind of chat model. A codec says what, a backend says how, this joins them.

One `Request` is made per call; an attempt sends it and translates what comes back; attempts are made
again as wire/retry.py says, but never after something was handed out. `invoke` and `stream` differ in
the attempt only: the whole body at once, or bytes -> events -> chunks as they come. All of it is
coroutine code over `run.context.backend`, so there is no second version for asyncio.
"""

from __future__ import annotations

from ..errors import ChatError, ConfigurationError
from ..outputs import ChatGeneration, ChatResult
from ..protocols.base import place_of_no_json, request_id
from ..runnables.base import asyncio_backend
from ..settings import SecretStr
from ..wire.http import Timeouts
from ..wire.retry import Backoff, pause_before_retry
from .again import Again
from .built_in import BuiltInStreaming
from .describing import add_usages
from .readers import reader_for
from .redaction import hide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any, Dict, List, Optional, Tuple

    from ..backends.base import Backend, Response
    from ..messages import AIMessage, BaseMessage
    from ..outputs import ChatGenerationChunk
    from ..protocols.base import ChatCall, Codec
    from ..runs import Run
    from ..wire.http import Request
    from ..wire.transport import Transport

__all__ = ["ProviderModel", "read_timeouts"]

# What the official OpenAI SDK waits: seconds for a connection, and for each next byte of an answer.
DEFAULT_CONNECT = 5.0
DEFAULT_READ = 600.0
FOREVER = 1e9  # seconds, thirty years: a socket's clock ends at 2**63 nanoseconds, with an OverflowError

# In response_metadata, but about one answer rather than about the call; LangChain's generation_info.
OF_A_GENERATION = ("finish_reason", "logprobs")


def read_timeouts(timeout: Any) -> Timeouts:
    """Read `timeout=`: seconds for everything, or (connect, read); None in a pair, or `inf`, waits for ever."""
    if timeout is None:
        return Timeouts(DEFAULT_CONNECT, DEFAULT_READ)
    pair = tuple(timeout) if isinstance(timeout, (tuple, list)) else (timeout, timeout)
    numbers = all(one is None or (isinstance(one, (int, float)) and one > 0) for one in pair)
    if len(pair) != 2 or not numbers:
        raise ConfigurationError(f"timeout= takes seconds above 0, or (connect, read), not {timeout!r}")
    return Timeouts(*(None if one is None or one > FOREVER else one for one in pair))


class ProviderModel(BuiltInStreaming):
    """A chat model behind an HTTP API. Immutable; safe to share between threads, tasks and forks.

    A provider fills these in `model_post_init`: `_codec`, `_transport`, `_timeouts`, and `_secret`, the
    key, which is taken out of whatever the provider says back. `_retries`, `_backoff` and `_key_place` are
    its class's, or its own.
    """

    streaming: bool = False

    _codec: Codec
    _transport: Transport
    _timeouts: Timeouts
    _retries = 2  # further attempts after the first; as the official OpenAI SDK
    _backoff = Backoff()
    _key_place = ("Authorization", "Bearer ")  # the header, and what stands before the key in it
    _secret: Any  # SecretStr, or a function that gives the key anew for each request
    _frozen: bool = False

    def _encode(
        self, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any], stream: bool
    ) -> ChatCall:
        """Make the call of these messages and per-call settings."""
        raise NotImplementedError

    def _codec_for(self, call: ChatCall) -> Codec:
        """Give the codec that speaks for this call, where a provider has more than one protocol."""
        return self._codec

    # -- the seams of a chat model ---------------------------------------------------------

    async def _answer(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> ChatResult:
        backend = run.context.backend
        timeouts = self._timeouts_for(kwargs)
        codec, request = await self._request(backend, messages, stop, kwargs, stream=False)
        answers, body = await self._ask(backend, codec, request, timeouts)
        result = ChatResult(generations=[ChatGeneration(message=one) for one in answers])
        if run.observed and codec.decodes_alike:
            result.again = Again(self, codec, body)
        return result

    def _info_of(self, message: BaseMessage) -> Optional[Dict[str, Any]]:
        known = message.response_metadata
        found = {name: known[name] for name in OF_A_GENERATION if known.get(name) is not None}
        return found or None

    def _describe(self, result: ChatResult) -> None:
        for generation in result.generations:
            generation.generation_info = self._info_of(generation.message)
        known = result.generations[0].message.response_metadata
        result.llm_output = {name: value for name, value in known.items() if name not in OF_A_GENERATION}

    def _combine_llm_outputs(self, llm_outputs: List[Optional[Dict[str, Any]]]) -> Dict[str, Any]:
        usage: Dict[str, Any] = {}
        fingerprint = None
        for output in llm_outputs:
            if output is not None:
                counted = output.get("token_usage") or {}
                usage = add_usages(usage, {name: value for name, value in counted.items() if value is not None})
                fingerprint = fingerprint or output.get("system_fingerprint")
        combined = {"token_usage": usage, "model_name": getattr(self, "model_name", None)}
        return {**combined, "system_fingerprint": fingerprint} if fingerprint else combined

    async def _pieces(
        self, run: Run, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
    ) -> AsyncGenerator[Sequence[AIMessage], None]:
        backend = run.context.backend
        timeouts = self._timeouts_for(kwargs)
        codec, request = await self._request(backend, messages, stop, kwargs, stream=True)
        retries = 0
        while True:
            response = reader = None
            begun = False
            try:
                response = await backend.send(request, self._transport, timeouts)
                if response.status != 200:
                    raise await self._refusal(codec, response)
                limits = self._transport.limits
                reader = reader_for(response.headers, codec, limits, f"lc_run--{run.id}")
                while not reader.ended:
                    chunks = reader.feed(await response.read())
                    if chunks:
                        begun = True
                        yield chunks
                if reader.failure is not None:
                    raise reader.failure
                await response.finish()
                return
            except ChatError as error:
                held = reader.held() if reader is not None else []
                pause = self._pause(error, request, response, retries, begun=begun or bool(held))
                if held:
                    yield held
                if pause is None:
                    raise
            finally:
                if response is not None:
                    await response.close()
            await backend.sleep(pause)
            retries += 1

    async def _agenerate(
        self,
        messages: List[BaseMessage],
        stop: Optional[List[str]] = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await self._own_answer(asyncio_backend(), messages, stop, run_manager, kwargs)

    def _astream(
        self,
        messages: List[BaseMessage],
        stop: Optional[List[str]] = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncGenerator[ChatGenerationChunk, None]:
        return self._own_pieces(asyncio_backend(), messages, stop, run_manager, kwargs)

    # -- one request -----------------------------------------------------------------------

    def _timeouts_for(self, kwargs: Dict[str, Any]) -> Timeouts:
        timeout = kwargs.get("timeout")
        return self._timeouts if timeout is None else read_timeouts(timeout)

    async def _request(
        self,
        backend: Backend,
        messages: List[BaseMessage],
        stop: Optional[List[str]],
        kwargs: Dict[str, Any],
        *,
        stream: bool,
    ) -> Tuple[Codec, Request]:
        """Write the request of a call; give it with the codec that reads its answer."""
        if "timeout" in kwargs:
            kwargs = {name: value for name, value in kwargs.items() if name != "timeout"}
        call = self._encode(messages, stop, kwargs, stream)
        if not isinstance(self._secret, SecretStr):
            key = await backend.call(self._secret)
            call.headers = {**self._key_header(key), **(call.headers or {})}
        codec = self._codec_for(call)
        try:
            return codec, codec.encode(call)
        except (TypeError, ValueError) as error:
            if isinstance(error, ChatError):
                raise
            place = place_of_no_json(call.body)
            told = f"{place}= holds what JSON cannot say" if place else "the request cannot be written as JSON"
            raise ConfigurationError(f"{told}: {error}") from error

    def _key_header(self, key: Any) -> Dict[str, str]:
        """Give the header that carries the key.

        Raises: `ConfigurationError` when it cannot stand in a header; its text never holds the key.
        """
        text = key.get_secret_value() if hasattr(key, "get_secret_value") else key
        if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
            raise ConfigurationError(
                "api_key must be a non-empty text of printable ASCII characters "
                "(is there a line break at its end?), or a function that returns one"
            )
        name, scheme = self._key_place
        return {name: scheme + text}

    # -- attempts --------------------------------------------------------------------------

    async def _ask(
        self, backend: Backend, codec: Codec, request: Request, timeouts: Timeouts
    ) -> Tuple[List[AIMessage], bytes]:
        """Send `request` until it is answered or there is no use in it; give the answers, and the bytes they were."""
        retries = 0
        while True:
            response = None
            try:
                response = await backend.send(request, self._transport, timeouts)
                if response.status != 200:
                    raise await self._refusal(codec, response)
                body = await response.read_all(self._transport.limits.max_body_bytes, "max_body_bytes")
                return codec.decode(body), body
            except ChatError as error:
                pause = self._pause(error, request, response, retries)
                if pause is None:
                    raise
            finally:
                if response is not None:
                    await response.close()
            await backend.sleep(pause)
            retries += 1

    def _pause(
        self,
        error: ChatError,
        request: Request,
        response: Optional[Response],
        retries: int,
        *,
        begun: bool = False,
    ) -> Optional[float]:
        """Seconds before the next attempt; None when this error is the outcome.

        Also completes the error: what the reply's head said, how many attempts were made, and no key.
        """
        error.attempts = retries + 1
        if response is not None:
            if error.status is None:
                error.status = response.status
            if error.request_id is None:
                error.request_id = request_id(response.headers)
        sent = {name.lower(): value for name, value in request.headers.items()}
        for name in self._key_header("any"):
            hide(sent.get(name.lower(), "").rpartition(" ")[2], error)
        if begun:
            return None
        from random import random

        return pause_before_retry(
            retries,
            error,
            max_retries=self._retries,
            backoff=self._backoff,
            max_retry_after=self._transport.limits.max_retry_after,
            random=random,
        )

    async def _refusal(self, codec: Codec, response: Response) -> ChatError:
        """Read an error reply; as much of it as its limit allows says enough."""
        limit = self._transport.limits.max_error_bytes
        body = b""
        while len(body) < limit:
            try:
                block = await response.read()
            except ChatError:
                break  # the status and what came of the body say what happened; that it broke off says less
            if not block:
                break
            body += block
        return codec.error(response.status, response.headers, body[:limit])

    # -- connections -----------------------------------------------------------------------

    def close(self) -> None:
        """Close idle connections made with this model's settings. The model can still be used."""
        import sys

        for name in ("blocking", "aio"):
            module = sys.modules.get(f"{__package__.rpartition('.')[0]}.backends.{name}")
            if module is not None:
                module.backend.close(self._transport)

    async def aclose(self) -> None:
        """As `close`; the running loop's sockets are closed when it returns."""
        self.close()
        await asyncio_backend().aclose(self._transport)

    def __enter__(self) -> ProviderModel:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    async def __aenter__(self) -> ProviderModel:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    # -- a value ---------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if self._frozen and not name.startswith("_"):
            raise AttributeError(
                f"{type(self).__name__} is immutable; use bind({name}=...) for a call, or make a new one"
            )
        object.__setattr__(self, name, value)

    def __copy__(self) -> ProviderModel:
        return self

    def __deepcopy__(self, memo: Any) -> ProviderModel:
        return self
