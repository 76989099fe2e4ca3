"""Google's own tools: code execution and search, as blocks that a client has to keep.

Every model accepts these tools; `fake-tool` and `fake-tools` use them when no function is on offer. The shapes are
those of the recordings chat_code_execution_…-ac3f2656 and chat_citations_…-24ce4ac3.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Tuple

from ..session import Moment
from .models import Model

__all__ = ["BLOCK", "Extra", "extra_of"]

BLOCK = 8  # tokens of one block
CODE = '{"executableCode": {"language": "PYTHON","code": "print(6 * 7)\\n","id": "%s"}}'
RESULT = '{"codeExecutionResult": {"outcome": "OUTCOME_OK","output": "42\\n","id": "%s"}}'
GROUNDED = (
    ',"groundingMetadata": {"searchEntryPoint": {"renderedContent": "<div class=\\"container\\"></div>"},'
    '"groundingChunks": [{"web": {"uri": "https://example.com/","title": "example.com"}}],'
    '"groundingSupports": [{"segment": {"endIndex": 5,"text": "No to"},"groundingChunkIndices": [0]}],'
    '"webSearchQueries": ["what is an example"]}'
)


class Extra(NamedTuple):
    """What a built-in tool adds: parts before the answer, keys of the candidate, tokens of its prompts."""

    parts: Tuple[str, ...] = ()
    candidate: str = ""
    tokens: int = 0


def extra_of(request: Dict[str, Any], model: Model, moment: Moment) -> Extra:
    """Give what the built-in tools add to this answer."""
    offered = {key for tool in request.get("tools") or () for key in tool}
    if model.name not in ("fake-tool", "fake-tools") or "functionDeclarations" in offered:
        return Extra()
    if "codeExecution" in offered:
        id = moment.hexadecimal("code", 8)
        return Extra((CODE % id, RESULT % id), tokens=149)
    if "googleSearch" in offered:
        return Extra(candidate=GROUNDED, tokens=61)
    return Extra()
