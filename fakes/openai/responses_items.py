"""The items of a response's output, in literal JSON, whole and as they stand before and after they are streamed.

Key order and absence of white space are those of the recordings of 2026: after id, type and status the keys are in
alphabetical order. A plain answer shows the same items indented; `responses_writer` does that.
"""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple, Union

from ..replies.reply import Refusal, Text
from . import logprobs

__all__ = ["Call", "Item", "Message", "Search", "Thought", "compact"]

MESSAGE = '{"id":"%s","type":"message","status":"%s","content":[%s],%s"role":"assistant"}'
TEXT = '{"type":"output_text","annotations":[%s],"logprobs":%s,"text":%s}'
REFUSAL = '{"type":"refusal","refusal":%s}'
CITATION = (
    '{"type":"url_citation","end_index":%d,"start_index":%d,"title":"Example Domain","url":"https://example.com/"}'
)
FILE = '{"type":"file_citation","file_id":"file-Fakes0000000000000001","filename":"example.txt","index":%d}'
REASONING = '{"id":"%s","type":"reasoning","content":[],%s"summary":[%s]}'
SUMMARY = '{"type":"summary_text","text":%s}'
FUNCTION_CALL = '{"id":"%s","type":"function_call","status":"%s","arguments":%s,"call_id":"%s","name":%s}'
CUSTOM_CALL = '{"id":"%s","type":"custom_tool_call","status":"%s","call_id":"%s","input":%s,"name":%s}'
WEB_SEARCH_BEGUN = '{"id":"%s","type":"web_search_call","status":"%s"}'
WEB_SEARCH = '{"id":"%s","type":"web_search_call","status":"%s","action":{"type":"search","queries":[%s],"query":%s%s}}'
SOURCES = ',"sources":[{"type":"url","url":"https://example.com/"}]'
FILE_SEARCH = '{"id":"%s","type":"file_search_call","status":"%s","queries":[%s],"results":%s}'
FOUND = '[{"attributes":{},"file_id":"file-Fakes0000000000000001","filename":"example.txt","score":0.97,"text":%s}]'


class Thought(NamedTuple):
    """A reasoning item: the pieces of its summary (empty: none was asked for) and its cipher, if that was."""

    id: str
    summary: Sequence[str]
    cipher: Optional[str]

    def json(self, status: str) -> str:
        begun = status == "in_progress"  # such an item has no status of its own: recording simple-streaming-271a627b
        cipher = f'"encrypted_content":"{self.cipher}",' if self.cipher is not None else ""
        summary = SUMMARY % quoted("".join(self.summary)) if self.summary and not begun else ""
        return REASONING % (self.id, cipher, summary)


class Message(NamedTuple):
    """A message: its parts, each a run of pieces of text or of refusal. `phase` is told by the newest models only."""

    id: str
    parts: Sequence[Tuple[Sequence[Union[Text, Refusal]], Sequence[str]]]  # pieces, and the citations behind them
    phase: str
    alternatives: Optional[int]  # per token; None: no logprobs asked for

    def json(self, status: str) -> str:
        phase = f'"phase":"{self.phase}",' if self.phase else ""
        content = "" if status == "in_progress" else ",".join(self.part(number) for number in range(len(self.parts)))
        return MESSAGE % (self.id, status, content, phase)

    def part(self, number: int, *, begun: bool = False) -> str:
        """Give a part of the content; `begun`: as it stands before its first piece."""
        pieces, citations = self.parts[number]
        text = quoted("" if begun else "".join(piece.text for piece in pieces))
        if self.refuses(number):
            return REFUSAL % text
        return TEXT % ("" if begun else ",".join(citations), "[]" if begun else self.logprobs(pieces), text)

    def refuses(self, number: int) -> bool:
        pieces = self.parts[number][0]
        return bool(pieces) and isinstance(pieces[0], Refusal)

    def logprobs(self, pieces: Sequence[Any]) -> str:
        return "[]" if self.alternatives is None else logprobs.listed(pieces, self.alternatives)


class Call(NamedTuple):
    """A call of a function, or of a custom tool, whose argument is plain text."""

    id: str
    call_id: str
    name: str
    argument: str
    custom: bool

    def json(self, status: str) -> str:
        argument = quoted("" if status == "in_progress" else self.argument)
        if self.custom:
            return CUSTOM_CALL % (self.id, status, self.call_id, argument, quoted(self.name))
        return FUNCTION_CALL % (self.id, status, argument, self.call_id, quoted(self.name))


class Search(NamedTuple):
    """A search that OpenAI does itself: "web_search" or "file_search"."""

    id: str
    kind: str
    query: str
    results: bool  # what was found was asked for: file_search_call.results or web_search_call.action.sources

    def json(self, status: str) -> str:
        query = quoted(self.query)
        begun = status == "in_progress"
        if self.kind == "file_search":
            found = FOUND % quoted("Hello from fakes.") if self.results and not begun else "null"
            return FILE_SEARCH % (self.id, status, "" if begun else query, found)
        if begun:
            return WEB_SEARCH_BEGUN % (self.id, status)
        return WEB_SEARCH % (self.id, status, query, query, SOURCES if self.results else "")

    def citation(self, length: int) -> str:
        """Give the citation behind a text of that length."""
        return FILE % max(0, length - 1) if self.kind == "file_search" else CITATION % (length, 0)


Item = Union[Thought, Message, Call, Search]


def compact(items: List[Item], last: str) -> str:
    """Write items whole, the last one with the status `last`."""
    return ",".join(item.json(last if place == len(items) - 1 else "completed") for place, item in enumerate(items))
