"""A run's value as HTML: a conversation where there is one, named texts where there are, JSON in any case.

Pictures and sound come only from data URLs: an address elsewhere is a link that says so, since a page loads nothing
from outside. What is long is cut, with a link to the whole field: each text, and all of them together.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .blocks import Part
from .formats import CUT, count, cut_text, pretty
from .html import Child, Html, join, safe_address, tag
from .messages import Message, reading

__all__ = ["json_block", "value_block"]

MOST_MESSAGES = 200
MOST_LETTERS = 100_000  # of one value's texts together; each further one is cut to its beginning
BEGINNING = 400
FEW = 8  # names of what is folded away
LONGEST_IMAGE = 4_000_000  # letters of a data URL
_NAMES = {"human": "Human", "ai": "AI", "system": "System", "tool": "Tool"}
_SHORT_VALUES = 12  # an object with no more members is shown as names and texts
# What stands beside messages in a vendor's request or answer and is no reading matter: folded away.
_PARAMETERS = frozenset(
    "model temperature top_p top_k max_tokens max_completion_tokens max_output_tokens stream stream_options stop "
    "stop_sequences tools tool_choice response_format seed n user metadata config generation_config generationConfig "
    "safety_settings extra_headers extra_body extra_query timeout parallel_tool_calls reasoning reasoning_effort store "
    "id object created created_at usage usage_metadata usageMetadata system_fingerprint service_tier llm_output run "
    "type status modelVersion model_version responseId response_id sdk_http_response error incomplete_details "
    "previous_response_id truncation text max_tool_calls background prompt_cache_key safety_identifier top_logprobs "
    "completed_at frequency_penalty presence_penalty logprobs logit_bias thinking".split()
)


class _Letters:
    """How many letters of one value may still be shown in full."""

    def __init__(self) -> None:
        self.left = MOST_LETTERS

    def cut(self, text: str, whole: str) -> Html:
        limit = CUT if self.left >= min(len(text), CUT) else BEGINNING
        self.left -= min(len(text), limit)
        return cut_text(text, whole, limit=limit)


def value_block(value: Any, whole: str) -> Html:
    """Give inputs or outputs as a reader wants them; `whole` is the address of the complete JSON."""
    return _value(value, whole, _Letters())


def json_block(value: Any, whole: str) -> Html:
    """Give a JSON value, indented, cut when it is long."""
    return _json(value, whole, _Letters())


def shown_message(message: Message, whole: str) -> Html:
    """Give one message: who, what was said, and the tools asked for."""
    return _message(message, whole, _Letters())


def _value(value: Any, whole: str, letters: _Letters) -> Html:
    if value is None or value == {}:
        return tag("p", "nothing", class_="none")
    messages, beside, answered = reading(value)
    if messages:
        shown: List[Child] = [_message(message, whole, letters) for message in messages[:MOST_MESSAGES]]
        if len(messages) > MOST_MESSAGES:
            left = f"{count(len(messages) - MOST_MESSAGES)} more messages: show the whole"
            shown.append(tag("a", left, href=whole, class_="more"))
        return tag("div", shown, _beside(beside, whole, letters, all_folded=answered), class_="conversation")
    documents = _documents(value, whole, letters)
    if documents is not None:
        return documents
    if isinstance(value, dict) and len(value) <= _SHORT_VALUES:
        return _members(value, whole, letters)
    return _json(value, whole, letters)


def _beside(beside: Dict[str, Any], whole: str, letters: _Letters, *, all_folded: bool) -> List[Child]:
    told = {name: one for name, one in beside.items() if not all_folded and name not in _PARAMETERS}
    folded = {name: one for name, one in beside.items() if name not in told}
    shown: List[Child] = []
    if told:
        shown.append(_members(told, whole, letters) if len(told) <= _SHORT_VALUES else _json(told, whole, letters))
    if folded:
        few = [name[:40] for name in list(folded)[:FEW]] + ["…"] * (len(folded) > FEW)
        names = tag("summary", "Beside the messages: ", ", ".join(few))
        shown.append(tag("details", names, _json(folded, whole, letters), class_="raw"))
    return shown


def _documents(value: Any, whole: str, letters: _Letters) -> Optional[Html]:
    """Give what a retriever found, document by document; None for anything else."""
    if not isinstance(value, list) or not value or len(value) > MOST_MESSAGES:
        return None
    shown: List[Child] = []
    for number, one in enumerate(value, 1):
        inner = one.get("kwargs") if isinstance(one, dict) and one.get("lc") == 1 else one
        if not isinstance(inner, dict) or not isinstance(inner.get("page_content"), str):
            return None
        rest = {name: more for name, more in inner.items() if name not in ("page_content", "type") and more}
        metadata = rest.pop("metadata", None) if isinstance(rest.get("metadata"), dict) else None
        head = tag("header", tag("b", f"Document {number}"), *[
            tag("span", f"{name}: {more if isinstance(more, str) else pretty(more)}"[:BEGINNING])
            for name, more in (metadata or {}).items()
        ])  # fmt: skip
        left = _json(rest, whole, letters) if rest else None
        shown.append(tag("article", head, letters.cut(inner["page_content"], whole), left, class_="message other"))
    return tag("div", shown, class_="conversation")


def _json(value: Any, whole: str, letters: _Letters) -> Html:
    return tag("div", letters.cut(pretty(value), whole), class_="json")


def _message(message: Message, whole: str, letters: _Letters) -> Html:
    name = message.name if message.name and message.name != message.role else None
    head = tag(
        "header",
        tag("b", _NAMES.get(message.role, message.role)),
        tag("span", name, class_="who") if name else None,
        tag("code", message.answers, class_="id") if message.answers else None,
        tag("span", message.label) if message.label else None,
        tag("span", "failed", class_="status error") if message.failed else None,
    )
    parts = [_part(part, whole, letters) for part in message.parts]
    calls = [_call(call, whole, letters) for call in message.calls]
    if not parts and not calls:
        parts = [tag("p", "empty", class_="none")]
    known = message.role if message.role in _NAMES else "other"
    return tag("article", head, parts, calls, class_=f"message {known}", data_role=message.role)


def _members(value: Dict[str, Any], whole: str, letters: _Letters) -> Html:
    return tag("dl", [_member(name, one, whole, letters) for name, one in value.items()], class_="members")


def _member(name: str, value: Any, whole: str, letters: _Letters) -> Html:
    if isinstance(value, str):
        shown = letters.cut(value, whole) if value else tag("p", "empty", class_="none")
    elif isinstance(value, (dict, list)) and (reading(value).messages or isinstance(value, list)):
        shown = _value(value, whole, letters)
    else:
        shown = _json(value, whole, letters)
    return join(tag("dt", name), tag("dd", shown))


def _part(part: Part, whole: str, letters: _Letters) -> Html:
    if part.kind == "text":
        return letters.cut(part.text, whole)
    if part.kind in ("image", "audio", "file"):
        return _file(part, whole)
    if part.kind == "json":
        return tag("div", letters.cut(part.text, whole), class_="json")
    if part.kind == "notes":
        return tag("details", tag("summary", "Citations"), tag("div", letters.cut(part.text, whole), class_="json"))
    label = "Reasoning" if part.kind == "reasoning" else "Refusal"
    return tag("details", tag("summary", label), letters.cut(part.text, whole), class_=part.kind, open=True)


def _file(part: Part, whole: str) -> Html:
    """Give a picture or sound where its bytes are here, else what it is and where: nothing is fetched."""
    name = f"{part.name}, " if part.name else ""
    if not part.text.startswith("data:"):
        linked: Optional[str] = safe_address(part.text)
        if linked is None or linked.startswith(("/", "#", "?")):
            return tag("p", f"{part.kind}: {name}{part.text[:CUT]}", class_="file")
        link = tag("a", part.text[:300], href=linked, rel="noreferrer noopener", target="_blank")
        return tag("p", f"{part.kind}: {name}", link, tag("small", " elsewhere, not loaded"), class_="file")
    if part.kind != "file" and len(part.text) <= LONGEST_IMAGE:
        element = (
            tag("img", src=part.text, alt=part.name or "image in the message", loading="lazy")
            if part.kind == "image"
            else tag("audio", src=part.text, controls=True, preload="metadata", title=part.name)
        )
        if " src=" in element:
            return element
    head, _, data = part.text.partition(",")
    size = len(data.rstrip("=")) * 3 // 4 if head.endswith(";base64") else len(data)
    told = f"{name}{head[5:].partition(';')[0] or 'data'}, {count(size)} bytes"
    return tag("p", f"{part.kind}: ", tag("a", told, href=whole), class_="file")


def _call(call: Dict[str, Any], whole: str, letters: _Letters) -> Html:
    args = call["args"]
    text = args if isinstance(args, str) else pretty(args)
    return tag(
        "div",
        tag(
            "header",
            tag("b", call["name"]),
            tag("code", str(call["id"]), class_="id") if call.get("id") else None,
            tag("span", "run by the provider") if call.get("theirs") else None,
            tag("span", call["error"], class_="status error") if call.get("error") else None,
        ),
        tag("div", letters.cut(text, whole), class_="json"),
        class_="call",
    )
