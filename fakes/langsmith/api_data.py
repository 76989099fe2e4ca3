"""The API's calls about projects and feedback, its tokens too (§8 and §9 of the wire notes)."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

from .calls import Call, Reply, there
from .database import Refused

__all__ = ["ROUTES"]


def _projects(call: Call) -> Reply:
    call.only(
        "name", "name_contains", "reference_dataset", "include_stats", "limit", "offset", "id", "reference_free",
        "metadata", "dataset_version",
    )  # fmt: skip
    references = call.ids("reference_dataset")
    if len(references) > 1:
        raise Refused(422, "reference_dataset is one dataset")
    return Reply(200, call.store.projects(
        name=call.text("name"), name_contains=call.text("name_contains"), ids=call.ids("id"),
        reference_dataset=references[0] if references else None, reference_free=call.flag("reference_free"),
        stats=call.flag("include_stats"), metadata=call.json("metadata"),
        dataset_version=call.text("dataset_version"), **call.page(),
    ))  # fmt: skip


def _project(call: Call) -> Reply:
    call.only("limit", "include_stats", "offset")
    found = call.store.project(call.id(), stats=call.flag("include_stats"))
    return Reply(200, there(found, "Project"))


def _create_project(call: Call) -> Reply:
    call.only("upsert")
    return Reply(200, call.store.create_project(call.body(), upsert=call.flag("upsert")))


def _update_project(call: Call) -> Reply:
    return Reply(200, call.store.update_project(call.id(), call.body()))


def _delete_project(call: Call) -> Reply:
    found = there(call.store.project(call.id()), "Project")
    call.store.delete_project(found["id"])
    return Reply(200, found)


def _feedbacks(call: Call) -> Reply:
    call.only("run", "key", "source", "session", "limit", "offset")
    return Reply(200, call.store.feedback(
        run_ids=call.ids("run"), keys=call.several("key"), sources=call.several("source"),
        session_ids=call.ids("session"), **call.page(),
    ))  # fmt: skip


def _feedback(call: Call) -> Reply:
    return Reply(200, there(call.store.feedback_one(call.id()), "Feedback"))


def _create_feedback(call: Call) -> Reply:
    return Reply(200, call.store.add_feedback(call.body()))


def _change_feedback(call: Call) -> Reply:
    return Reply(200, call.store.change_feedback(call.id(), call.body()))


def _delete_feedback(call: Call) -> Reply:
    call.store.delete_feedback(call.id())
    return Reply(200, {})


def _make_tokens(call: Call) -> Reply:
    """Make one token, or several for a list (the SDK's create_presigned_feedback_token and …_tokens)."""
    said = call.value()
    wanted = said if isinstance(said, list) else [said]
    if not all(isinstance(one, dict) for one in wanted):
        raise Refused(422, "the body is a JSON object, or a list of them")
    with call.store.writing():
        made = [_addressed(call, call.store.make_feedback_token(one)) for one in wanted]
    return Reply(200, made if isinstance(said, list) else made[0])


def _tokens(call: Call) -> Reply:
    call.only("run_id", "limit", "offset")
    runs = call.ids("run_id")
    if len(runs) != 1:
        raise Refused(422, "run_id is the run whose tokens are listed")
    return Reply(200, [_addressed(call, one) for one in call.store.feedback_tokens(runs[0], **call.page())])


def _add_by_token(call: Call) -> Reply:
    call.store.add_feedback_by(call.id(), call.body())
    return Reply(200, {"message": "Feedback is taken. Thank you."})


def _add_by_link(call: Call) -> Reply:
    """Take feedback by a link that was followed: score, value and comment stand in its query."""
    call.only("score", "value", "comment", "correction")
    said: Dict[str, Any] = {name: call.text(name) for name in ("value", "comment")}
    said["correction"] = call.json("correction")
    score = call.text("score")
    if score is not None:
        try:
            said["score"] = float(score)
        except ValueError:
            raise Refused(422, "score is a number") from None
    call.store.add_feedback_by(call.id(), said)
    return Reply(200, {"message": "Feedback is taken. Thank you."})


def _addressed(call: Call, token: Dict[str, Any]) -> Dict[str, Any]:
    before = call.request.path.partition("/feedback/")[0].rstrip("/")  # /api/v1 and the like
    return {**token, "url": f"{call.origin}{before}/feedback/tokens/{token['id']}"}


ROUTES: Dict[Tuple[str, str], Callable[[Call], Reply]] = {
    ("GET", "sessions"): _projects,
    ("POST", "sessions"): _create_project,
    ("GET", "sessions/{}"): _project,
    ("PATCH", "sessions/{}"): _update_project,
    ("DELETE", "sessions/{}"): _delete_project,
    ("GET", "feedback"): _feedbacks,
    ("POST", "feedback"): _create_feedback,
    ("GET", "feedback/{}"): _feedback,
    ("PATCH", "feedback/{}"): _change_feedback,
    ("DELETE", "feedback/{}"): _delete_feedback,
    ("POST", "feedback/tokens"): _make_tokens,
    ("GET", "feedback/tokens"): _tokens,
    ("POST", "feedback/tokens/{}"): _add_by_token,
    ("GET", "feedback/tokens/{}"): _add_by_link,
}
