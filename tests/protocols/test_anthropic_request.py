"""What is sent to Anthropic: roles, system messages, blocks, tool calls, thoughts. What recordings lack is here."""

import hashlib

import pytest

from minichat import AIMessage, ChatMessage, FunctionMessage, HumanMessage, SystemMessage, ToolMessage
from minichat.errors import ConfigurationError
from minichat.protocols.anthropic import AnthropicMessages
from minichat.protocols.anthropic_request import encode_messages
from minichat.protocols.base import ChatCall, parse_json

CALL = {"name": "add", "args": {"a": 1}, "id": "toolu_1"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "3", "is_error": False}
EPHEMERAL = {"type": "ephemeral", "ttl": "1h"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "eA=="}
HASHED = "toolu_" + hashlib.sha256(b"functions.add:0").hexdigest()[:24]


def text(said, **more):
    return {"type": "text", "text": said, **more}


def sent(*messages, **how):
    return encode_messages(messages, **how)


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


def said_by(content, **fields):
    """Give what of a model's turn is sent back, with a turn behind it."""
    _, turns = sent(HumanMessage("hi"), AIMessage(content, **fields), HumanMessage("and?"))
    return turns[1]["content"] if len(turns) == 3 else None


# -- turns ---------------------------------------------------------------------------------

TURNS = {
    "a text stays a text": ([HumanMessage("hi")], [user("hi")]),
    "what the user says in a row is one turn": (
        [HumanMessage("hi"), HumanMessage([text("there")])],
        [user([text("hi"), text("there")])],
    ),
    "results of tools and the user's words are one turn": (
        [HumanMessage("hi"), AIMessage("", tool_calls=[CALL]), ToolMessage("3", tool_call_id="toolu_1"), HumanMessage("so?")],
        [user("hi"), assistant([USE]), user([RESULT, text("so?")])],
    ),
    "results of two tools are one turn": (
        [
            HumanMessage("hi"),
            AIMessage("", tool_calls=[CALL, {**CALL, "id": "toolu_2"}]),
            ToolMessage("3", tool_call_id="toolu_1"),
            ToolMessage("no", tool_call_id="toolu_2", status="error"),
        ],
        [
            user("hi"),
            assistant([USE, {**USE, "id": "toolu_2"}]),
            user([RESULT, {**RESULT, "tool_use_id": "toolu_2", "content": "no", "is_error": True}]),
        ],
    ),
    "what the model says in a row stays apart": (
        [HumanMessage("hi"), AIMessage("a"), AIMessage("b"), HumanMessage("so?")],
        [user("hi"), assistant("a"), assistant("b"), user("so?")],
    ),
    "an empty answer is left out": ([HumanMessage("hi"), AIMessage(""), HumanMessage("so?")], [user("hi"), user("so?")]),
    "a beginning of the answer has no blanks at its end": ([HumanMessage("hi"), AIMessage("So \n")], [user("hi"), assistant("So")]),
    "nor has one in blocks": ([HumanMessage("hi"), AIMessage([text("So ")])], [user("hi"), assistant([text("So")])]),
    "other words for the roles": (
        [ChatMessage("hi", role="user"), ChatMessage("yes", role="assistant"), ChatMessage("so?", role="human")],
        [user("hi"), assistant("yes"), user("so?")],
    ),
    "an id that Anthropic refuses is replaced in both places": (
        [HumanMessage("hi"), AIMessage("", tool_calls=[{**CALL, "id": "functions.add:0"}]), ToolMessage("3", tool_call_id="functions.add:0")],
        [user("hi"), assistant([{**USE, "id": HASHED}]), user([{**RESULT, "tool_use_id": HASHED}])],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_messages_become_turns(name):
    messages, expected = TURNS[name]
    assert sent(*messages) == (None, expected)


def test_a_message_without_a_role_here_is_refused():
    for message in (ChatMessage("hi", role="referee"), FunctionMessage("4", name="add")):
        with pytest.raises(ConfigurationError, match="Anthropic"):
            sent(message)


# -- system --------------------------------------------------------------------------------

SYSTEMS = {
    "one text": ([SystemMessage("Be brief.")], "Be brief."),
    "two messages": ([SystemMessage("Be brief."), SystemMessage("Be kind.")], [text("Be brief."), text("Be kind.")]),
    "a part to be cached": ([SystemMessage([text("Be brief.", cache_control=EPHEMERAL)])], [text("Be brief.", cache_control=EPHEMERAL)]),
    "ids of LangChain's": ([SystemMessage([text("Be brief.", id="lc_1", index=0)])], [text("Be brief.")]),
    "nothing but blanks": ([SystemMessage([text(" ")])], None),
}  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_leading_system_messages_become_system(name):
    messages, expected = SYSTEMS[name]
    assert sent(*messages, HumanMessage("hi")) == (expected, [user("hi")])


def test_a_later_system_message_is_moved_to_the_front_with_a_warning():
    with pytest.warns(UserWarning, match="moved to the front"):
        assert sent(HumanMessage("hi"), SystemMessage("Be brief.")) == ("Be brief.", [user("hi")])


def test_a_second_system_message_has_no_place():
    with pytest.raises(ValueError, match="multiple non-consecutive system messages"):
        sent(SystemMessage("a"), HumanMessage("hi"), SystemMessage("b"))


@pytest.mark.parametrize(
    "behind", [[], [AIMessage("yes"), HumanMessage("so?")]], ids=["at the end", "before the model's turn"]
)
def test_a_newer_model_takes_a_system_message_in_place(behind):
    messages = [SystemMessage("a"), HumanMessage("hi"), SystemMessage("b"), *behind]
    system, turns = sent(*messages, system_in_place=True)
    assert system == "a" and turns[:2] == [user("hi"), {"role": "system", "content": "b"}]
    assert len(turns) == 2 + len(behind)


def test_even_there_only_behind_the_user_and_before_the_model():
    with pytest.raises(ValueError, match="non-consecutive"):
        sent(SystemMessage("a"), HumanMessage("hi"), SystemMessage("b"), HumanMessage("so?"), system_in_place=True)
    with pytest.warns(UserWarning, match="moved"):
        system, turns = sent(HumanMessage("hi"), AIMessage("yes"), SystemMessage("b"), system_in_place=True)
    assert system == "b" and turns == [user("hi"), assistant("yes")]


def test_a_system_message_of_something_else_than_text_is_refused():
    with pytest.raises(ConfigurationError, match="text only"):
        sent(SystemMessage([{"type": "image", "url": "https://example.org/a.png"}]), HumanMessage("hi"))


# -- what the user says --------------------------------------------------------------------

WEB = {"type": "url", "url": "https://example.org/a"}
DATA = {"type": "base64", "media_type": "image/png", "data": "QUJD"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}
PLAIN = {"type": "text", "media_type": "text/plain", "data": "ABC"}
BLOCKS = {
    "OpenAI's image": ({"type": "image_url", "image_url": {"url": WEB["url"], "detail": "low"}}, {"type": "image", "source": WEB}),
    "OpenAI's image as data": ({"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}, {"type": "image", "source": DATA}),
    "Responses' image": ({"type": "input_image", "image_url": WEB["url"]}, {"type": "image", "source": WEB}),
    "LangChain's image": ({"type": "image", "base64": "QUJD", "mime_type": "image/png"}, {"type": "image", "source": DATA}),
    "a name of JPEG that Anthropic does not know": (
        {"type": "image", "base64": "QUJD", "mime_type": "image/jpg"},
        {"type": "image", "source": {**DATA, "media_type": "image/jpeg"}},
    ),
    "LangChain's older image": ({"type": "image", "source_type": "base64", "data": "QUJD", "mime_type": "image/png"}, {"type": "image", "source": DATA}),
    "an image the provider holds": ({"type": "image", "file_id": "f1"}, {"type": "image", "source": {"type": "file", "file_id": "f1"}}),
    "Anthropic's image": ({"type": "image", "source": DATA, "cache_control": EPHEMERAL}, {"type": "image", "source": DATA, "cache_control": EPHEMERAL}),
    "an image called a file": ({"type": "file", "base64": "QUJD", "mime_type": "image/png"}, {"type": "image", "source": DATA}),
    "LangChain's PDF": (
        {"type": "file", "base64": "QUJD", "mime_type": "application/pdf", "extras": {"title": "T", "citations": {"enabled": True}}},
        {"type": "document", "source": PDF, "title": "T", "citations": {"enabled": True}},
    ),
    "a PDF by URL": ({"type": "file", "url": WEB["url"]}, {"type": "document", "source": WEB}),
    "OpenAI's PDF": ({"type": "file", "file": {"file_data": "data:application/pdf;base64,QUJD", "filename": "a.pdf"}}, {"type": "document", "source": PDF}),
    "LangChain's plain text": ({"type": "text-plain", "text": "ABC", "context": "C"}, {"type": "document", "source": PLAIN, "context": "C"}),
    "plain text as base64": ({"type": "file", "base64": "QUJD", "mime_type": "text/csv"}, {"type": "document", "source": PLAIN}),
    "Anthropic's document of blocks": (
        {"type": "document", "source": {"type": "content", "content": [text("a")]}},
        {"type": "document", "source": {"type": "content", "content": [text("a")]}},
    ),
    "a search result": (
        {"type": "search_result", "source": "https://x", "title": "T", "content": [text("a")], "citations": {"enabled": True}},
        {"type": "search_result", "source": "https://x", "title": "T", "content": [text("a")], "citations": {"enabled": True}},
    ),
    "a text of LangChain's": (text("a", id="lc_1", extras={"x": 1}, citations=None), text("a")),
    "a block newer than this code": ({"type": "brand_new", "x": 1}, {"type": "brand_new", "x": 1}),
    "LangChain's wrapper": ({"type": "non_standard", "value": {"type": "brand_new", "x": 1}}, {"type": "brand_new", "x": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_sent_in_anthropics_form(name):
    block, expected = BLOCKS[name]
    assert sent(HumanMessage([block])) == (None, [user([expected])])


@pytest.mark.parametrize("name", BLOCKS)
def test_a_tools_result_may_hold_the_same_blocks(name):
    block, expected = BLOCKS[name]
    expected = {key: value for key, value in expected.items() if key != "cache_control"}
    marks = {"cache_control": block["cache_control"]} if "cache_control" in block else {}
    result = {**RESULT, "content": [text("see"), expected], **marks}
    assert sent(ToolMessage(["see", block], tool_call_id="toolu_1")) == (None, [user([result])])


def test_texts_of_nothing_are_left_out():
    assert sent(HumanMessage([text(""), text(" \n"), "", "hi"]))[1] == [user([text("hi")])]


@pytest.mark.parametrize(
    "block, said",
    [
        ({"text": "hi"}, "needs a 'type'"),
        ({"type": "audio", "base64": "QUJD", "mime_type": "audio/wav"}, "no 'audio'"),
        ({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}, "no 'input_audio'"),
        ({"type": "image_url", "image_url": {"url": "ftp://x/a.png"}}, "http and https"),
        ({"type": "image", "base64": "QUJD"}, "mime_type"),
        ({"type": "image"}, "needs 'url'"),
    ],
)
def test_what_anthropic_cannot_be_sent_is_refused(block, said):
    with pytest.raises(ConfigurationError, match=said):
        sent(HumanMessage([block]))


def test_a_tools_result_in_anthropics_form_is_sent_as_it_is():
    written = [{**RESULT, "tool_use_id": "functions.add:0"}]
    assert sent(ToolMessage(written, tool_call_id="x"))[1] == [user([{**RESULT, "tool_use_id": HASHED}])]


def test_the_mark_of_the_cache_stands_on_the_result():
    message = ToolMessage([text("3", cache_control=EPHEMERAL)], tool_call_id="toolu_1")
    assert sent(message)[1] == [user([{**RESULT, "content": [text("3")], "cache_control": EPHEMERAL}])]


# -- what the model said -------------------------------------------------------------------

STREAMED_CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}, "partial_json": '{"a": 1}', "index": 3}
SERVER = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}, "caller": {"type": "direct"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "https://x"}]}
CITED = text("So", citations=[{"type": "web_search_result_location", "url": "https://x", "cited_text": "s"}])
SAID = {
    "a text and a call": ("Let me see", [CALL], [text("Let me see"), USE]),
    "a call in a block": ([text("So"), USE], [CALL], [text("So"), USE]),
    "a call in a block, and one that is none": ([USE], [CALL, {**CALL, "id": "toolu_2"}], [USE, {**USE, "id": "toolu_2"}]),
    "a call of LangChain's standard": ([{**CALL, "type": "tool_call"}], [CALL], [USE]),
    "thoughts, in their place": ([THOUGHT, text("a"), REDACTED, USE], [CALL], [THOUGHT, text("a"), REDACTED, USE]),
    "streamed thoughts and calls": (
        [{**THOUGHT, "index": 0}, {**REDACTED, "index": 1}, text("So", index=2), STREAMED_CALL],
        [CALL],
        [THOUGHT, REDACTED, text("So"), USE],
    ),
    "a streamed call that nobody parsed": ([STREAMED_CALL], [], [USE]),
    "a streamed call that is no JSON": ([{**STREAMED_CALL, "partial_json": '{"a"'}], [], [{**USE, "input": {}}]),
    "a streamed call nested too deeply": ([{**STREAMED_CALL, "partial_json": "[" * 100_000}], [], [{**USE, "input": {}}]),
    "a call without arguments": ([{**STREAMED_CALL, "partial_json": ""}], [], [{**USE, "input": {}}]),
    "arguments that were changed": ([USE], [{**CALL, "args": {"a": 2}}], [{**USE, "input": {"a": 2}}]),
    "a call out of a program": ([{**USE, "caller": {"type": "code_execution_20250825", "tool_id": "x"}}], [CALL], [{**USE, "caller": {"type": "code_execution_20250825", "tool_id": "x"}}]),
    "a call to be cached": ([{**USE, "cache_control": EPHEMERAL, "caller": None}], [CALL], [{**USE, "cache_control": EPHEMERAL}]),
    "a thought that is not shown": ([{"type": "thinking", "signature": "c2ln"}, text("a")], [], [{**THOUGHT, "thinking": ""}, text("a")]),
    "a thought that lost its signature": ([{"type": "thinking", "thinking": "hm"}, text("a")], [], [text("a")]),
    "a thought of LangChain's standard": ([{"type": "reasoning", "reasoning": "hm", "extras": {"signature": "c2ln"}}, text("a")], [], [THOUGHT, text("a")]),
    "a search, its result and its citation": ([{**SERVER, "index": 0}, {**FOUND, "index": 1}, {**CITED, "index": 2}], [], [SERVER, FOUND, CITED]),
    "a streamed search": ([{**SERVER, "input": {}, "partial_json": '{"query": "x"}'}], [], [SERVER]),
    "null citations": ([text("So", citations=None)], [], [text("So")]),
    "a null in a citation": ([{**CITED, "citations": [{**CITED["citations"][0], "file_id": None}]}], [], [CITED]),
    "a compaction": ([{"type": "compaction", "content": "They said hi.", "index": 0}], [], [{"type": "compaction", "content": "They said hi."}]),
    "a call of a server of tools": (
        [{"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {"a": 1}}, {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": [text("x")]}],
        [],
        [{"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {"a": 1}}, {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": [text("x")]}],
    ),
    "other providers' words": (
        [{"type": "reasoning", "summary": []}, {"type": "refusal", "refusal": "no"}, {"type": "function_call", "call_id": "x"}, "a"],
        [],
        [text("a")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_the_model_said_is_sent_back(name):
    content, calls, expected = SAID[name]
    assert said_by(content, tool_calls=calls) == expected


def test_thoughts_of_another_provider_stay_behind():
    content = [{**THOUGHT}, {"type": "thinking", "thinking": [text("hm")]}, text("a")]
    assert said_by(content, response_metadata={"model_provider": "mistralai"}) == [text("a")]


def test_a_call_that_could_not_be_parsed_is_sent_for_its_result_to_stand_behind():
    invalid = {"name": "add", "args": '{"a"', "id": "toolu_1", "error": "no JSON"}
    assert said_by("", invalid_tool_calls=[invalid]) == [{**USE, "input": {}}]
    assert said_by("a", invalid_tool_calls=[{**invalid, "name": None}]) == [text("a")]


def test_encoding_changes_no_message():
    content = [{**THOUGHT, "index": 0}, text("So ", index=1), {**STREAMED_CALL}]
    message = AIMessage(content, tool_calls=[CALL])
    before = message.model_dump()
    sent(HumanMessage("hi"), message)
    assert message.model_dump() == before
    result = ToolMessage([text("3", cache_control=EPHEMERAL)], tool_call_id="toolu_1")
    before = result.model_dump()
    sent(result)
    assert result.model_dump() == before


# -- the request ---------------------------------------------------------------------------


def request(call, **headers):
    codec = AnthropicMessages(provider="anthropic", url="http://x/v1/messages", headers={"x-api-key": "k", **headers})
    return codec.encode(call)


def test_the_body_is_written_with_the_calls_fields():
    made = request(ChatCall([SystemMessage("s"), HumanMessage("hi")], {"model": "m", "max_tokens": 5}, stream=True))
    assert (made.method, made.url) == ("POST", "http://x/v1/messages")
    expected = {"model": "m", "max_tokens": 5, "messages": [user("hi")], "system": "s", "stream": True}
    assert parse_json(made.body.decode()) == expected


def test_a_system_prompt_in_the_calls_fields_wins():
    made = request(ChatCall([SystemMessage("s"), HumanMessage("hi")], {"model": "m", "system": "other"}))
    assert parse_json(made.body.decode())["system"] == "other"


def test_betas_go_into_their_header_beside_the_users():
    call = ChatCall([HumanMessage("hi")], {"model": "m", "betas": ["a", "b"]}, query={"x": "1"})
    made = request(call, **{"Anthropic-Beta": "c, a"})
    betas = {name: value for name, value in made.headers.items() if name.lower() == "anthropic-beta"}
    assert betas == {"anthropic-beta": "c,a,b"}
    assert made.url == "http://x/v1/messages?beta=true&x=1"
    assert "betas" not in parse_json(made.body.decode())


def test_headers_of_a_call_are_added():
    made = request(ChatCall([HumanMessage("hi")], {"model": "m", "user_profile_id": "u1"}, headers={"x-mine": "1"}))
    assert made.headers == {"x-api-key": "k", "x-mine": "1", "anthropic-user-profile-id": "u1"}
