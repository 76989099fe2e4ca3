"""Anthropic's Messages API, the way out: conversations as `system` and `messages`. Pure.

The API knows two roles. What the user says and what tools gave become one user turn, in the order they came; leading
system messages become `system`. An assistant's turn goes back as it came (anthropic_blocks.py), with its thoughts in
place: with one of them changed the API refuses the turn. The rules are those of langchain-anthropic 1.7.10 (found by
running it; tests/protocols/test_anthropic_langchain.py compares).
Source: Anthropic, "Messages" and "Tool use", read 2026-11-23.
"""

from __future__ import annotations

from ..errors import ConfigurationError
from ..messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from .anthropic_blocks import encode_assistant, encode_content, valid_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional, Tuple

    JSON = Any
    Group = Tuple[str, List[BaseMessage]]

__all__ = ["encode_messages"]

ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "system": "system"}
# In a system turn, blocks that are no text: they change which tools there are.
TOOL_CHANGES = ("tool_addition", "tool_removal")


def encode_messages(messages: Sequence[BaseMessage], *, system_in_place: bool = False) -> Tuple[JSON, List[JSON]]:
    """Give `system` (None where there is none) and `messages`.

    `system_in_place`: the model takes a system message behind a user's turn; elsewhere a later one becomes
    `system`, with a warning.

    Raises: `ConfigurationError` for a second one that would become `system`, and what this API cannot say.
    """
    groups = _groups(messages)
    last = max((at for at, (role, _) in enumerate(groups) if role != "system"), default=-1)
    system: JSON = None
    turns: List[JSON] = []
    for at, (role, members) in enumerate(groups):
        if role == "user":
            turns.append({"role": "user", "content": _user(members)})
        elif role == "assistant":
            content = _assistant(members[0], is_last=at == last)
            if content or at == last:  # only the last turn may be empty
                turns.append({"role": "assistant", "content": content})
        elif at == 0:
            system = _system(members)
        elif system_in_place and _takes_system(turns) and (at > last or groups[at + 1][0] == "assistant"):
            turns.append({"role": "system", "content": _system(members)})
        elif system is not None:
            raise ConfigurationError("Received multiple non-consecutive system messages.")
        else:
            _warn_moved()
            system = _system(members)
    return system or None, turns


def _groups(messages: Sequence[BaseMessage]) -> List[Group]:
    """Give runs of messages that become one turn; an assistant's stay apart."""
    groups: List[Group] = []
    for message in messages:
        role = _role(message)
        if groups and role != "assistant" and groups[-1][0] == role:
            groups[-1][1].append(message)
        else:
            groups.append((role, [message]))
    return groups


def _role(message: BaseMessage) -> str:
    if isinstance(message, (HumanMessage, ToolMessage)):
        return "user"
    if isinstance(message, AIMessage):
        return "assistant"
    if isinstance(message, SystemMessage):
        return "system"
    role = ROLES.get(message.role) if isinstance(message, ChatMessage) else None
    if role is None:
        what = f"a message of role {message.role!r}" if isinstance(message, ChatMessage) else type(message).__name__
        raise ConfigurationError(f"{what} cannot be sent to Anthropic; use System-, Human-, AI- or ToolMessage")
    return role


def _user(members: List[BaseMessage]) -> JSON:
    first = members[0]
    if len(members) == 1 and not isinstance(first, ToolMessage) and isinstance(first.content, str):
        return first.content
    blocks: List[JSON] = []
    for message in members:
        blocks += _tool_result(message) if isinstance(message, ToolMessage) else encode_content(message.content)
    return blocks


def _tool_result(message: ToolMessage) -> List[JSON]:
    content: JSON = message.content
    if not isinstance(content, str):
        if content and all(isinstance(block, dict) and block.get("type") == "tool_result" for block in content):
            return encode_content(content)  # written in Anthropic's form already
    block: Dict[str, JSON] = {"type": "tool_result", "tool_use_id": valid_id(message.tool_call_id)}
    if not isinstance(content, str):
        # The API takes the mark of the cache on the result only, not on the blocks in it.
        marks = [part["cache_control"] for part in content if isinstance(part, dict) and "cache_control" in part]
        content = encode_content(content)
        for part in content:
            part.pop("cache_control", None)
        if marks:
            block["cache_control"] = marks[-1]
    return [{**block, "content": content, "is_error": message.status == "error"}]


def _assistant(message: BaseMessage, *, is_last: bool) -> JSON:
    content = encode_assistant(message)
    if is_last:  # the API refuses a beginning of the answer that ends in blanks
        if isinstance(content, str):
            return content.rstrip()
        if content and content[-1].get("type") == "text":
            content[-1] = {**content[-1], "text": content[-1]["text"].rstrip()}
    return content


# -- system messages -----------------------------------------------------------------------


def _system(members: List[BaseMessage]) -> JSON:
    if len(members) == 1 and isinstance(members[0].content, str):
        return members[0].content
    blocks: List[JSON] = []
    for message in members:
        for block in encode_content(message.content):
            if block.get("type") != "text" and block.get("type") not in TOOL_CHANGES:
                raise ConfigurationError(f"a system message to Anthropic holds text only, no {block.get('type')!r}")
            blocks.append(block)
    return blocks


def _takes_system(turns: List[JSON]) -> bool:
    """Tell whether a system turn may stand here: behind the user, a tool's result, or another one."""
    if not turns:
        return False
    turn = turns[-1]
    if turn["role"] != "assistant":
        return True
    kind: Optional[JSON] = turn["content"][-1].get("type") if isinstance(turn["content"], list) else None
    return isinstance(kind, str) and kind.endswith("_tool_result")


def _warn_moved() -> None:
    import warnings

    warnings.warn(
        "a system message behind the first turn was moved to the front, where it applies to the whole "
        "conversation; only newer models take it in place, behind a user's turn and before the model's",
        stacklevel=2,
    )
