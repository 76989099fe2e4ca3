"""A request to Chat Completions in neutral words: what OpenAI, Mistral, Fireworks and Together read alike.

Which roles there are, which functions are on offer and how a choice or a schema is written differs, so each provider's
`api` says that.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence

from ..serving.http11 import Request
from .reply import Ask, Tool

__all__ = ["chat_asked", "text_of"]


def text_of(content: Any) -> str:
    """Give the text of a message's content, its text parts joined."""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def chat_asked(
    request: Request,
    provider: str,
    body: Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    *,
    model: str,
    used: int,
    functions: Iterable[Dict[str, Any]],
    tool_choice: str,
    json: Any,
    result_roles: Sequence[str] = ("tool",),
    system_roles: Sequence[str] = ("system",),
) -> Ask:
    """Put a request that was checked into neutral words; `messages` are those of its body that were given to the model.

    `functions` are the tools on offer ({"name": ..., "parameters": schema}); `tool_choice` and `json` are in the words
    of `Ask` already.
    """
    results: List[str] = []
    for message in reversed(messages):
        if message["role"] not in result_roles:
            break
        results.insert(0, text_of(message.get("content")))
    users = [text_of(message.get("content")) for message in messages if message["role"] == "user"]
    systems = [text_of(message.get("content")) for message in messages if message["role"] in system_roles]
    return Ask(
        request,
        provider,
        "chat_completions",
        model=model,
        user=users[-1] if users else "",
        system="\n".join(systems),
        turn=1 + sum(message["role"] == "assistant" for message in messages),
        used=used,
        tools=tuple(
            Tool(function["name"], function.get("parameters") or {"type": "object", "properties": {}})
            for function in functions
        ),
        tool_choice=tool_choice,
        json=json,
        results=tuple(results),
        parallel=body.get("parallel_tool_calls") is not False,
    )
