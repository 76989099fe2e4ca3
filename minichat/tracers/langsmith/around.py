"""Where the runs of an experiment go: what stands around its targets and evaluators while they are called."""

from __future__ import annotations

from ...context import ambient, set_tracing
from . import switch
from .blocks import Block, block_var

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from .client import Client
    from .tracer import Sink

__all__ = ["Around", "Nowhere"]


class Nowhere:
    """Takes the runs of an experiment that is not uploaded: they are there for who judges them, and not sent."""

    def __init__(self, client: Client) -> None:
        self.settings = client.settings

    def submit(self, op: str, run: Dict[str, Any]) -> None:
        """Do nothing."""


class Around:
    """Tracing on, into one project, with no run around: what the SDK's `tracing_context(enabled=True)` is for.

    A context manager, for the code of a program that an experiment calls.
    """

    def __init__(self, project: str, sink: Sink, *, enabled: bool = True) -> None:
        self._block = Block()
        self._block.enabled = enabled
        self._block.project_name = project
        self._block.client = sink

    def __enter__(self) -> None:
        set_tracing(switch)  # for runnables called in a target while the environment does not ask for tracing
        self._tokens = block_var.set(self._block), ambient.set(None)

    def __exit__(self, *exc: object) -> None:
        block_var.reset(self._tokens[0])
        ambient.reset(self._tokens[1])
