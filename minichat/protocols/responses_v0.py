"""LangChain's older form of a message from OpenAI's Responses, `output_version="v0"`, and the way back from it.

There the content has the texts only. Thoughts, calls of OpenAI's own tools, the refusal and the ids of
function calls are in `additional_kwargs`, by the names that langchain-openai 0.3 gave them, and the
message's id is that of the message item, not of the response. A reply has one thought there: the last.

Source: langchain-openai 1.7.4 with output_version="v0", by running it, 2026-11-23.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

    from ..messages import AIMessage

    JSON = Any

__all__ = ["from_v0", "to_v0"]

CALL_IDS = "__openai_function_call_ids__"
TOOL_OUTPUTS = frozenset(
    "web_search_call file_search_call computer_call code_interpreter_call mcp_call mcp_list_tools "
    "mcp_approval_request image_generation_call tool_search_call tool_search_output apply_patch_call "
    "apply_patch_call_output".split()
)
# The order in which the parts of such a message go back, as it does not say which was first.
ORDER = (
    "reasoning code_interpreter_call mcp_call image_generation_call text refusal function_call computer_call "
    "mcp_list_tools mcp_approval_request"
).split()


def to_v0(content: List[JSON], *, thought: bool = False) -> Tuple[List[JSON], Dict[str, JSON], Optional[str]]:
    """Give (content, additional_kwargs, id of the message) for a content in the form "responses/v1".

    `thought`: a thought has begun in this stream; its later pieces do not repeat id and type.
    """
    kept: List[JSON] = []
    beside: Dict[str, JSON] = {}
    message_id = None
    for block in content:
        kind = block.get("type")
        if kind == "reasoning":
            left = ("index", "id", "type") if thought else ("index",)
            beside["reasoning"] = {name: value for name, value in block.items() if name not in left}
        elif kind in TOOL_OUTPUTS:
            beside.setdefault("tool_outputs", []).append(block)
        elif kind == "function_call":
            if block.get("call_id") and block.get("id"):
                beside.setdefault(CALL_IDS, {})[block["call_id"]] = block["id"]
        elif kind == "refusal":
            message_id = block.get("id") or message_id
            if block.get("refusal"):
                beside["refusal"] = block["refusal"]
        elif kind == "text":
            message_id = block.get("id") or message_id
            kept.append({name: value for name, value in block.items() if name != "id"})
        else:
            kept.append(block)
    return kept, beside, message_id


def from_v0(message: AIMessage) -> Optional[List[JSON]]:
    """Give the content of a message in that form as items and parts, in order; None for any other message."""
    extra = message.additional_kwargs
    content: Any = message.content
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        return None
    own_id = message.id if isinstance(message.id, str) and message.id.startswith("msg_") else None
    response_id = message.response_metadata.get("id")
    of_a_response = isinstance(response_id, str) and response_id.startswith("resp_")
    if not (own_id and of_a_response) and not extra.keys() & {"reasoning", "tool_outputs", "refusal", CALL_IDS}:
        return None
    places: Dict[str, List[JSON]] = {kind: [] for kind in ORDER}
    others: List[JSON] = []
    if extra.get("reasoning"):
        places["reasoning"].append({"type": "reasoning", **extra["reasoning"]})
    if extra.get("refusal"):
        named = {"id": own_id} if own_id else {}
        places["refusal"].append({"type": "refusal", "refusal": extra["refusal"], **named})
    for block in content:
        if block.get("type") == "text":
            places["text"].append({**block, "id": own_id} if own_id else block)
        else:
            others.append(block)
    ids = extra.get(CALL_IDS) or {}
    custom = {block.get("call_id") for block in others if block.get("type") == "custom_tool_call"}
    for call in message.tool_calls:
        if call["id"] not in custom:
            places["function_call"].append(
                {
                    "type": "function_call",
                    "name": call["name"],
                    "arguments": json.dumps(call["args"], ensure_ascii=False),
                    "call_id": call["id"],
                    **({"id": ids[call["id"]]} if call["id"] in ids else {}),
                }
            )
    for block in extra.get("tool_outputs") or ():
        places.get(block.get("type"), others).append(block)
    return [block for kind in ORDER for block in places[kind]] + others
