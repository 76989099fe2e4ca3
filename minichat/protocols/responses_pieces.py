"""OpenAI's Responses as a stream: the events about output items, as pieces of content blocks. Sans-IO.

Each output item is added, filled by deltas, and done. A chunk's content is a list with a piece of one block,
whose "index" tells where it belongs. What LangChain gives when an item is done is completed here by all that
the deltas did not say (status, ids, annotations), so that the sum of the chunks says what the whole response
says. Servers that send no deltas but only what is done are read by the same means.

Sources: openai 3.54 `types/responses/response_stream_event.py`, recordings, and the chunks of langchain-openai
1.7.4, by running it; all 2026-11-23.
"""

from __future__ import annotations

from ..messages.ai import leaf_chunk
from .responses_items import annotation_read, custom_arguments, logprobs_of, part_block, text_of, without_nulls
from .responses_v0 import to_v0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from ..messages import AIMessageChunk

    JSON = Any

__all__ = ["PIECES", "TEXT_DELTA", "Pieces"]

TEXT_DELTA = "response.output_text.delta"


class Pieces:
    """What has been given of a response's items, and the chunks of what comes next.

    `v0`: LangChain's older form of the message (responses_v0.py). The methods raise KeyError, TypeError or
    AttributeError for events that are none.
    """

    __slots__ = ("_id", "_v0", "_items", "_places", "_indexes", "_thought", "_text_item", "_text_part", "_text_index")

    def __init__(self, message_id: Optional[str], *, v0: bool) -> None:
        self._id = message_id
        self._v0 = v0
        self._items: Dict[Any, _Item] = {}  # by their place in the output
        self._places: Dict[Any, Any] = {}  # an item's id -> its place
        self._indexes = 0  # of content blocks, given out so far
        self._thought = False  # has one begun?
        # The part whose text is coming: the ordinary delta is compared with these and nothing else.
        self._text_item = ""
        self._text_part: JSON = None
        self._text_index = 0

    # -- chunks ----------------------------------------------------------------------------

    def _chunk(self, *blocks: JSON, call: JSON = None) -> AIMessageChunk:
        """Make a chunk of pieces of content blocks, and a piece of a tool call."""
        content: Any = [checked(block) for block in blocks]
        beside: Dict[str, JSON] = {}
        if self._v0:
            content, beside, message_id = to_v0(content, thought=self._thought)
            self._id = message_id or self._id
            self._thought = self._thought or "reasoning" in beside
        chunk = leaf_chunk("", self._id)
        chunk.content = content
        if beside:
            chunk.additional_kwargs = beside
        if call is not None:
            chunk.tool_call_chunks = [call]
        return chunk

    def _item(self, payload: JSON) -> _Item:
        """Give the item that an event is about.

        After calls of several built-in tools the events at an item's end may say a later `output_index` than
        those at its start; and there are gateways whose ids change from event to event. So an item is found by
        the place that was first said with its id. Source: langchain-openai 1.7.4, `item_output_indices`.
        """
        item_id = payload.get("item_id") or (payload.get("item") or {}).get("id")
        place = payload.get("output_index")
        if item_id:
            place = self._places.setdefault(item_id, place)
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = _Item()
        return item

    def _index_of(self, parts: Dict[Any, int], part: Any) -> int:
        """Give the index of the content block of an item's part, a new one when it is the first time."""
        if part not in parts:
            parts[part] = self._indexes
            self._indexes += 1
        return parts[part]

    # -- items -----------------------------------------------------------------------------

    def _added(self, payload: JSON) -> List[AIMessageChunk]:
        item = payload["item"]
        kind = item["type"]
        known = self._item(payload)
        if kind == "message":
            known.phase = item.get("phase")
            if self._v0 and item.get("id"):
                self._id = text_of(item["id"])
        elif kind == "function_call":
            return self._call_begins(known, item)
        elif kind == "reasoning":
            # Encrypted content and status are told when it is done; twice told they would be joined.
            block = {name: value for name, value in without_nulls(item).items() if name in ("type", "id", "summary")}
            known.told.update(block)
            return [self._chunk({**block, "index": self._index_of(known.parts, 0)})]
        return []

    def _done(self, payload: JSON) -> List[AIMessageChunk]:
        item = payload["item"]
        kind = item["type"]
        known = self._item(payload)
        if kind == "message":
            return self._message_done(known, item)
        if kind == "function_call":
            return self._call_done(known, item)
        if kind == "reasoning":
            return self._thought_done(known, item)
        if known.told:
            return []
        known.told.update(item)
        index = self._index_of(known.parts, 0)
        call = None
        if kind == "custom_tool_call":
            call_id, name = text_of(item["call_id"]), text_of(item["name"])
            call = _call_piece(index, id=call_id, name=name, args=custom_arguments(item["input"]))
        return [self._chunk({**without_nulls(item), "index": index}, call=call)]

    # -- messages --------------------------------------------------------------------------

    def _part_added(self, payload: JSON) -> List[AIMessageChunk]:
        known = self._item(payload)
        if payload["part"]["type"] != "output_text" or not known.phase:
            return []
        part = payload["content_index"]
        known.phased.add(part)
        index = self._index_of(known.parts, part)
        return [self._chunk({"type": "text", "text": "", "phase": text_of(known.phase), "index": index})]

    def _text_delta(self, payload: JSON) -> List[AIMessageChunk]:
        known, part = self._item(payload), payload["content_index"]
        self._text_item, self._text_part = payload.get("item_id") or "", part
        self._text_index = self._index_of(known.parts, part)
        known.filled.add(part)
        return [self._chunk({"type": "text", "text": text_of(payload["delta"]), "index": self._text_index})]

    def _refusal_delta(self, payload: JSON) -> List[AIMessageChunk]:
        known, part = self._item(payload), payload["content_index"]
        known.filled.add(part)
        index = self._index_of(known.parts, part)
        return [self._chunk({"type": "refusal", "refusal": text_of(payload["delta"]), "index": index})]

    def _annotated(self, payload: JSON) -> List[AIMessageChunk]:
        known, part = self._item(payload), payload["content_index"]
        known.annotated[part] = known.annotated.get(part, 0) + 1
        annotation = without_nulls(annotation_read(payload["annotation"]))
        index = self._index_of(known.parts, part)
        return [self._chunk({"type": "text", "annotations": [annotation], "index": index})]

    def _part_done(self, payload: JSON) -> List[AIMessageChunk]:
        """Complete a part: by `output_text.done` or `refusal.done`, or when the whole item is done."""
        known, part = self._item(payload), payload["content_index"]
        if "refusal" in payload:
            said = {"type": "refusal", "refusal": payload["refusal"]}
        else:
            said = {"type": "output_text", "text": payload["text"]}
        return self._complete(known, part, part_block(said, {"id": payload.get("item_id"), "phase": known.phase}))

    def _message_done(self, known: _Item, item: JSON) -> List[AIMessageChunk]:
        chunks: List[AIMessageChunk] = []
        for part, said in enumerate(item["content"]):
            chunks += self._complete(known, part, part_block(said, item))
        logprobs = logprobs_of(item)
        if logprobs:
            chunks.append(self._chunk())
            chunks[-1].response_metadata = {"logprobs": {"content": logprobs}}
        return chunks

    def _complete(self, known: _Item, part: Any, block: Dict[str, JSON]) -> List[AIMessageChunk]:
        """Give what of a part's block has not come yet, if anything."""
        for name in ("text", "refusal"):
            if name in block and part in known.filled:
                block[name] = ""
        if "annotations" in block:
            block["annotations"] = block["annotations"][known.annotated.get(part, 0) :]
            known.annotated[part] = known.annotated.get(part, 0) + len(block["annotations"])
        if part in known.completed:
            if not block.get("annotations"):
                return []
            block = {"type": "text", "annotations": block["annotations"]}
        if part in known.phased:
            block.pop("phase", None)
        known.filled.add(part)
        known.completed.add(part)
        return [self._chunk({**block, "index": self._index_of(known.parts, part)})]

    # -- function calls --------------------------------------------------------------------

    def _call_begins(self, known: _Item, item: JSON) -> List[AIMessageChunk]:
        block = without_nulls(item)
        block.pop("status", None)  # in_progress; the last one is told when it is done
        for name in ("name", "arguments", "call_id"):
            text_of(block[name])
        known.told.update(block)
        known.length = len(block["arguments"])
        index = self._index_of(known.parts, 0)
        call = _call_piece(index, id=item["call_id"], name=item["name"], args=item["arguments"])
        return [self._chunk({**block, "index": index}, call=call)]

    def _arguments(self, known: _Item, text: str) -> List[AIMessageChunk]:
        known.length += len(text)
        index = self._index_of(known.parts, 0)
        block = {"type": "function_call", "arguments": text, "index": index}
        return [self._chunk(block, call=_call_piece(index, args=text))]

    def _arguments_delta(self, payload: JSON) -> List[AIMessageChunk]:
        return self._arguments(self._item(payload), text_of(payload["delta"]))

    def _call_done(self, known: _Item, item: JSON) -> List[AIMessageChunk]:
        if not known.told:
            chunks = self._call_begins(known, item)
        else:
            rest = text_of(item["arguments"])[known.length :]
            chunks = self._arguments(known, rest) if rest else []
        return chunks + self._rest(known, item)

    # -- thoughts --------------------------------------------------------------------------

    def _thinking(self, payload: JSON, name: str, at: str, text: str) -> List[AIMessageChunk]:
        """Give a piece of a thought's summary, or of its content: `name` says which, `at` where its number is."""
        known, part = self._item(payload), payload[at]
        if type(part) is not int:
            raise TypeError(f"{at} is a {type(part).__name__}")
        known.filled.add((name, part))
        piece = {"index": part, "type": "summary_text" if name == "summary" else "reasoning_text", "text": text}
        block = {"type": "reasoning", name: [piece], "index": self._index_of(known.parts, 0)}
        if "id" not in known.told and payload.get("item_id"):
            known.told["id"] = block["id"] = payload["item_id"]
        return [self._chunk(block)]

    def _summary_begins(self, payload: JSON) -> List[AIMessageChunk]:
        return self._thinking(payload, "summary", "summary_index", "")

    def _summary_delta(self, payload: JSON) -> List[AIMessageChunk]:
        return self._thinking(payload, "summary", "summary_index", text_of(payload["delta"]))

    def _thought_delta(self, payload: JSON) -> List[AIMessageChunk]:
        return self._thinking(payload, "content", "content_index", text_of(payload["delta"]))

    def _thought_done(self, known: _Item, item: JSON) -> List[AIMessageChunk]:
        missing: Dict[str, JSON] = {"type": "reasoning"}
        for name in ("summary", "content"):
            parts = enumerate(item.get(name) or ())
            late = [{**part, "index": at} for at, part in parts if (name, at) not in known.filled]
            begun = name in known.told or any(of == name for of, _ in known.filled)
            if late or (item.get(name) is not None and not begun):
                missing[name] = late
            known.told[name] = True
        chunks = [self._chunk({**missing, "index": self._index_of(known.parts, 0)})] if len(missing) > 1 else []
        return chunks + self._rest(known, item)

    def _rest(self, known: _Item, item: JSON) -> List[AIMessageChunk]:
        """Give what an item says at its end and has not said before."""
        late = {name: value for name, value in without_nulls(item).items() if name not in known.told}
        known.told.update(late)
        if not late:
            return []
        return [self._chunk({"type": item["type"], **late, "index": self._index_of(known.parts, 0)})]


class _Item:
    """What has been given of one output item."""

    __slots__ = ("annotated", "completed", "filled", "length", "parts", "phase", "phased", "told")

    def __init__(self) -> None:
        self.phase: Optional[str] = None
        self.told: Dict[str, JSON] = {}  # the item's own words
        self.length = 0  # of its arguments
        self.parts: Dict[Any, int] = {}  # a part of a message -> the index of its block; 0 for any other item
        self.filled: Any = set()  # parts of which text came
        self.completed: Any = set()  # parts that were told to be done
        self.phased: Any = set()  # parts whose phase was told
        self.annotated: Dict[Any, int] = {}  # annotations that came for a part


PIECES = {
    "response.output_item.added": Pieces._added,
    "response.output_item.done": Pieces._done,
    "response.content_part.added": Pieces._part_added,
    TEXT_DELTA: Pieces._text_delta,
    "response.output_text.annotation.added": Pieces._annotated,
    "response.output_text.done": Pieces._part_done,
    "response.refusal.delta": Pieces._refusal_delta,
    "response.refusal.done": Pieces._part_done,
    "response.function_call_arguments.delta": Pieces._arguments_delta,
    "response.reasoning_summary_part.added": Pieces._summary_begins,
    "response.reasoning_summary_text.delta": Pieces._summary_delta,
    "response.reasoning_text.delta": Pieces._thought_delta,
}


# What pieces of one block may have in common, and what it has to be so that it can be added up.
TYPES = {
    **dict.fromkeys("text refusal arguments name call_id id phase status encrypted_content".split(), str),
    **dict.fromkeys("summary content annotations".split(), list),
}
PIECEWISE = ("text", "refusal", "reasoning", "function_call")


def checked(block: Dict[str, JSON]) -> Dict[str, JSON]:
    """Give a block that can be added to others. Raises: TypeError for one that cannot."""
    if block["type"] in PIECEWISE:
        for name, value in block.items():
            due = TYPES.get(name)
            if due is not None and type(value) is not due:
                raise TypeError(f"{name} is a {type(value).__name__}")
            if due is list:
                for one in value:
                    text_of(one.get("text", ""))
    return block


def _call_piece(index: int, *, args: str, id: Optional[str] = None, name: Optional[str] = None) -> Any:
    return {"type": "tool_call_chunk", "index": index, "id": id, "name": name, "args": args}
