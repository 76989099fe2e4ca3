"""`message.reasoning`: one place to read what each provider's messages keep in a place of its own."""

import pytest

from minichat import AIMessage, AIMessageChunk

TABLE = [
    ("nothing", {"content": "x"}, ""),
    ("Anthropic", {"content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "x"}]}, "hm"),
    ("Anthropic, encrypted", {"content": [{"type": "redacted_thinking", "data": "abc"}]}, ""),
    ("two thoughts", {"content": [{"type": "thinking", "thinking": "a"}, "x", {"type": "thinking", "thinking": "b"}]}, "a\n\nb"),
    ("Mistral", {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}]}, "hm"),
    ("Responses", {"content": [{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]}]}, "a\n\nb"),
    ("Responses, no summary", {"content": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "zz"}]}, ""),
    ("Responses, beside", {"content": "x", "additional_kwargs": {"reasoning": {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]}}}, "a"),
    ("standard block", {"content": [{"type": "reasoning", "reasoning": "hm"}]}, "hm"),
    ("Fireworks", {"content": "x", "additional_kwargs": {"reasoning_content": "hm"}}, "hm"),
    ("nonsense", {"content": [{"type": "thinking"}, {"type": "reasoning", "summary": [None, 3]}], "additional_kwargs": {"reasoning": 5, "reasoning_content": {}}}, ""),
]  # fmt: skip


@pytest.mark.parametrize("kind", [AIMessage, AIMessageChunk])
@pytest.mark.parametrize("fields, thought", [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_thoughts_are_read_from_where_the_provider_keeps_them(kind, fields, thought):
    assert kind(**fields).reasoning == thought


def test_thoughts_of_chunks_add_up():
    pieces = [AIMessageChunk("", additional_kwargs={"reasoning_content": piece}) for piece in ("Let ", "me ", "see.")]
    assert (pieces[0] + pieces[1] + pieces[2]).reasoning == "Let me see."
    blocks = [AIMessageChunk([{"type": "thinking", "thinking": piece, "index": 0}]) for piece in ("Let ", "me")]
    assert (blocks[0] + blocks[1]).reasoning == "Let me"
