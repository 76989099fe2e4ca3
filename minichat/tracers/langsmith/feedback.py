"""The client's calls about feedback: what people, programs and evaluators say of runs and experiments."""

from __future__ import annotations

from datetime import datetime, timezone

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import Calls, present, several, texts
from .records import Feedback, plain
from .tracer import in_sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Mapping, Optional, Sequence, Union

    from .calls import Id

__all__ = ["FeedbackCalls"]

UNCHANGED = object()  # for update_feedback, where None clears


class FeedbackCalls(Calls):
    """Feedback, by the SDK's names."""

    def create_feedback(
        self,
        run_id: Optional[Id] = None,
        key: str = "unnamed",
        *,
        score: Union[float, bool, None] = None,
        value: Any = None,
        trace_id: Optional[Id] = None,
        correction: Any = None,
        comment: Optional[str] = None,
        source_info: Optional[Mapping[str, Any]] = None,
        feedback_source_type: str = "api",
        source_run_id: Optional[Id] = None,
        feedback_id: Optional[Id] = None,
        feedback_config: Optional[Mapping[str, Any]] = None,
        project_id: Optional[Id] = None,
        session_id: Optional[Id] = None,
        extra: Optional[Mapping[str, Any]] = None,
        error: Optional[bool] = None,
        start_time: Optional[datetime] = None,
    ) -> Feedback:
        """Say something of a run, or with `project_id` and no run of a whole experiment. Sent at once.

        Of a trace (`trace_id`) that is not in this client's sample nothing is sent: its runs are not there.
        `source_run_id` is the run of the evaluator that says so, `feedback_source_type` "api" or "model";
        `start_time` is the run's, by which a LangSmith finds it sooner.
        """
        if run_id is None and project_id is None and session_id is None:
            raise ConfigurationError("create_feedback takes run_id=, or project_id= for a whole experiment")
        about = dict(source_info or {})
        if source_run_id is not None:
            about["__run"] = {"run_id": str(source_run_id)}
        now = datetime.now(timezone.utc)
        body = {
            "id": feedback_id or new_run_id(),
            "created_at": now,
            "modified_at": now,
            "run_id": run_id,
            "trace_id": trace_id,
            "key": key,
            "score": round(score, 4) if type(score) is float else score,
            "value": value,
            "correction": correction,
            "comment": comment,
            "feedback_source": {
                "type": getattr(feedback_source_type, "value", feedback_source_type),
                "metadata": about,
            },
            "feedback_config": feedback_config,
            "session_id": session_id or project_id,
            "extra": extra,
            "error": error,
            "start_time": start_time,
        }
        sent = plain(present(**body))
        if trace_id is None or in_sample(trace_id, self.settings.sampling_rate):
            self._ask("POST", "/feedback", json=sent)
        return Feedback(sent)

    def update_feedback(
        self,
        feedback_id: Id,
        *,
        score: Any = UNCHANGED,
        value: Any = UNCHANGED,
        correction: Any = UNCHANGED,
        comment: Any = UNCHANGED,
    ) -> None:
        """Change what is given; None clears it."""
        given = {"score": score, "value": value, "correction": correction, "comment": comment}
        body = {name: one for name, one in given.items() if one is not UNCHANGED}
        self._ask("PATCH", f"/feedback/{feedback_id}", json=plain(body))

    def read_feedback(self, feedback_id: Id) -> Feedback:
        """Give one feedback. Raises: `LangSmithNotFoundError`."""
        return Feedback(self._ask("GET", f"/feedback/{feedback_id}"))

    def list_feedback(
        self,
        *,
        run_ids: Optional[Sequence[Id]] = None,
        feedback_key: Union[str, Sequence[str], None] = None,
        feedback_source_type: Union[str, Sequence[str], None] = None,
        limit: Optional[int] = None,
    ) -> Iterator[Feedback]:
        """Give what was said, one by one: of these runs, with these keys, from these sources."""
        query = present(
            run=texts(run_ids),
            key=several(feedback_key) or None,
            source=[getattr(one, "value", one) for one in several(feedback_source_type)] or None,
        )
        for raw in self._pages("/feedback", query, limit):
            yield Feedback(raw)

    def delete_feedback(self, feedback_id: Id) -> None:
        """Delete one feedback."""
        self._ask("DELETE", f"/feedback/{feedback_id}")
