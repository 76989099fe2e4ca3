"""A provider's stream put together piece by piece: text, thoughts, refusals, calls, counts, and what is no stream."""

from __future__ import annotations

import pytest

from fakes.langsmith.page.answers import Answer
from fakes.langsmith.page.carried import carried, tool_of


def delta(index=0, finish=None, **said):
    return {"choices": [{"index": index, "delta": said, "finish_reason": finish}]}


def taken(*pieces):
    answer = Answer()
    for piece in pieces:
        answer.take(piece)
    return answer


def message(*pieces):
    return taken(*pieces).whole()["choices"][0]["message"]


# pieces -> what the message has beside its role
MESSAGES = [
    ([delta(content="He"), delta(content="llo"), delta(content=None), delta()], {"content": "Hello"}),
    ([delta(reasoning_content="hm"), delta(content="x")], {"content": "x", "reasoning_content": "hm"}),
    ([delta(reasoning="hm"), delta(reasoning=" so")], {"content": "", "reasoning_content": "hm so"}),
    ([delta(refusal="I "), delta(refusal="won't")], {"content": "", "refusal": "I won't"}),
    ([delta(content="mine"), delta(1, content="another")], {"content": "mine"}),
    ([delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]),
      delta(content=[{"type": "text", "text": "x"}, {"type": "reference", "ids": [1]}])],
     {"content": "x", "reasoning_content": "hm"}),
    ([{"choices": []}, {"usage": {}}, {"choices": None}], {"content": ""}),
]  # fmt: skip


@pytest.mark.parametrize("pieces, expected", MESSAGES, ids=range(len(MESSAGES)))
def test_pieces_become_the_message_that_was_streamed(pieces, expected):
    assert message(*pieces) == {"role": "assistant", **expected}


def call(index=None, call_id=None, name=None, arguments=None):
    piece = {"id": call_id, "function": {"name": name, "arguments": arguments}}
    return {"tool_calls": [piece if index is None else {**piece, "index": index}]}


def told(call_id, name, arguments):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


# pieces of calls -> the calls: each by its index, one without an index is a call of its own
CALLS = [
    ([call(0, "a", "f", '{"x"'), call(0, None, None, ": 1}")], [told("a", "f", '{"x": 1}')]),
    ([call(0, "a", "f", "1"), call(1, "b", "g", "2"), call(0, None, None, "3")],
     [told("a", "f", "13"), told("b", "g", "2")]),
    ([call(None, "a", "f", "{}"), call(None, "b", "g", "{}")], [told("a", "f", "{}"), told("b", "g", "{}")]),
]  # fmt: skip


@pytest.mark.parametrize("pieces, expected", CALLS, ids=range(len(CALLS)))
def test_calls_are_put_together_by_their_place(pieces, expected):
    answer = taken(*[delta(**piece) for piece in pieces])
    assert answer.whole()["choices"][0]["message"]["tool_calls"] == expected
    shown = [f"{one['function']['name']}({one['function']['arguments']})" for one in expected]
    assert answer.so_far() == "\n".join(shown)


def test_a_stream_of_calls_without_end_is_bounded():
    answer = taken(*[delta(**call(number, f"c{number}", "f", "{}")) for number in range(100)])
    with pytest.raises(ValueError, match="tool call 1000000001 came; 100 of an answer are taken"):
        answer.take(delta(**call(10**9, "a", "f", "{}")))
    assert len(answer.calls) == 100


@pytest.mark.parametrize("number", [-1, -5, None, "0", 1.0])
def test_a_call_whose_number_is_none_is_one_of_its_own_and_goes_on_where_it_has_neither_name_nor_id(number):
    pieces = [("a", "f", '{"x":'), (None, None, "1}"), ("b", "g", "{}"), ("", "", ""), (None, "h", "[]")]
    answer = taken(*[delta(**call(number, *piece)) for piece in pieces])
    assert [(one["id"], *one["function"].values()) for one in answer.calls] == [
        ("a", "f", '{"x":1}'), ("b", "g", "{}"), (None, "h", "[]"),
    ]  # fmt: skip


def test_a_call_that_begins_with_nothing_but_arguments_is_kept():
    assert [one["function"]["arguments"] for one in taken(delta(**call(-1, None, None, "{}"))).calls] == ["{}"]


def test_two_calls_with_one_number_are_two():
    answer = taken(delta(**call(0, "a", "f", "{}")), delta(**call(0, "b", "g", "[")), delta(**call(0, "b", None, "]")))
    assert [(one["id"], one["function"]["arguments"]) for one in answer.calls] == [("a", "{}"), ("b", "[]")]


def test_while_it_comes_thoughts_are_seen_until_there_is_text():
    answer = taken(delta(reasoning="hm"))
    assert answer.so_far() == "hm"
    answer.take(delta(content="so"))
    assert answer.so_far() == "so"


def test_the_answer_keeps_its_head_its_end_and_its_counts():
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    answer = taken({"id": "x", "model": "m", "system_fingerprint": "f", **delta(content="a")}, delta(finish="length"),
                   delta(), {"usage": usage, "id": None, "model": 5})  # fmt: skip
    whole = answer.whole()
    assert (whole["id"], whole["model"], whole["system_fingerprint"], whole["usage"]) == ("x", "m", "f", usage)
    assert whole["choices"][0]["finish_reason"] == "length" and whole["choices"][0]["index"] == 0
    assert answer.counted() == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert "usage" not in taken(delta(content="a")).whole()


DETAILS = {"prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
           "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 1}}  # fmt: skip


def test_counts_are_told_in_langchains_words():
    assert taken({"usage": {"prompt_tokens": 3, "total_tokens": "7", **DETAILS}}).counted() == {
        "input_tokens": 3, "input_token_details": {"cache_read": 2},
        "output_token_details": {"reasoning": 5, "audio": 1},
    }  # fmt: skip
    assert taken({"usage": {"prompt_tokens_details": None}}).counted() == {}


@pytest.mark.parametrize("said", [{"content": "a"}, {"reasoning": "a"}, {"tool_calls": [{"index": 0}]}])
def test_the_first_token_is_the_first_that_says_something(said):
    assert taken(delta(role="assistant"), delta(content="")).first_us is None
    answer = taken(delta(**said))
    first = answer.first_us
    answer.take(delta(content="b"))
    assert first is not None and answer.first_us == first


PIECES = [([1], "no object"), ({"error": {"message": "é"}}, '"é"'), (None, "no object")]


@pytest.mark.parametrize("piece, words", PIECES)
def test_a_piece_that_says_an_error_or_is_none_ends_the_answer(piece, words):
    with pytest.raises(ValueError, match=words):
        taken(delta(content="a"), piece)


def test_an_answer_that_did_not_come_or_broke_off_is_no_answer():
    with pytest.raises(ValueError, match="no stream of a chat completion came$"):
        taken().check()
    with pytest.raises(ValueError, match="broke off"):
        taken(delta(content="a")).check()
    taken(delta(content="a", finish="stop")).check()
    done = taken(delta(content="a"))
    done.done = True
    done.check()


def test_what_came_instead_of_a_stream_is_told_and_what_streams_have_beside_is_not():
    answer = Answer()
    for line in (b": keep-alive\n", b"event: x\n", b"id: 1\n", b"retry: 5\n", b"\n", b"<h1>Not here</h1>\n"):
        answer.strange(line)
    with pytest.raises(ValueError) as caught:
        answer.check()
    assert str(caught.value) == "no stream of a chat completion came: <h1>Not here</h1>"
    for _ in range(1000):
        answer.strange(b"x" * 100)
    with pytest.raises(ValueError) as caught:
        answer.check()
    assert len(str(caught.value)) < 400


# -- what the playground takes over ------------------------------------------------------------


def over(inputs=None, provider="openai", **called):
    run = {"inputs": inputs or {"messages": [{"role": "user", "content": "hi"}]},
           "extra": {"metadata": {"ls_provider": provider}, "invocation_params": called}}  # fmt: skip
    return carried(run)


@pytest.mark.parametrize("choice, given", [("any", "required"), ("auto", "auto"), ("none", "none"),
    ({"type": "any"}, "required"), ({"type": "auto"}, "auto"), ({"type": "none"}, "none"),
    ({"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "f"}})])  # fmt: skip
def test_the_choice_of_a_tool_is_openais(choice, given):
    found = over(model="m", tool_choice=choice)
    assert (found.parameters, found.left_out) == ({"tool_choice": given}, [])


def test_a_choice_that_openai_has_not_is_said_to_be_left():
    found = over(model="m", tool_choice={"type": "allowed_tools"})
    assert found.parameters == {} and "tool_choice" in found.left_out[0]


def test_a_strict_tool_stays_strict():
    [tool], left = tool_of({"name": "f", "input_schema": {"type": "object"}, "strict": True})
    assert (tool["function"]["strict"], tool["function"]["description"], left) == (True, "", [])
    [google], _ = tool_of({"functionDeclarations": [{"name": "f"}]})
    assert google == {"type": "function", "function": {"name": "f", "description": "", "parameters": {}}}


def test_a_role_with_a_name_keeps_it():
    found = over({"messages": [{"role": "user", "content": "hi", "name": "ann"}]})
    assert '"name": "ann"' in found.rows[0][1] and found.rows[0][0] == "JSON"
