"""What langchain-anthropic sends and gives, beside what minichat does; skipped where it is not installed.

Both ask a server on this machine that answers with recorded bodies; what differs is in `NOT_THE_SAME`, with reasons.
"""

import http.server
import json
import threading
import warnings

import pytest

import minichat.messages as ours
from minichat.providers.anthropic import ChatAnthropic

from .recordings import parametrize

reference = pytest.importorskip("langchain_anthropic", reason="langchain-anthropic is not installed")
theirs = pytest.importorskip("langchain_core.messages")
pytestmark = pytest.mark.filterwarnings("ignore")
KNOWN = 60

# Fields that the SDK's models add as null where the wire says nothing, or that minichat adds.
ADDED_BY_MINICHAT = {"id", "model", "usage", "type", "role"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, dict(self.headers), json.loads(body)))
        answer = self.server.answer
        self.send_response(200)
        kind = "text/event-stream" if answer.startswith(b"event") else "application/json"
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.requests, server.answer = [], b""
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


WHOLE = json.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
).encode()


def both(server, answer, ask, **settings):
    """Give (what langchain's model did, what ours did, its request, our request)."""
    server.answer = answer
    given = []
    for kind, messages in ((reference.ChatAnthropic, theirs), (ChatAnthropic, ours)):
        server.requests.clear()
        model = kind(**{"model": "claude-haiku-4-5", "api_key": "k", "base_url": server.url, "max_retries": 0, **settings})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = ask(model, messages)
        given.append((result, server.requests[0] if server.requests else None))
    return given[0][0], given[1][0], given[0][1], given[1][1]


def bare(value):
    """Give JSON without its nulls."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if item is not None}
    return [bare(item) for item in value] if isinstance(value, list) else value


def described(message):
    usage = message.usage_metadata and dict(message.usage_metadata)
    return {
        "content": bare(message.content),
        "tool_calls": message.tool_calls,
        "invalid_tool_calls": message.invalid_tool_calls,
        "usage_metadata": usage,
        "additional_kwargs": message.additional_kwargs,
        "text": str(message.text),
    }


def added_up(model, *args, **kwargs):
    total = None
    for chunk in model.stream(*args, **kwargs):
        total = chunk if total is None else total + chunk
    return total


@parametrize("anthropic", "", KNOWN)
def test_a_recorded_answer_becomes_the_same_message(server, name, exchange):
    asked, body = exchange["request"]["body"], exchange["response"]["body"].encode()
    kwargs = {key: asked[key] for key in ("tools", "thinking", "context_management", "mcp_servers") if key in asked}
    if "beta" in exchange["request"]["path"]:
        kwargs["betas"] = ["beta-1"]  # else the SDK knows neither these fields nor these blocks
    cites = [block for turn in asked["messages"] if isinstance(turn["content"], list) for block in turn["content"]]
    cites = [block for block in cites if block["type"] == "document" and (block.get("citations") or {}).get("enabled")]

    def ask(model, messages):
        prompt = [messages.HumanMessage([*cites, {"type": "text", "text": "hi"}])] if cites else "hi"
        if body.startswith(b"event"):
            return added_up(model, prompt, **kwargs)
        return model.invoke(prompt, **kwargs)

    expected, given, _, _ = both(server, body, ask)
    expected_says, given_says = described(expected), described(given)
    usage, counted = expected_says.pop("usage_metadata"), given_says.pop("usage_metadata")
    assert given_says == expected_says
    check_usage(usage, counted)
    told = bare(expected.response_metadata)
    added = set(given.response_metadata) - set(told)
    if body.startswith(b"event"):
        assert added <= ADDED_BY_MINICHAT | set(json.loads(body.split(b"data: ", 1)[1].split(b"\n")[0])["message"]) | {
            "container",
            "stop_details",
            "stop_sequence",
        }
    else:
        assert not {name for name in added if given.response_metadata[name] is not None}
    for field in set(told) - {"usage", "container"}:
        assert bare(given.response_metadata[field]) == told[field], field


def check_usage(expected, counted):
    """LangChain gives 0 where an older model's `message_delta` does not repeat the input, and for a compaction."""
    if expected["input_tokens"] == 0:
        assert counted["input_tokens"] > 0
        return
    for name in ("input_tokens", "output_tokens", "total_tokens", "output_token_details"):
        assert counted.get(name) == expected.get(name)
    # In a stream LangChain does not know the lifetimes that message_start told.
    assert expected["input_token_details"].items() <= counted["input_token_details"].items()


# -- requests ------------------------------------------------------------------------------

PNG = "iVBORw0KGgo="
CALL = {"name": "add", "args": {"a": 1}, "id": "toolu_1"}
FOREIGN_ID = "functions.add:0"
EPHEMERAL = {"type": "ephemeral"}


def human(content):
    return ("HumanMessage", {"content": content})


def ai(content, **fields):
    return ("AIMessage", {"content": content, **fields})


def tool(content, id="toolu_1", **fields):
    return ("ToolMessage", {"content": content, "tool_call_id": id, **fields})


def system(content):
    return ("SystemMessage", {"content": content})


CONVERSATIONS = {
    "a text": [human("hi")],
    "a system message": [system("Be brief."), human("hi")],
    "two system messages": [system("Be brief."), system([{"type": "text", "text": "Be kind.", "cache_control": EPHEMERAL}]), human("hi")],
    "two users' messages": [human("hi"), human("there")],
    "an empty text among blocks": [human([{"type": "text", "text": " "}, "hi"])],
    "a tool's result": [human("hi"), ai("", tool_calls=[CALL]), tool("3"), human("and?")],
    "a text before a tool call": [human("hi"), ai("Let me see", tool_calls=[CALL]), tool("3", status="error")],
    "results of two tools": [
        human("hi"),
        ai("", tool_calls=[CALL, {**CALL, "id": "toolu_2"}]),
        tool([{"type": "text", "text": "3"}, {"type": "image", "base64": PNG, "mime_type": "image/png"}]),
        tool("4", id="toolu_2"),
    ],
    "a tool's result to be cached": [human("hi"), ai("", tool_calls=[CALL]), tool([{"type": "text", "text": "3", "cache_control": EPHEMERAL}])],
    "a tool's result written out": [human("hi"), ai("", tool_calls=[CALL]), tool([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "3"}])],
    "ids of another provider": [human("hi"), ai("", tool_calls=[{**CALL, "id": FOREIGN_ID}]), tool("3", id=FOREIGN_ID)],
    "ids of another provider in blocks": [
        human("hi"),
        ai([{"type": "tool_use", "id": FOREIGN_ID, "name": "add", "input": {"a": 1}}], tool_calls=[{**CALL, "id": FOREIGN_ID}]),
        tool("3", id=FOREIGN_ID),
    ],
    "a call that could not be parsed": [human("hi"), ai("", invalid_tool_calls=[{"name": "add", "args": "{", "id": "toolu_1", "error": None}]), tool("no")],
    "a streamed tool call": [
        human("hi"),
        ai(
            [{"type": "text", "text": "So", "index": 0}, {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}, "partial_json": '{"a": 1}', "index": 1}],
            tool_calls=[CALL],
        ),
        tool("3"),
    ],
    "a streamed tool call that nobody parsed": [
        human("hi"),
        ai([{"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}, "partial_json": '{"a": 1}', "index": 0}]),
        tool("3"),
    ],
    "thoughts": [
        human("hi"),
        ai(
            [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln", "index": 0},
                {"type": "redacted_thinking", "data": "eA==", "index": 1},
                {"type": "text", "text": "So", "index": 2},
            ],
            tool_calls=[CALL],
        ),
        tool("3"),
    ],
    "a thought that is not shown": [human("hi"), ai([{"type": "thinking", "signature": "c2ln"}, {"type": "text", "text": "So"}]), human("and?")],
    "a beginning of the answer": [human("hi"), ai("So ")],
    "a beginning in blocks": [human("hi"), ai([{"type": "text", "text": "So "}])],
    "an empty answer": [human("hi"), ai(""), human("and?")],
    "another provider's thoughts and refusal": [
        human("hi"),
        ai([{"type": "reasoning", "reasoning": "hm"}, {"type": "refusal", "refusal": "no"}, {"type": "text", "text": "So"}]),
        human("and?"),
    ],
    "a search of the server": [
        human("hi"),
        ai(
            [
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}, "partial_json": '{"query": "x"}', "index": 0},
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "https://x"}], "index": 1},
                {"type": "text", "text": "So", "index": 2, "citations": [{"type": "web_search_result_location", "url": "https://x", "file_id": None}]},
            ]
        ),
        human("and?"),
    ],
    "a compaction": [human("hi"), ai([{"type": "compaction", "content": "They said hi.", "index": 0}]), human("and?")],
    "images": [
        human(
            [
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                {"type": "image", "url": "https://example.org/a.png"},
                {"type": "image", "url": f"data:image/png;base64,{PNG}"},
                {"type": "image", "base64": PNG, "mime_type": "image/png"},
                {"type": "image", "file_id": "file_1"},
                {"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"},
                {"type": "image", "source_type": "url", "url": "https://example.org/a.png"},
                {"type": "image", "source_type": "id", "id": "file_1"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}, "cache_control": EPHEMERAL},
            ]
        )
    ],
    "documents": [
        human(
            [
                {"type": "file", "url": "https://example.org/a.pdf"},
                {"type": "file", "base64": PNG, "mime_type": "application/pdf", "title": "T", "context": "C"},
                {"type": "file", "file_id": "file_1", "extras": {"cache_control": EPHEMERAL}},
                {"type": "text-plain", "text": "abc", "mime_type": "text/plain", "citations": {"enabled": True}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}, "citations": {"enabled": True}},
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "abc"}]}},
                {"type": "search_result", "source": "https://x", "title": "T", "content": [{"type": "text", "text": "abc"}]},
            ]
        )
    ],
    "a text to be cached": [human([{"type": "text", "text": "hi", "cache_control": EPHEMERAL, "id": "lc_1"}])],
    "a later system message": [human("hi"), system("Be brief."), human("there")],
}


def make(kinds, conversation):
    return [getattr(kinds, kind)(**fields) for kind, fields in json.loads(json.dumps(conversation))]


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5"])
def test_a_conversation_is_sent_the_same(server, name, model):
    conversation = CONVERSATIONS[name]
    _, _, expected, given = both(server, WHOLE, lambda model, kinds: model.invoke(make(kinds, conversation)), model=model)
    assert given[2] == expected[2]


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Args:
        a: the first
        b: the second
    """
    return a + b


FUNCTION = {"name": "add", "description": "Add", "parameters": {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]}}
OWN = {"name": "add", "description": "Add", "input_schema": FUNCTION["parameters"], "cache_control": EPHEMERAL}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
FORM = {
    "title": "Person",
    "description": "A person",
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 2},
        "home": {"anyOf": [{"$ref": "#/$defs/Home"}, {"type": "null"}]},
    },
    "required": ["name"],
    "$defs": {"Home": {"type": "object", "properties": {"city": {"type": "string", "format": "fnord"}}}},
}
THINKING = {"type": "enabled", "budget_tokens": 2000}
SEQUENCES = ["END"]

# name -> (settings, what is asked of the model)
CALLS = {
    "nothing": ({}, lambda model: model.invoke("hi")),
    "a function": ({}, lambda model: model.bind_tools([add]).invoke("hi")),
    "OpenAI's dictionary": ({}, lambda model: model.bind_tools([{"type": "function", "function": FUNCTION}, FUNCTION]).invoke("hi")),
    "Anthropic's dictionary": ({}, lambda model: model.bind_tools([OWN]).invoke("hi")),
    "strict": ({}, lambda model: model.bind_tools([FUNCTION], strict=True).invoke("hi")),
    "a server's tool": ({}, lambda model: model.bind_tools([SEARCH, add]).invoke("hi")),
    "the choice auto": ({}, lambda model: model.bind_tools([add], tool_choice="auto").invoke("hi")),
    "the choice any": ({}, lambda model: model.bind_tools([add], tool_choice="any").invoke("hi")),
    "a tool by name": ({}, lambda model: model.bind_tools([add], tool_choice="add").invoke("hi")),
    "the choice as dictionary": ({}, lambda model: model.bind_tools([add], tool_choice={"type": "tool", "name": "add"}).invoke("hi")),
    "no parallel calls": ({}, lambda model: model.bind_tools([add], parallel_tool_calls=False).invoke("hi")),
    "a choice and no parallel calls": ({}, lambda model: model.bind_tools([add], tool_choice="any", parallel_tool_calls=False).invoke("hi")),
    "a forced choice while thinking": ({"thinking": THINKING}, lambda model: model.bind_tools([add], tool_choice="any").invoke("hi")),
    "a tool with a choice at its root": ({}, lambda model: model.bind_tools([add, {**OWN, "name": "x", "input_schema": {"type": "object", "anyOf": []}}]).invoke("hi")),
    "a form": ({}, lambda model: ask_in_form(model)),
    "a form while thinking": ({"thinking": THINKING}, lambda model: ask_in_form(model)),
    "a form kept to": ({}, lambda model: ask_in_form(model, method="json_schema")),
    "a form kept to, and effort": ({"effort": "low"}, lambda model: ask_in_form(model, method="json_schema")),
    "thinking": ({"thinking": THINKING}, lambda model: model.invoke("hi")),
    "effort": ({"effort": "low"}, lambda model: model.invoke("hi")),
    "effort of a call": ({}, lambda model: model.invoke("hi", effort="low")),
    "effort of a newer model": ({"model": "claude-opus-5", "effort": "high"}, lambda model: model.invoke("hi")),
    "effort and thinking": ({"model": "claude-opus-5", "effort": "high", "thinking": {"type": "disabled"}}, lambda model: model.invoke("hi")),
    "output_config": ({"output_config": {"effort": "low"}}, lambda model: model.invoke("hi", output_config={"effort": "high"})),
    "stop sequences": ({"stop": SEQUENCES}, lambda model: model.invoke("hi")),
    "stop of a call": ({"stop_sequences": SEQUENCES}, lambda model: model.invoke("hi", stop=["X"])),
    "betas": ({"betas": ["a"]}, lambda model: model.invoke("hi", betas=["b"])),
    "a tool's beta": ({"betas": ["a"]}, lambda model: model.bind_tools([{"type": "memory_20250818", "name": "memory"}]).invoke("hi")),
    "examples of input": ({}, lambda model: model.bind_tools([{**OWN, "input_examples": [{"a": 1}]}]).invoke("hi")),
    "servers of tools": ({"mcp_servers": [{"type": "url", "url": "https://x", "name": "x"}]}, lambda model: model.invoke("hi")),
    "a budget of tokens": ({"output_config": {"task_budget": {"type": "tokens", "total": 30000}}}, lambda model: model.invoke("hi")),
    "a container": ({"container": "container_1"}, lambda model: model.invoke("hi")),
    "a place": ({"inference_geo": "us"}, lambda model: model.invoke("hi")),
    "a profile": ({"user_profile_id": "uprof_1"}, lambda model: model.invoke("hi")),
    "a mark of the cache": ({}, lambda model: model.invoke("hi", cache_control=EPHEMERAL)),
    "more fields": ({"model_kwargs": {"service_tier": "auto", "metadata": {"user_id": "u"}}}, lambda model: model.invoke("hi")),
    "max_tokens": ({"max_tokens_to_sample": 5}, lambda model: model.invoke("hi", max_tokens=6)),
    "an unknown model": ({"model": "claude-x"}, lambda model: model.invoke("hi")),
    "the largest model": ({"model": "claude-opus-4-8"}, lambda model: model.invoke("hi")),
    "a stream": ({}, lambda model: model.invoke("hi", stream=False)),
    "sampling": ({"temperature": 0, "top_k": 3, "top_p": 0.5}, lambda model: model.invoke("hi")),
}


def ask_in_form(model, **how):
    try:
        model.with_structured_output(FORM, **how).invoke("hi")
    except ValueError:  # the server's answer has no form
        pass


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_sent_the_same(server, name):
    settings, ask = CALLS[name]
    _, _, expected, given = both(server, WHOLE, lambda model, kinds: ask(model), **settings)
    assert given[2] == expected[2]
    assert given[0].partition("?")[0] == expected[0]  # the SDK marks a beta in the URL no more; the API takes both
    headers = [{key.lower(): value for key, value in request[1].items()} for request in (expected, given)]
    for header in ("anthropic-beta", "anthropic-user-profile-id"):
        assert headers[1].get(header) == headers[0].get(header)
