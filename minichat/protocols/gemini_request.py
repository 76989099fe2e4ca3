"""Gemini's API, the way out: messages and their content blocks as `contents` and `systemInstruction`. Pure.

A turn is `{"role": "user" | "model", "parts": [...]}`. All system messages are collected, wherever they stand.
Results of tools are `functionResponse` parts of a user's turn, those of one turn of the model together, in order.
A part says one thing, and a thought signature travels with the part it came with: a text, an empty one too, a
function call, code. So parts are never merged here.

Blocks that this wire cannot say are refused; in the history of another provider's model they are left out with
its thoughts and signatures, which only that provider can read. A medium with an address travels as `fileData`:
Google fetches it, where LangChain downloads it itself.
Source: ai.google.dev, "Gemini API reference", Content, and "Thought signatures"; langchain-google-genai 4.4.2, by
running it; recordings; read 2026-11-23.
"""

from __future__ import annotations

import re

from ..errors import ConfigurationError
from ..messages import AIMessage, BaseMessage, ChatMessage, FunctionMessage, HumanMessage, SystemMessage, ToolMessage
from .blocks import read_media
from .gemini_parts import INVENTED, SIGNATURES, camel_case
from .gemini_results import function_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Optional, Tuple

    JSON = Any

__all__ = ["encode_contents"]

NATIVE = ("google_genai", "google_vertexai")  # as messages name their provider
# Stands for the signature of a call that Gemini did not make. Source: "Thought signatures", FAQ.
NO_SIGNATURE = "skip_thought_signature_validator"
# Of a model's turn: said elsewhere (tool_calls).
CALLS = frozenset("tool_use tool_call tool_call_chunk invalid_tool_call function_call function_call_signature".split())
THOUGHTS = frozenset(("thinking", "redacted_thinking", "reasoning", "reasoning_content"))
# Names of parts, in both spellings that the API takes: a dictionary without a type that has one is a part as it is.
PARTS = frozenset(
    "text inlineData inline_data fileData file_data functionCall function_call functionResponse function_response "
    "executableCode executable_code codeExecutionResult code_execution_result toolCall tool_call toolResponse "
    "tool_response".split()
)
ROLES = {"user": "user", "human": "user", "model": "model", "assistant": "model", "ai": "model", "system": "system"}
# MIME types by the ending of an address, for addresses alone say nothing of the kind.
TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
    "heic": "image/heic", "heif": "image/heif", "pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv",
    "html": "text/html", "mp3": "audio/mp3", "wav": "audio/wav", "ogg": "audio/ogg", "flac": "audio/flac",
    "mp4": "video/mp4", "mov": "video/mov", "webm": "video/webm", "mpeg": "video/mpeg",
}  # fmt: skip
OUTCOMES = {1: "OUTCOME_OK", 2: "OUTCOME_FAILED"}


def encode_contents(messages: Sequence[BaseMessage], *, gemini_3: bool) -> Tuple[List[JSON], List[JSON]]:
    """Give (parts of the system instruction, contents). `gemini_3`: calls without signature get a stand-in.

    Raises: `ConfigurationError` for a message or block that cannot be sent.
    """
    system: List[JSON] = []
    contents: List[JSON] = []
    names: Dict[Optional[str], str] = {}  # of the calls so far, by id
    results: Optional[List[JSON]] = None  # the parts of the turn that collects results of tools
    for message in messages:
        if isinstance(message, (ToolMessage, FunctionMessage)):
            if results is None:
                results = []
                contents.append({"role": "user", "parts": results})
            results += _result(message, names)
            continue
        results = None
        role = _role(message)
        if role == "system":
            system += _parts(message)
        elif isinstance(message, AIMessage):
            names.update({call["id"]: call["name"] for call in message.tool_calls})
            contents.append({"role": role, "parts": _model_parts(message) or [{"text": ""}]})
        elif message.content:
            contents.append({"role": role, "parts": _parts(message)})
        else:
            import warnings

            warnings.warn("a HumanMessage without content is left out: Gemini refuses empty turns", stacklevel=2)
    if gemini_3:
        _sign_calls(contents)
    return system, contents


def _role(message: BaseMessage) -> str:
    if isinstance(message, HumanMessage):
        return "user"
    if isinstance(message, AIMessage):
        return "model"
    if isinstance(message, SystemMessage):
        return "system"
    role = ROLES.get(message.role) if isinstance(message, ChatMessage) else None
    if role is None:
        raise ConfigurationError(
            f"a {type(message).__name__} cannot be sent to Gemini; use System-, Human-, AI- or ToolMessage, or a "
            "ChatMessage with the role 'user' or 'model'"
        )
    return role


def _sign_calls(contents: List[JSON]) -> None:
    """Give the first call of each of the model's steps a signature, in the turn that is going on.

    Gemini 3 refuses calls without one there, but not further back.
    """
    for content in reversed(contents):
        if content["role"] == "user":
            if not any("functionResponse" in part for part in content["parts"]):
                return
            continue
        first = next((part for part in content["parts"] if "functionCall" in part), None)
        if first is not None:
            first.setdefault("thoughtSignature", NO_SIGNATURE)


# -- the model's own turns -----------------------------------------------------------------


def _model_parts(message: AIMessage) -> List[JSON]:
    provider = message.response_metadata.get("model_provider")
    foreign = provider is not None and provider not in NATIVE
    content = message.content
    parts: List[JSON] = []
    for block in [content] if isinstance(content, str) else content:
        part = {"text": block} if isinstance(block, str) else _model_part(block, foreign=foreign)
        if part is not None and part != {"text": ""}:
            parts.append(part)
    told = message.additional_kwargs.get(SIGNATURES)
    signatures = told if isinstance(told, dict) and not foreign else {}
    for call in message.tool_calls:
        function: Dict[str, JSON] = {"name": call["name"], "args": call["args"]}
        if _is_given(call["id"]):
            function["id"] = call["id"]
        parts.append(_signed({"functionCall": function}, signatures.get(call["id"])))
    return parts


def _model_part(block: Dict[str, JSON], *, foreign: bool) -> Optional[JSON]:
    """Give the part of a block in the model's turn, None for one that is said elsewhere or cannot be said."""
    kind = block.get("type")
    if kind in CALLS:
        return None
    signature = None if foreign else _signature(block)
    if kind in THOUGHTS:
        # What a summary of thoughts says the model knows; only a signature would be missed.
        text = block.get("thinking") or block.get("reasoning")
        return _signed({**({"text": text} if text else {}), "thought": True}, signature) if signature else None
    part = _own_part(block)
    if part is None:
        try:
            part = _part(block)
        except ConfigurationError:
            if not foreign:
                raise
            return None
    return _signed(part, signature)


def _own_part(block: Dict[str, JSON]) -> Optional[JSON]:
    """Give the part of a block that only Gemini's models make."""
    kind = block.get("type")
    extras = block.get("extras") or {}
    if kind == "executable_code":
        code = {"language": block["language"], "code": block["executable_code"]}
        return {"executableCode": _with_id(code, block.get("id"))}
    if kind == "code_execution_result":
        outcome = block.get("outcome", 1)
        known = extras.get("outcome") or OUTCOMES.get(outcome, outcome)
        result = {"outcome": known, "output": block["code_execution_result"]}
        return {"codeExecutionResult": _with_id(result, block.get("tool_call_id"))}
    if kind == "server_tool_call":
        call = _with_tool({"args": block.get("args") or {}}, block.get("name"))
        return {"toolCall": _with_id(call, block.get("id"))}
    if kind == "server_tool_result" and "block_type" in extras:
        response = _with_tool({"response": block.get("output") or {}}, extras["block_type"])
        return {"toolResponse": _with_id(response, block.get("tool_call_id"))}
    return None


def _with_tool(told: Dict[str, JSON], name: JSON) -> Dict[str, JSON]:
    # The name that stands for a type which was not told: see gemini_parts.py.
    return told if name == "media_processing" else {**told, "toolType": str(name).upper()}


def _with_id(told: Dict[str, JSON], id: JSON) -> Dict[str, JSON]:
    return {**told, "id": id} if _is_given(id) else told


def _is_given(id: JSON) -> bool:
    """Tell whether an id is of somebody's making but ours."""
    return bool(id) and not str(id).startswith(INVENTED)


def _signature(block: Dict[str, JSON]) -> JSON:
    return block.get("signature") or (block.get("extras") or {}).get("signature")


def _signed(part: Dict[str, JSON], signature: JSON) -> Dict[str, JSON]:
    return {**part, "thoughtSignature": signature} if signature else part


# -- everybody's blocks --------------------------------------------------------------------


def _parts(message: BaseMessage) -> List[JSON]:
    content = message.content
    if isinstance(content, str):
        return [{"text": content}] if content else []
    return [{"text": block} if isinstance(block, str) else _part(block) for block in content]


def _part(block: Dict[str, JSON]) -> JSON:
    """Give the part of a text or a medium.

    Raises: `ConfigurationError` for any other block.
    """
    kind = block.get("type")
    if kind in ("text", "input_text", "output_text"):
        return {"text": block["text"]}
    if kind == "non_standard" and isinstance(block.get("value"), dict):
        return block["value"]
    if kind is None and PARTS.intersection(block):
        return block
    media = read_media(block)
    if media is None:
        raise ConfigurationError(f"Gemini takes no block of type {kind!r}; it takes text and media")
    if media.text is not None:
        return {"text": media.text}
    if media.base64 is not None:
        data = re.sub(r"\s+", "", media.base64)
        part: Dict[str, JSON] = {"inlineData": {"mimeType": media.mime_type, "data": data}}
    else:
        place = str(media.url or media.file_id)
        ending = place.partition("?")[0].partition("#")[0].rpartition(".")[2].lower()
        mime_type = media.mime_type or TYPES.get(ending)
        part = {"fileData": {**({"mimeType": mime_type} if mime_type else {}), "fileUri": place}}
    return {**part, **_beside(media.extras)}


def _beside(extras: Dict[str, JSON]) -> Dict[str, JSON]:
    """Give what may stand beside a medium in its part: a film's clip, the resolution."""
    told: Dict[str, JSON] = {}
    film = extras.get("video_metadata") or extras.get("videoMetadata")
    if film:
        told["videoMetadata"] = {camel_case(key): value for key, value in film.items()}
    resolution = extras.get("media_resolution") or extras.get("mediaResolution")
    if resolution:
        told["mediaResolution"] = resolution if isinstance(resolution, dict) else {"level": resolution}
    return told


# -- results of tools ----------------------------------------------------------------------


def _result(message: Any, names: Dict[Optional[str], str]) -> List[JSON]:
    """Give the parts of a tool's result: its media first, then what it says."""
    id = getattr(message, "tool_call_id", None)
    name = message.name or names.get(id) or message.additional_kwargs.get("name")
    if not name:
        raise ConfigurationError(
            f"a ToolMessage answers the call {id!r}, which no AIMessage before it makes, and Gemini asks for the "
            "function's name; keep the AIMessage, or give the ToolMessage a name="
        )
    content = message.content
    blocks = [content] if isinstance(content, str) else content
    media = [block for block in blocks if isinstance(block, dict) and read_media(block) is not None]
    rest = [block for block in blocks if not any(block is one for one in media)]
    response = function_response(rest, failed=getattr(message, "status", None) == "error")
    function = {"name": name, "response": response}
    if _is_given(id):
        function["id"] = id
    return [*map(_part, media), {"functionResponse": function}]
