"""Callbacks: what programs listen to runs with. Names and modules are those of `langchain_core.callbacks`.

Handlers (`base`, `stdout`, `streaming_stdout`, `file`, `usage`) are objects with `on_...` methods; managers
(`manager`) are lists of them, with what is known of the run. Each is imported when it is asked for.
"""

from __future__ import annotations

from ..lazy import names_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import (
        AsyncCallbackHandler,
        BaseCallbackHandler,
        BaseCallbackManager,
        CallbackManagerMixin,
        Callbacks,
        ChainManagerMixin,
        LLMManagerMixin,
        RetrieverManagerMixin,
        RunManagerMixin,
        ToolManagerMixin,
    )
    from .file import FileCallbackHandler
    from .manager import (
        AsyncCallbackManager,
        AsyncCallbackManagerForChainGroup,
        AsyncCallbackManagerForChainRun,
        AsyncCallbackManagerForLLMRun,
        AsyncCallbackManagerForRetrieverRun,
        AsyncCallbackManagerForToolRun,
        AsyncParentRunManager,
        AsyncRunManager,
        BaseRunManager,
        CallbackManager,
        CallbackManagerForChainGroup,
        CallbackManagerForChainRun,
        CallbackManagerForLLMRun,
        CallbackManagerForRetrieverRun,
        CallbackManagerForToolRun,
        ParentRunManager,
        RunManager,
        adispatch_custom_event,
        dispatch_custom_event,
    )
    from .stdout import StdOutCallbackHandler
    from .streaming_stdout import StreamingStdOutCallbackHandler
    from .usage import UsageMetadataCallbackHandler, get_usage_metadata_callback

__all__ = [
    "AsyncCallbackHandler",
    "AsyncCallbackManager",
    "AsyncCallbackManagerForChainGroup",
    "AsyncCallbackManagerForChainRun",
    "AsyncCallbackManagerForLLMRun",
    "AsyncCallbackManagerForRetrieverRun",
    "AsyncCallbackManagerForToolRun",
    "AsyncParentRunManager",
    "AsyncRunManager",
    "BaseCallbackHandler",
    "BaseCallbackManager",
    "BaseRunManager",
    "CallbackManager",
    "CallbackManagerForChainGroup",
    "CallbackManagerForChainRun",
    "CallbackManagerForLLMRun",
    "CallbackManagerForRetrieverRun",
    "CallbackManagerForToolRun",
    "CallbackManagerMixin",
    "Callbacks",
    "ChainManagerMixin",
    "FileCallbackHandler",
    "LLMManagerMixin",
    "ParentRunManager",
    "RetrieverManagerMixin",
    "RunManager",
    "RunManagerMixin",
    "StdOutCallbackHandler",
    "StreamingStdOutCallbackHandler",
    "ToolManagerMixin",
    "UsageMetadataCallbackHandler",
    "adispatch_custom_event",
    "dispatch_custom_event",
    "get_usage_metadata_callback",
]

__getattr__ = names_from(
    __name__,
    {
        "base": (
            "AsyncCallbackHandler BaseCallbackHandler BaseCallbackManager CallbackManagerMixin "
            "Callbacks ChainManagerMixin LLMManagerMixin RetrieverManagerMixin RunManagerMixin "
            "ToolManagerMixin"
        ),
        "file": "FileCallbackHandler",
        "manager": (
            "AsyncCallbackManager AsyncCallbackManagerForChainGroup AsyncCallbackManagerForChainRun "
            "AsyncCallbackManagerForLLMRun AsyncCallbackManagerForRetrieverRun "
            "AsyncCallbackManagerForToolRun AsyncParentRunManager AsyncRunManager BaseRunManager "
            "CallbackManager CallbackManagerForChainGroup CallbackManagerForChainRun "
            "CallbackManagerForLLMRun CallbackManagerForRetrieverRun CallbackManagerForToolRun "
            "ParentRunManager RunManager adispatch_custom_event dispatch_custom_event"
        ),
        "stdout": "StdOutCallbackHandler",
        "streaming_stdout": "StreamingStdOutCallbackHandler",
        "usage": "UsageMetadataCallbackHandler get_usage_metadata_callback",
    },
    globals(),
)
