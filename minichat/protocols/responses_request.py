"""OpenAI's Responses, the way out: messages as the input items of a request. Pure.

A message is an item, or several: an assistant's turn goes back as the items it came in, in their order, so that
a thought stands before the call it led to. Blocks that this API never gave and cannot read (the thoughts and
tool blocks of another provider, a picture that the model drew) are left out of an assistant's turn; anywhere
else a block that cannot be said is refused, never dropped. Messages have no `name` here.

Sources: openai 3.54 `types/responses/response_input_item_param.py`; what langchain-openai 1.7.4 sends, by
running it; both read 2026-11-23.
"""

from __future__ import annotations

import json

from ..errors import ConfigurationError
from ..messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from .responses_parts import encode_output, encode_parts, is_item
from .responses_v0 import from_v0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Set

    from ..messages import BaseMessage

    JSON = Any

__all__ = ["encode_input"]

# Of an assistant's turn with another provider, or said elsewhere in it.
FOREIGN = frozenset(
    "tool_use thinking redacted_thinking reasoning_content tool_call_chunk invalid_tool_call server_tool_use "
    "server_tool_call server_tool_result executable_code code_execution_result image image_url audio input_audio "
    "video file media document".split()
)
PLACES = ("index", "sub_index")  # where a streamed piece belonged


def encode_input(messages: Sequence[BaseMessage], *, stored: bool = True, after: int = 0) -> List[JSON]:
    """Give the `input` array. `stored`: OpenAI keeps the items of earlier responses, and finds them by their ids.

    `after`: so many messages at the beginning are known to OpenAI, and not sent.

    Raises: `ConfigurationError` for a message or block that this API does not have.
    """
    items: List[JSON] = []
    custom: Set[Any] = set()  # calls of tools that take text; their results are items of another type
    for place, message in enumerate(messages):
        if isinstance(message, AIMessage):
            turn = _turn(message, stored)
            custom.update(item.get("call_id") for item in turn if item.get("type") == "custom_tool_call")
            items += turn
        elif isinstance(message, ToolMessage):
            items += encode_output(message, custom=message.tool_call_id in custom)
        else:
            items += _said(message)
        if place < after:
            items.clear()
    return items


def _said(message: BaseMessage) -> List[JSON]:
    """Give the items of a message that is neither a model's turn nor a tool's result."""
    content = message.content
    if isinstance(message, HumanMessage):
        role = "user"
    elif isinstance(message, SystemMessage):
        role = message.additional_kwargs.get("__openai_role__", "system")
    elif isinstance(message, ChatMessage):
        role = message.role
        if role == "assistant":
            return _turn(AIMessage(content), stored=False)
    else:
        raise ConfigurationError(
            f"a {type(message).__name__} cannot be sent to the Responses API; "
            "use System-, Human-, AI-, Tool- or ChatMessage"
        )
    if isinstance(content, str):
        return [{"type": "message", "role": role, "content": content}]
    items: List[JSON] = []
    parts: List[JSON] = []
    for block in content:
        if isinstance(block, dict) and block.get("type") == "non_standard":
            block = block.get("value", block)
        if is_item(block):
            if parts:
                items.append({"type": "message", "role": role, "content": parts})
                parts = []
            items.append(block)
        else:
            parts += encode_parts([block])
    if parts or not items:
        items.append({"type": "message", "role": role, "content": parts})
    return items


# -- a model's turn ------------------------------------------------------------------------


def _turn(message: AIMessage, stored: bool) -> List[JSON]:
    content: Any = from_v0(message)
    if content is None:
        content = message.content
    extra = message.additional_kwargs
    items: List[JSON] = []
    calls = _calls(message)
    if isinstance(content, str):
        if extra.get("refusal"):
            items.append(_message([{"type": "refusal", "refusal": extra["refusal"]}]))
        if content or not (items or calls):
            items.append(_message([_output_text({"text": content})]))
    else:
        texts: Dict[Any, JSON] = {}  # the message items, by id
        for block in content:
            block = {"type": "text", "text": block} if isinstance(block, str) else block
            _add_block(items, texts, block, message, stored)
    known = {item.get("call_id") for item in items if item.get("type") in ("function_call", "custom_tool_call")}
    return items + [call for call in calls if call["call_id"] not in known]


def _add_block(items: List[JSON], texts: Dict[Any, JSON], block: JSON, message: AIMessage, stored: bool) -> None:
    """Add what a block of a model's turn is: a part of a message, an item, or nothing."""
    kind = block.get("type")
    if kind == "non_standard" and isinstance(block.get("value"), dict):
        _add_block(items, texts, block["value"], message, stored)
    elif kind in ("text", "output_text", "refusal"):
        _add_text(items, texts, block, stored)
    elif kind == "reasoning":
        thought = _thought(block)
        if thought.get("encrypted_content") or (stored and thought.get("id")):
            items.append(thought)
    elif kind == "tool_call":
        items.append(_standard_call(block, message))
    elif kind == "image_generation_call" or (kind == "image" and str(block.get("id")).startswith("ig_")):
        if stored:
            items.append({"type": "image_generation_call", "id": block["id"]})
        elif kind != "image" and block.keys() - {"type", "id", "index"}:  # a bare reference leads nowhere
            items.append(_without(block, PLACES))
    elif kind not in FOREIGN and (block.get("id") or block.get("call_id")):
        items.append(_without(block, PLACES))


def _add_text(items: List[JSON], texts: Dict[Any, JSON], block: JSON, stored: bool) -> None:
    if block.get("type") == "refusal":
        if not block.get("refusal"):  # one without words, as Anthropic's, says nothing
            return
        part = {"type": "refusal", "refusal": block["refusal"]}
    elif block.get("text") is None:
        return
    else:
        part = _output_text(block)
    own_id = block.get("id")
    item = texts.get(own_id) if own_id else None
    if item is None:
        item = _message([])
        items.append(item)
        if own_id:
            texts[own_id] = item
            if stored and not str(own_id).startswith("lc_"):  # those that LangChain makes up
                item["id"] = own_id
    item["content"].append(part)
    phase = block.get("phase") or (block.get("extras") or {}).get("phase")
    if phase:
        item["phase"] = phase


def _message(parts: List[JSON]) -> Dict[str, JSON]:
    return {"type": "message", "role": "assistant", "content": parts}


def _output_text(block: JSON) -> Dict[str, JSON]:
    annotations = [_annotation(one) for one in block.get("annotations") or ()]
    return {"type": "output_text", "text": block["text"], "annotations": annotations}


def _annotation(annotation: JSON) -> JSON:
    """Give an annotation in OpenAI's words, for LangChain's standard "citation" too."""
    kind = annotation.get("type")
    if kind == "citation":
        said = {**(annotation.get("extras") or {}), **_without(annotation, ("type", "extras", "id", "cited_text"))}
        said["type"] = "url_citation" if "url" in said else "file_citation"
        if "title" in said and "url" not in said:
            said["filename"] = said.pop("title")
        annotation = said
    elif kind == "non_standard_annotation":
        annotation = annotation["value"]
    return {("index" if name == "file_index" else name): value for name, value in annotation.items()}


def _thought(block: JSON) -> Dict[str, JSON]:
    """Give a reasoning item; LangChain's standard block has its summary as one text, `reasoning`."""
    thought = {**_without(block, (*PLACES, "reasoning", "extras")), **(block.get("extras") or {})}
    if "summary" not in thought:
        told = block.get("reasoning")
        thought["summary"] = [{"type": "summary_text", "text": told}] if told else []
    for name in ("summary", "content"):
        if isinstance(thought.get(name), list):
            thought[name] = [_without(part, PLACES) for part in thought[name]]
    return thought


def _standard_call(block: JSON, message: AIMessage) -> Dict[str, JSON]:
    """Give the item of LangChain's standard block for a call."""
    extras = block.get("extras") or {}
    args = block.get("args")
    if args is None:
        args = next((call["args"] for call in message.tool_calls if call["id"] == block["id"]), {})
    item = _call(block.get("name"), extras.get("arguments") or _dump(args), block["id"])
    if extras.get("item_id"):
        item["id"] = extras["item_id"]
    item.update({name: extras[name] for name in ("status", "namespace", "async") if name in extras})
    return item


def _calls(message: AIMessage) -> List[JSON]:
    """Give the items of all calls that a turn made, as far as its fields tell them."""
    calls = [_call(one["name"], _dump(one["args"]), one["id"]) for one in message.tool_calls]
    calls += [_call(one["name"], one["args"] or "", one["id"]) for one in message.invalid_tool_calls]
    known = bool(calls)
    for raw in message.additional_kwargs.get("tool_calls") or ():  # of Chat Completions
        if "custom" in raw:
            told = {"name": raw["custom"]["name"], "input": raw["custom"]["input"]}
            calls.append({"type": "custom_tool_call", "call_id": raw["id"], **told})
        elif not known:
            calls.append(_call(raw["function"]["name"], raw["function"]["arguments"], raw["id"]))
    return calls


def _call(name: JSON, arguments: str, call_id: JSON) -> Dict[str, JSON]:
    return {"type": "function_call", "name": name, "arguments": arguments, "call_id": call_id}


def _dump(args: JSON) -> str:
    return json.dumps(args, ensure_ascii=False)


def _without(block: JSON, names: Sequence[str]) -> Dict[str, JSON]:
    return {name: value for name, value in block.items() if name not in names}
