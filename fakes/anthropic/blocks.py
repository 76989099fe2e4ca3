"""What a content block may look like: the fields of each kind, sources of pictures and documents, cache marks.

Which role a block may stand in and how blocks belong together is judged in `messages`. Blocks of server tools come back
from the client as they were sent, and only their kind is looked at. No picture or document is opened beyond its first
bytes: one that cannot be decoded is taken, where Anthropic says "Could not process image".
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Dict, Optional, Sequence, Tuple

from .errors import (
    OBJECT,
    SHAPE,
    Field,
    Refused,
    anything,
    array,
    at,
    boolean,
    check_record,
    dictionary,
    one_of,
    string,
    unknown_tag,
)

__all__ = ["RESULT_KINDS", "check_block", "check_cache_control", "check_text_blocks"]

ID = "^[a-zA-Z0-9_-]+$"  # HKUDS/nanobot#4356
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
SIGNS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))
RESULT_KINDS = ("text", "image", "document", "search_result", "tool_reference")
# Blocks that the client only hands back, and blocks of betas.
PASSED_ON = (
    "advisor_tool_result",
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "fallback",
    "mcp_tool_listing",
    "mcp_tool_result",
    "mcp_tool_use",
    "server_tool_use",
    "text_editor_code_execution_tool_result",
    "tool_addition",
    "tool_reference",
    "tool_removal",
    "tool_search_tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
)


def check_cache_control(value: Any, place: str) -> None:
    """Judge a cache mark. The words of both lists: reee344/sleipnir's table. Raises: Refused."""
    if isinstance(value, dict) and value.get("type", "ephemeral") != "ephemeral":
        raise at(f"{place}.type", "Input should be 'ephemeral'")
    fields = {"type": Field(one_of("ephemeral"), required=True), "ttl": Field(one_of("5m", "1h"))}
    # A stranger's place has the kind in it: anthropics/claude-code#25597 ("system.2.cache_control.ephemeral.scope")
    check_record(value, f"{place}.ephemeral" if isinstance(value, dict) and "type" in value else place, fields)


def _check_citations_config(value: Any, place: str) -> None:
    check_record(value, place, {"enabled": Field(boolean)})


def _check_inner(value: Any, place: str) -> None:
    if not isinstance(value, str):
        check_blocks(value, place, RESULT_KINDS)


def check_text_blocks(value: Any, place: str) -> None:
    """Judge a system prompt, or what else is a text or a list of text blocks. Raises: Refused."""
    if not isinstance(value, str):
        check_blocks(value, place, ("text",), tagged=False)


CACHE = Field(check_cache_control, nullable=True)
TEXT = Field(string(), required=True)
FIELDS: Dict[str, Dict[str, Field]] = {
    "text": {"text": TEXT, "citations": Field(array(), nullable=True), "cache_control": CACHE},
    "thinking": {"thinking": TEXT, "signature": TEXT},
    "redacted_thinking": {"data": TEXT},
    "tool_use": {
        "id": Field(string(pattern=ID), required=True),
        "name": Field(string(least=1, most=200), required=True),
        "input": Field(dictionary, required=True),
        "cache_control": CACHE,
        "caller": Field(dictionary),
        "toolset_name": Field(anything),
    },
    "tool_result": {
        "tool_use_id": Field(string(pattern=ID), required=True),
        "content": Field(_check_inner),
        "is_error": Field(boolean, nullable=True),
        "cache_control": CACHE,
        "toolset_name": Field(anything),
    },
    "search_result": {
        "content": Field(lambda value, place: check_blocks(value, place, ("text",)), required=True),
        "source": TEXT,
        "title": TEXT,
        "citations": Field(_check_citations_config),
        "cache_control": CACHE,
    },
}


def check_blocks(value: Any, place: str, known: Sequence[str], *, tagged: bool = True) -> None:
    """Judge a list of content blocks. Raises: Refused."""
    array()(value, place)
    for number, block in enumerate(value):
        check_block(block, f"{place}.{number}", known, tagged=tagged)


def check_block(block: Any, place: str, known: Optional[Sequence[str]] = None, *, tagged: bool = True) -> None:
    """Judge one block by its kind; the kind is part of the place of its fields where several kinds are possible.

    Raises: Refused.
    """
    if not isinstance(block, dict):
        raise at(place, OBJECT if tagged else SHAPE)  # PARITY, for messages and for system
    kind = block.get("type")
    if kind is None:  # PARITY
        raise at(f"{place}.type", "Field required")
    known = known or (*FIELDS, "image", "document", *PASSED_ON)
    if kind not in known:
        raise unknown_tag(place, kind, known)
    where = f"{place}.{kind}" if tagged else place
    if kind in ("image", "document"):
        _check_media(block, where, kind)
    elif kind in FIELDS:
        text = block.get("text")
        if kind == "text" and block.get("cache_control") and text == "":
            # askalf/dario#1066, stakpak/agent#511
            raise at(f"{place}.text", "cache_control cannot be set for empty text blocks")
        check_record(block, where, FIELDS[kind], ignored=("type",))


def _check_media(block: Dict[str, Any], where: str, kind: str) -> None:
    fields = {"source": Field(_check_picture if kind == "image" else _check_document, required=True)}
    fields["cache_control"] = CACHE
    if kind == "document":
        fields["citations"] = Field(_check_citations_config, nullable=True)
        fields["context"] = fields["title"] = Field(string(), nullable=True)
    check_record(block, where, fields, ignored=("type", "transformations"))


def _check_picture(source: Any, place: str) -> None:
    where = _check_source(source, place, ("base64", "url", "file"), IMAGE_TYPES)
    if source["type"] == "base64":
        data = _check_data(source["data"], where, "image")
        found = next((name for sign, name in SIGNS if data.startswith(sign)), None)
        claimed = source["media_type"]
        if found is not None and found != claimed:  # home-assistant/core#167208
            raise at(
                f"{where}.data",
                f"The image was specified using the {claimed} media type, but the image appears to be a {found} image",
            )


def _check_document(source: Any, place: str) -> None:
    where = _check_source(source, place, ("base64", "url", "file", "text", "content"), ("application/pdf",))
    if source["type"] == "base64":
        _check_data(source["data"], where, "document")


def _check_source(source: Any, place: str, known: Sequence[str], types: Tuple[str, ...]) -> str:
    if not isinstance(source, dict):
        raise at(place, OBJECT)  # no wording found
    kind = source.get("type")
    if kind is None:
        raise at(f"{place}.type", "Field required")
    if kind not in known:
        raise unknown_tag(place, kind, known)
    fields = {
        "base64": {"media_type": Field(one_of(*types), required=True), "data": TEXT},
        "url": {"url": TEXT},
        "file": {"file_id": TEXT},
        "text": {"media_type": Field(one_of("text/plain"), required=True), "data": TEXT},
        "content": {"content": Field(_check_source_content, required=True)},
    }
    where = f"{place}.{kind}"
    check_record(source, where, fields[kind], ignored=("type",))
    if kind == "url" and not source["url"].startswith("https://"):  # wording from memory
        raise at(f"{where}.url", "Only HTTPS URLs are supported.")
    return where


def _check_source_content(value: Any, place: str) -> None:
    if not isinstance(value, str):
        check_blocks(value, place, ("text", "image"))


def _check_data(data: str, where: str, what: str) -> bytes:
    if not data:  # anthropics/claude-code#12750
        raise at(where, f"{what} cannot be empty")
    try:
        return base64.b64decode(data.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise invalid_base64(where) from None


def invalid_base64(where: str) -> Refused:
    """ "…tool_result.content.2.image.source.base64: invalid base64 data", quoted in several projects' notes."""
    return at(where, "invalid base64 data")
