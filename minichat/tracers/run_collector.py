"""A tracer that keeps the runs it saw, for a look at them afterwards."""

from __future__ import annotations

from uuid import UUID

from .base import BaseTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Union

    from .schemas import Run

__all__ = ["RunCollectorCallbackHandler"]


class RunCollectorCallbackHandler(BaseTracer):
    """Keeps a copy of each root run that ended in `traced_runs`, in that order, with its tree."""

    name: str = "run-collector_callback_handler"

    def __init__(self, example_id: Optional[Union[UUID, str]] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example_id = UUID(example_id) if isinstance(example_id, str) else example_id
        self.traced_runs: List[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.traced_runs.append(run.copy(update={"reference_example_id": self.example_id}))
