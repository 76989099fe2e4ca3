"""What LangSmith's API answers about feedback, as small objects like those of records.py."""

from __future__ import annotations

from .records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Dict, Optional
    from uuid import UUID

__all__ = ["Feedback", "FeedbackIngestToken", "FeedbackSource"]


class FeedbackIngestToken(Record):
    """An address at which feedback on one run, under one key, is taken from whoever has it."""

    _times = ("expires_at",)
    _plain = ("url",)
    _shown = ("id", "expires_at")  # who has the address may speak

    url: str
    expires_at: datetime


class FeedbackSource(dict):  # type: ignore[type-arg]  # dict[str, Any] would need `Any` at run time
    """Where feedback comes from: `type` ("api", "app", "model"), `metadata`, `user_id`, `user_name`; a dict too.

    >>> source = FeedbackSource({"type": "api", "metadata": {"a": 1}})
    >>> source.type, source.metadata, source.user_id, source["type"]
    ('api', {'a': 1}, None, 'api')
    """

    def __getattr__(self, name: str) -> Any:
        if name in ("type", "user_id", "user_name"):
            return self.get(name)
        if name == "metadata":
            return self.get(name) or {}
        raise AttributeError(name)


class Feedback(Record):
    """What somebody, or an evaluator, says of a run, or of a whole experiment (then `run_id` is None)."""

    _ids = ("id", "run_id", "trace_id", "session_id", "comparative_experiment_id", "feedback_group_id")
    _times = ("created_at", "modified_at", "start_time")
    _plain = ("key", "score", "value", "comment", "correction", "feedback_source", "extra")
    _shown = ("id", "key", "score")

    key: str
    run_id: Optional[UUID]
    trace_id: Optional[UUID]
    comment: Optional[str]
    feedback_source: Optional[FeedbackSource]

    def __init__(self, raw: Dict[str, Any]) -> None:
        super().__init__(raw)
        source = raw.get("feedback_source")
        self.feedback_source = None if source is None else FeedbackSource(source)
