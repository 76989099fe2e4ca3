"""One table: what each of the seven dialects says to each wrong request, in its own status, body and field name.

A cell is either `Refused` (status and whole body) or `Taken`: why this request is none of the wrong ones there, with the
place in the wire documents that says so; it must then be answered. Every cell is tried whole, streamed, and in a session
with a script: a script takes any model's name and switches nothing else off, and a refusal uses up none of its replies.
Where the words come from stands beside each check of the provider's package. "_" stands for anything (ids).
"""

from __future__ import annotations

import http.client
import json
import re
from typing import Any, NamedTuple

import pytest

import fakes

from .wire import DIALECTS

_ = type("Anything", (), {"__eq__": lambda self, other: True, "__hash__": None, "__repr__": lambda self: "_"})()
GOOD, WRONG = "sk-test", "sk-fake-wrong"
STREAMED = "/gemini/v1beta/models/fake-hello:streamGenerateContent?alt=sse"
TEXT = "as the script says"
PROVIDERS = {  # the name that a base URL is asked for -> its dialects; Google's has two
    "openai": ("openai", "responses"), "anthropic": ("anthropic",), "google": ("google",), "gemini": ("google",),
    "mistral": ("mistral",), "fireworks": ("fireworks",), "together": ("together",),
}  # fmt: skip
MIB = 1 << 20
# Where the conversation stands; where not said, in `messages`.
CONVERSATION = {"responses": "input", "google": "contents"}
RESULT = {"role": "tool", "tool_call_id": "abcdefghi", "content": "1"}
USER = {"role": "user", "content": "hi"}
# Dialect -> a conversation with a tool's result to which there is no call; where not said, Chat Completions'.
ORPHANS = {
    "responses": [{"type": "function_call_output", "call_id": "call_1", "output": "1"}],
    "anthropic": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}]}],
    "google": [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "1"}}}]},
    ],
}


class Sent(NamedTuple):
    """One request. `length`: what Content-Length says, and no body behind it."""

    method: str
    path: str
    body: Any  # JSON, or bytes
    headers: dict
    length: int = 0


class Begins(str):
    """A text of which only the beginning counts."""

    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, str) and other.startswith(str(self))


class Refused(NamedTuple):
    """A refusal; `body` is JSON, or bytes that must occur in a page."""

    status: int
    body: Any


class Taken(NamedTuple):
    """No fault there."""

    why: str


# -- the wrong requests -----------------------------------------------------------------------------------------------


def sound(dialect, *, stream, key=GOOD):
    """Give a request that is in order."""
    path, body = DIALECTS[dialect]
    headers = {"content-type": "application/json"}
    if dialect == "anthropic":
        headers.update({"anthropic-version": "2023-06-01", "x-api-key": key})
    elif dialect == "google":
        headers["x-goog-api-key"] = key
        path = STREAMED if stream else path
    else:
        headers["authorization"] = f"Bearer {key}"
    return Sent("POST", path, {**body, "stream": True} if stream and dialect != "google" else dict(body), headers)


def conversation(dialect, value):
    return lambda sent: sent._replace(body={**sent.body, CONVERSATION.get(dialect, "messages"): value})


def without(*names):
    return lambda sent: sent._replace(body={name: value for name, value in sent.body.items() if name not in names})


def without_header(*names):
    return lambda sent: sent._replace(headers={key: value for key, value in sent.headers.items() if key not in names})


def with_body(**changes):
    return lambda sent: sent._replace(body={**sent.body, **changes})


def model(name):
    """Name a model: in the body, for Google in the path."""

    def change(sent):
        if "fake-hello" in sent.path:
            return sent._replace(path=sent.path.replace("fake-hello", name))
        return sent._replace(body={**sent.body, "model": name})

    return change


def missing_max_tokens(dialect):
    return without("max_tokens", "max_output_tokens", "max_completion_tokens")


def unknown_role(dialect):
    return conversation(dialect, [{"role": "king", **({"parts": [{"text": "hi"}]} if dialect == "google" else {"content": "hi"})}])


def tool_result_without_its_call(dialect):
    return conversation(dialect, ORPHANS.get(dialect, [USER, RESULT]))


def out_of_range_temperature(dialect):
    if dialect == "google":
        return with_body(generationConfig={"temperature": 2.5})
    return with_body(temperature=-1 if dialect == "together" else 2.5)  # Together names no upper end


def unknown_field(dialect):
    return with_body(wibble=1)


def missing_version_header(dialect):
    return without_header("anthropic-version")


def wrong_key(dialect):
    return lambda sent: sent._replace(headers={name: value.replace(GOOD, WRONG) for name, value in sent.headers.items()})


def missing_key(dialect):
    return without_header("authorization", "x-api-key", "x-goog-api-key")


def unknown_model(dialect):
    return model("no-such-model")


def missing_model(dialect):
    return model("") if dialect == "google" else without("model")


def malformed_json(dialect):
    return lambda sent: sent._replace(body=b'{"model": "fake-hello", ')


def too_large(dialect):
    if dialect == "anthropic":  # it has a limit of its own, below that of the connection
        return lambda sent: sent._replace(body=b'"' + b"x" * (32 * MIB) + b'"')
    return lambda sent: sent._replace(body=b"", length=64 * MIB + 1)


def wrong_method(dialect):
    return lambda sent: sent._replace(method="DELETE", body=b"")


def missing_messages(dialect):
    return without(CONVERSATION.get(dialect, "messages"))


def empty_messages(dialect):
    return conversation(dialect, [])


def wrong_type_of_messages(dialect):
    return conversation(dialect, 7)


def unknown_path(dialect):
    return lambda sent: sent._replace(path=sent.path.replace("ontent", "untent") if dialect == "google" else sent.path + "x")


# -- what the dialects say --------------------------------------------------------------------------------------------


def openai(message, *, param=None, code=None, status=400):
    return Refused(status, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}})


def anthropic(message, *, type="invalid_request_error", status=400):
    return Refused(status, {"type": "error", "error": {"type": type, "message": message}, "request_id": _})


def google(message, *, status="INVALID_ARGUMENT", code=400, details=None):
    error = {"code": code, "message": message, "status": status}
    return Refused(code, {"error": {**error, **({"details": details} if details else {})}})


def google_violation(message, **field):
    row = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{**field, "description": message}]}
    return google(message, details=[row])


def mistral(message, type, code, *, status=400):
    words = {"object": "error", "message": message, "type": type, "param": None, "code": code}
    return Refused(status, {**words, "raw_status_code": status})


def mistral_fault(type, loc, msg, input, **ctx):
    fault = {"type": type, "loc": ["body", *loc], "msg": msg, "input": input, **({"ctx": ctx} if ctx else {})}
    return mistral({"detail": [fault]}, "invalid_request_error", None, status=422)


def fireworks(message, *, status=400):
    word = "invalid_request_error"
    return Refused(status, {"error": {"object": "error", "type": word, "code": word, "message": message}})


def fireworks_gateway(status, message, code, **more):
    return Refused(status, {"error": {"message": message, **more, "code": code, "type": "error"}})


def together(message, *, param=None, code=None, status=400):
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refused(status, {"id": _, "error": error})


NOT_JSON = "Expecting property name enclosed in double quotes"
NO_KEY = Begins("You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth")
WRONG_KEY = "Incorrect API key provided: sk-fake-*rong. You can find your API key at https://platform.openai.com/account/api-keys."
UNREADABLE = Begins("We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly.")
NO_MODEL = "The model `no-such-model` does not exist or you do not have access to it."
BAD_METHOD = "Not allowed to DELETE on %s. (HINT: Perhaps you meant to use a different HTTP method?)"
TOGETHER_KEY = "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys."
FIREWORKS_KEY = fireworks_gateway(401, "The API key you provided is invalid.", "UNAUTHORIZED")
NO_PAGE = b"was not found on this server."
NO_VERSION = "only Anthropic is told a version in a header (wire/anthropic.md, Endpoint); none is asked for in %s, Connection"
TAGS = "'system', 'user', 'assistant', 'tool'"
GOOGLE_TYPE = "Invalid value at 'contents[0]' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), 7"
GOOGLE_EMPTY = google("* GenerateContentRequest.contents: contents is not specified\n")
STRANGER = 'Invalid JSON payload received. Unknown name "wibble": Cannot find field.'
INVALID_KEY = [
    {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    },
    {
        "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
        "locale": "en-US",
        "message": "API key not valid. Please pass a valid API key.",
    },
]

TABLE = {
    missing_max_tokens: {
        "openai": Taken("max_tokens and max_completion_tokens are optional (wire/openai.md, Chat completions: request)"),
        "responses": Taken("max_output_tokens is one of many parameters, none of which it needs (wire/openai.md, Responses API: request)"),
        "anthropic": anthropic("max_tokens: Field required"),
        "google": Taken("maxOutputTokens is a part of generationConfig, which is optional (wire/google.md, Request body)"),
        "mistral": Taken("only model and messages are required (wire/mistral.md, Request)"),
        "fireworks": Taken("only model and messages are required (wire/fireworks.md, Request: the SDK's types)"),
        "together": Taken("only model and messages are required (wire/together.md, Request: the SDK's types)"),
    },
    unknown_role: {
        "openai": openai(
            "Invalid value: 'king'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
            param="messages[0].role",
            code="invalid_value",
        ),
        "responses": openai(
            "Invalid value: 'king'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            param="input[0]",
            code="invalid_value",
        ),
        "anthropic": anthropic('messages: Unexpected role "king". Allowed roles are "user" or "assistant"'),
        "google": google("Please use a valid role: user, model."),
        "mistral": mistral_fault(
            "union_tag_invalid",
            ["messages", 0],
            f"Input tag 'king' found using 'role' does not match any of the expected tags: {TAGS}",
            {"role": "king", "content": "hi"},
            discriminator="'role'",
            tag="king",
            expected_tags=TAGS,
        ),
        "fireworks": fireworks("Input should be 'system', 'user', 'assistant' or 'tool', field: 'messages[0].role', value: 'king'"),
        "together": together("Input validation error", param="messages[0].role"),
    },
    tool_result_without_its_call: {
        "openai": openai(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            param="messages.[1].role",
        ),
        "responses": openai("No tool call found for function call output with call_id call_1.", param="input"),
        "anthropic": anthropic(
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` "
            "block must have a corresponding `tool_use` block in the previous message."
        ),
        "google": google("Please ensure that function response turn comes immediately after a function call turn."),
        "mistral": mistral("Unexpected role 'tool' after role 'user'", "invalid_request_message_order", "3230"),
        "fireworks": fireworks("messages[1] with role 'tool' does not answer a tool call of the messages before it"),
        "together": together("Input validation error", param="messages[1].tool_call_id"),
    },
    out_of_range_temperature: {
        "openai": openai(
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
            param="temperature",
            code="decimal_above_max_value",
        ),
        "responses": openai(
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
            param="temperature",
            code="decimal_above_max_value",
        ),
        "anthropic": anthropic("temperature: range: 0..1"),
        "google": google(
            "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n"
        ),
        "mistral": mistral_fault("less_than_equal", ["temperature"], "Input should be less than or equal to 1.5", 2.5, le=1.5),
        "fireworks": fireworks("Input should be less than or equal to 2, field: 'temperature', value: 2.5"),
        "together": together("Input validation error: `temperature` must be strictly positive", param="temperature", status=422),
    },
    unknown_field: {
        "openai": openai("Unrecognized request argument supplied: wibble"),
        "responses": openai("Unknown parameter: 'wibble'.", param="wibble", code="unknown_parameter"),
        "anthropic": anthropic("wibble: Extra inputs are not permitted"),
        "google": google_violation(STRANGER),
        "mistral": mistral_fault("extra_forbidden", ["wibble"], "Extra inputs are not permitted", 1),
        "fireworks": fireworks("Extra inputs are not permitted, field: 'wibble', value: 1"),
        "together": Taken(
            "passed over: the recordings have stream_options answered, which is not on the list (wire/together.md, Request)"
        ),
    },
    missing_version_header: {
        "openai": Taken(NO_VERSION % "wire/openai.md"),
        "responses": Taken(NO_VERSION % "wire/openai.md"),
        "anthropic": anthropic("anthropic-version: header is required"),
        "google": Taken("the version is in the path, v1beta or v1 (wire/google.md, Endpoint)"),
        "mistral": Taken(NO_VERSION % "wire/mistral.md"),
        "fireworks": Taken(NO_VERSION % "wire/fireworks.md"),
        "together": Taken(NO_VERSION % "wire/together.md"),
    },
    wrong_key: {
        "openai": openai(WRONG_KEY, code="invalid_api_key", status=401),
        "responses": openai(WRONG_KEY, code="invalid_api_key", status=401),
        "anthropic": anthropic("invalid x-api-key", type="authentication_error", status=401),
        "google": google("API key not valid. Please pass a valid API key.", details=INVALID_KEY),
        "mistral": Refused(401, {"detail": "Invalid API Key"}),
        "fireworks": FIREWORKS_KEY,
        "together": together(TOGETHER_KEY, code="invalid_api_key", status=401),
    },
    missing_key: {
        "openai": openai(NO_KEY, status=401),
        "responses": openai(NO_KEY, status=401),
        "anthropic": anthropic("x-api-key header is required", type="authentication_error", status=401),
        "google": google(
            Begins("Method doesn't allow unregistered callers (callers without established identity)."),
            status="PERMISSION_DENIED",
            code=403,
        ),
        "mistral": Refused(401, {"message": "No API key found in request", "request_id": _}),
        "fireworks": FIREWORKS_KEY,
        "together": together(TOGETHER_KEY, code="invalid_api_key", status=401),
    },
    unknown_model: {
        "openai": openai(NO_MODEL, code="model_not_found", status=404),
        "responses": openai(NO_MODEL, code="model_not_found", status=404),
        "anthropic": anthropic("model: no-such-model", type="not_found_error", status=404),
        "google": google(
            Begins("models/no-such-model is not found for API version v1beta, or is not supported for "),
            status="NOT_FOUND",
            code=404,
        ),
        "mistral": mistral("Invalid model: no-such-model", "invalid_model", "1500"),
        "fireworks": fireworks_gateway(
            404, "Model not found, inaccessible, and/or not deployed", "NOT_FOUND", param="model"
        ),
        "together": together(
            "Unable to access model no-such-model. Please visit https://api.together.ai/models to view the list of "
            "supported models.",
            code="model_not_available",
            status=404,
        ),
    },
    malformed_json: {
        "openai": openai(UNREADABLE),
        "responses": openai(UNREADABLE),
        "anthropic": anthropic(
            "The request body is not valid JSON: expecting property name enclosed in double quotes: line 1 column 25 (char 24)"
        ),
        "google": google(Begins("Invalid JSON payload received. Unexpected end of string. Expected an object key or }.\n")),
        "mistral": mistral_fault("json_invalid", [24], "JSON decode error", {}, error=NOT_JSON),
        "fireworks": fireworks(
            "[{'type': 'json_invalid', 'loc': ('body', 24), 'msg': 'JSON decode error', 'input': {}, 'ctx': "
            f"{{'error': '{NOT_JSON}'}}}}]"
        ),
        "together": together("Invalid JSON in the request body"),
    },
    too_large: {
        "openai": openai("the body is too large", status=413),
        "responses": openai("the body is too large", status=413),
        "anthropic": Refused(413, {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}),
        "google": google("Request payload size exceeds the limit: 67108864 bytes."),
        "mistral": Refused(413, {"message": "the body is too large", "request_id": _}),
        "fireworks": Refused(413, {"detail": "the body is too large"}),
        "together": together("the body is too large", status=413),
    },
    wrong_method: {
        "openai": openai(BAD_METHOD % "/v1/chat/completions", status=405),
        "responses": openai(BAD_METHOD % "/v1/responses", status=405),
        "anthropic": anthropic("Method Not Allowed", status=405),
        "google": Refused(404, NO_PAGE),
        "mistral": Refused(405, {"detail": "Method Not Allowed"}),
        "fireworks": Refused(405, {"detail": "Method Not Allowed"}),
        "together": together("Method not allowed: DELETE /v1/chat/completions", code="method_not_allowed", status=405),
    },
    missing_model: {
        "openai": openai("you must provide a model parameter"),
        "responses": openai("Missing required parameter: 'model'.", param="model", code="missing_required_parameter"),
        "anthropic": anthropic("model: Field required"),
        "google": Refused(404, NO_PAGE),  # the model is in the path
        "mistral": mistral_fault("missing", ["model"], "Field required", _),
        "fireworks": fireworks("Field required, field: 'model'"),
        "together": together("Input validation error", param="model"),
    },
    missing_messages: {
        "openai": openai("Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter"),
        "responses": openai("Missing required parameter: 'input'.", param="input", code="missing_required_parameter"),
        "anthropic": anthropic("messages: Field required"),
        "google": GOOGLE_EMPTY,
        "mistral": mistral_fault("missing", ["messages"], "Field required", _),
        "fireworks": fireworks("Field required, field: 'messages'"),
        "together": together("Input validation error", param="messages"),
    },
    empty_messages: {
        "openai": openai(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        ),
        "responses": openai(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
            code="missing_required_parameter",
        ),
        "anthropic": anthropic("messages: at least one message is required"),
        "google": GOOGLE_EMPTY,
        "mistral": mistral("Conversation must have at least one message", "invalid_request_message_order", "3230"),
        "fireworks": fireworks("messages must not be empty"),
        "together": together("Input validation error", param="messages"),
    },
    wrong_type_of_messages: {
        "openai": openai(
            "Invalid type for 'messages': expected an array of objects, but got an integer instead.",
            param="messages",
            code="invalid_type",
        ),
        "responses": openai(
            "Invalid type for 'input': expected one of a string or array of input items, but got an integer instead.",
            param="input",
            code="invalid_type",
        ),
        "anthropic": anthropic("messages: Input should be a valid array"),
        "google": google_violation(GOOGLE_TYPE, field="contents[0]"),
        "mistral": mistral_fault("list_type", ["messages"], "Input should be a valid list", 7),
        "fireworks": fireworks("Input should be a valid list, field: 'messages', value: 7"),
        "together": together("Input validation error", param="messages"),
    },
    unknown_path: {
        "openai": openai("Invalid URL (POST /v1/chat/completionsx)", status=404),
        "responses": openai("Invalid URL (POST /v1/responsesx)", status=404),
        "anthropic": anthropic("Not Found", type="not_found_error", status=404),
        "google": Refused(404, NO_PAGE),
        "mistral": Refused(404, {"message": "no Route matched with those values", "request_id": _}),
        "fireworks": Refused(404, {"detail": "Not Found"}),
        "together": together("Not found: POST /v1/chat/completionsx", code="not_found", status=404),
    },
}
# What the fakes are asked to judge, in the words of the task that was set; the last six are more than it names.
ASKED = (
    "missing max tokens", "unknown role", "tool result without its call", "out of range temperature", "unknown field",
    "missing version header", "wrong key", "unknown model", "malformed json", "too large", "wrong method",
    "missing model", "missing messages", "empty messages", "wrong type of messages", "unknown path", "missing key",
)  # fmt: skip
CELLS = [(row, dialect) for row in TABLE for dialect in DIALECTS]


def words(row):
    return row.__name__.replace("_", " ")


def test_the_table_has_a_cell_for_every_check_and_every_dialect():
    assert sorted(map(words, TABLE)) == sorted(ASKED)
    for row, cells in TABLE.items():
        assert set(cells) == set(DIALECTS), words(row)
        for dialect, cell in cells.items():
            if isinstance(cell, Taken):
                assert re.search(r"wire/\w+\.md, \w", cell.why) and cell.why.count(" ") > 5, (words(row), dialect)
            else:
                assert isinstance(cell, Refused) and 400 <= cell.status < 500 and cell.body, (words(row), dialect)
    assert all(any(isinstance(cell, Refused) for cell in cells.values()) for cells in TABLE.values())


def test_every_provider_of_the_server_has_its_columns(server):
    with pytest.raises(ValueError) as caught:
        server.url("nobody")
    assert str(caught.value).rpartition("there are ")[2].split(", ") == sorted(PROVIDERS)
    assert {dialect for dialects in PROVIDERS.values() for dialect in dialects} == set(DIALECTS)
    for name, dialects in PROVIDERS.items():
        if name != "google":  # /google and /gemini are one
            for dialect in dialects:
                base = server.url(name).partition(f":{server.port}")[2]
                assert DIALECTS[dialect][0].startswith(base + "/"), name


# -- the trial --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with fakes.serve() as running:
        yield running


def exchange(server, sent, **headers):
    """Send a request and give status, content type and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    told = {**sent.headers, **headers}
    try:
        if sent.length:
            connection.putrequest(sent.method, sent.path)
            for name, value in {**told, "content-length": str(sent.length)}.items():
                connection.putheader(name, value)
            connection.endheaders()
        else:
            data = sent.body if isinstance(sent.body, bytes) else json.dumps(sent.body).encode()
            connection.request(sent.method, sent.path, data, told)
        response = connection.getresponse()
        return response.status, response.headers["content-type"].partition(";")[0], response.read()
    finally:
        connection.close()


def judge(cell, got):
    status, kind, body = got
    if isinstance(cell, Taken):
        assert status == 200, body
    elif isinstance(cell.body, bytes):
        assert (status, kind) == (cell.status, "text/html") and cell.body in body
    else:
        assert (status, kind, json.loads(body)) == (cell.status, "application/json", cell.body)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_request_that_is_in_order_is_answered(server, dialect, stream):
    status, kind, body = exchange(server, sound(dialect, stream=stream))
    assert (status, kind) == (200, "text/event-stream" if stream else "application/json") and b"fake-hello" in body


@pytest.mark.parametrize("row, dialect", CELLS, ids=[f"{words(row)}-{dialect}" for row, dialect in CELLS])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_wrong_request_hears_it_in_the_provider_s_words(server, row, dialect, stream):
    judge(TABLE[row][dialect], exchange(server, row(dialect)(sound(dialect, stream=stream))))


@pytest.mark.parametrize("row, dialect", CELLS, ids=[f"{words(row)}-{dialect}" for row, dialect in CELLS])
def test_a_script_switches_no_check_off_but_that_of_the_model_s_name(server, row, dialect):
    name = f"{words(row)} {dialect}".replace(" ", "-")
    session = server.session(name)
    session.reply(TEXT)
    cell = Taken("a script answers for any model") if row is unknown_model else TABLE[row][dialect]
    got = exchange(server, row(dialect)(sound(dialect, stream=False)), **{"x-fakes-session": name})
    judge(cell, got)
    assert (TEXT.encode() in got[2]) == isinstance(cell, Taken)
    assert bool(session.unused()) == isinstance(cell, Refused)
    if isinstance(cell, Refused):  # the reply is still there
        status, _kind, body = exchange(server, sound(dialect, stream=False, key=session.key))
        assert status == 200 and TEXT.encode() in body
    assert not session.unused() and not session.problems
