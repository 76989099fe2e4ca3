"""What a model thought before it answered, read from wherever its provider's messages keep it.

LangChain has no one place for it. Anthropic's and Gemini's thoughts are content blocks `{"type": "thinking",
"thinking": text, "signature": ...}`, Mistral's the same with a list of text chunks, OpenAI's Responses have
`{"type": "reasoning", "summary": [{"type": "summary_text", "text": ...}]}`, LangChain's own standard block is
`{"type": "reasoning", "reasoning": text}`, and Chat Completions servers a text beside the content, which goes
into `additional_kwargs["reasoning_content"]`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .base import BaseMessage

__all__ = ["reasoning_of"]


def reasoning_of(message: BaseMessage) -> str:
    """Give a message's thoughts as text, "" where there are none or they are encrypted.

    Several thoughts are parted by an empty line.
    """
    content: Any = message.content
    thoughts = [_thought(block) for block in content] if isinstance(content, list) else []
    beside = message.additional_kwargs.get("reasoning_content")
    thoughts.append(beside if isinstance(beside, str) else "")
    thoughts.append(_thought(message.additional_kwargs.get("reasoning")))
    return "\n\n".join(thought for thought in thoughts if thought)


def _thought(block: Any) -> str:
    if not isinstance(block, dict):
        return ""
    kind = block.get("type")
    if kind == "thinking":
        return _joined(block.get("thinking"), "")
    if kind == "reasoning":
        told = block.get("reasoning")
        return told if isinstance(told, str) and told else _joined(block.get("summary") or block.get("content"), "\n\n")
    return ""


def _joined(told: Any, between: str) -> str:
    if isinstance(told, str):
        return told
    pieces = [part.get("text") for part in told if isinstance(part, dict)] if isinstance(told, list) else []
    return between.join(piece for piece in pieces if isinstance(piece, str))
