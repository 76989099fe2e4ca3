"""Thoughts: how the fake signs them, how it knows its own signatures again, and the rules about asking for them.

A real signature is base64 of a protobuf message, more than 300 bytes in every recording, and only Anthropic can judge
it. The fake's own have a fixed length below that: a salt, a seal over the thought, a seal over both. So an altered
signature and an altered thought are told apart, without memory, on any server. Signatures that a test scripted are
remembered by the session that issued them. A long signature of the real form comes from elsewhere and is taken on trust.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, Dict, List

from ..session import Moment, Session
from .errors import Field, Refused, at, check_record, integer, one_of, unknown_tag
from .models import Model

__all__ = ["check", "check_config", "check_history", "issue", "sign"]

HEAD = b"\x12\x5e"  # field 2 of a protobuf message, 94 bytes: how a real one begins, but shorter
OWN = 96  # bytes of a signature of the fake's
REAL = 200  # bytes; the shortest recorded one has 302
DOCS = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
SHOWN = Field(one_of("summarized", "omitted"), nullable=True)
KINDS: Dict[str, Dict[str, Field]] = {
    "enabled": {"budget_tokens": Field(integer(1_024), required=True), "display": SHOWN},
    "adaptive": {"display": SHOWN},
    "disabled": {},
}


def sign(thought: str, moment: Moment, number: int) -> str:
    """Make the signature of the request's thought with this number."""
    salt = bytes.fromhex(moment.hexadecimal(f"signature/{number}", 60))
    body = HEAD + salt + _seal(salt + thought.encode("utf-8", "surrogatepass"))
    return base64.b64encode(body + _seal(body)).decode("ascii")


def issue(session: Session, signature: str, thought: str = "") -> None:
    """Remember a signature that a script gave, and what it was given for."""
    session.count(_memory(signature))
    session.count(_memory(signature, thought))


def check_config(value: Any, place: str) -> None:
    """Judge the form of `thinking`. Raises: Refused."""
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(value, dict) and "type" in value and kind not in tuple(KINDS):
        raise unknown_tag(place, kind, tuple(KINDS))
    fields = KINDS.get(str(kind), {})
    where = f"{place}.{kind}" if kind else place
    check_record(value, where, {"type": Field(one_of(*KINDS), required=True), **fields}, ignored=("block_binding",))


def check(body: Dict[str, Any], model: Model) -> None:
    """Judge `thinking` against the model and the other parameters. Raises: Refused."""
    config = body.get("thinking")
    if config is None:
        return
    kind = config["type"]
    takes = {"enabled": model.budget, "adaptive": model.adaptive, "disabled": not model.always_thinks}
    if not takes[kind]:
        raise _not_taken(kind, model)
    if kind == "disabled":
        return
    if kind == "enabled" and body["max_tokens"] <= config["budget_tokens"]:  # ProfSynapse/nexus#17
        raise Refused(
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
            f"{DOCS}#max-tokens-and-context-window-size"
        )
    if body.get("temperature", 1) != 1:  # mnfst/modelparams.dev#214
        raise Refused(
            "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our "
            "documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
        )
    if body.get("top_p") is not None and not 0.95 <= body["top_p"] <= 1:  # wording from memory
        raise Refused(
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled. Please consult our "
            f"documentation at {DOCS}"
        )
    if body.get("top_k") is not None:  # quarkiverse/quarkus-langchain4j#1812
        raise Refused(
            "`top_k` must be unset when thinking is enabled. Please consult our documentation at "
            f"{DOCS}#important-considerations-when-using-extended-thinking"
        )
    if (body.get("tool_choice") or {}).get("type") in ("any", "tool"):  # mastra-ai/mastra#7507
        raise Refused("Thinking may not be enabled when tool_choice forces tool use.")


def _not_taken(kind: str, model: Model) -> Refused:
    if kind == "adaptive" or not model.adaptive:
        # reee344/sleipnir's table of measured refusals; what follows the first sentence was not found
        return Refused(f'"thinking.type.{kind}" is not supported for this model')
    return Refused(  # reee344/sleipnir
        f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.'
    )


def check_history(messages: List[Dict[str, Any]], body: Dict[str, Any], session: Session) -> None:
    """Judge the thoughts that are sent back: their seals, and that none is missing.

    Raises: Refused.
    """
    answers = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
    for place in answers:
        content = messages[place]["content"]
        for number, block in enumerate(content if isinstance(content, list) else ()):
            where = f"messages.{place}.content.{number}"
            if block["type"] == "thinking":
                _judge(block["signature"], block["thinking"], where, session, latest=place == answers[-1])
            elif block["type"] == "redacted_thinking" and not _is_data(block["data"], session):
                # quoted in changelogs and tests of several projects, with places of this form
                raise at(where, "Invalid `data` in `redacted_thinking` block")
    if (body.get("thinking") or {}).get("type") == "enabled":
        _check_present(messages)


def _judge(signature: str, thought: str, where: str, session: Session, *, latest: bool) -> None:
    sealed = thought.encode("utf-8", "surrogatepass")
    if session.counted(_memory(signature, thought)):
        return
    raw = _decoded(signature)
    known = session.counted(_memory(signature)) or _is_own(raw)
    if not known and len(raw) >= REAL and raw[0] == HEAD[0]:
        return
    if known and raw[32:64] == _seal(raw[2:32] + sealed):
        return
    if known and latest:  # anthropics/claude-code#63574
        raise at(
            where,
            "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks "
            "must remain as they were in the original response.",
        )
    raise at(where, "Invalid `signature` in `thinking` block")  # anthropics/claude-code#10627


def _check_present(messages: List[Dict[str, Any]]) -> None:
    """A turn that uses tools begins with its thought, as long as it goes on."""
    if messages[-1]["role"] == "assistant":
        place = len(messages) - 1
    else:
        results = _results(messages[-1])
        place = len(messages) - 2
        while results and place >= 2 and _results(messages[place - 1]):
            place -= 2
        if not results or place < 0 or messages[place]["role"] != "assistant":
            return
    content = messages[place]["content"]
    first = content[0]["type"] if isinstance(content, list) and content else "text"
    if first not in ("thinking", "redacted_thinking"):  # zed-industries/zed#33317, lbjlaq/Antigravity-Manager#139
        raise at(
            f"messages.{place}.content.0.type",
            f"Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is enabled, a final "
            "`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
            "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
            f"requirement, disable `thinking`. Please consult our documentation at {DOCS}",
        )


def _results(message: Dict[str, Any]) -> bool:
    content = message["content"]
    return isinstance(content, list) and any(block["type"] == "tool_result" for block in content)


def _is_data(data: str, session: Session) -> bool:
    raw = _decoded(data)
    return bool(session.counted(_memory(data))) or _is_own(raw) or (len(raw) >= REAL and raw[0] == HEAD[0])


def _is_own(raw: bytes) -> bool:
    return len(raw) == OWN and raw[64:] == _seal(raw[:64])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _seal(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32, key=b"fakes").digest()


def _memory(signature: str, *thought: str) -> str:
    said = "\0".join((signature, *thought)).encode("utf-8", "surrogatepass")
    return "anthropic signature " + hashlib.blake2b(said, digest_size=16).hexdigest()
