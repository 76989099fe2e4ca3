"""Messages and content blocks on their way out: LangChain's, Anthropic's and OpenAI's shapes."""

import pytest

from minichat import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    ConfigurationError,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from minichat.messages import convert_to_messages
from minichat.protocols.chat_completions_request import encode_messages

CALL = {"name": "f", "args": {"a": "\u00e9"}, "id": "c1"}
WIRE_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": "\u00e9"}'}}

MESSAGES = [
    (HumanMessage("hi"), {"role": "user", "content": "hi"}),
    (HumanMessage("hi", name="bob"), {"role": "user", "content": "hi", "name": "bob"}),
    (HumanMessage("hi", id="x"), {"role": "user", "content": "hi"}),
    (SystemMessage("s"), {"role": "system", "content": "s"}),
    (SystemMessage("s", additional_kwargs={"__openai_role__": "developer"}), {"role": "developer", "content": "s"}),
    (ChatMessage("c", role="critic"), {"role": "critic", "content": "c"}),
    (FunctionMessage("r", name="f"), {"role": "function", "content": "r", "name": "f"}),
    (ToolMessage("18", tool_call_id="c1", name="f"), {"role": "tool", "tool_call_id": "c1", "content": "18"}),
    (
        ToolMessage([{"type": "text", "text": "18", "index": 0}], tool_call_id="c1"),
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "18"}]},
    ),
    (AIMessage("a"), {"role": "assistant", "content": "a"}),
    (AIMessageChunk("a"), {"role": "assistant", "content": "a"}),
    (AIMessage("", tool_calls=[CALL]), {"role": "assistant", "content": None, "tool_calls": [WIRE_CALL]}),
    (AIMessage("so", tool_calls=[CALL]), {"role": "assistant", "content": "so", "tool_calls": [WIRE_CALL]}),
    (
        AIMessage("", invalid_tool_calls=[{"name": "f", "args": "{", "id": "c2", "error": "e"}]),
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{"}}],
        },
    ),
    (
        AIMessage("", additional_kwargs={"tool_calls": [WIRE_CALL]}),
        {"role": "assistant", "content": None, "tool_calls": [WIRE_CALL]},
    ),
    (
        AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}}),
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
    ),
    (
        AIMessage("", additional_kwargs={"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "n", "input": "i"}, "index": 0}]}),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "n", "input": "i"}}]},
    ),
    (AIMessage("", additional_kwargs={"refusal": "no"}), {"role": "assistant", "content": "", "refusal": "no"}),
    (
        AIMessage("", additional_kwargs={"audio": {"id": "au1", "data": "AAAA"}}),
        {"role": "assistant", "content": "", "audio": {"id": "au1"}},
    ),
    (
        AIMessage([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a", "index": 1}, {"type": "tool_use", "id": "c1"}]),
        {"role": "assistant", "content": [{"type": "text", "text": "a"}]},
    ),
    (
        AIMessage([{"type": "tool_use", "id": "c1"}], tool_calls=[CALL]),
        {"role": "assistant", "content": None, "tool_calls": [WIRE_CALL]},
    ),
]


@pytest.mark.parametrize("message, wire", MESSAGES, ids=[f"{type(row[0]).__name__} {i}" for i, row in enumerate(MESSAGES)])
def test_a_message_on_the_wire(message, wire):
    assert encode_messages([message]) == [wire]


def test_an_order_of_turns_is_kept():
    turns = [("system", "s"), ("human", "h"), AIMessage("", tool_calls=[CALL]), ToolMessage("r", tool_call_id="c1"), "again"]
    roles = [one["role"] for one in encode_messages(convert_to_messages(turns))]
    assert roles == ["system", "user", "assistant", "tool", "user"]


URL = "https://example.com/cat.png"
IMAGE = {"type": "image_url", "image_url": {"url": URL}}
INLINE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
WAV = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
PDF = {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "document.pdf"}}

BLOCKS = [
    ("plain text", "hi", {"type": "text", "text": "hi"}),
    ("text", {"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}),
    ("text with what streaming added", {"type": "text", "text": "hi", "index": 0, "annotations": [], "id": "m"}, {"type": "text", "text": "hi"}),
    ("a document of plain text", {"type": "text-plain", "text": "hi"}, {"type": "text", "text": "hi"}),
    ("OpenAI's image", IMAGE, IMAGE),
    ("OpenAI's image with detail", {"type": "image_url", "image_url": {"url": URL, "detail": "low"}}, {"type": "image_url", "image_url": {"url": URL, "detail": "low"}}),
    ("an image URL as text", {"type": "image_url", "image_url": URL}, IMAGE),
    ("LangChain's image by URL", {"type": "image", "url": URL}, IMAGE),
    ("LangChain's image inline", {"type": "image", "base64": "AAAA", "mime_type": "image/png"}, INLINE),
    ("the older image by URL", {"type": "image", "source_type": "url", "url": URL}, IMAGE),
    ("the older image inline", {"type": "image", "source_type": "base64", "data": "AAAA", "mime_type": "image/png"}, INLINE),
    ("Anthropic's image by URL", {"type": "image", "source": {"type": "url", "url": URL}}, IMAGE),
    ("Anthropic's image inline", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}, INLINE),
    ("OpenAI's audio", WAV, WAV),
    ("LangChain's audio", {"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}, WAV),
    ("the older audio", {"type": "audio", "source_type": "base64", "data": "AAAA", "mime_type": "audio/x-wav"}, WAV),
    ("mp3", {"type": "audio", "base64": "AAAA", "mime_type": "audio/mpeg"}, {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
    ("OpenAI's file", {"type": "file", "file": {"file_id": "f"}}, {"type": "file", "file": {"file_id": "f"}}),
    ("a file by id", {"type": "file", "file_id": "f"}, {"type": "file", "file": {"file_id": "f"}}),
    ("the older file by id", {"type": "file", "source_type": "id", "id": "f"}, {"type": "file", "file": {"file_id": "f"}}),
    ("a file inline", {"type": "file", "base64": "AAAA", "mime_type": "application/pdf"}, PDF),
    ("a named file", {"type": "file", "base64": "AAAA", "mime_type": "application/pdf", "filename": "a.pdf"}, {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}),
    ("the older named file", {"type": "file", "source_type": "base64", "data": "AAAA", "mime_type": "application/pdf", "metadata": {"filename": "a.pdf"}}, {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}),
    ("a cache breakpoint", {"type": "image", "url": URL, "prompt_cache_breakpoint": {"mode": "explicit"}}, {**IMAGE, "prompt_cache_breakpoint": {"mode": "explicit"}}),
    ("a cache breakpoint in extras", {"type": "text", "text": "hi", "extras": {"prompt_cache_breakpoint": {"mode": "explicit"}}}, {"type": "text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}}),
    ("LangChain's film, for who takes films", {"type": "video", "url": "https://example.com/a.mp4"}, {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}),
    ("Mistral's document", {"type": "document_url", "document_url": "data:application/pdf;base64,AAAA"}, PDF),
    ("Anthropic's plain text", {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}}, {"type": "text", "text": "hi"}),
    ("a kind newer than this code", {"type": "video_url", "video_url": {"url": URL}}, {"type": "video_url", "video_url": {"url": URL}}),
]


@pytest.mark.parametrize("name, block, part", BLOCKS, ids=[row[0] for row in BLOCKS])
def test_a_content_block_on_the_wire(name, block, part):
    before = repr(block)
    assert encode_messages([HumanMessage([block])]) == [{"role": "user", "content": [part]}]
    assert repr(block) == before, "the user's block was changed"


REFUSED = [
    ({"type": "image", "base64": "AAAA"}, "mime_type"),
    ({"type": "image"}, "'url', or 'base64'"),
    ({"type": "image", "source_type": "id", "id": "x"}, "'url', or 'base64'"),
    ({"type": "audio", "url": "https://example.com/a.wav"}, "base64"),
    ({"type": "file", "url": "https://example.com/a.pdf"}, "file_id"),
    ({"type": "file", "base64": "AAAA"}, "mime_type"),
]


@pytest.mark.parametrize("block, names", REFUSED)
def test_a_block_that_this_wire_cannot_say_is_refused_not_dropped(block, names):
    with pytest.raises(ConfigurationError, match=names):
        encode_messages([HumanMessage([block])])


def test_an_audio_block_of_an_answer_goes_back_by_its_id():
    message = AIMessage([{"type": "audio", "id": "au1", "base64": "AAAA"}, {"type": "text", "text": "a"}])
    assert encode_messages([message]) == [
        {"role": "assistant", "content": [{"type": "text", "text": "a"}], "audio": {"id": "au1"}}
    ]
