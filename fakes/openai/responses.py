"""The Responses API: create, retrieve, delete, cancel, the items that were asked, and the count of tokens.

A response is kept in the session until it is deleted or the session is reset, unless `store` is false; so a later request
may go on from it by `previous_response_id`, and its items may be referred to. A background response is queued when it
is made and done when it is first looked at, so that a client which polls waits once, and one that cancels comes in time.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs

from ..quotas import Limits
from ..replies import behaviours, tokens
from ..replies.reply import Error, Usage
from ..serving.http11 import Answer, Request
from ..session import Moment, Session
from .errors import Refused, above, below, unknown_value
from .outcomes import BLOCKED, failed, headers, parsed, raw
from .responses_checks import check_abilities, check_request
from .responses_input import check_id, mention_json
from .responses_order import Known, check_together
from .responses_turn import Asked, ask_of, offered, turn_of
from .responses_writer import Turn, failed_frames, frames, plain, response

__all__ = ["cancel", "count", "create", "delete", "input_items", "retrieve"]

DELETED = """{
  "id": "%s",
  "object": "response",
  "deleted": true
}"""
EVENT_STREAM = "text/event-stream; charset=utf-8"


class Kept(NamedTuple):
    """A stored response: how it stands now, the conversation that led to it, what was asked, and its events."""

    turn: Turn
    status: str
    conversation: List[Dict[str, Any]]  # everything before the output
    asked: List[Dict[str, Any]]  # the items of this request alone
    output: List[Dict[str, Any]]
    frames: Optional[List[bytes]]  # of a background response that was streamed


def create(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    """Answer `POST /v1/responses`."""
    body = parsed(request)
    model = check_request(body, any_name=session.scripted)
    before, asked = _judged_input(body, session)
    check_abilities(body, model)
    conversation = before + asked
    _check_json_word(body, conversation)
    used = _tokens(body, conversation)
    if used > model.context and body.get("truncation") != "auto":  # maximhq/bifrost#4413
        raise Refused(
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            param="input",
            code="context_length_exceeded",
        )
    tools = offered(body, conversation)
    question = Asked(request, body, model, moment, _id(body, moment), conversation, tools, used)
    reply = behaviours.answer(ask_of(question), session, ordinary=model.ordinary)
    if isinstance(reply, Error):
        return failed(reply, model.name, moment)
    limits = session.limits()
    given = raw(reply, "responses", moment, stream=bool(body.get("stream")), used=used, limits=limits)
    if given is not None:
        return given
    if reply.finish == "blocked":
        return _blocked(question, limits)
    turn = turn_of(question, reply)
    written = frames(turn) if body.get("stream") else None
    status = "queued" if body.get("background") and not written else turn.status
    if body.get("store") is not False:
        _keep(session, turn, status, conversation, asked, written if body.get("background") else None)
    if written is not None:
        return Answer(200, headers(moment, EVENT_STREAM, used, limits), frames=written)
    text = plain(response(turn, status, streamed=False))
    return Answer(200, headers(moment, "application/json", used, limits), text)


def count(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    """Answer `POST /v1/responses/input_tokens`. Shape: openai 3.54.0 types/responses/input_token_count_response.py."""
    body = parsed(request)
    check_request(body, any_name=session.scripted)
    before, asked = _judged_input(body, session)
    told = {"object": "response.input_tokens", "input_tokens": _tokens(body, before + asked)}
    return Answer(200, headers(moment, "application/json"), plain(json.dumps(told)))


def _judged_input(body: Dict[str, Any], session: Session) -> Tuple[List[Dict[str, Any]], List[Dict[str, Any]]]:
    """Give the conversation before a request, and the request's own items with references looked up.

    Raises: Refused.
    """
    before = _before(body, session)
    asked = _items_of(body["input"])
    if not asked and body.get("previous_response_id") is None:  # measured, see `responses_checks`
        raise Refused(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
            code="missing_required_parameter",
        )
    stored = body.get("store") is not False
    return before, check_together(before, asked, lambda item: _known(session, item), stored=stored)


def _before(body: Dict[str, Any], session: Session) -> List[Dict[str, Any]]:
    """Give the conversation that this request goes on from.

    Raises: Refused when it is not there; the sentences and their order are measured, see `responses_checks`.
    """
    conversation, previous = body.get("conversation"), body.get("previous_response_id")
    if conversation is not None and previous is not None:
        raise Refused(
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
            code="mutually_exclusive_parameters",
        )
    if conversation is not None:  # conversations and prompts are made elsewhere, so none is ever there
        name = conversation["id"] if isinstance(conversation, dict) else conversation
        raise Refused(f"Conversation with id '{name}' not found.", status=404)
    if body.get("prompt") is not None:
        raise Refused(f"Prompt with id '{body['prompt']['id']}' not found.", status=404)
    if previous is None:
        return []
    kept: Optional[Kept] = session.kept("response " + previous)
    if kept is None:
        raise Refused(
            f"Previous response with id '{previous}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return kept.conversation + kept.output


def _items_of(given: Any) -> List[Dict[str, Any]]:
    if isinstance(given, list):
        return given
    return [{"type": "message", "role": "user", "content": given}] if given else []


def _known(session: Session, name: str) -> Optional[Known]:
    known: Optional[Known] = session.kept("item " + name)
    return known


def _check_json_word(body: Dict[str, Any], conversation: List[Dict[str, Any]]) -> None:
    wanted = (body.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_object" and not mention_json(conversation):
        # quoted with this param in a client's tests, with "input" in another's
        raise Refused(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            param="text.format",
        )


def _tokens(body: Dict[str, Any], conversation: List[Dict[str, Any]]) -> int:
    """Count the tokens of what is read; never 0."""
    total = 3
    for item in conversation:
        inner = {key: value for key, value in item.items() if key not in ("type", "role", "id", "status")}
        total += 3 + tokens.count_chat(inner)
    for key in ("instructions", "tools", "text"):
        if body.get(key):
            total += 4 + tokens.count_chat(body[key])
    return total


def _id(body: Dict[str, Any], moment: Moment) -> str:
    """Make an id as OpenAI does: one beginning for a whole conversation, the time in hexadecimal digits, noise."""
    previous = body.get("previous_response_id")
    family = previous[5:23] if previous else moment.hexadecimal("responses", 16) + "00"
    return f"resp_{family}{moment.created:08x}" + moment.hexadecimal("response", 24)


def _blocked(asked: Asked, limits: Optional[Limits]) -> Answer:
    """Refuse a prompt: at once where nothing was begun, as a failed response in a stream."""
    if not asked.body.get("stream"):
        raise Refused(BLOCKED, code="invalid_prompt")
    error = {"code": "invalid_prompt", "message": BLOCKED}
    turn = Turn(
        asked.id, asked.moment, asked.model, asked.body, asked.tools, [], "failed", None, error, Usage(asked.used, 0)
    )
    return Answer(200, headers(asked.moment, EVENT_STREAM, asked.used, limits), frames=failed_frames(turn))


def _keep(
    session: Session,
    turn: Turn,
    status: str,
    conversation: List[Dict[str, Any]],
    asked: List[Dict[str, Any]],
    written: Optional[List[bytes]],
) -> None:
    output: List[Dict[str, Any]] = json.loads(response(turn, turn.status, streamed=False))["output"]
    size = len(json.dumps(asked)) + len(json.dumps(output)) + sum(map(len, written or ()))
    session.keep("response " + turn.id, Kept(turn, status, conversation, asked, output, written), size)
    thought: Optional[str] = None
    for place, item in enumerate(output):
        follower = output[place + 1]["id"] if place + 1 < len(output) else None
        session.keep("item " + item["id"], Known(item, thought, follower), size)
        thought = item["id"] if item["type"] == "reasoning" else thought


def _find(name: str, session: Session) -> Kept:
    check_id(name, "response_id", "resp")
    kept: Optional[Kept] = session.kept("response " + name)
    if kept is None:  # BerriAI/litellm's and RageAgainstThePixel/OpenAI-DotNet's tests quote the body
        raise Refused(f"Response with id '{name}' not found.", status=404)
    return kept


def _stand(kept: Kept, status: str, session: Session) -> Kept:
    """Set the status of a stored response."""
    changed = kept._replace(status=status)
    size = len(json.dumps(kept.asked)) + len(json.dumps(kept.output)) + sum(map(len, kept.frames or ()))
    session.keep("response " + kept.turn.id, changed, size)
    return changed


def retrieve(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    """Answer `GET /v1/responses/{id}`, for a streamed background response also with `stream=true`."""
    kept = _find(name, session)
    if kept.status == "queued":
        kept = _stand(kept, kept.turn.status, session)
    asked = {key: values[-1] for key, values in parse_qs(request.query).items()}
    if asked.get("stream") == "true":
        if kept.frames is None:  # no wording found
            raise Refused("Only background responses that were created with 'stream' can be streamed.", param="stream")
        after = asked.get("starting_after", "-1")
        begin = int(after) + 1 if after.isdecimal() and len(after) < 10 else 0
        return Answer(200, headers(moment, EVENT_STREAM), frames=kept.frames[begin:])
    return _told(kept, moment)


def _told(kept: Kept, moment: Moment) -> Answer:
    text = plain(response(kept.turn, kept.status, streamed=False))
    return Answer(200, headers(moment, "application/json"), text)


def delete(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    """Answer `DELETE /v1/responses/{id}`."""
    kept = _find(name, session)
    session.drop("response " + name)
    for item in kept.output:
        session.drop("item " + item["id"])
    return Answer(200, headers(moment, "application/json"), (DELETED % name).encode())


def cancel(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    """Answer `POST /v1/responses/{id}/cancel`; cancelling what is over changes nothing."""
    kept = _find(name, session)
    if not kept.turn.body.get("background"):  # quoted by vllm-project/vllm#57999 and by servers written after the API
        raise Refused("Cannot cancel a synchronous response.")
    if kept.status == "queued":
        kept = _stand(kept, "cancelled", session)
    return _told(kept, moment)


def input_items(request: Request, name: str, session: Session, moment: Moment) -> Answer:
    """Answer `GET /v1/responses/{id}/input_items`: the items of that request, newest first unless `order=asc`."""
    kept = _find(name, session)
    asked = {key: values[-1] for key, values in parse_qs(request.query).items()}
    order = asked.get("order", "desc")
    if order not in ("asc", "desc"):
        raise unknown_value("order", order, ("asc", "desc"))
    told = asked.get("limit", "")
    limit = int(told) if told.isdecimal() and len(told) < 10 else 20
    if limit < 1:
        raise below("limit", limit, 1, "integer")
    if limit > 100:
        raise above("limit", limit, 100, "integer")
    rows = [_row(item, place, kept.turn) for place, item in enumerate(kept.asked)]
    rows = rows if order == "asc" else rows[::-1]
    ids = [row["id"] for row in rows]
    begin = ids.index(asked["after"]) + 1 if asked.get("after") in ids else 0
    page = rows[begin : begin + limit]
    listed = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "has_more": begin + limit < len(rows),
        "last_id": page[-1]["id"] if page else None,
    }
    return Answer(200, headers(moment, "application/json"), plain(json.dumps(listed)))


def _row(item: Dict[str, Any], place: int, turn: Turn) -> Dict[str, Any]:
    """Give an input item as it is listed: with an id, a message's content in parts."""
    noise = turn.moment.hexadecimal(f"asked/{place}", 24)
    name = item.get("id") or f"msg_{turn.id[5:23]}{turn.moment.created:08x}{noise}"
    row = {"id": name, **{key: value for key, value in item.items() if key != "id"}}
    if item.get("type", "message") == "message":
        content = item["content"]
        if isinstance(content, str):
            kind = "output_text" if item["role"] == "assistant" else "input_text"
            content = [{"type": kind, "text": content}]
        row.update(type="message", status=item.get("status") or "completed", content=content)
    return row
