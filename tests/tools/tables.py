"""What tools give: every row is (name, maker, input, what comes), and the same in langchain-core 1.8.2.

`DIFFERENT` names the rows in which LangChain answers otherwise, with the reason; tests/tools/
test_against_langchain.py demands that all others are equal, and that these still differ.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set, Tuple, Union

from . import makers
from .library import call
from .makers import artifact, checking, giving, raising, typed

TOOL_MESSAGE = "ToolMessage(content={}, name='f', tool_call_id='call_1')"
FAILED = "ToolMessage(content={}, name='f', tool_call_id='call_1', status='error')"
ONE_PAIR = (
    "ValueError: Since response_format='content_and_artifact' a two-tuple of the message content and raw tool output "
    "is expected. Instead, generated response is of type: <class '{}'>."
)
TOO_MANY = (
    "ToolException: Too many arguments to single-input tool echo. Consider using StructuredTool instead. Args: {}"
)
NEEDS_CALL = (
    "ValueError: When tool includes an InjectedToolCallId argument, tool must always be invoked with a full model "
    "ToolCall of the form: {'args': {...}, 'name': '...', 'type': 'tool_call', 'tool_call_id': '...'}"
)
TEXT_BLOCK = {"type": "text", "text": "x"}


def content(value, written):
    return (f"content {value!r:.40}", giving(value), call({}), TOOL_MESSAGE.format(repr(written)))


def handling(kind, flag, bare, told):
    maker = raising("boom", handle_tool_error=flag) if kind == "error" else checking(handle_validation_error=flag)
    given = {} if kind == "error" else {"x": "boom"}
    name = f"{kind} handled by {getattr(flag, '__name__', repr(flag))}"
    return [(name, maker, given, bare), (f"{name}, called", maker, call(given), told)]


def said(error):
    return f"it was {type(error).__mro__[-4].__name__}"


def in_blocks(error):
    return [TEXT_BLOCK]


CALLS = [
    # arguments
    ("arguments", makers.add, {"a": 1, "b": 5}, "6"),
    ("default", makers.add, {"a": 1}, "3"),
    ("tool call", makers.add, call({"a": 1}), "ToolMessage(content='3', name='add', tool_call_id='call_1')"),
    ("tool call without id", makers.add, call({"a": 1}, id=None), "3"),
    (
        "tool call of another name",
        makers.add,
        call({"a": 1}, name="x"),
        "ToolMessage(content='3', name='add', tool_call_id='call_1')",
    ),
    ("number as text", makers.add, {"a": "1"}, "3"),
    ("whole float", makers.add, {"a": 1.0}, "3"),
    ("broken float", makers.add, {"a": 1.5}, "ValidationError"),
    ("true is one", makers.add, {"a": True}, "3"),
    ("null", makers.add, {"a": None}, "ValidationError"),
    ("wrong text", makers.add, {"a": "x"}, "ValidationError"),
    ("wrong text, called", makers.add, call({"a": "x"}), "ValidationError"),
    ("missing", makers.add, {"b": 1}, "ValidationError"),
    ("empty", makers.add, {}, "ValidationError"),
    ("unknown is left out", makers.add, {"a": 1, "z": 9}, "3"),
    ("None for arguments", makers.add, None, "ValidationError"),
    ("list for arguments", makers.add, [1], "ValidationError"),
    ("one text that fits", typed(int), "7", "'7'"),
    ("one text that does not", typed(int), "x", "ValidationError"),
    ("no arguments", makers.nothing, {}, "'done'"),
    ("no arguments, and some come", makers.nothing, {"a": 1}, "'done'"),
    ("no arguments, and a text comes", makers.nothing, "x", "'done'"),
    (
        "all kinds",
        makers.many,
        {"a": 1, "b": {"x": 2}, "c": "b", "d": False},
        "(1, Point(x=2, y_axis=0.5), <Color.BLUE: 'b'>, (), False, {})",
    ),
    ("kinds with a fault inside", makers.many, {"a": 1, "b": {"x": "no"}}, "ValidationError"),
    (
        "args and kwargs",
        makers.many,
        {"a": 1, "b": {"x": 2}, "kwargs": {"k": "v"}},
        "(1, Point(x=2, y_axis=0.5), None, (), True, {'kwargs': {'k': 'v'}})",
    ),
    ("list", typed(List[int]), {"some_x": ["1", 2]}, "[1, 2]"),
    ("dict", typed(Dict[str, int]), {"some_x": {"a": "1"}}, "{'a': 1}"),
    ("set", typed(Set[str]), {"some_x": ["a", "a"]}, "{'a'}"),
    ("tuple", typed(Tuple[int, str]), {"some_x": [1, "a"]}, "(1, 'a')"),
    ("short tuple", typed(Tuple[int, str]), {"some_x": [1]}, "ValidationError"),
    ("enum", typed(makers.Color), {"some_x": "r"}, "<Color.RED: 'r'>"),
    ("no member", typed(makers.Color), {"some_x": "x"}, "ValidationError"),
    ("dataclass", typed(makers.Point), {"some_x": {"x": "1"}}, "Point(x=1, y_axis=0.5)"),
    ("dataclasses", typed(List[makers.Point]), {"some_x": [{"x": 1}]}, "[Point(x=1, y_axis=0.5)]"),
    ("typed dict", typed(makers.Trip), {"some_x": {"days": "1", "name": "n"}}, "{'days': 1, 'name': 'n'}"),
    ("typed dict with a hole", typed(makers.Trip), {"some_x": {"days": 1}}, "ValidationError"),
    ("named tuple", typed(makers.Pair), {"some_x": [1]}, "Pair(first=1, second='x')"),
    ("optional", typed(Optional[int]), {"some_x": None}, "None"),
    ("union", typed(Union[int, str]), {"some_x": "1"}, "'1'"),
    ("anything", typed(Any), {"some_x": {"a": [1]}}, "{'a': [1]}"),
    ("default of a class", typed(makers.Point, makers.Point(3)), {}, "Point(x=3, y_axis=0.5)"),
    # sides
    (
        "coroutine function",
        makers.add_later,
        {"a": 1},
        {"sync": "NotImplementedError: StructuredTool does not support sync invocation.", "async": "3"},
    ),
    ("one of each", makers.add_both, {"a": 1}, {"sync": "'sync 1'", "async": "'async 1'"}),
    ("own class", makers.own, {"a": "1"}, "('1', 'z', 'CallbackManagerForToolRun')"),
    ("own class, one text", makers.own, "1", "('1', 'z', 'CallbackManagerForToolRun')"),
    (
        "own class, called",
        makers.own,
        call({"a": 1}),
        "ToolMessage(content='[1, \"z\", \"CallbackManagerForToolRun\"]', name='own', tool_call_id='call_1')",
    ),
    ("own class, None", makers.own, None, "TypeError: Invalid tool input type: <class 'NoneType'>"),
    (
        "own class of two sides",
        makers.own_both,
        {"a": 1},
        {"sync": "('sync', 1)", "async": "('async', 1, 'AsyncCallbackManagerForToolRun')"},
    ),
    ("own class with a schema", makers.own_with_schema, {}, "5"),
    (
        "own class with a schema, one text",
        makers.own_with_schema,
        "x",
        "ValueError: String tool inputs are not allowed when using tools with JSON schema args_schema.",
    ),
    # JSON schema: for the model only
    ("JSON schema is not looked into", makers.schema_beside, {"a": "x", "q": 1}, "[('a', 'x'), ('q', 1)]"),
    ("JSON schema, nothing", makers.schema_beside, {}, "[]"),
    (
        "JSON schema, one text",
        makers.schema_beside,
        "x",
        "ValueError: String tool inputs are not allowed when using tools with JSON schema args_schema.",
    ),
    # one text
    ("Tool", makers.one_text, "x", "'x!'"),
    ("Tool, dict", makers.one_text, {"tool_input": "x"}, "'x!'"),
    (
        "Tool, OpenAI's call",
        makers.one_text,
        call({"__arg1": "x"}),
        "ToolMessage(content='x!', name='echo', tool_call_id='call_1')",
    ),
    (
        "Tool, two",
        makers.one_text,
        {"a": "x", "b": "y"},
        TOO_MANY.format("['x', 'y']"),
    ),
    (
        "Tool, none",
        makers.one_text,
        {},
        TOO_MANY.format("[]"),
    ),
    (
        "Tool, coroutine function",
        makers.one_text_later,
        "x",
        {"sync": "NotImplementedError: Tool does not support sync invocation.", "async": "'x!'"},
    ),
    ("not inferred", makers.not_inferred, "x", "'x'"),
    ("renamed", makers.renamed, {"query": "q"}, "'q'"),
    # injected
    ("injected", makers.injected, {"a": 1, "state": {"k": 1}}, "(1, {'k': 1}, 's')"),
    ("injected, missing", makers.injected, {"a": 1}, "ValidationError"),
    (
        "call id",
        makers.call_id,
        call({"a": 1}),
        "ToolMessage(content='1 of call_1', name='call_id', tool_call_id='call_1')",
    ),
    ("call id, no call", makers.call_id, {"a": 1}, NEEDS_CALL),
    (
        "call id by the model",
        makers.call_id,
        call({"a": 1, "which": "mine"}),
        "ToolMessage(content='1 of call_1', name='call_id', tool_call_id='call_1')",
    ),
    ("config", makers.asking_config, {"a": 1}, "(1, [], {}, {})"),
    ("callbacks", makers.asking_callbacks, {"a": 1}, "(1, 'CallbackManager')"),
    # content
    content("s", "s"),
    content(5, "5"),
    content(None, "null"),
    content(True, "true"),
    content(1.5, "1.5"),
    content({"a": "é"}, '{"a": "é"}'),
    content({1}, "{1}"),
    content(b"x", "b'x'"),
    content(["a", "b"], ["a", "b"]),
    content(("a",), ["a"]),
    content([], []),
    content([TEXT_BLOCK], [TEXT_BLOCK]),
    content([{"type": "image_url", "image_url": {"url": "u"}}], [{"type": "image_url", "image_url": {"url": "u"}}]),
    content([{"type": "zzz"}], '[{"type": "zzz"}]'),
    content([1, "a"], '[1, "a"]'),
    ("a message is content", giving(makers.message), call({}), "ToolMessage(content='mine', tool_call_id='other')"),
    (
        "messages are content",
        giving(lambda lc: [makers.message(lc)]),
        call({}),
        "[ToolMessage(content='mine', tool_call_id='other')]",
    ),
    # artifacts
    (
        "artifact",
        artifact(("c", {"a": 1})),
        call({}),
        "ToolMessage(content='c', name='f', tool_call_id='call_1', artifact={'a': 1})",
    ),
    ("artifact, no call", artifact(("c", 1)), {}, "'c'"),
    ("artifact, a text", artifact("c"), {}, ONE_PAIR.format("str")),
    ("artifact, three", artifact((1, 2, 3)), {}, ONE_PAIR.format("tuple")),
    ("artifact, a list", artifact(["a", "b"]), call({}), ONE_PAIR.format("list")),
    # errors
    ("any error is raised", makers.failing, {}, "KeyError: 'lost'"),
    ("any error is raised, called", makers.failing, call({}), "KeyError: 'lost'"),
    *handling("error", False, "ToolException: boom", "ToolException: boom"),
    *handling("error", True, "'boom'", FAILED.format("'boom'")),
    *handling("error", "words", "'words'", FAILED.format("'words'")),
    *handling("error", said, "'it was ToolException'", FAILED.format("'it was ToolException'")),
    *handling("error", in_blocks, "[{'type': 'text', 'text': 'x'}]", FAILED.format([TEXT_BLOCK])),
    *handling(
        "error",
        5,
        *["ValueError: Got unexpected type of `handle_tool_error`. Expected bool, str or callable. Received: 5"] * 2,
    ),
    ("error without words", raising(handle_tool_error=True), {}, "'Tool execution error'"),
    ("error with a dict", raising({"a": 1}, handle_tool_error=True), call({}), FAILED.format("'{\"a\": 1}'")),
    *handling("misfit", False, "ValidationError", "ValidationError"),
    *handling("misfit", True, "'Tool input validation error'", FAILED.format("'Tool input validation error'")),
    *handling("misfit", "words", "'words'", FAILED.format("'words'")),
    *handling("misfit", said, "'it was ValueError'", FAILED.format("'it was ValueError'")),
    *handling(
        "misfit",
        5,
        *["ValueError: Got unexpected type of `handle_validation_error`. Expected bool, str or callable. Received: 5"]
        * 2,
    ),
]

TOOLS = [
    *((f"{one}", typed(one)) for one in makers.ANNOTATIONS),
    *((f"{one} = {default}", typed(one, default)) for one, default in makers.DEFAULTS),
    *(
        (make.__name__, make)
        for make in (
            makers.add,
            makers.add_later,
            makers.add_both,
            makers.nothing,
            makers.many,
            makers.documented,
            makers.undescribed,
            makers.renamed,
            makers.injected,
            makers.call_id,
            makers.schema_beside,
            makers.one_text,
            makers.not_inferred,
            makers.own,
            makers.own_both,
            makers.own_with_schema,
            makers.asking_config,
            makers.asking_callbacks,
        )
    ),
]

# (name, maker, input, config without its callbacks): what a handler hears.
EVENTS = [
    ("plain", makers.add, {"a": 1}, {}),
    ("a tool call", makers.add, call({"a": 1}), {}),
    ("one text", makers.one_text, "x", {}),
    ("no arguments", makers.nothing, None, {}),
    ("named, tagged", makers.add, {"a": 1}, {"run_name": "sum", "tags": ["t"], "metadata": {"m": 1}}),
    ("labelled", makers.labelled, {"a": 1}, {}),
    ("labelled and tagged", makers.labelled, {"a": 1}, {"tags": ["t", "own"], "metadata": {"own": 2}}),
    ("configurable", makers.add, {"a": 1}, {"configurable": {"thread_id": "1"}}),
    ("injected", makers.injected, {"a": 1, "state": {"k": 1}}, {}),
    ("call id", makers.call_id, call({"a": 1, "which": "mine"}), {}),
    ("misfit", makers.add, {"a": "x"}, {}),
    ("misfit of a call", makers.add, call({"a": "x"}), {}),
    ("misfit handled", checking(handle_validation_error=True), call({"x": "x"}), {}),
    ("error", raising("boom"), {}, {}),
    ("error handled", raising("boom", handle_tool_error=True), call({}), {}),
    ("any error", makers.failing, call({}), {}),
    ("no pair", artifact("c"), {}, {}),
    ("pair", artifact(("c", 1)), call({}), {}),
    ("own class", makers.own, {"a": 1}, {}),
    ("a run inside", makers.nesting, {"a": 1}, {"tags": ["t"], "metadata": {"m": 1}}),
    ("a run inside a labelled one", lambda lc: makers.with_fields(makers.nesting(lc), {"tags": ["own"]}), {"a": 1}, {}),
    ("an annotated config", makers.asking_config, {"a": 1}, {"tags": ["t"], "configurable": {"k": 1}}),
    ("in a sequence", lambda lc: lc.RunnableLambda(lambda x: {"a": x}) | makers.add(lc), 1, {"tags": ["t"]}),
    ("no sync side", makers.add_later, {"a": 1}, {}),
]


def described(text):
    def f(a):
        return a

    f.__doc__, f.__annotations__ = text, {"a": int}
    return f


def parsed(text, **settings):
    return lambda lc: lc.tool(described(text), parse_docstring=True, **settings)


def runtime_alone(lc):
    def f(runtime):
        """X."""

    return lc.tool(f, parse_docstring=True)


NO_DOC = "ValueError: Function must have a docstring if description not provided."
NO_GOOGLE = "ValueError: Found invalid Google-Style docstring."
UNKNOWN_ARG = "ValueError: Arg z in docstring not found in function signature."
LAX = {"error_on_invalid_docstring": False}

# (name, what makes a tool, its name, description and arguments, or the refusal)
MADE = [
    ("function", makers.add, "('add', 'Add two numbers.', ['a', 'b'])"),
    ("name and description", makers.renamed, "('search', 'Look it up.', ['query'])"),
    ("name alone", lambda lc: lc.tool("x")(described("D.")), "('x', 'D.', ['a'])"),
    ("no docstring", lambda lc: lc.tool(described(None)), NO_DOC),
    ("empty docstring", lambda lc: lc.tool(described("")), NO_DOC),
    ("a docstring of lines", lambda lc: lc.tool(described("One.\n\n  Two.\n  ")), "('f', 'One.\\n\\n  Two.', ['a'])"),
    ("an indented docstring", lambda lc: lc.tool(described("\n    One.\n    Two.\n")), "('f', 'One.\\nTwo.', ['a'])"),
    ("Google, nothing to describe", runtime_alone, "('f', 'X.', ['runtime'])"),
    (
        "no docstring, not inferred",
        lambda lc: lc.tool(infer_schema=False)(described(None)),
        "ValueError: Function must have either a docstring or description when infer_schema is False.",
    ),
    ("not inferred", makers.not_inferred, "('plain', 'Give it back.', ['tool_input'])"),
    (
        "a number",
        lambda lc: lc.tool(5),
        "ValueError: The first argument must be a string or a callable with a __name__ for tool decorator. "
        "Got <class 'int'>",
    ),
    ("a dataclass", lambda lc: lc.tool(makers.Point), "('Point', 'A point.', ['x', 'y_axis'])"),
    (
        "a runnable without name",
        lambda lc: lc.tool(None, lc.RunnableLambda(len)),
        "ValueError: Runnable without name for tool constructor",
    ),
    (
        "a runnable, name no text",
        lambda lc: lc.tool(3, lc.RunnableLambda(len)),
        "ValueError: Name must be a string for tool constructor",
    ),
    ("Google", parsed("X.\n\nArgs:\n    a: z"), "('f', 'X.', ['a'])"),
    ("Google without Args", parsed("X."), NO_GOOGLE),
    ("Google without Args, allowed", parsed("X.", **LAX), "('f', 'X.', ['a'])"),
    ("Args without a blank line", parsed("X.\nArgs:\n    a: z"), NO_GOOGLE),
    ("Args of others", parsed("X.\n\nArgs:\n    z: z"), UNKNOWN_ARG),
    ("Args of others, allowed", parsed("X.\n\nArgs:\n    z: z", **LAX), UNKNOWN_ARG),
    ("Google, no docstring", parsed(None), NO_GOOGLE),
    ("Google, no docstring, allowed", parsed(None, **LAX), NO_DOC),
    (
        "no function",
        lambda lc: lc.StructuredTool.from_function(),
        "ValueError: Function and/or coroutine must be provided",
    ),
    (
        "no function for one text",
        lambda lc: lc.Tool.from_function(None, "n", "d"),
        "ValueError: Function and/or coroutine must be provided",
    ),
    ("a JSON schema's description", makers.schema_beside, "('given', 'Given.', ['a'])"),
    ("abstract", lambda lc: type("T", (lc.BaseTool,), {})(name="n", description="d"), None),
    ("a schema that is a number", lambda lc: lc.Tool("n", len, "d", args_schema=5), None),
]


def identity(tool):
    return (tool.name, tool.description, list(tool.args))
