"""A run's value as HTML: a conversation where there is one, named texts where there are, JSON in any case.

Images come only from data URLs: an address elsewhere is a link, since a page loads nothing from outside. What is long
is cut, with a link to the whole field.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from .formats import CUT, count, cut_text, pretty
from .html import Child, Html, join, safe_address, tag
from .messages import Message, Part, conversation

__all__ = ["json_block", "shown_message", "value_block"]

MOST_MESSAGES = 200
LONGEST_IMAGE = 4_000_000  # letters of a data URL
_NAMES = {"human": "Human", "ai": "AI", "system": "System", "tool": "Tool"}
_SHORT_VALUES = 12  # an object with no more members is shown as names and texts


def value_block(value: Any, whole: str) -> Html:
    """Give inputs or outputs as a reader wants them; `whole` is the address of the complete JSON."""
    if value is None or value == {}:
        return tag("p", "nothing", class_="none")
    messages = conversation(value)
    if messages:
        shown: List[Child] = [shown_message(message, whole) for message in messages[:MOST_MESSAGES]]
        if len(messages) > MOST_MESSAGES:
            left = f"{count(len(messages) - MOST_MESSAGES)} more messages: show the whole"
            shown.append(tag("a", left, href=whole, class_="more"))
        return tag("div", shown, class_="conversation")
    if isinstance(value, dict) and len(value) <= _SHORT_VALUES:
        return tag("dl", [_member(name, one, whole) for name, one in value.items()], class_="members")
    return json_block(value, whole)


def json_block(value: Any, whole: str) -> Html:
    """Give a JSON value, indented, cut when it is long."""
    return tag("div", cut_text(pretty(value), whole), class_="json")


def shown_message(message: Message, whole: str) -> Html:
    """Give one message: who, what was said, and the tools asked for."""
    name = message.name if message.name and message.name != message.role else None
    head = tag(
        "header",
        tag("b", _NAMES.get(message.role, message.role)),
        tag("span", name, class_="who") if name else None,
        tag("code", message.answers, class_="id") if message.answers else None,
        tag("span", "failed", class_="status error") if message.failed else None,
    )
    parts = [_part(part, whole) for part in message.parts]
    calls = [_call(call, whole) for call in message.calls]
    if not parts and not calls:
        parts = [tag("p", "empty", class_="none")]
    known = message.role if message.role in _NAMES else "other"
    return tag("article", head, parts, calls, class_=f"message {known}", data_role=message.role)


def _member(name: str, value: Any, whole: str) -> Html:
    if isinstance(value, str):
        shown = cut_text(value, whole)
    elif conversation(value):
        shown = value_block(value, whole)
    else:
        shown = json_block(value, whole)
    return join(tag("dt", name), tag("dd", shown))


def _part(part: Part, whole: str) -> Html:
    if part.kind == "text":
        return cut_text(part.text, whole)
    if part.kind == "image":
        return _image(part.text, whole)
    if part.kind == "link":
        return _link(part.text, whole)
    if part.kind == "json":
        return tag("div", cut_text(part.text, whole), class_="json")
    label = "Reasoning" if part.kind == "reasoning" else "Refusal"
    return tag("details", tag("summary", label), cut_text(part.text, whole), class_=part.kind, open=True)


def _image(address: str, whole: str) -> Html:
    if not address.startswith("data:") or len(address) > LONGEST_IMAGE:
        return _link(address, whole)
    element = tag("img", src=address, alt="image in the message", loading="lazy")
    return element if " src=" in element else _link(address, whole)


def _link(address: str, whole: str) -> Html:
    kind = address[5:].partition(";")[0] if address.startswith("data:") else ""
    if kind:
        return tag("p", tag("a", f"{kind}, {count(len(address))} characters", href=whole), class_="file")
    linked: Optional[str] = safe_address(address)
    if linked is None or linked.startswith(("/", "#", "?")):
        return tag("p", address[:CUT], class_="file")
    return tag("p", tag("a", address[:300], href=linked, rel="noreferrer noopener", target="_blank"), class_="file")


def _call(call: Dict[str, Any], whole: str) -> Html:
    args = call["args"]
    text = args if isinstance(args, str) else json.dumps(args, ensure_ascii=False, indent=2)
    return tag(
        "div",
        tag(
            "header",
            tag("b", call["name"]),
            tag("code", str(call["id"]), class_="id") if call.get("id") else None,
            tag("span", call["error"], class_="status error") if call.get("error") else None,
        ),
        tag("div", cut_text(text, whole), class_="json"),
        class_="call",
    )
