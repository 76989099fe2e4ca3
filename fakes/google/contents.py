"""What the API refuses in `contents` and `systemInstruction`: parts, roles, the order of calls and their results.

`shape_faults` gives what the request validator says, all faults at once; `check_turns` raises the first fault of the
conversation as a whole. Neighbours of one role are legal, so turns are not merged: a call is answered by the content
that follows it, as LangChain and the SDK send it.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Tuple

from .errors import Refused, quoted
from .fields import ONEOFS
from .models import Model

__all__ = ["check_turns", "result_text", "shape_faults", "text_of"]

Fault = Tuple[str, str]
ONEOF = ONEOFS["Part"][1]
# The types that the documentation of images, audio, video and documents names (ai.google.dev/gemini-api/docs).
MEDIA = {
    "image": ("png", "jpeg", "webp", "heic", "heif", "gif", "bmp", "avif"),
    "audio": ("wav", "x-wav", "mp3", "mpeg", "mpga", "aiff", "aac", "ogg", "flac", "m4a", "mp4", "opus", "pcm", "l16",
              "webm"),
    "video": ("mp4", "mpeg", "mov", "quicktime", "avi", "x-flv", "mpg", "mpegps", "webm", "wmv", "3gpp", "x-msvideo"),
    "application": ("pdf", "json", "rtf", "x-javascript", "javascript", "x-python-code", "x-typescript", "xml"),
}  # fmt: skip
SIGNATURE = (  # tidyverse/ellmer#946
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, "
    "and missing thought_signature may lead to degraded model performance. Additional data, function call "
    "`default_api:%s` , position %d. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more "
    "details."
)
RESPONSE_TURN = "Please ensure that function response turn comes immediately after a function call turn."
CALL_TURN = (  # continuedev/continue#11164
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
)
COUNT = (  # microsoft/vscode#299295
    "Please ensure that the number of function response parts is equal to the number of function call parts of the "
    "function call turn."
)
LAST = "Please ensure that single turn requests end with a user role or the role field is empty."


def text_of(content: Dict[str, Any]) -> str:
    """Give the text of a content, its text parts joined, thoughts left out."""
    return "".join(part.get("text") or "" for part in content.get("parts") or () if not part.get("thought"))


def result_text(response: Dict[str, Any]) -> str:
    """Give a function's result as text: the one output, or the whole object."""
    if len(response) == 1:
        (value,) = response.values()
        if isinstance(value, str):
            return value
    return json.dumps(response, ensure_ascii=False)


def shape_faults(request: Dict[str, Any]) -> Iterator[Fault]:
    """Give the place of each wrong content or part, and what is wrong with it."""
    contents = request.get("contents")
    if not contents:  # vercel/ai#3775
        yield "contents", "contents is not specified"
        return
    for place, content in enumerate(contents):
        where = f"contents[{place}]"
        if not content.get("parts"):  # QuantumNous/new-api#1060
            yield f"{where}.parts", "contents.parts must not be empty."
        yield from _part_faults(content, where)
    system = request.get("systemInstruction")
    if system is not None:  # an empty list is taken there as no instruction; nothing was found about it
        yield from _part_faults(system, "system_instruction")


def _part_faults(content: Dict[str, Any], where: str) -> Iterator[Fault]:
    for number, part in enumerate(content.get("parts") or ()):
        here = f"{where}.parts[{number}]"
        # boldsoftware/sketch#68, songquanpeng/one-api#2243; a signature alone is taken: recording
        # chat_with_schema_…-b915350b
        if not any(name in part for name in (*ONEOF, "thoughtSignature")):
            yield f"{here}.data", "required oneof field 'data' must have one initialized field"
        if "functionCall" in part and not part["functionCall"].get("name"):  # as the next row, found for the response
            yield f"{here}.function_call.name", "Name cannot be empty."
        if "functionResponse" in part and not part["functionResponse"].get("name"):  # quoted in many projects' notes
            yield f"{here}.function_response.name", "Name cannot be empty."
        if "fileData" in part and not part["fileData"].get("fileUri"):  # no wording found; as the rows above
            yield f"{here}.file_data.file_uri", "File URI cannot be empty."


def check_turns(request: Dict[str, Any], model: Model) -> None:
    """Judge roles, media types, the order of turns and the signatures.

    Raises: Refused for the first fault.
    """
    contents = request["contents"]
    for content in contents:
        if content.get("role", "") not in ("", "user", "model"):  # langgenius/dify-official-plugins#566
            raise Refused("Please use a valid role: user, model.")
        for part in content["parts"]:
            _check_media(part)
    _check_order(contents)
    if contents[-1].get("role") == "model" and (len(contents) == 1 or _refuses_prefill(model)):
        raise Refused(LAST)  # quoted in the sources of several gateways; for a long conversation no wording was found
    if model.new:
        _check_signatures(contents)


def _check_media(part: Dict[str, Any]) -> None:
    for name in ("inlineData", "fileData"):
        kind = (part.get(name) or {}).get("mimeType")
        if kind is None and name == "fileData":  # YouTube addresses go without
            continue
        # brianpetro/obsidian-smart-connections#1238, charmbracelet/crush#995; nothing was found for a missing one
        if name in part and not _is_known(kind or ""):
            raise Refused(f"Unsupported MIME type: {kind or ''}")
    data = part.get("inlineData")
    if data is not None and not data.get("data"):  # AmberSahdev/Open-Interface#64, there for broken bytes
        raise Refused("Provided image is not valid.")


def _is_known(kind: str) -> bool:
    family, _, name = kind.partition(";")[0].strip().lower().partition("/")
    return family == "text" and bool(name) or name in MEDIA.get(family, ())


def _names(content: Dict[str, Any], key: str) -> List[Dict[str, Any]]:
    return [part[key] for part in content["parts"] if key in part]


def _check_order(contents: List[Dict[str, Any]]) -> None:
    before: Dict[str, Any] = {"role": "", "parts": []}
    for content in contents:
        calls, results = _names(before, "functionCall"), _names(content, "functionResponse")
        if results and not calls:  # GoogleCloudPlatform/generative-ai#368
            raise Refused(RESPONSE_TURN)
        if len(calls) != len(results):
            raise Refused(COUNT)
        if _names(content, "functionCall") and before["role"] != "user":
            raise Refused(CALL_TURN)  # at the beginning of the history too: google-gemini/gemini-cli#11814
        before = {"role": content.get("role", "user") or "user", "parts": content["parts"]}
    if _names(before, "functionCall"):
        raise Refused(COUNT)


def _refuses_prefill(model: Model) -> bool:
    """3.5-flash-lite and 3.6-flash refuse to go on with their own words (wire/google.md)."""
    return model.name == "gemini-3.5-flash-lite" or (model.generation is not None and model.generation >= 3.6)


def _check_signatures(contents: List[Dict[str, Any]]) -> None:
    """In the current turn, which begins at the last thing the user said, the first call of each step is signed."""
    begin = 0
    for place, content in enumerate(contents):
        if content.get("role", "user") != "model" and not _names(content, "functionResponse"):
            begin = place
    for place in range(begin, len(contents)):
        calls = [part for part in contents[place]["parts"] if "functionCall" in part]
        if calls and not calls[0].get("thoughtSignature"):
            raise Refused(SIGNATURE % (quoted(calls[0]["functionCall"]["name"])[1:-1], place + 1))
