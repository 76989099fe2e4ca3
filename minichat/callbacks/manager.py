"""All of `langchain_core.callbacks.manager` under that name; what it is made of stands in the files beside it.

`starting`: the managers that begin runs. `run_managers`: what begun runs say. `groups`: blocks as runs.
`events`: events said by hand.
"""

from __future__ import annotations

from .events import adispatch_custom_event, ahandle_event, dispatch_custom_event, handle_event
from .groups import (
    AsyncCallbackManagerForChainGroup,
    CallbackManagerForChainGroup,
    atrace_as_chain_group,
    trace_as_chain_group,
)
from .run_managers import (
    AsyncCallbackManagerForChainRun,
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    AsyncCallbackManagerForToolRun,
    AsyncParentRunManager,
    AsyncRunManager,
    BaseRunManager,
    CallbackManagerForChainRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
    CallbackManagerForToolRun,
    ParentRunManager,
    RunManager,
)
from .starting import AsyncCallbackManager, CallbackManager, manager_of, run_manager_of

__all__ = [
    "AsyncCallbackManager",
    "AsyncCallbackManagerForChainGroup",
    "AsyncCallbackManagerForChainRun",
    "AsyncCallbackManagerForLLMRun",
    "AsyncCallbackManagerForRetrieverRun",
    "AsyncCallbackManagerForToolRun",
    "AsyncParentRunManager",
    "AsyncRunManager",
    "BaseRunManager",
    "CallbackManager",
    "CallbackManagerForChainGroup",
    "CallbackManagerForChainRun",
    "CallbackManagerForLLMRun",
    "CallbackManagerForRetrieverRun",
    "CallbackManagerForToolRun",
    "ParentRunManager",
    "RunManager",
    "adispatch_custom_event",
    "ahandle_event",
    "atrace_as_chain_group",
    "dispatch_custom_event",
    "handle_event",
    "manager_of",
    "run_manager_of",
    "trace_as_chain_group",
]
