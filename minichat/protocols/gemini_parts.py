"""Gemini's answer, part by part: candidates' parts as content blocks and tool calls, usage, metadata. Pure.

Shapes are those of langchain-google-genai: text alone is a string up to Gemini 2.5 and a block from Gemini 3 on;
thoughts are `{"type": "thinking"}` blocks; code, its result, images and server-side tools are blocks of their own;
a function call is a tool call. Whatever else a part is stays whole, as a `non_standard` block.

A thought signature stays with what it came with: in `extras["signature"]` of a block, `signature` of a thought, and
for a function call in `additional_kwargs`, by the call's id. A call that came without an id gets an invented one,
which gemini_request.py knows by its beginning and does not send back.
Source: ai.google.dev, "Gemini API reference", GenerateContentResponse; langchain-google-genai 4.4.2, by running it;
recordings; read 2026-11-23.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple, Union

    JSON = Any

__all__ = ["INVENTED", "SIGNATURES", "Parts", "camel_case", "content_of", "is_gemini_3", "snake_case"]

INVENTED = "made-up-"  # how the id of a call begins that the model gave none
SIGNATURES = "__gemini_function_call_thought_signatures__"  # LangChain's name in additional_kwargs
OUTCOMES = {"OUTCOME_OK": 1, "OUTCOME_FAILED": 2}


class Parts:
    """What some parts of one candidate say.

    `content`: strings and blocks, in order; `calls`: (name, arguments, id); `signatures`: of calls, by id;
    `sound`: (MIME type, bytes) of audio that came. `blocks`: text is a block from here on, as with Gemini 3,
    and behind the first thought.
    """

    __slots__ = ("blocks", "content", "calls", "signatures", "sound")

    def __init__(self, *, blocks: bool) -> None:
        self.blocks = blocks
        self.content: List[Union[str, Dict[str, JSON]]] = []
        self.calls: List[Tuple[str, Dict[str, JSON], str]] = []
        self.signatures: Dict[str, str] = {}
        self.sound: Optional[Tuple[str, bytes]] = None

    def add(self, part: JSON) -> None:
        """Add one part.

        Raises: TypeError, AttributeError, KeyError or ValueError for what is no part.
        """
        signature = _text(part.get("thoughtSignature"))
        if part.get("thought") and "inlineData" not in part:
            block = {"type": "thinking", "thinking": _text(part.get("text")) or ""}
            self.content.append({**block, "signature": signature} if signature else block)
            self.blocks = True
        elif "text" in part or len(part) == (signature is not None):
            self._add_text(_text(part.get("text")) or "", signature)
        elif "functionCall" in part:
            self._add_call(part["functionCall"], signature)
        elif "inlineData" in part:
            self._add_data(part["inlineData"], signature, thought=bool(part.get("thought")))
        else:
            self._add_block(_block(part), signature)

    def _add_text(self, text: str, signature: Optional[str]) -> None:
        if signature or (text and self.blocks):
            self._add_block({"type": "text", "text": text}, signature)
        elif text:
            self.content.append(text)

    def _add_block(self, block: Dict[str, JSON], signature: Optional[str]) -> None:
        if signature:
            block["extras"] = {**block.get("extras", {}), "signature": signature}
        self.content.append(block)

    def _add_call(self, call: JSON, signature: Optional[str]) -> None:
        name, args = _text(call.get("name")) or "", call.get("args")
        if args is not None and not isinstance(args, dict):
            raise TypeError("arguments that are no object")
        id = _text(call.get("id")) or INVENTED + os.urandom(16).hex()
        self.calls.append((name, _whole_numbers(args or {}), id))
        if signature:
            self.signatures[id] = signature

    def _add_data(self, data: JSON, signature: Optional[str], *, thought: bool) -> None:
        mime_type = _text(data.get("mimeType")) or ""
        # Google answers standard base64, its SDKs write the other alphabet: both are read.
        text = (_text(data.get("data")) or "").replace("-", "+").replace("_", "/")
        if mime_type.startswith("audio/"):
            from base64 import b64decode

            before = self.sound[1] if self.sound else b""
            self.sound = (mime_type, before + b64decode(text + "=" * (-len(text) % 4)))
        elif mime_type.startswith("image/"):
            url = {"url": f"data:{mime_type};base64,{text}"}
            block: Dict[str, JSON] = {"type": "image_url", "image_url": url}
            if thought:  # a draft that image models show of their thinking
                block["extras"] = {"thought": True}
            self._add_block(block, signature)
        else:
            self._add_block({"type": "media", "mime_type": mime_type, "data": text}, signature)


def _block(part: JSON) -> Dict[str, JSON]:
    """Give the block of a part that is neither text nor call nor data."""
    if "executableCode" in part:
        code = part["executableCode"]
        return {
            "type": "executable_code",
            "executable_code": _text(code.get("code")) or "",
            "language": _text(code.get("language")) or "",
            "id": _text(code.get("id")) or INVENTED + os.urandom(16).hex(),
        }
    if "codeExecutionResult" in part:
        result = part["codeExecutionResult"]
        outcome = _text(result.get("outcome")) or "OUTCOME_OK"
        block = {
            "type": "code_execution_result",
            "code_execution_result": _text(result.get("output")) or "",
            "outcome": OUTCOMES.get(outcome, 2),
            "tool_call_id": _text(result.get("id")) or "",
        }
        return block if outcome in OUTCOMES else {**block, "extras": {"outcome": outcome}}
    if "toolCall" in part:
        call = part["toolCall"]
        return {
            "type": "server_tool_call",
            "name": _tool_name(call),
            "id": _text(call.get("id")) or INVENTED + os.urandom(16).hex(),
            "args": call.get("args") or {},
        }
    if "toolResponse" in part:
        response = part["toolResponse"]
        return {
            "type": "server_tool_result",
            "tool_call_id": _text(response.get("id")) or "",
            "status": "success",
            "output": response.get("response") or {},
            "extras": {"block_type": _tool_name(response)},
        }
    if "fileData" in part:
        data = part["fileData"]
        return {"type": "media", "mime_type": data.get("mimeType"), "file_uri": data["fileUri"]}
    return {"type": "non_standard", "value": {key: part[key] for key in part if key != "thoughtSignature"}}


def _tool_name(told: JSON) -> str:
    # Agentic video answers leave the type out. Source: langchain-google-genai 4.4.2.
    return (_text(told.get("toolType")) or "media_processing").lower()


def _text(value: JSON) -> Optional[str]:
    """Give a text or None. Raises: TypeError for anything else, which could not be added up."""
    if value is None or type(value) is str:
        return value
    raise TypeError(f"a {type(value).__name__} where a text is due")


def _whole_numbers(value: JSON) -> JSON:
    """Give 3 for 3.0 at every depth: protobuf's numbers are floats, and tools ask for ints."""
    if type(value) is dict:
        return {key: _whole_numbers(item) for key, item in value.items()}
    if type(value) is list:
        return [_whole_numbers(item) for item in value]
    return int(value) if type(value) is float and value.is_integer() else value


def is_gemini_3(model: Optional[str]) -> bool:
    """Tell whether a model, "models/" before its name or not, is of Gemini 3 or later.

    >>> is_gemini_3("models/gemini-3-flash-preview"), is_gemini_3("gemini-2.5-pro"), is_gemini_3(None)
    (True, False, False)
    """
    name = (model or "").lower().rpartition("/")[2]
    return any(int(major) >= 3 for major in re.findall(r"gemini-(\d{1,9})", name))


def content_of(parts: Parts, *, of_gemini_3: bool, joined: bool = False) -> Union[str, List[Any]]:
    """Give the content of a message: a text, where it is one, or the list. `joined`: several texts are one."""
    content = parts.content
    if not content:
        return [] if of_gemini_3 else ""
    if all(type(one) is str for one in content) and (joined or len(content) == 1):
        return "".join(content)  # type: ignore[arg-type]
    return content


# -- names -------------------------------------------------------------------------------


def snake_case(value: JSON) -> JSON:
    """Give `value` with the keys of its objects as Python spells them, as LangChain does.

    >>> snake_case({"groundingChunks": [{"web": {"uri": "https://x"}}]})
    {'grounding_chunks': [{'web': {'uri': 'https://x'}}]}
    """
    if type(value) is dict:
        return {re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower(): snake_case(item) for key, item in value.items()}
    if type(value) is list:
        return [snake_case(item) for item in value]
    return value


def camel_case(name: str) -> str:
    """Give a name as the wire spells it.

    >>> camel_case("max_output_tokens"), camel_case("topP")
    ('maxOutputTokens', 'topP')
    """
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)
