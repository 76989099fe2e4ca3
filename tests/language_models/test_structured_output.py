"""with_structured_output: what is asked of the model, and what comes of its answers on every way to call it."""

import dataclasses
import http.server
import json
import threading
import typing
import warnings

import pytest

import fakes
from fakes import Refusal, Reply, Text, ToolCall
from minichat import AIMessage, AIMessageChunk, BaseChatModel, ChatOpenAI
from minichat.errors import ConfigurationError, ModelRefusalError, OutputParserException
from minichat.language_models.structured_output import openai_structured_output, structured_output
from minichat.messages import tool_call_chunk
from minichat.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from ..providers.asking import request_of
from .calling import call, every_way

MOVIE = {
    "title": "movie",
    "description": "A movie.",
    "type": "object",
    "properties": {"title": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["title"],
}
PARAMETERS = {key: MOVIE[key] for key in ("type", "properties", "required")}
STRICT = {**PARAMETERS, "required": ["title", "year"], "additionalProperties": False}
FUNCTION = {"name": "movie", "description": "A movie.", "parameters": PARAMETERS}
TOOL = {"type": "function", "function": FUNCTION}
FORMAT = {"type": "json_schema", "json_schema": {"name": "movie", "schema": PARAMETERS, "strict": True}}
NAMED = {"name": "movie", "schema": PARAMETERS}


class Film(typing.TypedDict):
    """A film."""

    title: typing.Annotated[str, ..., "its title"]
    year: int
    rating: typing.Optional[float]


@dataclasses.dataclass
class Person:
    """A person."""

    name: str
    age: int = 3


def movie(title: str, year: int = 0) -> None:
    """Save a movie.

    Args:
        title: its title
        year: when it came out
    """


def openai(name="gpt-4o", **settings):
    return ChatOpenAI(model=name, api_key="k", **settings)


# -- what is asked ---------------------------------------------------------------------------


def asked_by_format(schema, *, name="movie", strict=False, description="A movie."):
    described = {"description": description} if description else {}
    form = {"name": name, **described, "strict": strict, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def asked_by_tool(parameters, *, name="movie", description="A movie.", **strict):
    described = {"description": description} if description else {}
    return {
        "tools": [{"type": "function", "function": {"name": name, **described, "parameters": parameters, **strict}}],
        "tool_choice": {"type": "function", "function": {"name": name}},
        "parallel_tool_calls": False,
    }


FILM = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "description": "its title"},
        "year": {"type": "integer"},
        "rating": {"type": "number"},
    },
    "required": ["title", "year", "rating"],
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "default": 3}},
    "required": ["name"],
}
JSON_MODE = {"response_format": {"type": "json_object"}}

# (schema, options, what the body has besides model, messages and stream), as langchain-openai 1.7.4 sends it.
REQUESTS = [
    (MOVIE, {}, asked_by_format(PARAMETERS)),
    (MOVIE, {"strict": False}, asked_by_format(PARAMETERS)),
    (MOVIE, {"strict": True}, asked_by_format(STRICT, strict=True)),
    (MOVIE, {"method": "function_calling"}, asked_by_tool(PARAMETERS)),
    (MOVIE, {"method": "function_calling", "strict": True}, asked_by_tool(STRICT, strict=True)),
    (MOVIE, {"method": "json_mode"}, JSON_MODE),
    (MOVIE, {"include_raw": True}, asked_by_format(PARAMETERS)),
    (MOVIE, {"temperature": 0.5}, {**asked_by_format(PARAMETERS), "temperature": 0.5}),
    (MOVIE, {"method": "function_calling", "temperature": 0.5}, {**asked_by_tool(PARAMETERS), "temperature": 0.5}),
    (FUNCTION, {}, asked_by_format(PARAMETERS)),
    (FUNCTION, {"method": "function_calling"}, asked_by_tool(PARAMETERS)),
    (TOOL, {"method": "function_calling"}, asked_by_tool(PARAMETERS)),
    (NAMED, {}, {"response_format": {"type": "json_schema", "json_schema": NAMED}}),
    (Film, {}, asked_by_format(FILM, name="Film", description="A film.")),
    (Film, {"method": "function_calling"}, asked_by_tool(FILM, name="Film", description="A film.")),
    (Film, {"method": "json_mode"}, JSON_MODE),
    (Person, {}, asked_by_format(PERSON, name="Person", description="A person.")),
    (Person, {"method": "function_calling"}, asked_by_tool(PERSON, name="Person", description="A person.")),
    (None, {"method": "json_mode"}, JSON_MODE),
]
# What LangChain refuses or sends by halves.
MORE_REQUESTS = [
    (TOOL, {}, asked_by_format(PARAMETERS)),
    (FORMAT, {}, {"response_format": FORMAT}),
    (FORMAT, {"strict": True}, {"response_format": {"type": "json_schema", "json_schema": {**FORMAT["json_schema"]}}}),
    (FORMAT, {"method": "function_calling"}, asked_by_tool(PARAMETERS, description="", strict=True)),
    (NAMED, {"strict": True}, asked_by_format(STRICT, strict=True, description="")),
    (NAMED, {"method": "function_calling"}, asked_by_tool(PARAMETERS, description="")),
    ({**MOVIE, "strict": True}, {}, asked_by_format(STRICT, strict=True)),
    ({**MOVIE, "strict": True}, {"method": "function_calling"}, asked_by_tool(STRICT, strict=True)),
]


def body_of(monkeypatch, runnable):
    body = request_of(monkeypatch, runnable).body
    return {key: value for key, value in body.items() if key not in ("messages", "model", "stream")}


@pytest.mark.parametrize("schema, options, expected", [*REQUESTS, *MORE_REQUESTS], ids=repr)
def test_the_model_is_asked_for_the_form(monkeypatch, schema, options, expected):
    assert body_of(monkeypatch, openai_structured_output(openai(), schema, **options)) == expected


def test_other_tools_are_offered_beside_the_form(monkeypatch):
    runnable = openai_structured_output(openai(), MOVIE, tools=[movie], strict=True, include_raw=True)
    body = body_of(monkeypatch, runnable)
    assert body["response_format"]["json_schema"]["strict"] is True
    assert [tool["function"]["name"] for tool in body["tools"]] == ["movie"]
    assert body["tools"][0]["function"]["strict"] is True and "tool_choice" not in body


@pytest.mark.parametrize("name", ["gpt-4", "gpt-4-turbo", "gpt-3.5-turbo"])
def test_a_model_without_the_form_is_asked_by_a_tool_and_says_so(monkeypatch, name):
    with pytest.warns(UserWarning, match=f"{name} has no response format"):
        runnable = openai_structured_output(openai(name), MOVIE)
    assert body_of(monkeypatch, runnable) == asked_by_tool(PARAMETERS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        openai_structured_output(openai(name), MOVIE, method="function_calling")
        openai_structured_output(openai("gpt-4.1"), MOVIE)


WRONG = [
    ({"method": "yaml"}, "none of 'function_calling', 'json_schema', 'json_mode'"),
    ({"method": "json_mode", "strict": True}, "strict= does not go with"),
    ({"schema": None}, "needs a schema"),
    ({"schema": None, "method": "function_calling"}, "needs a schema"),
    ({"tools": [movie]}, "strict=True only"),
    ({"tools": [movie], "method": "function_calling", "strict": True}, "method='json_schema'"),
    ({"schema": FORMAT, "strict": False}, "drop one of them"),
    ({"schema": {**MOVIE, "strict": True}, "strict": False}, "drop one of them"),
    ({"schema": {"type": "object", "properties": {}}}, "title"),
    ({"schema": 3}, "is no tool"),
]


@pytest.mark.parametrize("options, said", WRONG)
def test_what_does_not_go_together_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        openai_structured_output(openai(), **{"schema": MOVIE, **options})


# -- what comes of the answers ---------------------------------------------------------------

PARIS = '{"title": "Paris", "year": 1926}'
VALUE = {"title": "Paris", "year": 1926}


@pytest.fixture
def scripted():
    servers = []

    def model(*replies):
        server = fakes.serve(replies=replies)
        servers.append(server)
        return openai(base_url=server.url("openai"), max_retries=0)

    yield model
    for server in servers:
        server.close()


@every_way
@pytest.mark.parametrize(
    "method, reply",
    [
        ("json_schema", Reply.of(PARIS)),
        ("json_mode", Reply.of(PARIS)),
        ("function_calling", Reply([ToolCall("movie", PARIS)])),
    ],
    ids=["json_schema", "json_mode", "function_calling"],
)
def test_an_answer_is_read_on_every_way(scripted, way, method, reply):
    found = call(openai_structured_output(scripted(reply), MOVIE, method=method), way, "a movie as JSON")
    if "stream" in way:
        assert len(found) > 3 and found[0] == {}
        assert all(set(one) <= {"title", "year"} for one in found)
        found = found[-1]
    assert found == VALUE


@every_way
def test_a_dataclass_comes_whole(scripted, way):
    found = call(openai_structured_output(scripted(Reply.of('{"name": "Ann", "age": "4"}')), Person), way, "q")
    assert found == ([Person("Ann", 4)] if "stream" in way else Person("Ann", 4))


@every_way
@pytest.mark.parametrize(
    "reply, error, said",
    [
        (Reply.of('{"year": 1926}'), OutputParserException, "title: is missing"),
        (Reply.of("I do not know."), OutputParserException, "no JSON: I do not know."),
        (Reply([Text('{"title": "Par')], finish="length"), OutputParserException, "cut off at the limit of tokens"),
        (Reply([Refusal("I "), Refusal("will not.")]), ModelRefusalError, "output: I will not."),
        (Reply([Text("{")], finish="content_filter"), ModelRefusalError, "content filter"),
    ],
    ids=["misfit", "no JSON", "cut", "refusal", "filter"],
)
def test_what_is_no_answer_raises_with_the_message_on_every_way(scripted, way, reply, error, said):
    with pytest.raises(error) as caught:
        call(openai_structured_output(scripted(reply), MOVIE), way, "q")
    assert said in str(caught.value)
    raw = caught.value.raw_message
    assert type(raw) is AIMessage and raw.content == reply.text


@every_way
def test_nothing_raises_when_the_raw_message_is_asked_for(scripted, way):
    found = call(openai_structured_output(scripted(Reply.of("no JSON")), MOVIE, include_raw=True), way, "q")
    if "stream" in way:
        total = found[0]
        for piece in found[1:]:
            total = total + piece
        found = total
    assert found["raw"].content == "no JSON" and found["parsed"] is None
    assert type(found["parsing_error"]) is OutputParserException


def test_a_tool_may_be_called_instead_of_answering(scripted):
    model = scripted(Reply([ToolCall("movie", PARIS)]))
    found = openai_structured_output(model, MOVIE, tools=[movie], strict=True, include_raw=True).invoke("q")
    assert (found["parsed"], found["parsing_error"]) == (None, None)
    assert found["raw"].tool_calls[0]["args"] == VALUE


def test_a_failing_request_is_no_parsing_error(scripted):
    from minichat import ChatError

    with pytest.raises(ChatError) as caught:
        openai_structured_output(scripted(), MOVIE, include_raw=True).invoke("q")  # the script is over
    assert not isinstance(caught.value, OutputParserException)


# -- any model -------------------------------------------------------------------------------


class Calling(BaseChatModel):
    """Calls the first tool it is offered, with the given arguments."""

    arguments: str = PARIS

    def bind_tools(self, tools, *, tool_choice=None, **kwargs):
        assert tool_choice == "any"
        return self.bind(offered=tools, **kwargs)

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        (schema,) = kwargs["offered"]
        calls = [{"name": schema["title"], "args": json.loads(self.arguments), "id": "1"}]
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=calls))])

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        (schema,) = kwargs["offered"]
        for index, piece in enumerate(["", *self.arguments.split(" ")]):
            name, id = (None, None) if index else (schema["title"], "1")
            one = tool_call_chunk(name=name, args=piece, id=id, index=0)
            yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=[one]))


@every_way
def test_any_model_with_tools_can_answer_in_a_form(way):
    found = call(structured_output(Calling(), MOVIE), way, "q")
    assert (found[-1] if "stream" in way else found) == VALUE
    with pytest.raises(OutputParserException, match="title: is missing"):
        call(structured_output(Calling(arguments="{}"), MOVIE, method="function_calling"), way, "q")


def test_a_model_without_tools_cannot():
    class Plain(BaseChatModel):
        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            raise AssertionError

    with pytest.raises(NotImplementedError):
        structured_output(Plain(), MOVIE)
    with pytest.raises(ConfigurationError, match="does not take temperature="):
        structured_output(Calling(), MOVIE, temperature=1)


# -- against LangChain -----------------------------------------------------------------------


class Recorder:
    """An endpoint that answers `content` and keeps the bodies it was sent."""

    def __init__(self):
        recorder = self
        self.bodies = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                recorder.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                message = {"role": "assistant", "content": PARIS}
                choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
                usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
                reply = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
                body = json.dumps({**reply, "usage": usage}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def test_langchain_sends_the_same_requests():
    reason = "langchain-openai is not installed: nothing to compare with"
    theirs = pytest.importorskip("langchain_openai", reason=reason)
    from typing_extensions import Annotated, TypedDict

    class Picture(TypedDict):
        """A picture."""

        title: Annotated[str, ..., "its title"]
        year: int

    recorder = Recorder()
    settings = {"model": "gpt-4o", "api_key": "k", "base_url": recorder.url}
    rows = [(schema, options) for schema, options, _ in REQUESTS if schema not in (Film,)]
    rows += [(Picture, options) for options in ({}, {"strict": True}, {"method": "function_calling"})]
    rows += [(movie, options) for options in ({}, {"strict": True}, {"method": "function_calling"})]
    rows += [(MOVIE, {"tools": [movie], "strict": True, "include_raw": True})]
    try:
        for schema, options in rows:
            theirs.ChatOpenAI(**settings).with_structured_output(schema, **options).invoke("q")
            try:
                openai_structured_output(ChatOpenAI(**settings), schema, **options).invoke("q")
            except OutputParserException:
                pass  # the answer is the same for all rows, and we look at it
            expected, found = recorder.bodies[-2:]
            assert {**found, "stream": False} == {**expected, "stream": False}, (schema, options)
        assert len(recorder.bodies) == 2 * len(rows)
    finally:
        recorder.close()


# -- the models' own method ------------------------------------------------------------------


@pytest.mark.parametrize("schema, options, expected", REQUESTS, ids=repr)
def test_the_method_of_openais_models_asks_so(monkeypatch, schema, options, expected):
    assert body_of(monkeypatch, openai().with_structured_output(schema, **options)) == expected


def test_the_method_of_any_model_asks_so():
    assert Calling().with_structured_output(MOVIE).invoke("q") == VALUE
    raw = Calling().with_structured_output(MOVIE, include_raw=True).invoke("q")
    assert raw["raw"].tool_calls[0]["args"] == raw["parsed"] == VALUE


def test_a_model_with_one_way_refuses_another():
    with pytest.raises(ConfigurationError, match="method='function_calling' only, not 'json_mode'"):
        Calling().with_structured_output(MOVIE, method="json_mode")
    with pytest.raises(ConfigurationError, match="does not take nonsense="):
        Calling().with_structured_output(MOVIE, nonsense=1)


# method -> what handlers are told beside the schema, as langchain-openai 1.7.4 tells it
TOLD = {
    "json_schema": {"method": "json_schema", "strict": None},
    "function_calling": {"method": "function_calling", "strict": None},
    "json_mode": {"method": "json_mode"},
}


@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize("method", TOLD)
def test_handlers_are_told_the_form_and_the_provider_is_not(scripted, method, way):
    class Heard:
        def on_chat_model_start(self, serialized, messages, *, options, invocation_params, **kwargs):
            self.options, self.params = options, invocation_params

    heard = Heard()
    answer = Reply([ToolCall("movie", PARIS)]) if method == "function_calling" else Reply.of(PARIS)
    runnable = scripted(answer).with_structured_output(MOVIE, method=method)
    call(runnable, way, "as JSON", {"callbacks": [heard]})
    assert heard.options["ls_structured_output_format"] == {"kwargs": TOLD[method], "schema": MOVIE}
    assert "ls_structured_output_format" not in heard.params
