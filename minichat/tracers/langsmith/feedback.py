"""The client's calls about feedback: what people, programs and evaluators say of runs and experiments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit
from uuid import UUID

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import Calls, present, several, texts
from .opinions import Feedback, FeedbackIngestToken
from .records import plain
from .tracer import in_sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

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
        comparative_experiment_id: Optional[Id] = None,
        feedback_group_id: Optional[Id] = None,
    ) -> Feedback:
        """Say something of a run, or with `project_id` and no run of a whole experiment. Sent at once.

        Of a trace (`trace_id`) that is not in this client's sample nothing is sent: its runs are not there.
        `source_run_id` is the run of the evaluator that says so, `feedback_source_type` "api" or "model";
        `start_time` is the run's, by which a LangSmith finds it sooner. What was found by comparing runs says so by
        `comparative_experiment_id`, and by a `feedback_group_id` that the runs compared have in common.
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
            "comparative_experiment_id": comparative_experiment_id,
            "feedback_group_id": feedback_group_id,
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

    # -- from whoever has a link -------------------------------------------------------------------

    def create_presigned_feedback_token(
        self,
        run_id: Id,
        feedback_key: str,
        *,
        expiration: Union[datetime, timedelta, None] = None,
        feedback_config: Optional[Mapping[str, Any]] = None,
        feedback_id: Optional[Id] = None,
    ) -> FeedbackIngestToken:
        """Give an address, `url`, at which a page may give feedback on a run without a key.

        It is good until `expiration`, or for that long (None: three hours).
        """
        asked = _token(run_id, feedback_key, expiration, feedback_config, feedback_id)
        return FeedbackIngestToken(self._ask("POST", "/feedback/tokens", json=asked))

    def create_presigned_feedback_tokens(
        self,
        run_id: Id,
        feedback_keys: Sequence[str],
        *,
        expiration: Union[datetime, timedelta, None] = None,
        feedback_configs: Optional[Sequence[Optional[Mapping[str, Any]]]] = None,
    ) -> List[FeedbackIngestToken]:
        """Give such an address for each key. Raises: `ConfigurationError` when the lists differ in length."""
        configs = list(feedback_configs) if feedback_configs is not None else [None] * len(feedback_keys)
        if len(configs) != len(feedback_keys):
            raise ConfigurationError(
                f"create_presigned_feedback_tokens: {len(feedback_keys)} keys, but {len(configs)} of feedback_configs"
            )
        asked = [_token(run_id, key, expiration, config, None) for key, config in zip(feedback_keys, configs)]
        return [FeedbackIngestToken(one) for one in self._ask("POST", "/feedback/tokens", json=asked)]

    def list_presigned_feedback_tokens(
        self, run_id: Id, *, limit: Optional[int] = None
    ) -> Iterator[FeedbackIngestToken]:
        """Give the addresses that there are for a run."""
        for raw in self._pages("/feedback/tokens", {"run_id": str(run_id)}, limit):
            yield FeedbackIngestToken(raw)

    def create_feedback_from_token(
        self,
        token_or_url: Id,
        score: Union[float, bool, None] = None,
        *,
        value: Any = None,
        correction: Any = None,
        comment: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Give feedback as who has such an address does; it has to be one of this LangSmith.

        Raises: `ConfigurationError` for another's: the key must not travel there.
        """
        where, found, token = str(token_or_url).rpartition("/feedback/tokens/")
        if found and urlsplit(where).netloc != urlsplit(self.settings.endpoint).netloc:
            raise ConfigurationError("create_feedback_from_token: this address is of another LangSmith than the client")
        body = {"score": score, "value": value, "correction": correction, "comment": comment, "metadata": metadata}
        self._ask("POST", f"/feedback/tokens/{UUID(token)}", json=plain(body))


def _token(run_id: Id, key: str, expiration: Any, config: Any, feedback_id: Any) -> Dict[str, Any]:
    """Give what asks for one address. Raises: `ConfigurationError` for an expiration that is no time."""
    asked = {"run_id": run_id, "feedback_key": key, "feedback_config": config, "id": feedback_id or new_run_id()}
    span = timedelta(hours=3) if expiration is None else expiration
    if isinstance(span, datetime):
        asked["expires_at"] = span
    elif isinstance(span, timedelta):
        minutes = max(1, round(span.total_seconds() / 60))  # the API counts in minutes
        asked["expires_in"] = {"days": minutes // 1440, "hours": minutes % 1440 // 60, "minutes": minutes % 60}
    else:
        raise ConfigurationError(f"expiration= takes a datetime or a timedelta, not {type(expiration).__name__}")
    told: Dict[str, Any] = plain(asked)
    return told
