"""Nothing that a client may send to the Responses API breaks the fake: each value of a rich request is replaced."""

from __future__ import annotations

import pytest

from .asking import ask
from .responding import PATH
from .walking import WRONG, changed, name, places

PARAMETERS = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
IMAGE = "data:image/png;base64,aGk="
RICH = {
    "model": "fake-tool",
    "input": [
        {"role": "system", "content": "Be JSON."},
        {
            "type": "message",
            "role": "user",
            "id": "msg_0",
            "status": "completed",
            "content": [
                {"type": "input_text", "text": "hi"},
                {"type": "input_image", "image_url": IMAGE, "detail": "low"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
                {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "x"}],
            "encrypted_content": "gAAA",
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "f",
            "arguments": "{}",
            "status": "completed",
        },
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "21"}]},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "g", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "y"},
        {
            "role": "developer",
            "type": "additional_tools",
            "tools": [{"type": "function", "name": "h", "parameters": PARAMETERS}],
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {
            "role": "assistant",
            "phase": "final_answer",
            "content": [
                {"type": "output_text", "text": "a", "annotations": [], "logprobs": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
    ],
    "tools": [
        {"type": "function", "name": "f", "description": "d", "parameters": PARAMETERS, "strict": True},
        {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "regex", "definition": "x"}},
        {"type": "web_search", "search_context_size": "low"},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}],
    },
    "instructions": "Be brief.",
    "text": {
        "format": {"type": "json_schema", "name": "x", "schema": PARAMETERS, "strict": True, "description": "d"},
        "verbosity": "low",
    },
    "reasoning": {"effort": "low", "summary": "auto", "context": "auto"},
    "include": ["reasoning.encrypted_content"],
    "metadata": {"a": "b"},
    "moderation": {"model": "m", "policy": {}},
    "stream": True,
    "stream_options": {"include_obfuscation": True},
    "temperature": 1,
    "top_p": 1,
    "top_logprobs": 1,
    "max_output_tokens": 500,
    "max_tool_calls": 3,
    "parallel_tool_calls": True,
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
    "prompt_cache_retention": "24h",
    "safety_identifier": "s",
    "service_tier": "default",
    "truncation": "auto",
    "user": "u",
    "store": True,
    "background": False,
    "context_management": [{"type": "compaction", "compact_threshold": 9}],
}
PLACES = [path for path in places(RICH) if path]


def test_the_rich_request_itself_is_right(server):
    assert ask(server, RICH, path=PATH).status == 200


@pytest.mark.time_limit(60)
@pytest.mark.parametrize("value", WRONG, ids=[repr(value)[:12] for value in WRONG])
def test_no_wrong_value_breaks_the_fake(server, value):
    for path in PLACES:
        reply = ask(server, changed(RICH, path, value), path=PATH)
        assert reply.status in (200, 400, 404), (path, reply.body)
        if reply.status != 200:
            assert reply.error["type"] == "invalid_request_error", (path, reply.body)


@pytest.mark.parametrize("path", PLACES, ids=name)
def test_a_left_out_member_breaks_nothing(server, path):
    assert ask(server, changed(RICH, path), path=PATH).status in (200, 400, 404)
