"""What parsers share, and what their users write: subclasses, inputs, errors, refusals, pickles."""

import asyncio
import copy
import json
import pickle
import random
import threading

import pytest

from minichat.errors import ModelRefusalError, OutputParserException
from minichat.exceptions import ErrorCode, LangChainException, create_message
from minichat.language_models import FakeListChatModel
from minichat.messages import AIMessage, AIMessageChunk, HumanMessage
from minichat.output_parsers import (
    BaseCumulativeTransformOutputParser,
    BaseGenerationOutputParser,
    BaseLLMOutputParser,
    BaseOutputParser,
    BaseTransformOutputParser,
    CommaSeparatedListOutputParser,
    JsonKeyOutputFunctionsParser,
    JsonOutputFunctionsParser,
    JsonOutputKeyToolsParser,
    JsonOutputParser,
    JsonOutputToolsParser,
    ListOutputParser,
    MarkdownListOutputParser,
    NumberedListOutputParser,
    OutputFunctionsParser,
    StrOutputParser,
)
from minichat.output_parsers.json import parse_and_check_json_markdown, parse_json_markdown
from minichat.output_parsers.json_patch import make_patch
from minichat.output_parsers.openai_tools import make_invalid_tool_call, parse_tool_call, parse_tool_calls
from minichat.outputs import Generation

EVERY = [
    StrOutputParser(), JsonOutputParser(), CommaSeparatedListOutputParser(), NumberedListOutputParser(),
    MarkdownListOutputParser(), JsonOutputToolsParser(), JsonOutputKeyToolsParser(key_name="f"),
    OutputFunctionsParser(),
    JsonOutputFunctionsParser(), JsonKeyOutputFunctionsParser(key_name="a"),
]  # fmt: skip


class YesNo(BaseOutputParser[bool]):
    yes: str = "YES"

    def parse(self, text):
        if text.strip().upper() not in (self.yes, "NO"):
            raise OutputParserException(f"neither {self.yes} nor NO", llm_output=text)
        return text.strip().upper() == self.yes


class Where(BaseOutputParser[str]):
    """Tells which method ran, and in which thread."""

    def parse(self, text):
        return f"parse {threading.current_thread() is threading.main_thread()}"


class Awaiting(Where):
    async def aparse_result(self, result, *, partial=False):
        await asyncio.sleep(0)
        return f"aparse_result {result[0].text}"


class Shout(BaseTransformOutputParser[str]):
    def parse(self, text):
        return text.upper()


class Pairs(BaseTransformOutputParser[str]):
    """Streams as it likes, two pieces at a time."""

    def parse(self, text):
        return text

    def _transform(self, input):
        held = []
        for piece in input:
            held.append(piece)
            if len(held) == 2:
                yield "".join(held)
                held = []

    async def _atransform(self, input):
        async for piece in input:
            yield piece * 2


class Length(BaseCumulativeTransformOutputParser[int]):
    def parse(self, text):
        return len(text)

    def _diff(self, prev, next):
        return next - (prev or 0)


class Lines(ListOutputParser):
    def parse(self, text):
        return text.split("|")


async def alist(pieces):
    return [piece async for piece in pieces]


async def each(*items):
    for item in items:
        yield item


# -- what users write ------------------------------------------------------------------------


def test_a_parser_of_ones_own_has_settings_and_works_on_both_sides():
    parser = YesNo(yes="OUI")
    assert repr(parser) == "YesNo(yes='OUI')"
    assert [parser.invoke("oui"), parser.invoke(AIMessage("no")), parser.parse("no")] == [True, False, False]
    assert asyncio.run(parser.ainvoke(HumanMessage("oui"))) is True
    assert asyncio.run(parser.aparse("no")) is False
    assert parser.batch(["oui", "no"]) == [True, False]
    assert list(parser.stream("no")) == [False]
    assert parser.parse_with_prompt("oui", None) is True


def test_ones_own_parse_runs_in_a_thread_beside_the_event_loop_and_here_otherwise():
    assert Where().invoke("x") == "parse True"
    assert asyncio.run(Where().ainvoke("x")) == "parse False"


def test_an_asynchronous_parser_is_what_asynchronous_calls_use():
    assert asyncio.run(Awaiting().ainvoke("x")) == "aparse_result x"
    assert Awaiting().invoke("x") == "parse True"
    assert asyncio.run(StrOutputParser().aparse_result([Generation(text="t")])) == "t"


@pytest.mark.parametrize("kind", [BaseOutputParser, BaseTransformOutputParser, BaseLLMOutputParser, ListOutputParser])
def test_a_parser_that_says_nothing_cannot_be_made(kind):
    with pytest.raises(TypeError, match="abstract"):
        kind()


def test_a_generation_parser_gets_the_message():
    class Calls(BaseGenerationOutputParser[int]):
        def parse_result(self, result, *, partial=False):
            return len(result[0].message.tool_calls)

    assert Calls().invoke(AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}])) == 1


def test_pieces_of_a_stream_are_parsed_each_by_itself():
    assert list(Shout().transform(iter(["a", AIMessageChunk("b"), "c"]))) == ["A", "B", "C"]
    assert asyncio.run(alist(Shout().atransform(each("a", "b")))) == ["A", "B"]


def test_ones_own_way_to_stream_is_used():
    assert list(Pairs().transform(iter("abcde"))) == ["ab", "cd"]
    assert asyncio.run(alist(Pairs().atransform(each("a", "b")))) == ["aa", "bb"]


def test_a_cumulative_parser_gives_what_changed_and_only_changes():
    assert list(Length().transform(iter(["ab", "", "c"]))) == [2, 3]
    assert list(Length(diff=True).transform(iter(["ab", "", "c"]))) == [2, 1]
    assert asyncio.run(alist(Length(diff=True).atransform(each("ab", "cd")))) == [2, 2]


def test_a_list_parser_without_matches_waits_for_the_next_item():
    assert list(Lines().transform(iter(["a", "b|c", "|", "d"]))) == [["ab"], ["c"], ["d"]]


def test_a_parser_that_fails_midway_gave_what_came_before():
    class Digits(BaseTransformOutputParser[int]):
        def parse(self, text):
            return int(text)

    found = []
    with pytest.raises(ValueError, match="'x'"):
        for piece in Digits().transform(iter(["1", "2", "x", "3"])):
            found.append(piece)
    assert found == [1, 2]


def test_a_model_called_inside_parse_is_below_the_parsers_run():
    class Heard:
        def __init__(self):
            self.events = []

        def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id, **kwargs):
            self.events.append((kwargs["name"], kwargs.get("run_type"), run_id, parent_run_id))

        def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id, **kwargs):
            self.events.append((kwargs["name"], "model", run_id, parent_run_id))

    class Asking(BaseOutputParser[str]):
        def parse(self, text):
            return FakeListChatModel(responses=["mended"]).invoke(text).content

    heard = Heard()
    assert Asking().invoke("broken", {"callbacks": [heard]}) == "mended"
    assert [event[:2] for event in heard.events] == [("Asking", "parser"), ("FakeListChatModel", "model")]
    assert heard.events[1][3] == heard.events[0][2]


# -- inputs, errors --------------------------------------------------------------------------


@pytest.mark.parametrize("parser", EVERY, ids=repr)
@pytest.mark.parametrize("input", [None, 3, {"a": 1}, [AIMessage("x")]], ids=repr)
def test_only_texts_and_messages_are_parsed(parser, input):
    said = f"{type(parser).__name__} parses a text or a message, not {type(input).__name__}"
    with pytest.raises(ValueError, match=said):
        parser.invoke(input)


def test_another_librarys_message_is_a_message():
    class Theirs:
        type = "ai"
        content = "hello"

    assert StrOutputParser().invoke(Theirs()) == "hello"


BROKEN = AIMessage("no json")
CALL = AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{"}})
RAW = AIMessage("", additional_kwargs={"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{"}}]})


@pytest.mark.parametrize(
    "parser, message",
    [(JsonOutputParser(), BROKEN), (JsonOutputFunctionsParser(), CALL), (OutputFunctionsParser(), BROKEN),
     (JsonOutputToolsParser(), RAW), (YesNo(), BROKEN)],
    ids=repr,
)  # fmt: skip
def test_what_will_not_do_raises_with_the_message_on_both_sides(parser, message):
    for call in (lambda: parser.invoke(message), lambda: asyncio.run(parser.ainvoke(message))):
        with pytest.raises(OutputParserException) as caught:
            call()
        assert caught.value.raw_message is message
        assert isinstance(caught.value, ValueError) and isinstance(caught.value, LangChainException)


def test_the_text_that_would_not_do_is_on_the_error():
    with pytest.raises(OutputParserException) as caught:
        JsonOutputParser().invoke(" no json ")
    assert (caught.value.llm_output, caught.value.raw_message) == ("no json", None)
    assert str(caught.value) == "Invalid json output: no json"


def test_an_error_keeps_what_it_was_made_with_also_through_a_pickle():
    error = OutputParserException("bad", "say it better", "x", True, raw_message=AIMessage("x"))
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        assert (one.observation, one.llm_output, one.send_to_llm) == ("say it better", "x", True)
        assert str(one) == "bad"
        assert one.raw_message == AIMessage("x")
    assert create_message(message="bad", error_code=ErrorCode.MODEL_NOT_FOUND) == "bad (MODEL_NOT_FOUND)"
    inner = ValueError("inner")
    assert OutputParserException(inner).args == (inner,)
    refusal = pickle.loads(pickle.dumps(ModelRefusalError("no", raw_message=AIMessage("n"))))
    assert (str(refusal), refusal.raw_message) == ("no", AIMessage("n"))


def test_to_send_an_error_to_the_model_there_must_be_something_to_send():
    with pytest.raises(ValueError, match="observation= and llm_output="):
        OutputParserException("bad", send_to_llm=True)


REFUSALS = [
    (AIMessage("", additional_kwargs={"refusal": "I will not."}), ": I will not."),
    (AIMessage([{"type": "refusal", "refusal": "No."}]), ": No."),
    (AIMessage([{"type": "refusal"}]), ""),
    (AIMessage("{}", response_metadata={"stop_reason": "refusal"}), ""),
]


REFUSED = [JsonOutputParser(), JsonOutputToolsParser(), JsonOutputKeyToolsParser(key_name="f")]


@pytest.mark.parametrize("parser", REFUSED)
@pytest.mark.parametrize("message, said", REFUSALS)
def test_a_refusal_is_told_as_one(parser, message, said):
    with pytest.raises(ModelRefusalError) as caught:
        parser.invoke(message)
    assert str(caught.value) == f"Model refused to produce the requested output{said}"
    assert caught.value.raw_message is message


def test_the_text_of_a_refusal_may_still_be_read():
    assert StrOutputParser().invoke(REFUSALS[1][0]) == ""


# -- instructions, names, copies -------------------------------------------------------------


def test_parsers_say_how_to_answer():
    assert "comma separated" in CommaSeparatedListOutputParser().get_format_instructions()
    assert "numbered list" in NumberedListOutputParser().get_format_instructions()
    assert "markdown list" in MarkdownListOutputParser().get_format_instructions()
    assert JsonOutputParser().get_format_instructions() == "Return a JSON object."
    with pytest.raises(NotImplementedError):
        StrOutputParser().get_format_instructions()


def test_a_class_for_the_json_is_described_to_the_model():
    import dataclasses

    @dataclasses.dataclass
    class Person:
        name: str
        age: int = 0

    told = JsonOutputParser(pydantic_object=Person).get_format_instructions()
    assert '"name": {"type": "string"}' in told and '"required": ["name"]' in told


def test_types_are_named_as_langchain_names_them():
    unnamed = (JsonOutputToolsParser, OutputFunctionsParser)
    known = {type(parser).__name__: parser._type for parser in EVERY if not isinstance(parser, unnamed)}
    assert known == {
        "StrOutputParser": "default",
        "JsonOutputParser": "simple_json_output_parser",
        "CommaSeparatedListOutputParser": "comma-separated-list",
        "NumberedListOutputParser": "numbered-list",
        "MarkdownListOutputParser": "markdown-list",
        "JsonOutputFunctionsParser": "json_functions",
        "JsonKeyOutputFunctionsParser": "json_functions",
    }


@pytest.mark.parametrize("parser", EVERY, ids=repr)
def test_parsers_are_pickled_with_their_settings(parser):
    assert repr(pickle.loads(pickle.dumps(parser))) == repr(parser)


@pytest.mark.parametrize("parser", [JsonOutputToolsParser(), JsonOutputFunctionsParser()])
def test_a_text_has_no_calls(parser):
    with pytest.raises(OutputParserException, match="only be used with a chat generation"):
        parser.invoke("text")
    with pytest.raises(NotImplementedError):
        parser.parse("text")


# -- JSON ------------------------------------------------------------------------------------


def test_keys_that_have_to_be_there_are_looked_for():
    assert parse_and_check_json_markdown('```json\n{"a": 1}```', ["a"]) == {"a": 1}
    for text, keys, said in [("[1]", [], "list"), ('{"a": 1}', ["b"], "'b'"), ("x", [], "invalid JSON")]:
        with pytest.raises(OutputParserException, match=said):
            parse_and_check_json_markdown(text, keys)


def test_json_may_be_parsed_by_another_function():
    assert parse_json_markdown("`x`", parser=lambda text: text * 2) == "xx"


def test_a_streamed_object_does_not_shrink_while_an_escape_is_half_written():
    pieces = list(JsonOutputParser().transform(iter('{"a": "x\\u00e9"}')))
    assert pieces == [{}, {"a": ""}, {"a": "x"}, {"a": "xé"}]


def applied(value, operations):
    """Apply operations as RFC 6902 has it."""
    value = copy.deepcopy(value)
    for one in operations:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in one["path"].split("/")[1:]]
        if not steps:
            value = copy.deepcopy(one["value"])
            continue
        holder = value
        for step in steps[:-1]:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        last = int(steps[-1]) if isinstance(holder, list) else steps[-1]
        if one["op"] == "remove":
            del holder[last]
        elif one["op"] == "add" and isinstance(holder, list):
            holder.insert(last, copy.deepcopy(one["value"]))
        else:
            assert one["op"] == "add" or isinstance(holder, list) or last in holder
            holder[last] = copy.deepcopy(one["value"])
    return value


def random_json(rng, depth):
    kind = rng.randrange(8 if depth else 5)
    if kind > 5:
        return {rng.choice(["a", "b/c", "~d", "é"]): random_json(rng, depth - 1) for _ in range(rng.randrange(4))}
    if kind == 5:
        return [random_json(rng, depth - 1) for _ in range(rng.randrange(4))]
    return [None, True, rng.randrange(3), rng.random(), rng.choice(["", "x", "xy"])][kind]


def test_the_operations_of_a_patch_make_the_next_value_of_the_one_before():
    rng = random.Random(3)
    for _ in range(500):
        before, after = random_json(rng, 3), random_json(rng, 3)
        operations = make_patch(before, after)
        assert json.dumps(applied(before, operations), sort_keys=True) == json.dumps(after, sort_keys=True)
        assert (operations == []) == (make_patch(after, before) == [])


def test_true_is_no_one_to_a_patch():
    assert make_patch([1], [True]) == [{"op": "replace", "path": "/0", "value": True}]
    assert make_patch({"a": 1}, {"a": 1}) == []


# -- tool calls ------------------------------------------------------------------------------


def raw(arguments, name="f"):
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


def test_raw_tool_calls_are_parsed_or_named():
    assert parse_tool_call(raw('{"a": 1}')) == {"name": "f", "args": {"a": 1}, "id": "1", "type": "tool_call"}
    assert parse_tool_call(raw('{"a": 1}'), return_id=False) == {"name": "f", "args": {"a": 1}}
    assert parse_tool_call(raw(None), return_id=False) == {"name": "f", "args": {}}
    assert parse_tool_call({"id": "1"}) is None
    assert parse_tool_call(raw('{"a": ['), partial=True, return_id=False) == {"name": "f", "args": {"a": []}}
    assert parse_tool_call(raw(None), partial=True) is None
    with pytest.raises(OutputParserException, match="(?s)call of g .*call of h"):
        parse_tool_calls([raw("{", "g"), raw("{}"), raw("]", "h")])
    made = make_invalid_tool_call(raw("{"), "no JSON")
    assert made == {"name": "f", "args": "{", "id": "1", "error": "no JSON", "type": "invalid_tool_call"}


def test_strict_refuses_what_json_forbids_inside_strings():
    tab = raw('{"a": "x\ty"}')
    assert parse_tool_call(tab, return_id=False)["args"] == {"a": "x\ty"}
    with pytest.raises(OutputParserException):
        parse_tool_call(tab, strict=True)
    assert parse_tool_call(tab, partial=True, strict=True) is None
    assert parse_tool_call(raw('{"a":\t"x'), partial=True, strict=True)["args"] == {"a": "x"}


def test_a_whole_message_in_a_stream_has_its_tool_calls():
    message = AIMessage("", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}])
    assert list(JsonOutputToolsParser().transform(iter([message]))) == [[{"args": {"a": 1}, "type": "f"}]]


# -- left early ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parser",
    [StrOutputParser(), JsonOutputParser(), NumberedListOutputParser(), Shout(), Length(), Pairs()],
    ids=lambda parser: type(parser).__name__,
)
def test_leaving_a_stream_closes_what_feeds_it(parser):
    closed = []

    def feed():
        try:
            yield from ["1. a\n", "2. b\n", "3. c\n"] * 100
        finally:
            closed.append("here")

    async def afeed():
        try:
            for piece in feed():
                yield piece
        finally:
            closed.append("there")

    stream = parser.transform(feed())
    next(stream)
    stream.close()
    assert closed == ["here"]

    async def leave():
        astream = parser.atransform(afeed())
        await astream.__anext__()
        await astream.aclose()

    asyncio.run(leave())
    assert closed[1:] in (["here", "there"], ["there"])  # a generator inside one of ours is the collector's
