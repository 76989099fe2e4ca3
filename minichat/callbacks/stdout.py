"""A handler that prints the chains a program enters and leaves, and what tools and agents say."""

from __future__ import annotations

from .coloring import get_bolded_text, print_text
from .handlers import BaseCallbackHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping, Optional

__all__ = ["StdOutCallbackHandler", "name_of_chain"]


class StdOutCallbackHandler(BaseCallbackHandler):
    """Prints to standard output as LangChain's; `color` is for what tools and agents say.

    >>> StdOutCallbackHandler().on_text("Hello", end="\\n")
    Hello
    """

    def __init__(self, color: Optional[str] = None) -> None:
        self.color = color

    def on_chain_start(self, serialized: Dict[str, Any], inputs: Any, **kwargs: Any) -> None:
        print("\n\n" + get_bolded_text(f"> Entering new {name_of_chain(serialized, kwargs)} chain..."))

    def on_chain_end(self, outputs: Any, **kwargs: Any) -> None:
        print("\n" + get_bolded_text("> Finished chain."))

    def on_agent_action(self, action: Any, color: Optional[str] = None, **kwargs: Any) -> None:
        print_text(action.log, color or self.color)

    def on_agent_finish(self, finish: Any, color: Optional[str] = None, **kwargs: Any) -> None:
        print_text(finish.log, color or self.color, end="\n")

    def on_tool_end(
        self,
        output: Any,
        color: Optional[str] = None,
        observation_prefix: Optional[str] = None,
        llm_prefix: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        if observation_prefix is not None:
            print_text(f"\n{observation_prefix}")
        print_text(output, color or self.color)
        if llm_prefix is not None:
            print_text(f"\n{llm_prefix}")

    def on_text(self, text: str, color: Optional[str] = None, end: str = "", **kwargs: Any) -> None:
        print_text(text, color or self.color, end)


def name_of_chain(serialized: Optional[Mapping[str, Any]], kwargs: Mapping[str, Any]) -> str:
    """Give the name in a start event: of the run, else of what is serialized, else `<unknown>`."""
    known = serialized or {}
    name = kwargs.get("name") or known.get("name") or (known.get("id") or [None])[-1]
    return str(name or "<unknown>")
