"""Structured answers: every kind of schema, what fits it, what does not and how that is said."""

import asyncio
import dataclasses
import enum
import json
import pickle
import typing

import pytest

from minichat.errors import ModelRefusalError, OutputParserException
from minichat.messages import AIMessage, AIMessageChunk, tool_call_chunk
from minichat.output_parsers.structured import StructuredOutputParser, function_of

MOVIE = {
    "title": "movie",
    "description": "A movie.",
    "type": "object",
    "properties": {"title": {"type": "string"}, "year": {"type": "integer"}},
    "required": ["title"],
}
CAST = {
    "title": "cast",
    "type": "object",
    "properties": {"leads": {"type": "array", "items": {"$ref": "#/$defs/Actor"}}},
    "$defs": {"Actor": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "movie", "schema": MOVIE, "strict": True}}
NAMED = {"name": "movie", "schema": MOVIE}
FUNCTION = {"name": "movie", "parameters": MOVIE}
TOOL = {"type": "function", "function": FUNCTION}
LIST = {"title": "names", "type": "array", "items": {"type": "string"}}


class Film(typing.TypedDict):
    """A film."""

    title: typing.Annotated[str, ..., "its title"]
    year: typing.Optional[int]


class Genre(enum.Enum):
    DRAMA = "drama"
    COMEDY = "comedy"


@dataclasses.dataclass
class Actor:
    name: str
    born: typing.Optional[int] = None


@dataclasses.dataclass
class Show:
    """A show."""

    title: str
    lead: Actor
    others: typing.List[Actor] = dataclasses.field(default_factory=list)
    genre: Genre = Genre.DRAMA


class Pair(typing.NamedTuple):
    left: int
    right: str = "r"


def movie(title: str, year: int = 0):
    """Save a movie."""


# (schema, the model's value, what comes of it)
FITTING = [
    (MOVIE, {"title": "Up"}, {"title": "Up"}),
    (MOVIE, {"title": "Up", "year": 2009, "more": 1}, {"title": "Up", "year": 2009, "more": 1}),
    (CAST, {"leads": [{"name": "Ed"}]}, {"leads": [{"name": "Ed"}]}),
    (FORMAT, {"title": "Up"}, {"title": "Up"}),
    (NAMED, {"title": "Up"}, {"title": "Up"}),
    (FUNCTION, {"title": "Up"}, {"title": "Up"}),
    (TOOL, {"title": "Up"}, {"title": "Up"}),
    (Film, {"title": "Up", "year": None}, {"title": "Up", "year": None}),
    (Film, {"title": "Up", "year": 2009, "more": 1}, {"title": "Up", "year": 2009, "more": 1}),
    (movie, {"title": "Up", "year": 2009}, {"title": "Up", "year": 2009}),
    (Show, {"title": "S", "lead": {"name": "A"}}, Show("S", Actor("A"))),
    (
        Show,
        {"title": "S", "lead": {"name": "A", "born": "1960"}, "others": [{"name": "B"}], "genre": "comedy"},
        Show("S", Actor("A", 1960), [Actor("B")], Genre.COMEDY),
    ),
    (Pair, {"left": 1}, Pair(1)),
]

# (schema, the model's value, what is said of it)
UNFIT = [
    (MOVIE, {"year": 2009}, "title: is missing"),
    (MOVIE, {"title": "Up", "year": "2009"}, "year: expected an integer, got '2009'"),
    (MOVIE, {"title": 3, "year": 1.5}, "title: expected a string, got 3\n  year: expected an integer, got 1.5"),
    (MOVIE, ["Up"], "expected an object, got ['Up']"),
    (CAST, {"leads": [{"name": "Ed"}, {}]}, "leads[1].name: is missing"),
    (FORMAT, {}, "title: is missing"),
    (NAMED, {}, "title: is missing"),
    (TOOL, {}, "title: is missing"),
    (Film, {"title": "Up"}, "year: is missing"),
    (Film, {"title": "Up", "year": "2009"}, "year: expected an integer or null, got '2009'"),
    (movie, {"year": 1}, "title: is missing"),
    (Show, {"title": "S", "lead": {}}, "lead.name: is missing"),
    (Show, {"title": "S", "lead": {"name": "A"}, "others": [{"name": 1}], "genre": "x"},
     "others[0].name: expected a string, got 1\n  genre: expected 'drama' or 'comedy', got 'x'"),
    (Pair, {"left": "x"}, "left: expected an integer, got 'x'"),
]  # fmt: skip


def name_of(schema):
    return function_of(schema)["name"]


def by_tool(schema, value, **settings):
    """Give the parser for a tool call and a message that calls it."""
    parser = StructuredOutputParser(schema=schema, key_name=name_of(schema), **settings)
    return parser, AIMessage("", tool_calls=[{"name": name_of(schema), "args": value, "id": "1"}])


def by_text(schema, value, **settings):
    return StructuredOutputParser(schema=schema, **settings), AIMessage(json.dumps(value))


def chunks_of(message, size):
    """Cut a message into the chunks a provider would stream."""
    if message.tool_calls:
        call = message.tool_calls[0]
        text = json.dumps(call["args"])
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        first = tool_call_chunk(name=call["name"], args="", id=call["id"], index=0)
        rest = [tool_call_chunk(name=None, args=piece, id=None, index=0) for piece in pieces]
        return [AIMessageChunk(content="", tool_call_chunks=[one]) for one in (first, *rest)]
    text = message.content
    return [AIMessageChunk(content=text[start : start + size]) for start in range(0, len(text), size)]


async def each(items):
    for item in items:
        yield item


async def alist(pieces):
    return [piece async for piece in pieces]


WAYS = pytest.mark.parametrize("asked", [by_tool, by_text])


@WAYS
@pytest.mark.parametrize("schema, value, expected", FITTING, ids=repr)
def test_an_answer_that_fits_comes_as_it_was_asked_for(asked, schema, value, expected):
    parser, message = asked(schema, value)
    for found in (parser.invoke(message), asyncio.run(parser.ainvoke(message))):
        assert (found, type(found)) == (expected, type(expected))
    raw = StructuredOutputParser(**{**settings_of(parser), "include_raw": True}).invoke(message)
    assert raw == {"raw": message, "parsed": expected, "parsing_error": None}


# The arguments of a tool call are an object: a message takes nothing else.
UNFIT_WAYS = [(way, *row) for way in (by_tool, by_text) for row in UNFIT if way is by_text or type(row[1]) is dict]


@pytest.mark.parametrize("asked, schema, value, said", UNFIT_WAYS, ids=repr)
def test_an_answer_that_does_not_fit_raises_with_the_message(asked, schema, value, said):
    parser, message = asked(schema, value)
    for call in (lambda: parser.invoke(message), lambda: asyncio.run(parser.ainvoke(message))):
        with pytest.raises(OutputParserException) as caught:
            call()
        assert f":\n  {said}\n" in str(caught.value) + "\n"
        assert caught.value.raw_message is message
        assert json.loads(caught.value.llm_output) == value
    found = StructuredOutputParser(**{**settings_of(parser), "include_raw": True}).invoke(message)
    assert (found["raw"], found["parsed"]) == (message, None)
    assert str(found["parsing_error"]) == str(caught.value) and found["parsing_error"].raw_message is message


def settings_of(parser):
    return {name: getattr(parser, name) for name in ("schema", "key_name", "include_raw", "other_tools")}


# -- answers that are none -------------------------------------------------------------------

CALLS_OTHER = AIMessage("sorry", tool_calls=[{"name": "other", "args": {}, "id": "1"}])
BROKEN_CALL = AIMessage("", invalid_tool_calls=[{"name": "movie", "args": '{"title": ', "id": "1", "error": None}])
NONE = [
    ("movie", AIMessage("Let me think."), OutputParserException, "did not call 'movie'; it said: Let me think."),
    ("movie", CALLS_OTHER, OutputParserException, "did not call 'movie'; it said: sorry"),
    ("movie", BROKEN_CALL, OutputParserException, 'the input of movie is no JSON: {"title": '),
    (None, AIMessage("Let me think."), OutputParserException, "the answer is no JSON: Let me think."),
    (None, AIMessage(""), OutputParserException, "the answer is no JSON: "),
    (None, AIMessage('{"title": "U', response_metadata={"finish_reason": "length"}), OutputParserException,
     'no JSON (it was cut off at the limit of tokens): {"title": "U'),
    (None, AIMessage("", tool_calls=[{"name": "other", "args": {}, "id": "1"}]), OutputParserException,
     "called other and gave no answer"),
    (None, AIMessage("", additional_kwargs={"refusal": "I will not."}), ModelRefusalError, "output: I will not."),
    ("movie", AIMessage("", additional_kwargs={"refusal": "No."}), ModelRefusalError, "requested output: No."),
    (None, AIMessage('{"ti', response_metadata={"finish_reason": "content_filter"}), ModelRefusalError,
     "content filter"),
]  # fmt: skip


@pytest.mark.parametrize("key, message, error, said", NONE)
def test_no_answer_is_told_as_what_it_is(key, message, error, said):
    parser = StructuredOutputParser(schema=MOVIE, key_name=key)
    with pytest.raises(error) as caught:
        parser.invoke(message)
    assert said in str(caught.value)
    assert caught.value.raw_message is message
    beside = StructuredOutputParser(schema=MOVIE, key_name=key, include_raw=True).invoke(message)
    assert type(beside["parsing_error"]) is error and beside["parsed"] is None


def test_a_text_may_be_parsed_without_a_message():
    assert StructuredOutputParser(schema=MOVIE).parse('```json\n{"title": "Up"}\n```') == {"title": "Up"}
    assert StructuredOutputParser(schema=LIST).invoke('["a", "b"]') == ["a", "b"]
    with pytest.raises(OutputParserException, match=r"\[1\]: expected a string, got 2"):
        StructuredOutputParser(schema=LIST).invoke('["a", 2]')


def test_without_a_schema_any_json_will_do():
    assert StructuredOutputParser().invoke(AIMessage("[1] and so on")) == [1]


def test_other_tools_may_be_called_instead():
    message = AIMessage("", tool_calls=[{"name": "other", "args": {}, "id": "1"}])
    parser = StructuredOutputParser(schema=MOVIE, other_tools=True, include_raw=True)
    assert parser.invoke(message) == {"raw": message, "parsed": None, "parsing_error": None}


def test_a_schema_that_refers_to_nothing_is_refused_when_the_parser_is_made():
    with pytest.raises(ValueError, match="put it under"):
        StructuredOutputParser(schema={**MOVIE, "properties": {"a": {"$ref": "#/$defs/Gone"}}})


def test_a_parser_is_pickled():
    parser = pickle.loads(pickle.dumps(StructuredOutputParser(schema=Show, include_raw=True)))
    assert parser.invoke('{"title": "S", "lead": {"name": "A"}}')["parsed"] == Show("S", Actor("A"))


# -- streams ---------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("schema, value, expected", FITTING, ids=repr)
def test_a_stream_ends_with_what_the_whole_answer_gives(asked, schema, value, expected, size):
    parser, message = asked(schema, value)
    for pieces in (
        list(parser.transform(iter(chunks_of(message, size)))),
        asyncio.run(alist(parser.atransform(each(chunks_of(message, size))))),
    ):
        assert pieces[-1] == expected
        if not isinstance(expected, dict):
            assert pieces == [expected]


def test_a_dict_grows():
    parser, message = by_text(MOVIE, {"title": "Up", "year": 2009})
    pieces = list(parser.transform(iter(chunks_of(message, 9))))
    assert pieces == [{}, {"title": "Up"}, {"title": "Up", "year": 200}, {"title": "Up", "year": 2009}]


@WAYS
def test_a_stream_that_does_not_fit_grows_and_then_raises(asked):
    parser, message = asked(MOVIE, {"year": 2009})
    found = []
    with pytest.raises(OutputParserException, match="title: is missing") as caught:
        for piece in parser.transform(iter(chunks_of(message, 1000))):
            found.append(piece)
    assert found[-1] == {"year": 2009}
    whole = caught.value.raw_message
    assert type(whole) is AIMessage and whole.content == message.content


def test_a_stream_that_was_cut_off_is_no_answer():
    text = chunks_of(by_text(MOVIE, {"title": "Up"})[1], 4)[:-1]
    with pytest.raises(OutputParserException, match="no JSON"):
        list(StructuredOutputParser(schema=MOVIE).transform(iter(text)))
    calls = chunks_of(by_tool(MOVIE, {"title": "Up"})[1], 4)[:-1]
    with pytest.raises(OutputParserException, match="the input of movie is no JSON") as caught:
        list(StructuredOutputParser(schema=MOVIE, key_name="movie").transform(iter(calls)))
    assert type(caught.value.raw_message) is AIMessage


def test_a_streamed_refusal_is_told_whole():
    pieces = [AIMessageChunk("", additional_kwargs={"refusal": one}) for one in ("I ", "will ", "not.")]
    with pytest.raises(ModelRefusalError, match="requested output: I will not."):
        list(StructuredOutputParser(schema=MOVIE).transform(iter(pieces)))


@WAYS
def test_the_raw_message_streams_beside_the_answer(asked):
    parser, message = asked(MOVIE, {"title": "Up"}, include_raw=True)
    chunks = chunks_of(message, 6)
    pieces = list(parser.transform(iter(chunks)))
    assert [piece["raw"] for piece in pieces if "raw" in piece] == chunks
    assert pieces[-1] == {"parsing_error": None}
    total = pieces[0]
    for piece in pieces[1:]:
        total = total + piece
    assert (total["parsed"], total["parsing_error"]) == ({"title": "Up"}, None)
    assert total["raw"].content == message.content


def test_what_does_not_fit_streams_as_an_error_beside_the_message():
    parser, message = by_text(MOVIE, {"year": 2009}, include_raw=True)
    pieces = list(parser.transform(iter(chunks_of(message, 6))))
    assert pieces[-1]["parsed"] is None and "title: is missing" in str(pieces[-1]["parsing_error"])


def test_nothing_at_all_gives_nothing():
    assert list(StructuredOutputParser(schema=MOVIE).transform(iter([]))) == []
