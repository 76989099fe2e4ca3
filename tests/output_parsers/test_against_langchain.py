"""Parsers against langchain-core: the same results, pieces and errors for the same answers.

Skipped without langchain-core. Each row is a parser, its settings and an answer; an answer is parsed at
once (sync and async) and as streams of texts and of chunks, cut in several ways.
"""

import asyncio
import itertools
import json
import types

import pytest

import minichat.messages
import minichat.output_parsers
import minichat.output_parsers.json
import minichat.output_parsers.openai_functions

TEXTS = [
    "", " ", "red, green, blue", 'red, "dark, blue" ,green', "one\ntwo, three\n", "a,\nb", 'open "quote, never',
    "a\rb, c",
    "1. one\n2. two\n3. three", "1.  spaced\n\n10. ten", "see 1. foo and 2. bar", "- one\n- two\n",
    " * star\n\n  - dash",
    "-no space\n- yes", "{}", "[]", '{"a": 1}', '{"a": {"b": [1, 2.5, null, true, "x"]}, "c": "d"}',
    '```json\n{"a": 1}\n```', '```\n[1, 2]\n```', 'Here it is:\n```json\n{"a": "b"}\n``` and more',
    '{"a": "line\nbreak"}',
    '{"a": "esc \\"quoted\\" \\u00e9 \\n"}', '{"a": 1', '[1, 2, {"a": "b', '{"a": tru', "12", '"text"',
    "null", "nonsense",
    "{'a': 1}", '{"k~/": {"a/b": 1}, "é": "ü"}', '{"a": 1} trailing', "action_input", '{"action_input": "x\ny"}',
    '[[1, [2, [3]]], [], {}]', '{"a": "", "b": [], "c": {}}', "-1.5e3", "  {\"a\": 1}  ",
]  # fmt: skip

TOOL = {"name": "add", "args": {"a": 1, "b": 2}, "id": "call_1"}
OTHER = {"name": "greet", "args": {"name": "Ann"}, "id": "call_2"}


def raw(name, arguments, id="call_1"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


MESSAGES = [
    {"content": ""},
    {"content": "", "tool_calls": [TOOL]},
    {"content": "", "tool_calls": [TOOL, OTHER]},
    {"content": "", "tool_calls": [OTHER, TOOL, OTHER]},
    {"content": "", "additional_kwargs": {"tool_calls": []}},
    {"content": "", "additional_kwargs": {"tool_calls": [raw("add", '{"a": 1}')]}},
    {"content": "", "additional_kwargs": {"tool_calls": [raw("greet", ""), raw("add", '{"a": 1}', "c2")]}},
    {"content": "", "additional_kwargs": {"function_call": {"name": "add", "arguments": '{"a": 1, "k": [2]}'}}},
    {"content": "", "additional_kwargs": {"function_call": {"name": "add", "arguments": '{"a": "x\ny"}'}}},
    {"content": "", "additional_kwargs": {"function_call": {"name": "add", "arguments": '{"a": '}}},
    {"content": "", "additional_kwargs": {"function_call": {"name": "add", "arguments": ""}}},
    {"content": "", "additional_kwargs": {"function_call": {"name": "add"}}},
    {"content": "", "additional_kwargs": {"function_call": {"name": "add", "arguments": None}}},
    {"content": [{"type": "text", "text": '{"a": 1}'}]},
    {"content": [{"type": "text", "text": "a, "}, {"type": "text", "text": "b"}]},
    {"content": "", "additional_kwargs": {"refusal": "no"}, "response_metadata": {"model_provider": "openai"}},
    {"content": [{"type": "refusal", "refusal": "nope"}]},
]

PARSERS = [
    ("StrOutputParser", {}),
    ("JsonOutputParser", {}),
    ("JsonOutputParser", {"diff": True}),
    ("SimpleJsonOutputParser", {}),
    ("CommaSeparatedListOutputParser", {}),
    ("NumberedListOutputParser", {}),
    ("NumberedListOutputParser", {"pattern": r"\d\)\s([^\n]+)"}),
    ("MarkdownListOutputParser", {}),
]
CALL_PARSERS = [
    ("StrOutputParser", {}),
    ("JsonOutputParser", {}),
    ("CommaSeparatedListOutputParser", {}),
    ("JsonOutputToolsParser", {}),
    ("JsonOutputToolsParser", {"first_tool_only": True}),
    ("JsonOutputToolsParser", {"return_id": True}),
    ("JsonOutputKeyToolsParser", {"key_name": "add"}),
    ("JsonOutputKeyToolsParser", {"key_name": "add", "first_tool_only": True}),
    ("JsonOutputKeyToolsParser", {"key_name": "add", "first_tool_only": True, "return_id": True}),
    ("JsonOutputKeyToolsParser", {"key_name": "add", "return_id": True}),
    ("JsonOutputKeyToolsParser", {"key_name": "none", "first_tool_only": True}),
    ("OutputFunctionsParser", {}),
    ("OutputFunctionsParser", {"args_only": False}),
    ("JsonOutputFunctionsParser", {}),
    ("JsonOutputFunctionsParser", {"strict": True}),
    ("JsonOutputFunctionsParser", {"args_only": False}),
    ("JsonOutputFunctionsParser", {"diff": True}),
    ("JsonKeyOutputFunctionsParser", {"key_name": "a"}),
    ("JsonKeyOutputFunctionsParser", {"key_name": "missing"}),
]
CUTS = (1, 3, 7, 1000)

# Streams of tool calls and function calls: the arguments cut into pieces.
ARGUMENTS = ['{"a": 1, "b": [1, 2, {"c": "deep"}]}', '{"a": "x\ny"}', "{}", '{"name": "Ann", "age": 3}']


def ours():
    made = types.SimpleNamespace(**{name: getattr(minichat.output_parsers, name) for name in NAMES})
    made.AIMessage, made.AIMessageChunk = minichat.messages.AIMessage, minichat.messages.AIMessageChunk
    return made


def theirs():
    core = pytest.importorskip("langchain_core", reason="langchain-core is not installed: nothing to compare with")
    import langchain_core.messages
    import langchain_core.output_parsers
    import langchain_core.output_parsers.openai_functions as functions

    homes = (core.output_parsers, functions)
    made = {name: next(getattr(home, name) for home in homes if hasattr(home, name)) for name in NAMES}
    return types.SimpleNamespace(**made, AIMessage=core.messages.AIMessage, AIMessageChunk=core.messages.AIMessageChunk)


NAMES = sorted({name for name, _ in [*PARSERS, *CALL_PARSERS]})


def outcome(function):
    """Give the result, or the exception's name; a stream's pieces before it count too."""
    try:
        return function()
    except Exception as error:
        return type(error).__name__


def collected(pieces):
    found = []

    def collect():
        for piece in pieces:
            found.append(piece)
        return "end"

    return [outcome(collect), found]


async def agathered(pieces):
    return [piece async for piece in pieces]


async def each(items):
    for item in items:
        yield item


def cut(text, size):
    return [text[start : start + size] for start in range(0, len(text), size)] or [""]


def text_programs(lib):
    """Yield (label, outcome) of everything done with the texts."""
    for (name, settings), text in itertools.product(PARSERS, TEXTS):
        parser = getattr(lib, name)(**settings)
        label = (name, str(settings), text)
        yield (*label, "text"), outcome(lambda: parser.invoke(text))
        yield (*label, "parse"), outcome(lambda: parser.parse(text))
        yield (*label, "message"), outcome(lambda: parser.invoke(lib.AIMessage(content=text)))
        yield (*label, "ainvoke"), outcome(lambda: asyncio.run(parser.ainvoke(text)))
        yield (*label, "stream"), collected(parser.stream(text))
        for size in CUTS:
            yield (*label, size, "texts"), collected(parser.transform(iter(cut(text, size))))
            chunks = [lib.AIMessageChunk(content=one) for one in cut(text, size)]
            yield (*label, size, "chunks"), collected(parser.transform(iter(chunks)))
        pieces = cut(text, 5)
        yield (*label, 5, "async"), outcome(lambda: asyncio.run(agathered(parser.atransform(each(pieces)))))


def call_programs(lib):
    """Yield (label, outcome) of everything done with tool calls and function calls."""
    for (name, settings), (index, fields) in itertools.product(CALL_PARSERS, enumerate(MESSAGES)):
        parser = getattr(lib, name)(**settings)
        yield (name, str(settings), index, "message"), outcome(lambda: parser.invoke(lib.AIMessage(**fields)))
        yield (name, str(settings), index, "text"), outcome(lambda: parser.invoke("a, b"))
    for (name, settings), arguments, size in itertools.product(CALL_PARSERS, ARGUMENTS, CUTS):
        if name == "OutputFunctionsParser":  # does not stream
            continue
        parser = getattr(lib, name)(**settings)
        pieces = cut(arguments, size)
        first = {"name": "add", "args": "", "id": "call_1", "index": 0, "type": "tool_call_chunk"}
        rest = [{"name": None, "args": one, "id": None, "index": 0, "type": "tool_call_chunk"} for one in pieces]
        chunks = [lib.AIMessageChunk(content="", tool_call_chunks=[one]) for one in (first, *rest)]
        yield (name, str(settings), arguments, size, "tools"), collected(parser.transform(iter(chunks)))
        calls = [{"name": "add", "arguments": ""}, *({"arguments": one} for one in pieces)]
        chunks = [lib.AIMessageChunk(content="", additional_kwargs={"function_call": one}) for one in calls]
        yield (name, str(settings), arguments, size, "function"), collected(parser.transform(iter(chunks)))


def differs(mine, other):
    return json.dumps(mine, sort_keys=True, default=repr) != json.dumps(other, sort_keys=True, default=repr)


@pytest.mark.time_limit(120)
@pytest.mark.parametrize("programs", [text_programs, call_programs])
def test_langchain_gives_the_same(programs, record_property):
    expected = dict(programs(theirs()))
    found = dict(programs(ours()))
    assert found.keys() == expected.keys() and len(found) > 400
    different = {label: (found[label], expected[label]) for label in found if differs(found[label], expected[label])}
    record_property("compared", len(found))
    unknown = {label: pair for label, pair in different.items() if not known(label, *pair)}
    assert unknown == {}


def known(label, mine, other):
    """Tell the differences that are meant."""
    name, _, answer = label[:3]
    json_parser = name in ("JsonOutputParser", "SimpleJsonOutputParser")
    # While half an escape is all that has come, LangChain takes the whole string back, and gives it again.
    if json_parser and "\\u00e9" in str(answer):
        return final(mine) == final(other)
    # LangChain streams {} for a text that begins like an object and is none.
    if json_parser and answer == "{'a': 1}":
        return final(mine) in ("end", None) and final(other) in ({}, [{"op": "replace", "path": "", "value": {}}])
    # A raw tool call with empty arguments is one without arguments; LangChain's message calls it invalid.
    return name == "JsonOutputToolsParser" and answer == 6 and "greet" in str(mine) and "greet" not in str(other)


def final(outcome):
    """Give the last piece of a stream."""
    pieces = outcome[1] if outcome and outcome[0] == "end" else outcome
    return pieces[-1] if pieces else None
