"""What Anthropic refuses in `messages` and `system`: roles, empty content, the order of tool calls and their results.

First the form of every message and block (`check_form`, the schema), then how they belong together (`check_order`).
Consecutive messages of one role are one turn, as the API joins them.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from .blocks import check_block, check_text_blocks
from .errors import OBJECT, Field, Refused, array, at, check_record, missing
from .models import Model

__all__ = ["check_form", "check_order", "check_system", "plain_text", "text_of", "turns"]

DIRECTIVE = "the directive-only form (content: [] with output_config) is accepted at any position"
ONLY_USER = ("tool_result",)
ONLY_ASSISTANT = ("tool_use", "thinking", "redacted_thinking", "server_tool_use", "mcp_tool_use")


def text_of(content: Any) -> str:
    """Give the text of a content, its text blocks joined."""
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content or () if block["type"] == "text")


def plain_text(content: Any) -> str:
    """Give the text of a tool result: that of its text blocks and search results."""
    if isinstance(content, str):
        return content
    texts = [
        text_of(block["content"]) if block["type"] == "search_result" else block.get("text", "")
        for block in content or ()
    ]
    return "".join(texts)


def check_form(messages: Any, place: str) -> None:
    """Judge each message for itself. Raises: Refused."""
    array()(messages, place)
    if not messages:  # devoxx/DevoxxGenieIDEAPlugin#567
        raise at(place, "at least one message is required")
    for number, message in enumerate(messages):
        _check_message(message, f"{place}.{number}")


def _check_message(message: Any, where: str) -> None:
    if not isinstance(message, dict):
        raise at(where, OBJECT)  # no wording found
    role = message.get("role")
    if "role" not in message:
        raise missing(f"{where}.role")
    if role not in ("user", "assistant", "system"):
        # PARITY; for a role that is no text the sentence was not found
        raise Refused(f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant"')
    ignored = ("clear_at",) if role == "system" else ()
    check_record(
        message, where, {"role": Field(_any), "content": Field(_check_content, required=True)}, ignored=ignored
    )


def _any(value: Any, place: str) -> None:
    """The role was judged before."""


def _check_content(value: Any, place: str) -> None:
    if isinstance(value, str):
        return
    array()(value, place)
    for number, block in enumerate(value):
        check_block(block, f"{place}.{number}")


def check_system(system: Any, place: str) -> None:
    """Judge the form of the system prompt. Raises: Refused."""
    check_text_blocks(system, place)


def check_order(body: Dict[str, Any], model: Model, version: str) -> None:
    """Judge what belongs together. Raises: Refused for the first fault."""
    messages = body["messages"]
    _check_roles(messages, model)
    _check_empty(body.get("system"), messages)
    _check_places(messages, new=version >= "2026-10-21")
    _check_calls(messages)
    last = messages[-1]
    if last["role"] == "assistant":
        if not model.prefill:  # langchain-ai/deepagents#1585, router-for-me/CLIProxyAPI#5319 (which families)
            raise Refused(
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )
        final = last["content"] if isinstance(last["content"], str) else text_of(last["content"][-1:])
        if final != final.rstrip():  # tailcallhq/forgecode#1872
            raise Refused("messages: final assistant content cannot end with trailing whitespace")


def _check_roles(messages: List[Dict[str, Any]], model: Model) -> None:
    if messages[0]["role"] == "assistant":  # quoted in several projects' tests; not seen in a recording
        raise Refused('messages: first message must use the "user" role')
    for place, message in enumerate(messages):
        if message["role"] != "system":
            continue
        if not model.inline_system:  # since Opus 4.8 there are models that take it; quoted in several projects
            raise Refused("role 'system' is not supported on this model")
        _check_inline(messages, place)


def _check_inline(messages: List[Dict[str, Any]], place: int) -> None:
    """Judge a system message among the others, in the order of PARITY."""
    content = messages[place]["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    where = f"messages.{place}"
    if not content:
        raise at(where, "system content must contain at least one block")
    if any(block["type"] not in ("text", "tool_addition", "tool_removal") for block in blocks):
        raise at(where, "role 'system' supports text, tool_addition, and tool_removal blocks only")
    if not place:
        raise at(where, f"use the top-level 'system' parameter for the initial system prompt; {DIRECTIVE}")
    if place + 1 < len(messages) and messages[place + 1]["role"] == "user":
        raise at(where, f"role 'system' must precede an 'assistant' message or end the array; {DIRECTIVE}")
    if any(not block["text"].strip() for block in blocks if block["type"] == "text"):
        raise at(where, "system text blocks must contain non-whitespace text")


def _check_empty(system: Any, messages: List[Dict[str, Any]]) -> None:
    blocks: List[Tuple[str, Dict[str, Any]]] = []
    for block in system if isinstance(system, list) else ():
        blocks.append(("system", block))
    for place, message in enumerate(messages):
        content = message["content"]
        if not content:
            final = place == len(messages) - 1 and message["role"] == "assistant"
            if message["role"] == "user":  # NousResearch/hermes-agent#3149
                raise at(f"messages.{place}", "user messages must have non-empty content")
            if not final:  # danny-avila/LibreChat#3372
                raise at(
                    f"messages.{place}",
                    "all messages must have non-empty content except for the optional final assistant message",
                )
        if isinstance(content, str):
            content = [{"type": "text", "text": content}] if content else []
        blocks += [("messages", block) for block in content]
        for block in content:
            inner = block.get("content") if block["type"] == "tool_result" else None
            blocks += [("messages", one) for one in inner or () if isinstance(inner, list)]
    for where, block in blocks:
        if block["type"] == "text" and not block["text"]:  # anthropics/claude-code#59812
            raise Refused(f"{where}: text content blocks must be non-empty")
        if block["type"] == "text" and not block["text"].strip():  # anthropics/claude-code#23369
            raise Refused(f"{where}: text content blocks must contain non-whitespace text")


def _check_places(messages: List[Dict[str, Any]], *, new: bool) -> None:
    """Judge which role holds which block. The sentence is quoted for tool_use and tool_result in several sources."""
    for place, message in enumerate(messages):
        role = message["role"]
        for number, block in enumerate(message["content"] if isinstance(message["content"], list) else ()):
            kind = block["type"]
            if (kind in ONLY_USER and role != "user") or (kind in ONLY_ASSISTANT and role != "assistant"):
                home = "user" if kind in ONLY_USER else "assistant"
                raise at(f"messages.{place}", f"`{kind}` blocks can only be in `{home}` messages")
            where = f"messages.{place}.content.{number}"
            if new and kind == "document" and role == "assistant":  # api/migration-2026-10-21; no wording found
                raise at(where, "`document` blocks can only be in `user` messages")
            if new and kind == "text" and role == "user" and block.get("citations"):  # the same
                raise at(f"{where}.text.citations", "Extra inputs are not permitted")


def _check_calls(messages: List[Dict[str, Any]]) -> None:
    """Every call has its result first in the next turn, every result its call in the turn before, ids are unique."""
    asked: List[str] = []  # the ids of the assistant turn before
    asker = 0
    seen: List[str] = []
    for first, last, role in turns(messages):
        blocks = [
            (place, number, block)
            for place in range(first, last)
            for number, block in enumerate(_list(messages[place]["content"]))
        ]
        if role == "system":
            continue
        if role == "assistant":
            asked, asker = [], last - 1
            for place, number, block in blocks:
                if block["type"] != "tool_use":
                    continue
                if block["id"] in seen:  # trycua/cua#524
                    raise at(f"messages.{place}.content.{number}", "`tool_use` ids must be unique")
                seen.append(block["id"])
                asked.append(block["id"])
            continue
        _check_results(blocks, asked, asker)
        asked = []
    if asked:
        raise _unanswered(asked, asker)


def _check_results(blocks: List[Tuple[int, int, Dict[str, Any]]], asked: List[str], asker: int) -> None:
    answered: List[str] = []
    leading = True  # text before a result separates it from its call (docs: "Handle tool calls")
    for place, number, block in blocks:
        if block["type"] != "tool_result":
            leading = False
            continue
        where, id = f"messages.{place}.content.{number}", block["tool_use_id"]
        if id in answered:  # vectorize-io/hindsight#4250
            raise at(
                where,
                f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}",
            )
        if id not in asked:  # anthropics/claude-code#18947
            raise at(
                where,
                f"unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a "
                "corresponding `tool_use` block in the previous message.",
            )
        if leading:
            answered.append(id)
    left = [id for id in asked if id not in answered]
    if left:
        raise _unanswered(left, asker)


def _unanswered(ids: List[str], place: int) -> Refused:
    return at(  # anthropics/claude-code#8210
        f"messages.{place}",
        f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(ids)}. Each `tool_use` "
        "block must have a corresponding `tool_result` block in the next message.",
    )


def turns(messages: List[Dict[str, Any]]) -> List[Tuple[int, int, str]]:
    """Give the turns as (first message, the one behind the last, role)."""
    found: List[Tuple[int, int, str]] = []
    for place, message in enumerate(messages):
        if found and found[-1][2] == message["role"]:
            found[-1] = (found[-1][0], place + 1, message["role"])
        else:
            found.append((place, place + 1, message["role"]))
    return found


def _list(content: Any) -> List[Dict[str, Any]]:
    return content if isinstance(content, list) else []
