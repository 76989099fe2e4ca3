"""A chat completion as it comes: its pieces put together, and what a trace says of it when it is over."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from ..derive import now_us

__all__ = ["Answer"]

LONGEST_ERROR = 4_000  # letters
MOST_CALLS = 100
_COUNTS = (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"), ("total_tokens", "total_tokens"))
# LangChain's names for what OpenAI counts apart.
_DETAILS = (
    ("input_token_details", "prompt_tokens_details", {"cached_tokens": "cache_read", "audio_tokens": "audio"}),
    ("output_token_details", "completion_tokens_details", {"reasoning_tokens": "reasoning", "audio_tokens": "audio"}),
)


class Answer:
    """What has come so far. One thread adds, others may look."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.refusal = ""
        self.calls: List[Dict[str, Any]] = []
        self.usage: Dict[str, Any] = {}
        self.head: Dict[str, Any] = {}  # id and model as the provider says them
        self.finish: Optional[str] = None
        self.first_us: Optional[int] = None
        self.done = False
        self._strange = b""
        self._pieces = 0

    def take(self, piece: Any) -> None:
        """Add one piece of the stream.

        Raises: ValueError for one that says an error, is of no known shape, or calls too many tools.
        """
        if not isinstance(piece, dict):
            raise ValueError(f"a piece of the stream is no object: {json.dumps(piece)[:200]}")
        if piece.get("error"):
            raise ValueError(json.dumps(piece["error"], ensure_ascii=False)[:LONGEST_ERROR])
        self._pieces += 1
        for name in ("id", "model", "system_fingerprint"):
            if isinstance(piece.get(name), str):
                self.head[name] = piece[name]
        if isinstance(piece.get("usage"), dict):
            self.usage = piece["usage"]
        for choice in piece.get("choices") or ():
            if choice.get("index", 0) != 0:
                continue  # one answer is asked for
            self.finish = choice.get("finish_reason") or self.finish
            delta = choice.get("delta") or {}
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            said = delta.get("content")
            if isinstance(said, list):  # Mistral's blocks: thoughts and texts
                thought, said = _blocks(said, "thinking") or thought, _blocks(said, "text")
            if self.first_us is None and (said or thought or delta.get("tool_calls")):
                self.first_us = now_us()
            self.text += said or ""
            self.reasoning += thought if isinstance(thought, str) else ""
            self.refusal += delta.get("refusal") or ""
            for call in delta.get("tool_calls") or ():
                self._call(call)

    def _call(self, piece: Dict[str, Any]) -> None:
        place = piece.get("index")
        named = piece.get("id") or (piece.get("function") or {}).get("name")
        if not isinstance(place, int) or place < 0:  # without a number: a call of its own, or more of the last one
            place = len(self.calls) if named else max(len(self.calls) - 1, 0)
        elif place < len(self.calls) and piece.get("id") and self.calls[place]["id"] not in (None, piece["id"]):
            known = [one["id"] for one in self.calls]  # two calls with one number
            place = known.index(piece["id"]) if piece["id"] in known else len(known)
        if place >= MOST_CALLS:
            raise ValueError(f"tool call {place + 1} came; {MOST_CALLS} of an answer are taken")
        while len(self.calls) <= place:
            self.calls.append({"id": None, "type": "function", "function": {"name": "", "arguments": ""}})
        call, said = self.calls[place], piece.get("function") or {}
        call["id"] = piece.get("id") or call["id"]
        for name in ("name", "arguments"):
            call["function"][name] += said.get(name) or ""

    def strange(self, line: bytes) -> None:
        """Note a line that is no data: it is the answer where a server is none of this kind."""
        if len(self._strange) < 300 and line.strip() and not line.startswith((b":", b"event:", b"id:", b"retry:")):
            self._strange += line

    def check(self) -> None:
        """Hold that there was an answer and that it came to its end. Raises: ValueError."""
        if not self._pieces:
            told = self._strange[:300].decode("utf-8", "replace").strip()
            raise ValueError(f"no stream of a chat completion came{': ' + told if told else ''}")
        if not self.done and self.finish is None:
            raise ValueError("the stream broke off before its end")

    def so_far(self) -> str:
        """Give what a reader sees while it comes: the text, or what is thought before there is any, and the calls."""
        calls = [f"{call['function']['name']}({call['function']['arguments']})" for call in list(self.calls)]
        return "\n".join([part for part in (self.text or self.reasoning, *calls) if part])

    def whole(self) -> Dict[str, Any]:
        """Give the answer as a chat completion that was not streamed has it."""
        message: Dict[str, Any] = {"role": "assistant", "content": self.text}
        for name, said in (("reasoning_content", self.reasoning), ("refusal", self.refusal)):
            if said:
                message[name] = said
        if self.calls:
            message["tool_calls"] = self.calls
        choice = {"index": 0, "message": message, "finish_reason": self.finish}
        return {**self.head, "choices": [choice], **({"usage": self.usage} if self.usage else {})}

    def counted(self) -> Dict[str, Any]:
        """Give the usage in LangChain's words, empty where none was told."""
        found: Dict[str, Any] = {
            ours: self.usage[theirs] for ours, theirs in _COUNTS if isinstance(self.usage.get(theirs), int)
        }
        for ours, theirs, names in _DETAILS:
            told = self.usage.get(theirs)
            told = told if isinstance(told, dict) else {}
            details = {word: told[name] for name, word in names.items() if told.get(name)}
            if details:
                found[ours] = details
        return found


def _blocks(content: List[Any], kind: str) -> str:
    """Give the texts of content blocks of a kind; a thinking block holds a list of texts itself."""
    said = ""
    for block in content:
        if isinstance(block, dict) and block.get("type") == kind:
            inner = block.get(kind)
            said += inner if isinstance(inner, str) else _blocks(inner, "text") if isinstance(inner, list) else ""
    return said
