"""Why an answer ended, read from each provider's own place and words."""

import pytest

from minichat import AIMessage
from minichat.messages.ending import ending_of

TABLE = [
    ({}, None),
    ({"finish_reason": "stop"}, None),
    ({"finish_reason": "tool_calls"}, None),
    ({"finish_reason": "length"}, "length"),
    ({"finish_reason": "model_length"}, "length"),
    ({"finish_reason": "MAX_TOKENS"}, "length"),
    ({"stop_reason": "max_tokens"}, "length"),
    ({"stop_reason": "model_context_window_exceeded"}, "length"),
    ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
    ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "filtered"),
    ({"status": "completed", "incomplete_details": None}, None),
    ({"finish_reason": "content_filter"}, "filtered"),
    ({"finish_reason": "SAFETY"}, "filtered"),
    ({"prompt_feedback": {"block_reason": "SAFETY"}}, "filtered"),
    ({"prompt_feedback": {"safety_ratings": []}}, None),
    ({"finish_reason": 7, "stop_reason": ["x"], "incomplete_details": "x", "prompt_feedback": "x"}, None),
]


@pytest.mark.parametrize("metadata, ending", TABLE, ids=str)
def test_an_ending_is_read_from_where_the_provider_says_it(metadata, ending):
    assert ending_of(AIMessage("x", response_metadata=metadata)) == ending
