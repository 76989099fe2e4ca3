"""What the Responses API refuses in `input`, item by item; how items go together is judged in `responses_order`.

"Measured": see `responses_checks`.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence, Tuple

from .errors import Refused, missing, unknown_value, wrong_type
from .messages import FUNCTION_NAME, IMAGE, IMAGE_TYPES, PDF, data_url_fault, no_match
from .responses_tools import check_tools

__all__ = ["ITEMS", "check", "check_id", "mention_json", "text_of", "too_long"]

ITEMS = (  # measured, as is the order
    "additional_tools", "agent_message", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call",
    "compaction", "compaction_trigger", "computer_call", "computer_call_output", "custom_tool_call",
    "custom_tool_call_output", "file_search_call", "function_call", "function_call_output", "image_generation_call",
    "item_reference", "local_shell_call", "local_shell_call_output", "mcp_approval_request", "mcp_approval_response",
    "mcp_call", "mcp_list_tools", "message", "multi_agent_call", "multi_agent_call_output", "program",
    "program_output", "reasoning", "shell_call", "shell_call_output", "tool_search_call", "tool_search_output",
    "web_search_call",
)  # fmt: skip
ROLES = ("assistant", "system", "developer", "user")
PARTS = (
    "input_text", "input_image", "input_audio", "output_text", "refusal", "input_file", "computer_screenshot",
    "summary_text", "encrypted_content",
)  # fmt: skip
SAID = ("output_text", "refusal")  # what an assistant's message holds
ASKED = ("input_text", "input_image", "input_file", "scoped_content", "input_audio")  # what the others' hold
MESSAGE = frozenset(("type", "role", "content", "id", "status"))
# Type -> its members, and which of them must be there.
MEMBERS: Dict[str, Tuple[Sequence[str], Sequence[str]]] = {
    "function_call": (
        ("type", "id", "call_id", "name", "arguments", "status", "namespace", "caller"),
        ("call_id", "name", "arguments"),
    ),
    "function_call_output": (("type", "id", "call_id", "output", "status", "caller"), ("call_id", "output")),
    "custom_tool_call": (
        ("type", "id", "call_id", "name", "input", "status", "namespace", "caller"),
        ("call_id", "name", "input"),
    ),
    "custom_tool_call_output": (("type", "id", "call_id", "output", "status", "caller"), ("call_id", "output")),
    "reasoning": (("type", "id", "summary", "content", "encrypted_content"), ("summary",)),
    "item_reference": (("type", "id"), ("id",)),
}
PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
ID = re.compile(r"[a-zA-Z0-9_-]+")
CIPHER = re.compile(r"[A-Za-z0-9+/=_-]+")
LONGEST = 64  # characters of an id


def check(items: List[Any]) -> None:
    """Judge the items one by one.

    Raises: Refused for the first fault.
    """
    for place, item in enumerate(items):
        here = f"input[{place}]"
        if not isinstance(item, dict):
            raise wrong_type(here, "an input item", item)
        kind = item.get("type", "message")
        if kind not in ITEMS:
            raise unknown_value(here, kind if isinstance(kind, str) else "", ITEMS)
        if kind == "message":
            _check_message(item, here)
        elif kind in MEMBERS:
            _check_item(item, kind, here)
        elif kind == "additional_tools":
            if item.get("tools") is None:  # no wording found
                raise missing(f"{here}.tools")
            check_tools(item["tools"], f"{here}.tools")
        if item.get("id") is not None and kind != "item_reference":
            check_id(
                item["id"], f"{here}.id", PREFIXES.get(kind, "") if item.get("role") in (None, "assistant") else ""
            )
        if "call_id" in item:
            _check_call_id(item["call_id"], f"{here}.call_id")


def _check_message(item: Dict[str, Any], here: str) -> None:
    role = item.get("role")
    if role not in ROLES:
        raise unknown_value(here, role if isinstance(role, str) else "", ROLES)
    for key in item:
        if key not in MESSAGE and not (key == "phase" and role == "assistant"):
            raise _unknown(f"{here}.{key}")
    if "content" not in item:
        raise missing(f"{here}.content")
    phase = item.get("phase")
    if phase is not None and phase not in ("commentary", "final_answer"):
        raise unknown_value(f"{here}.phase", phase, ("commentary", "final_answer"))
    content = item["content"]
    if isinstance(content, str):
        return
    if not isinstance(content, list):  # quoted in many threads
        raise wrong_type(f"{here}.content", "one of an array of objects or string", content)
    for number, part in enumerate(content):
        _check_part(part, f"{here}.content[{number}]", SAID if role == "assistant" else ASKED)


def _check_part(part: Any, here: str, allowed: Sequence[str]) -> None:
    if not isinstance(part, dict):  # the sentence from memory
        raise wrong_type(here, "an object", part)
    kind = part.get("type")
    if kind is None:
        raise missing(f"{here}.type")
    if kind not in PARTS and kind != "scoped_content":
        raise unknown_value(f"{here}.type", kind, PARTS)
    if kind not in allowed:  # measured; also jamesrochabrun/SwiftOpenAI#136
        raise unknown_value(here, kind, allowed)
    judge = {"input_image": _check_image, "input_file": _check_file, "input_audio": _check_audio}.get(kind)
    if judge is not None:
        judge(part, here)
        return
    key = "refusal" if kind == "refusal" else "text"
    if kind in ("input_text", "output_text", "refusal"):
        if part.get(key) is None:
            raise missing(f"{here}.{key}")
        if not isinstance(part[key], str):
            raise wrong_type(f"{here}.{key}", "a string", part[key])


def _check_image(part: Dict[str, Any], here: str) -> None:
    url = part.get("image_url")
    detail = part.get("detail")
    if detail is not None and detail not in ("low", "high", "auto", "original"):  # the list's order from memory
        raise unknown_value(f"{here}.detail", detail, ("low", "high", "auto", "original"))
    if url is None:
        if part.get("file_id") is None:  # no wording found
            raise missing(f"{here}.image_url")
        return
    if not isinstance(url, str):  # quoted in several clients' sources and tests
        raise wrong_type(f"{here}.image_url", "an image URL", url)
    if re.match(r"https?://[^\s/]+", url):
        return
    if not url.startswith("data:"):  # quoted in many threads
        fault = "Expected a valid URL, but got a value with an invalid format."
    else:
        what = data_url_fault(url)
        mime = url[5:].partition(";")[0].partition(",")[0]
        if what is None and mime not in IMAGE_TYPES:
            what = f"unsupported MIME type '{mime}'"
        if what is None:
            return
        fault = f"Expected a base64-encoded data URL with an {IMAGE}, but got {what}."  # anomalyco/opencode#23983
    raise Refused(f"Invalid '{here}.image_url'. {fault}", param=f"{here}.image_url", code="invalid_value")


def _check_file(part: Dict[str, Any], here: str) -> None:
    if part.get("file_id") is not None or part.get("file_url") is not None:
        return
    data = part.get("file_data")
    if data is None:  # no wording found
        raise missing(f"{here}.file_id")
    fault = data_url_fault(data) if isinstance(data, str) else "a value that is no string"
    if fault is not None:  # vercel/ai#7266, there for chat completions
        raise Refused(
            f"Invalid '{here}.file_data'. Expected a base64-encoded data URL with an {PDF}, but got {fault}.",
            param=f"{here}.file_data",
            code="invalid_value",
        )
    if part.get("filename") is None:  # no wording found
        raise missing(f"{here}.filename")


def _check_audio(part: Dict[str, Any], here: str) -> None:
    sound = part.get("input_audio")
    if not isinstance(sound, dict):
        raise missing(f"{here}.input_audio") if sound is None else wrong_type(f"{here}.input_audio", "an object", sound)
    for key in ("data", "format"):
        if not isinstance(sound.get(key), str):
            raise missing(f"{here}.input_audio.{key}")
    if sound["format"] not in ("mp3", "wav"):
        raise unknown_value(f"{here}.input_audio.format", sound["format"], ("mp3", "wav"))


def _check_item(item: Dict[str, Any], kind: str, here: str) -> None:
    known, required = MEMBERS[kind]
    for key in item:
        if key not in known:  # openai/openai-python#3008
            raise _unknown(f"{here}.{key}")
    for key in required:  # vercel/ai …/__fixtures__/openai-issue-17402-error.1.json
        if item.get(key) is None:
            raise missing(f"{here}.{key}")
    for key in ("name", "arguments", "input"):
        if key in required and not isinstance(item[key], str):
            raise wrong_type(f"{here}.{key}", "a string", item[key])
    if "name" in required:
        _check_name(item["name"], f"{here}.name")
    if "output" in required and not isinstance(item["output"], str):
        if not isinstance(item["output"], list):  # the sentence: as for content
            raise wrong_type(f"{here}.output", "one of an array of objects or string", item["output"])
        for number, part in enumerate(item["output"]):
            _check_part(part, f"{here}.output[{number}]", ("input_text", "input_image", "input_file"))
    if kind == "reasoning":
        _check_thought(item, here)


def _check_name(name: str, param: str) -> None:
    if not FUNCTION_NAME.fullmatch(name):  # brekkylab/ailoy#109, there for chat completions
        raise no_match(param, "^[a-zA-Z0-9_-]+$")


def _check_thought(item: Dict[str, Any], here: str) -> None:
    summary = item["summary"]
    if not isinstance(summary, list):  # the sentence from memory
        raise wrong_type(f"{here}.summary", "an array of objects", summary)
    for number, part in enumerate(summary):
        if not isinstance(part, dict) or part.get("type") != "summary_text" or not isinstance(part.get("text"), str):
            raise missing(f"{here}.summary[{number}].text")  # no wording found
    cipher = item.get("encrypted_content")
    if cipher is None:
        return
    if not isinstance(cipher, str):
        raise wrong_type(f"{here}.encrypted_content", "a string", cipher)
    if not CIPHER.fullmatch(cipher):  # openai/codex#17541 and clients' tests; which ciphers are taken is the fake's own
        raise Refused(
            f"The encrypted content {cipher[:4]}...{cipher[-4:]} could not be verified. Reason: Encrypted content could "
            "not be decrypted or parsed.",
            code="invalid_encrypted_content",
        )


def check_id(value: Any, param: str, prefix: str) -> None:
    """Judge an id: its letters, its length, its beginning.

    Raises: Refused.
    """
    if not isinstance(value, str):
        raise wrong_type(param, "a string", value)
    if not ID.fullmatch(value):  # langchain-ai/langchainjs#11044; the code: ranxianglei/billion-context#1052
        raise Refused(
            f"Invalid '{param}': '{value}'. Expected an ID that contains letters, numbers, underscores, or dashes, but "
            "this value contained additional characters.",
            param=param,
            code="invalid_value",
        )
    if len(value) > LONGEST:
        raise too_long(param, len(value), LONGEST)
    if not value.startswith(prefix):  # jlcodes99/cockpit-tools#2090; the code: openai/codex#33176
        raise Refused(
            f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.",
            param=param,
            code="invalid_id_prefix",
        )


def _check_call_id(value: Any, param: str) -> None:
    if not isinstance(value, str):
        raise wrong_type(param, "a string", value)
    if not value:  # BigPizzaV3/CodexPlusPlus#315
        raise Refused(
            f"Invalid '{param}': empty string. Expected a string with minimum length 1, but got an empty string "
            "instead.",
            param=param,
            code="empty_string",
        )
    if len(value) > LONGEST:
        raise too_long(param, len(value), LONGEST)


def too_long(param: str, length: int, most: int) -> Refused:
    """Say that a text is too long. (AnswerDotAI/fastllm#45, orchidfiles/ungate#26)"""
    return Refused(
        f"Invalid '{param}': string too long. Expected a string with maximum length {most}, but got a string with "
        f"length {length} instead.",
        param=param,
        code="string_above_max_length",
    )


def _unknown(param: str) -> Refused:
    return Refused(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def text_of(item: Dict[str, Any]) -> str:
    """Give the text of a message's content or of a result's output, its text parts joined."""
    content = item.get("content", item.get("output"))
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text") or "" for part in parts if isinstance(part, dict))


def mention_json(items: List[Dict[str, Any]]) -> bool:
    """Tell whether the word JSON occurs in any message or result; instructions do not count."""
    return any("json" in text_of(item).lower() for item in items)
