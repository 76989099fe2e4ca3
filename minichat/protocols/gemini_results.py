"""What a tool gave back as Gemini takes it: an object, whatever it was. Pure.

Text that is a JSON object is the object itself; any other value stands under "output", of a tool that failed under
"error", which are the keys Google reads.
Source: "Gemini API reference", FunctionResponse; langchain-google-genai 4.4.2, by running it; read 2026-11-23.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    JSON = Any

__all__ = ["function_response"]


def function_response(blocks: List[JSON], *, failed: bool) -> Dict[str, JSON]:
    """Give the `response` for the texts and blocks of a tool's message; several texts are joined.

    >>> function_response(['{"sun": true}'], failed=False), function_response(["42"], failed=False)
    ({'sun': True}, {'output': 42})
    >>> function_response(["no such city"], failed=True)
    {'error': 'no such city'}
    """
    value: JSON = blocks
    texts = [_text(block) for block in blocks]
    if None not in texts:
        text = "".join(texts)
        try:
            value = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            value = text
    if isinstance(value, dict):
        return value
    return {"error" if failed else "output": value}


def _text(block: JSON) -> JSON:
    if isinstance(block, str):
        return block
    return block.get("text") if isinstance(block, dict) and block.get("type") == "text" else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")  # json.loads would take it, and JSON cannot say it again
