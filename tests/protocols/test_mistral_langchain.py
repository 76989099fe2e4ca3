"""What langchain-mistralai sends and gives, beside what minichat does; skipped where it is not installed.

Both ask a server on this machine that answers with recorded bodies. What differs on purpose, and why:

- LangChain repeats the calls in additional_kwargs["tool_calls"] (minichat: `tool_calls` alone), says no more of
  usage than three numbers, and makes up an id for every call that has neither index nor id;
- after a list it streams text as text, so a sum reads ["", {...}, {"type": "text", "text": "1"}, "44"];
- arguments that are no JSON are an invalid call; in a stream LangChain takes what it can read of them;
- it sends temperature 0.7 and top_p 1 unasked, a tool's result with "name": null, calls without their type, and
  drops text and thoughts beside tool calls, which Mistral takes today.
"""

import http.server
import json
import threading

import pytest

import minichat.messages as ours
from minichat import ChatMistralAI

from .recordings import parametrize

reference = pytest.importorskip("langchain_mistralai", reason="langchain-mistralai is not installed")
theirs = pytest.importorskip("langchain_core.messages")
pytestmark = pytest.mark.filterwarnings("ignore")
KNOWN = 55
WHOLE = b'{"id":"c1","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, json.loads(body)))
        answer = self.server.answer
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if answer.startswith(b"data") else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.send_header("connection", "close")  # nobody has a connection left to close
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.requests, server.answer = [], WHOLE
        server.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def both(server, **settings):
    """Give (messages module, model) of minichat and of LangChain."""
    given = {"model": "m", "api_key": "k", "base_url": server.url, **settings}
    return (ours, ChatMistralAI(**given)), (theirs, reference.ChatMistralAI(**given))


def plain(content):
    """Content with its places taken out and neighbouring texts joined."""
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    found = []
    for block in blocks:
        block = {"type": "text", "text": block} if isinstance(block, str) else {key: value for key, value in block.items() if key != "index"}
        if "thinking" in block:
            block["thinking"] = [{key: value for key, value in piece.items() if key != "index"} for piece in block["thinking"]]
        if found and block["type"] == found[-1]["type"] == "text" and "reference" not in {**block, **found[-1]}:
            found[-1]["text"] += block["text"]
        elif block.get("text") != "" or "reference" in block:
            found.append(block)
    return found


def shown(message):
    usage = message.usage_metadata
    known = message.response_metadata
    return {
        "content": plain(message.content),
        "calls": [(call["name"], call["args"], call["id"]) for call in message.tool_calls],
        "invalid": len(message.invalid_tool_calls),
        "usage": {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")},
        "metadata": {name: known.get(name) for name in ("model_provider", "finish_reason")},
    }


def summed(chunks):
    total = None
    for chunk in chunks:
        total = chunk if total is None else total + chunk
    return total


@parametrize("mistral", "/v1/chat/completions", KNOWN)
def test_a_recorded_answer_is_read_as_langchain_reads_it(server, name, exchange):
    if exchange["response"]["status"] != 200:
        pytest.skip("an error: LangChain raises httpx's")
    server.answer = exchange["response"]["body"].encode()
    streamed = "stream" in exchange["tags"]
    found = [shown(summed(model.stream("hi")) if streamed else model.invoke("hi")) for _, model in both(server)]
    assert found[0] == found[1]


CITED = [{"type": "text", "text": "In "}, {"type": "reference", "reference_ids": [1], "text": "Paris"}, {"type": "text", "text": "."}]
CALL = {"id": "abcDEF123", "function": {"name": "f", "arguments": '{"a": 1}'}, "index": 0}
REPLIES = [
    {"content": CITED},
    {"content": None, "tool_calls": [CALL]},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "signature": "s"}, {"type": "text", "text": "a"}]},
]


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_answer_is_read_as_langchain_reads_it(server, reply, streamed):
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    head = {"id": "c1", "model": "m", "usage": usage}
    if streamed:
        opening = {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
        closing = {**head, "choices": [{"index": 0, "delta": reply, "finish_reason": "stop"}]}
        server.answer = "".join(f"data: {json.dumps(one)}\n\n" for one in (opening, closing)).encode() + b"data: [DONE]\n\n"
    else:
        choice = {"index": 0, "message": {"role": "assistant", **reply}, "finish_reason": "stop"}
        server.answer = json.dumps({**head, "choices": [choice]}).encode()
    found = [shown(summed(model.stream("hi")) if streamed else model.invoke("hi")) for _, model in both(server)]
    assert found[0] == found[1]


# -- requests -----------------------------------------------------------------------------------------

PNG = "iVBORw0KGgo="
F = {"name": "f", "args": {"a": "é"}, "id": "call_1"}
TALKS = {
    "text": lambda m: [m.SystemMessage("s"), m.HumanMessage("u"), m.AIMessage("a"), m.HumanMessage("v")],
    "image by data": lambda m: [m.HumanMessage([{"type": "text", "text": "t"}, {"type": "image", "base64": PNG, "mime_type": "image/png"}])],
    "older image": lambda m: [m.HumanMessage([{"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"}])],
    "image by url": lambda m: [m.HumanMessage([{"type": "image", "url": "https://x/a.png"}])],
    "openai's image": lambda m: [m.HumanMessage([{"type": "image_url", "image_url": {"url": "https://x/a.png"}}])],
    "mistral's document": lambda m: [m.HumanMessage([{"type": "document_url", "document_url": "https://x/a.pdf"}])],
    "mistral's audio": lambda m: [m.HumanMessage([{"type": "input_audio", "input_audio": "UklG"}])],
    "calls and results": lambda m: [m.HumanMessage("u"), m.AIMessage("", tool_calls=[F, {**F, "id": "abcDEF123"}]), m.ToolMessage("r", tool_call_id="call_1", name="f"), m.ToolMessage([{"type": "text", "text": "r", "id": "x"}], tool_call_id="abcDEF123", name="f")],
    "invalid call": lambda m: [m.HumanMessage("u"), m.AIMessage("", invalid_tool_calls=[{"name": "f", "args": "{no", "id": "call_1", "error": "x"}]), m.ToolMessage("r", tool_call_id="call_1", name="f")],
    "prefix": lambda m: [m.HumanMessage("u"), m.AIMessage("a", additional_kwargs={"prefix": True})],
    "thoughts": lambda m: [m.HumanMessage("u"), m.AIMessage([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm", "index": 0}], "signature": "s", "index": 0}, {"type": "text", "text": "a", "index": 1}]), m.HumanMessage("v")],
    "roles": lambda m: [m.ChatMessage("a", role="user"), m.ChatMessage("b", role="assistant"), m.HumanMessage("u")],
}  # fmt: skip


def without_types(body):
    """A request without what minichat adds: the type of a call."""
    for message in body["messages"]:
        for call in message.get("tool_calls") or ():
            assert call.pop("type", "function") == "function"
    return {key: value for key, value in body.items() if key not in ("stream", "temperature", "top_p")}


@pytest.mark.parametrize("name", TALKS)
def test_a_talk_is_sent_as_langchain_sends_it(server, name):
    server.answer = WHOLE
    bodies = []
    for messages, model in both(server):
        model.invoke(TALKS[name](messages))
        bodies.append(server.requests[-1])
    assert bodies[0][0] == bodies[1][0] == "/v1/chat/completions"
    assert without_types(bodies[0][1]) == without_types(bodies[1][1])


def get_weather(city: str) -> str:
    """Tell the weather in a city."""


SCHEMA = {"title": "Place", "description": "A place.", "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASKING = {
    "settings": (lambda m: m, {"temperature": 0.5, "max_tokens": 3, "top_p": 0.5, "random_seed": 7, "safe_mode": True, "stop": ["x"]}),
    "field": (lambda m: m, {"model_kwargs": {"reasoning_effort": "high"}}),
    "tools": (lambda m: m.bind_tools([get_weather]), {}),
    "any tool": (lambda m: m.bind_tools([get_weather], tool_choice="any"), {}),
    "one tool": (lambda m: m.bind_tools([get_weather], tool_choice="get_weather"), {}),
    "form": (lambda m: m.with_structured_output(SCHEMA, include_raw=True), {}),
    "form by schema": (lambda m: m.with_structured_output({**SCHEMA, "additionalProperties": False}, method="json_schema", include_raw=True), {}),
    "json": (lambda m: m.with_structured_output(method="json_mode", include_raw=True), {}),
}


@pytest.mark.parametrize("name", ASKING)
def test_what_is_set_and_bound_is_sent_as_langchain_sends_it(server, name):
    server.answer = WHOLE
    make, settings = ASKING[name]
    bodies = []
    for _, model in both(server, **settings):
        make(model).invoke("hi")
        bodies.append(server.requests[-1][1])
    if name == "settings":
        assert {key: value for key, value in bodies[1].items() if key != "stream"} == bodies[0]
    assert without_types(bodies[0]) == without_types(bodies[1])
