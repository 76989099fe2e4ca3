"""Output parsers: whole values, pieces of a stream, tool calls, and what does not parse."""

from __future__ import annotations

from .library import program
from .models import answering
from .observe import aattempt, attempt, attempt_text, every_log, every_way, pieces, shown


def call(name, args, id="1"):
    return {"name": name, "args": args, "id": id}


@program
def str_parser(lc):
    parser = lc.StrOutputParser()
    return (
        every_way(lambda: parser, "text"),
        every_way(lambda: parser, lc.AIMessage("message")),
        attempt(parser.invoke, lc.AIMessage([{"type": "text", "text": "block"}, "s"])),
        attempt(parser.parse, "x"),
        pieces(parser.transform(iter([lc.AIMessageChunk("a"), "b", lc.AIMessageChunk("")]))),
    )


@program
def json_parser(lc):
    parser = lc.JsonOutputParser()
    texts = [
        '{"a": 1}',
        '```json\n{"a": [1, 2]}\n```',
        'text before ```\n{"a": 1}``` after',
        "[1, 2]",
        '"x"',
        "3",
        "null",
    ]
    return [attempt(parser.invoke, text) for text in texts]


@program
def json_parser_partial_texts(lc):
    parser = lc.JsonOutputParser()
    texts = ['{"a": 1', '{"a": "b', '{"a": [1, {"b": ', "", "no json", '{"a": 1} tail', '{"a": tru']
    return [attempt(parser.invoke, text) for text in texts], [attempt(parser.parse, text) for text in texts]


@program
def json_parser_streams_partial_objects(lc):
    texts = ['{"na', 'me": "An', 'na", "list": [1', ", 2], ", '"deep": {"k": nu', "ll}}"]
    return pieces(lc.JsonOutputParser().transform(iter(texts))), pieces(
        lc.JsonOutputParser(diff=True).transform(iter(texts))
    )


@program
def json_parser_streams_from_a_model(lc):
    return every_way(lambda: answering(lc, '{"a": "b c", "d": [1, 2]}') | lc.JsonOutputParser(), "x")


@program
def json_parser_error_in_a_stream(lc):
    chain = answering(lc, "this is no json") | lc.JsonOutputParser()
    return pieces(chain.stream("x")), attempt((answering(lc, "this is no json") | lc.JsonOutputParser()).invoke, "x")


@program
def json_parser_error_carries_the_text(lc):
    try:
        lc.JsonOutputParser().invoke(lc.AIMessage("not json"))
    except lc.OutputParserException as error:
        return error.llm_output, isinstance(error, ValueError), str(error).split("\n")[0]


@program
def json_parser_instructions(lc):
    return lc.JsonOutputParser().get_format_instructions(), lc.SimpleJsonOutputParser is lc.JsonOutputParser


@program
def list_parsers(lc):
    comma, numbered, marked = (
        lc.CommaSeparatedListOutputParser(),
        lc.NumberedListOutputParser(),
        lc.MarkdownListOutputParser(),
    )
    return (
        attempt(comma.invoke, 'a, b,c, "d, e"'),
        attempt(comma.invoke, ""),
        attempt(comma.invoke, "a\nb, c"),
        attempt(numbered.invoke, "1. one\n2. two\n\nbla 3. three"),
        attempt(marked.invoke, "- one\n* two\n text\n  - three"),
        [parser.get_format_instructions() for parser in (comma, numbered, marked)],
    )


@program
def list_parsers_stream(lc):
    return (
        every_way(lambda: answering(lc, "red, green, light blue") | lc.CommaSeparatedListOutputParser(), "x"),
        pieces(lc.NumberedListOutputParser().transform(iter(["1. o", "ne\n2. tw", "o\n3. three"]))),
        pieces(lc.MarkdownListOutputParser().transform(iter(["- o", "ne\n- tw", "o"]))),
    )


@program
def tools_parser(lc):
    message = lc.AIMessage("", tool_calls=[call("f", {"x": 1}), call("g", {}, "2")])
    return (
        attempt(lc.JsonOutputToolsParser().invoke, message),
        attempt(lc.JsonOutputToolsParser(return_id=True).invoke, message),
        attempt(lc.JsonOutputToolsParser(first_tool_only=True).invoke, message),
        attempt(lc.JsonOutputToolsParser().invoke, lc.AIMessage("none")),
        attempt(lc.JsonOutputToolsParser(first_tool_only=True).invoke, lc.AIMessage("none")),
        attempt(lc.JsonOutputToolsParser().invoke, "text"),
    )


@program
def key_tools_parser(lc):
    message = lc.AIMessage("", tool_calls=[call("f", {"x": 1}), call("g", {}, "2"), call("f", {"x": 2}, "3")])
    return (
        attempt(lc.JsonOutputKeyToolsParser(key_name="f").invoke, message),
        attempt(lc.JsonOutputKeyToolsParser(key_name="f", first_tool_only=True).invoke, message),
        attempt(lc.JsonOutputKeyToolsParser(key_name="f", first_tool_only=True, return_id=True).invoke, message),
        attempt(lc.JsonOutputKeyToolsParser(key_name="h").invoke, message),
        attempt(lc.JsonOutputKeyToolsParser(key_name="h", first_tool_only=True).invoke, message),
    )


@program
def tools_parser_of_raw_calls(lc):
    def raw(arguments):
        return [{"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}]

    whole = lc.AIMessage("", additional_kwargs={"tool_calls": raw('{"x": 1}')})
    broken = lc.AIMessage("", additional_kwargs={"tool_calls": raw('{"x": ')})
    return attempt(lc.JsonOutputToolsParser().invoke, whole), attempt(lc.JsonOutputToolsParser().invoke, broken)


@program
def tools_parser_streams(lc):
    def chunk(args, name=None, id=None):
        return lc.AIMessageChunk("", tool_call_chunks=[{"name": name, "args": args, "id": id, "index": 0}])

    chunks = [chunk("", "f", "1"), chunk('{"x": "a'), chunk('b", "y"'), chunk(": [1, 2]}"), lc.AIMessageChunk("")]
    return (
        pieces(lc.JsonOutputToolsParser().transform(iter(chunks))),
        pieces(lc.JsonOutputToolsParser(first_tool_only=True).transform(iter(chunks))),
        pieces(lc.JsonOutputKeyToolsParser(key_name="f", first_tool_only=True).transform(iter(chunks))),
    )


@program
def parse_tool_calls_by_hand(lc):
    raw = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    bad = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{"}}
    return (
        attempt(lc.parse_tool_call, raw),
        attempt(lc.parse_tool_call, raw, return_id=True),
        attempt(lc.parse_tool_call, bad),
        attempt(lc.parse_tool_call, bad, partial=True),
        attempt(lc.parse_tool_calls, [raw, raw]),
        shown(lc.make_invalid_tool_call(bad, "why")),
    )


@program
def functions_parsers(lc):
    def message(arguments):
        return lc.AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": arguments}})

    return (
        attempt(lc.JsonOutputFunctionsParser().invoke, message('{"x": 1}')),
        attempt(lc.JsonOutputFunctionsParser(args_only=False).invoke, message('{"x": 1}')),
        attempt(lc.JsonOutputFunctionsParser().invoke, message("{")),
        attempt(lc.JsonOutputFunctionsParser().invoke, lc.AIMessage("none")),
        attempt(lc.JsonKeyOutputFunctionsParser(key_name="x").invoke, message('{"x": [1]}')),
        attempt(lc.OutputFunctionsParser().invoke, message('{"x": 1}')),
    )


@program
def parser_of_ones_own(lc):
    class Shout(lc.BaseOutputParser):
        mark: str = "!"

        def parse(self, text):
            if not text:
                raise lc.OutputParserException("nothing to shout", llm_output=text)
            return text.upper() + self.mark

    return (
        every_way(lambda: answering(lc, "a b") | Shout(mark="?"), "x"),
        attempt(Shout().invoke, ""),
        attempt(Shout().parse, "x"),
        attempt(Shout().parse_with_prompt, "x", lc.StringPromptValue(text="p")),
        attempt(Shout().get_format_instructions),
        Shout().get_name(),
    )


@program
def transform_parser_of_ones_own(lc):
    class Count(lc.BaseTransformOutputParser):
        def parse(self, text):
            return [len(text)]

    return every_way(lambda: answering(lc, "aa bbb") | Count(), "x")


@program
def cumulative_parser_of_ones_own(lc):
    class Words(lc.BaseCumulativeTransformOutputParser):
        def parse(self, text):
            return text.split()

        def parse_result(self, result, *, partial=False):
            words = result[0].text.split()
            return words if len(words) > 1 or not partial else None

        def _diff(self, prev, next):
            return next[len(prev or []) :]

    return (
        every_way(lambda: answering(lc, "aa bbb c") | Words(), "x"),
        every_way(lambda: answering(lc, "aa bbb c") | Words(diff=True), "x"),
    )


@program
def generation_parser_of_ones_own(lc):
    class First(lc.BaseGenerationOutputParser):
        def parse_result(self, result, *, partial=False):
            return type(result[0]).__name__, result[0].text[:1]

    return every_way(lambda: answering(lc, "abc") | First(), "x"), attempt(First().invoke, "text")


@program
async def parser_with_an_async_side(lc):
    class Later(lc.BaseOutputParser):
        def parse(self, text):
            return "sync " + text

        async def aparse(self, text):
            return "async " + text

    return attempt(Later().invoke, "x"), await aattempt(Later().ainvoke("x")), await aattempt(Later().aparse("x"))


@program
def parsers_tell_their_runs(lc):
    def build():
        return answering(lc, '{"a": 1}') | lc.JsonOutputParser()

    return every_log(lc, build, "x")


@program
def parser_errors_tell_their_runs(lc):
    def build():
        return answering(lc, "no json") | lc.JsonOutputParser()

    return every_log(lc, build, "x")


@program
def parser_wants_text_or_a_message(lc):
    return (
        attempt(lc.StrOutputParser().invoke, 3),
        attempt(lc.JsonOutputParser().invoke, {"a": 1}),
        attempt(lc.StrOutputParser().invoke, None),
    )


@program
def output_parser_exception(lc):
    error = lc.OutputParserException("what", observation="seen", llm_output="said", send_to_llm=True)
    return (
        error.observation,
        error.llm_output,
        error.send_to_llm,
        str(error).split("\n")[0],
        attempt(lc.OutputParserException, "x", send_to_llm=True),
        isinstance(error, lc.LangChainException),
    )


@program
def json_helpers(lc):
    texts = ['{"a": 1', '{"a": "x\\', '["b', "{", '{"a": {"b": [', '{"a": 1,', '{"a": "line\nbreak"}']
    return (
        [attempt(lc.parse_partial_json, text) for text in texts],
        attempt(lc.parse_json_markdown, '```json\n{"a": 1}\n```'),
        attempt(lc.parse_and_check_json_markdown, '```json\n{"a": 1}\n```', ["a"]),
        attempt_text(lc.parse_and_check_json_markdown, '{"a": 1}', ["b"])[:2],
    )
