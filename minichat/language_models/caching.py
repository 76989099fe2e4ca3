"""Answers out of a cache: where it is looked for, under which key, and what becomes of what is found.

The key is two texts, as LangChain's caches take them: the conversation (without message ids) and what
makes the model answer as it does, the call's own arguments included. No secret is in it: settings that
may hold one are there as a digest, so that two models that differ in them do not share answers.

What a cache holds and what a caller gets are never the same objects: an answer may be changed.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..globals import get_llm_cache
from ..messages import AIMessage, message_to_dict
from ..outputs import ChatGeneration, ChatResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

    from ..backends.base import Backend
    from ..messages import BaseMessage
    from .chat_models import BaseChatModel
    from .telling import ModelRun

__all__ = ["cached", "digest", "key_of"]

async def cached(
    model: BaseChatModel,
    run: ModelRun,
    messages: List[BaseMessage],
    stop: Optional[List[str]],
    kwargs: Dict[str, Any],
) -> ChatResult:
    """Give the answer that is kept for this call, or ask for one and keep it.

    Raises: `ConfigurationError` for `cache=True` without a cache; what a lookup raises. A cache that
    cannot keep an answer warns: the answer is paid for.
    """
    cache: Any = model.cache
    if cache is None or cache is True:
        cache = get_llm_cache()
    if cache is None:
        raise ConfigurationError(
            "Asked to cache, but no cache found: cache=True means the one of set_llm_cache(...); "
            "set it, or give the cache itself, as cache=InMemoryCache()"
        )
    backend = run.context.backend
    prompt, llm_string = key_of(model, messages, stop, kwargs)
    found = await _asked(backend, cache, "lookup", prompt, llm_string)
    if isinstance(found, (list, tuple)):
        return ChatResult(generations=[_given_out(one) for one in found])
    run.detailed = True  # who finds it later wants to know why it ended, too
    result = await model._fresh(run, messages, stop, kwargs)
    kept = [_copied(generation) for generation in result.generations]
    try:
        await _asked(backend, cache, "update", prompt, llm_string, kept)
    except Exception as error:
        import warnings

        text = f"the answer was not kept: {type(cache).__name__}.update raised {error!r}"
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    return result


async def _asked(backend: Backend, cache: Any, method: str, *args: Any) -> Any:
    """Call a method of a cache, on the asynchronous side its twin; where there is none, in a thread."""
    twin = getattr(cache, f"a{method}", None) if backend.suspends else None
    return await (backend.call(getattr(cache, method), *args) if twin is None else twin(*args))


def key_of(
    model: BaseChatModel, messages: List[BaseMessage], stop: Optional[List[str]], kwargs: Dict[str, Any]
) -> Tuple[str, str]:
    """Give the two texts under which an answer is kept."""
    import json

    prompt = json.dumps([_without_id(message) for message in messages], default=repr)
    return prompt, model._get_llm_string(stop=stop, **kwargs)


def digest(value: Any) -> str:
    """Give a short text that is the same for the same value and tells nothing of it."""
    from hashlib import sha256

    return sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _without_id(message: BaseMessage) -> Dict[str, Any]:
    stored = message_to_dict(message)
    stored["data"]["id"] = None
    return stored


def _copied(generation: Any) -> Any:
    """Give a copy of a generation that shares nothing changeable with it."""
    info = generation.generation_info
    info = None if info is None else dict(info)
    if not hasattr(generation, "message"):
        return ChatGeneration(message=AIMessage(content=generation.text), generation_info=info)
    return type(generation)(message=generation.message.model_copy(deep=True), generation_info=info)


def _given_out(generation: Any) -> Any:
    """Give a kept generation to a caller: a copy, which cost nothing. Source: langchain-core 1.8."""
    copied = _copied(generation)
    message = copied.message
    if isinstance(message, AIMessage) and hasattr(generation, "message"):
        usage = {**(message.usage_metadata or {}), "total_cost": 0}
        copied.message = message.model_copy(update={"usage_metadata": usage})
    return copied
