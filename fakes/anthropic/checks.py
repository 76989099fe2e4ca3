"""What Anthropic's messages endpoint refuses, from the outside in: the form of the body, then what goes together.

The form is the schema's matter (sentences "place: …", see `errors`): parameters here, messages in `messages` and
`blocks`, tools in `tools`, thoughts in `thinking`. A body of good form is judged against its model. The first fault
found is the answer, as there. Sources: error bodies quoted in public issue threads, named beside each row; where no
wording was found the row says so and uses the nearest known sentence.
"""

from __future__ import annotations

from typing import Any, Dict

from ..session import Session
from . import caching, messages, thinking, tools
from .blocks import check_cache_control
from .errors import (
    SHAPE,
    Field,
    Refused,
    anything,
    array,
    at,
    boolean,
    check_record,
    dictionary,
    integer,
    number,
    one_of,
    string,
)
from .models import Model, find

__all__ = ["BETA", "check_count", "check_messages"]

NEW = "2026-10-21"
NOT_SAMPLED = ("temperature", "top_p", "top_k")


def _check_model(value: Any, place: str) -> None:
    string(least=1)(value, place)


def _check_stops(value: Any, place: str) -> None:
    array(string())(value, place)
    if any(not stop.strip() for stop in value):  # BerriAI/litellm#3286
        raise at(place, "each stop sequence must contain non-whitespace")


def _check_metadata(value: Any, place: str) -> None:
    check_record(value, place, {"user_id": Field(string(most=256), nullable=True)}, otherwise=SHAPE)


def _check_room(value: Any, place: str) -> None:
    integer()(value, place)
    if value < 0:  # PARITY
        raise at(place, "must be greater than or equal to 0")


def _check_container(value: Any, place: str) -> None:
    if not isinstance(value, (str, dict)):  # PARITY
        raise at(f"{place}.ContainerParams", SHAPE)


def _check_geo(value: Any, place: str) -> None:
    string()(value, place)
    if value not in ("global", "us"):  # PARITY
        raise at(place, "must be one of ['global', 'us']")


# In the order in which the real API reports them (PARITY, see errors); strangers come behind all of them.
FIELDS: Dict[str, Field] = {
    "model": Field(_check_model, required=True),
    "tool_choice": Field(tools.check_choice_form),
    "tools": Field(tools.check_tools_form),
    "messages": Field(messages.check_form, required=True),
    "system": Field(messages.check_system),
    "thinking": Field(thinking.check_config),
    "output_config": Field(tools.check_output_form),
    "cache_control": Field(check_cache_control, nullable=True),
    "max_tokens": Field(_check_room, required=True),
    "metadata": Field(_check_metadata),
    "stop_sequences": Field(_check_stops),
    "temperature": Field(number(0, 1)),
    "service_tier": Field(one_of("auto", "standard_only")),
    "top_k": Field(integer()),
    "top_p": Field(number(0, 1)),
    "stream": Field(boolean),
    "container": Field(_check_container, nullable=True),
    "inference_geo": Field(_check_geo, nullable=True),
    # newer than that table, and not in its order: from the SDK's types
    "diagnostics": Field(dictionary, nullable=True),
    "speed": Field(one_of("standard", "fast"), nullable=True),
    "user_profile_id": Field(string(), nullable=True),
    "workspace_id": Field(string(), nullable=True),
}
# Parameters of betas: strangers unless the request says that it wants a beta (anthropics/claude-code#14135).
BETA: Dict[str, Field] = {
    "billing_policy": Field(anything),
    "compaction": Field(anything),
    "context_management": Field(dictionary, nullable=True),
    "fallback_credit_token": Field(anything),
    "fallbacks": Field(anything),
    "mcp_servers": Field(array(dictionary)),
    "thread": Field(anything),
}
COUNTED = (
    "model", "messages", "cache_control", "output_config", "speed", "system", "thinking", "tool_choice", "tools",
    "context_management", "mcp_servers", "user_profile_id", "workspace_id",
)  # fmt: skip


def check_messages(body: Any, session: Session, *, version: str, beta: bool) -> Model:
    """Judge the body of `POST /v1/messages` and give its model.

    Raises: Refused with Anthropic's own words for the first fault.
    """
    fields = {**FIELDS, **BETA} if beta else dict(FIELDS)
    if version >= NEW:  # "temperature: Extra inputs are not permitted", measured: Synthorai's article of October 2026
        fields = {name: field for name, field in fields.items() if name not in NOT_SAMPLED}
    check_record(_object(body), "", fields)
    model = _model(body["model"], session)
    _check_limits(body, model)
    _check_sampling(body, model)
    thinking.check(body, model)
    _check_content(body, model, session, version)
    return model


def check_count(body: Any, session: Session, *, version: str, beta: bool) -> Model:
    """Judge the body of `POST /v1/messages/count_tokens`. Raises: Refused."""
    fields = {name: field for name, field in {**FIELDS, **(BETA if beta else {})}.items() if name in COUNTED}
    check_record(_object(body), "", fields)
    model = _model(body["model"], session)
    thinking.check({"max_tokens": float("inf"), **body}, model)
    _check_content(body, model, session, version)
    return model


def _object(body: Any) -> Any:
    if not isinstance(body, dict):  # no wording found for JSON that is no object
        raise Refused("Input should be an object")
    return body


def _model(name: str, session: Session) -> Model:
    model = find(name, any_name=session.scripted)
    if model is None:  # anthropics/anthropic-sdk-typescript#690
        raise Refused(f"model: {name}", status=404)
    return model


def _check_content(body: Dict[str, Any], model: Model, session: Session, version: str) -> None:
    tools.check(body, model)
    messages.check_order(body, model, version)
    if isinstance(body.get("container"), str) and not tools.runs_code(body):  # PARITY
        raise at("container", "Container identifier can only be provided when using the code execution tool")
    thinking.check_history(body["messages"], body, session)
    caching.check(body)
    used = caching.count(body)
    if used > model.context:  # the recorded 400 of ../shared/wire/anthropic.md
        raise Refused(f"prompt is too long: {used} tokens > {model.context} maximum")
    room = body.get("max_tokens", 0)
    if model.overflows and used + room > model.context:  # anthropics/claude-code#228
        raise Refused(
            f"input length and `max_tokens` exceed context limit: {used} + {room} > {model.context}, decrease input "
            "length or `max_tokens` and try again"
        )


def _check_limits(body: Dict[str, Any], model: Model) -> None:
    room = body["max_tokens"]
    if room > model.output:  # anomalyco/opencode#2055
        raise Refused(
            f"max_tokens: {room} > {model.output}, which is the maximum allowed number of output tokens for "
            f"{model.snapshot}"
        )
    if room == 0 and body.get("stream"):  # reee344/sleipnir's table; no quotation of the whole sentence found
        raise Refused("max_tokens: 0 is not allowed with stream: true")
    if room == 0 and (body.get("tool_choice") or {}).get("type") in ("any", "tool"):  # the same
        raise Refused("max_tokens: 0 is not allowed with a forced tool_choice")


def _check_sampling(body: Dict[str, Any], model: Model) -> None:
    for name in NOT_SAMPLED:
        if name in body and not model.samples:  # UKGovernmentBEIS/inspect_ai#3721
            raise Refused(f"`{name}` is deprecated for this model.")
    if "temperature" in body and "top_p" in body and model.one_sampler:  # SalesforceAIResearch/MCP-Universe#49
        raise Refused("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
