"""How many tokens a program's calls used, by model: a handler that adds them up, and a block that has one."""

from __future__ import annotations

from contextvars import ContextVar

from ..context import register_hook
from ..messages import AIMessage
from ..messages.merging import add_usage
from ..outputs import ChatGeneration
from .handlers import BaseCallbackHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from ..outputs import LLMResult

__all__ = ["UsageMetadataCallbackHandler", "get_usage_metadata_callback"]

# One variable for each depth of blocks inside blocks, made when a program first goes that deep.
_blocks: List[ContextVar[Optional[UsageMetadataCallbackHandler]]] = []


class UsageMetadataCallbackHandler(BaseCallbackHandler):
    """Adds up the `usage_metadata` of the first answer to each prompt, in threads too.

    Shape of `usage_metadata`: {model name: {"input_tokens": ..., "output_tokens": ..., "total_tokens": ...}}.
    An answer that names no model (`response_metadata["model_name"]`) or has no usage does not count.

    >>> UsageMetadataCallbackHandler().usage_metadata
    {}
    """

    def __init__(self) -> None:
        from ..backends.locks import Lock

        self.usage_metadata: Dict[str, Dict[str, Any]] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return str(self.usage_metadata)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        answers = response.generations[0] if response.generations else []
        if not (answers and isinstance(answers[0], ChatGeneration)):
            return
        message = answers[0].message
        if not isinstance(message, AIMessage):
            return
        usage = message.usage_metadata
        model = message.response_metadata.get("model_name")
        if usage and model:
            with self._lock:
                self.usage_metadata[model] = add_usage(self.usage_metadata.get(model), dict(usage))


class get_usage_metadata_callback:
    """Count the tokens of all calls made inside a `with` block.

    >>> with get_usage_metadata_callback() as callback:
    ...     callback.usage_metadata
    {}

    Blocks inside blocks each count. `name` is that of the context variable, for debuggers.
    """

    def __init__(self, name: str = "usage_metadata_callback") -> None:
        self._name = name

    def __enter__(self) -> UsageMetadataCallbackHandler:
        handler = UsageMetadataCallbackHandler()
        self._block = _free_block(self._name)
        self._token = self._block.set(handler)
        return handler

    def __exit__(self, *exc_info: object) -> None:
        self._block.reset(self._token)


def _free_block(name: str) -> ContextVar[Optional[UsageMetadataCallbackHandler]]:
    for block in _blocks:
        if block.get() is None:
            return block
    block = ContextVar(name, default=None)
    _blocks.append(block)
    register_hook(lambda: None if block.get() is None else (block.get(), True))
    return block
