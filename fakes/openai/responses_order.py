"""What the Responses API refuses in how input items go together: calls and results, thoughts and what followed them.

The conversation of earlier responses counts, so the caller gives it, and the memory of the items in it.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .errors import Refused
from .responses_input import ITEMS

__all__ = ["Known", "check_together"]

# Type of a result -> type of its call, and how sentences name both.
PAIRS = {
    "function_call_output": ("function_call", "function call"),
    "custom_tool_call_output": ("custom_tool_call", "custom tool call"),
    "shell_call_output": ("shell_call", "shell call"),
    "apply_patch_call_output": ("apply_patch_call", "apply patch call"),
    "local_shell_call_output": ("local_shell_call", "local shell call"),
    "computer_call_output": ("computer_call", "computer call"),
}
CALLS = {call: words for call, words in PAIRS.values()}
# What a model gives behind a thought.
OUTPUTS = frozenset(name for name in ITEMS if name.endswith("_call") or name in ("reasoning", "mcp_list_tools"))


class Known(NamedTuple):
    """What is remembered of an item that a stored response gave: itself, the thought before it, the id after it."""

    item: Dict[str, Any]
    thought: Optional[str]
    follower: Optional[str]


def check_together(
    before: List[Dict[str, Any]], items: List[Dict[str, Any]], known: Callable[[str], Optional[Known]], *, stored: bool
) -> List[Dict[str, Any]]:
    """Judge the new items behind the conversation before them, and give them with references looked up.

    `known` looks an item up by its id; `stored` is the request's `store`.

    Raises: Refused.
    """
    found = [_looked_up(item, known, stored=stored) for item in items]
    everything = before + found
    _check_unique(everything)
    _check_pairs(everything)
    for place, item in enumerate(found):
        _check_thinking(item, found[place + 1] if place + 1 < len(found) else None, everything, known)
    return found


def _looked_up(item: Dict[str, Any], known: Callable[[str], Optional[Known]], *, stored: bool) -> Dict[str, Any]:
    """Replace a reference by its item; a thought without its cipher must be remembered too."""
    kind, name = item.get("type"), item.get("id")
    needed = kind == "item_reference" or (kind == "reasoning" and not item.get("encrypted_content"))
    if not needed or not isinstance(name, str):
        return item
    memory = known(name)
    if memory is None:  # measured; the second sentence: can1357/oh-my-pi#41, router-for-me/CLIProxyAPI#2381
        hint = "" if stored else (
            " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this "
            "item from your input."
        )  # fmt: skip
        raise Refused(f"Item with id '{name}' not found.{hint}", param="input", status=404)
    return memory.item if kind == "item_reference" else item


def _check_unique(items: List[Dict[str, Any]]) -> None:
    seen = set()
    for item in items:
        name = item.get("id")
        if isinstance(name, str) and name in seen:  # vercel/ai …/openai-tool-search-duplicate-item-error.1.json
            raise Refused(
                f"Duplicate item found with id {name}. Remove duplicate items from your input and try again.",
                param="input",
            )
        seen.add(name)


def _check_pairs(items: List[Dict[str, Any]]) -> None:
    """Every result has its call before it, every call its result behind it, wherever."""
    open_calls: Dict[Tuple[str, str], None] = {}
    called = set()
    for item in items:
        kind, name = str(item.get("type")), item.get("call_id")
        if kind in CALLS and isinstance(name, str):
            open_calls[kind, name] = None
            called.add((kind, name))
        elif kind in PAIRS and isinstance(name, str):
            call, words = PAIRS[kind]
            if (call, name) not in called:  # continuedev/continue#10092; vercel/ai …/issue-18134-shell-…-error.json
                raise Refused(f"No tool call found for {words} output with call_id {name}.", param="input")
            open_calls.pop((call, name), None)
    for kind, name in open_calls:  # tjardoo/openai-client#124; custom and others: clients' tests
        raise Refused(f"No tool output found for {CALLS[kind]} {name}.", param="input")


def _check_thinking(
    item: Dict[str, Any],
    following: Optional[Dict[str, Any]],
    everything: List[Dict[str, Any]],
    known: Callable[[str], Optional[Known]],
) -> None:
    """A thought is sent with what followed it, a remembered call or message with the thought before it."""
    name = item.get("id")
    if not isinstance(name, str):
        return
    memory = known(name)
    if item.get("type") == "reasoning":
        outputs = following is not None and (following.get("role") == "assistant" or following.get("type") in OUTPUTS)
        expected = memory.follower if memory is not None else None
        if not outputs or (expected is not None and following is not None and following.get("id") != expected):
            raise Refused(  # continuedev/continue#8933; that the id counts: openai/openai-node#1567, vercel/ai#7099
                f"Item '{name}' of type 'reasoning' was provided without its required following item.", param="input"
            )
    elif memory is not None and memory.thought is not None:
        if all(other.get("id") != memory.thought for other in everything):  # mastra-ai/mastra#8738
            raise Refused(
                f"Item '{name}' of type '{item.get('type', 'message')}' was provided without its required 'reasoning' "
                f"item: '{memory.thought}'.",
                param="input",
            )
