"""Scripts as JSON: what each field does to an answer, what is refused and with which place, and files beside a script."""

from __future__ import annotations

import json
import os

import pytest

import fakes
from fakes import Text, Thinking, ToolCall, Usage
from fakes.scripting import fields as script_fields
from fakes.scripting import help as script_help
from fakes.faults import KINDS, SCHEDULE
from fakes.scripting.places import DEEPEST
from fakes.scripting.matching import WORDS
from fakes.replies.reply import RedactedThinking, Refusal
from fakes.replies.schemas import fits
from fakes.scripting.file import ScriptError, load, read

from . import anthropic_asking
from .asking import WEATHER_TOOL, ask, chat


def written(folder, script, name="script.json"):
    path = folder / name
    path.write_text(script if isinstance(script, str) else json.dumps(script), encoding="utf-8")
    return path


def refusal(source):
    with pytest.raises(ScriptError) as caught:
        read(source)
    return str(caught.value)


def only_reply(reply):
    (made,) = read({"replies": [reply]}).in_turn.replies
    return made


# A reply, and its parts.
REPLIES = [
    ("Hello there.", [Text("Hello"), Text(" there"), Text(".")]),
    ({"text": "Hello there."}, [Text("Hello"), Text(" there"), Text(".")]),
    ({"text": ["Hel", "", "lo"]}, [Text("Hel"), Text(""), Text("lo")]),
    ({"text": ""}, []),
    ({"thinking": ["a", "b"], "signature": "s"}, [Thinking("a"), Thinking("b", "s")]),
    ({"thinking": "", "signature": "s"}, [Thinking("", "s")]),
    ({"refusal": "No way."}, [Refusal("No"), Refusal(" way"), Refusal(".")]),
    ({"tool_calls": [{"name": "f"}]}, [ToolCall("f", "{}")]),
    ({"tool_calls": [{"name": "f", "arguments": {"a": [1]}, "id": "c1"}]}, [ToolCall("f", '{"a":[1]}', "c1")]),
    ({"tool_calls": [{"name": "f", "arguments": '{"a": '}]}, [ToolCall("f", '{"a": ')]),
    (
        {"tool_calls": [{"name": "f"}], "text": "t", "redacted_thinking": "r", "thinking": "h"},
        [Thinking("h"), RedactedThinking("r"), Text("t"), ToolCall("f", "{}")],
    ),
    (
        {"parts": [
            {"text": ["one"]}, {"thinking": "h", "signature": "s"}, {"tool_call": {"name": "f"}}, {"redacted_thinking": "r"},
            {"refusal": "no"}, {"text": "two"},
        ]},
        [Text("one"), Thinking("h", "s"), ToolCall("f", "{}"), RedactedThinking("r"), Refusal("no"), Text("two")],
    ),
    ({"finish": "blocked"}, []),
]  # fmt: skip


@pytest.mark.parametrize("reply, parts", REPLIES, ids=str)
def test_a_reply_has_the_parts_it_says(reply, parts):
    assert only_reply(reply).parts == parts


def test_a_reply_has_the_rest_it_says():
    usage = {"input": 5, "output": 4.0, "reasoning": 2, "cache_read": 1, "cache_creation": 3}
    raw = {"gemini": "data: {}\n\n", "responses": "é"}
    made = only_reply({"text": "x", "finish": "length", "usage": usage, "raw": raw, "pace": {"first_token": 2},
                       "faults": [{"kind": "split", "byte": [1, 2], "comment": "here"}, {"kind": "cut", "event": -1.0}]})
    assert (made.finish, made.usage) == ("length", Usage(5, 4, 2, 1, 3))
    assert made.raw == {"google": b"data: {}\n\n", "responses": "é".encode()}
    assert made.pace == fakes.Pace(2)
    assert [repr(fault) for fault in made.faults] == ["Fault('split', byte=(1, 2))", "Fault('cut', event=-1)"]
    assert only_reply({"text": "x", "usage": {"input": 1, "output": 2, "reasoning": None}}).usage == Usage(1, 2, None)


def test_an_error_has_what_it_says():
    told = {"status": 529, "message": "m", "type": "t", "code": "c", "retry_after": 1.5, "headers": {"x-a": "b"}, "body": "é"}
    assert only_reply({"error": told}) == fakes.Error(529, "m", "t", "c", 1.5, (("x-a", "b"),), "é".encode())
    assert only_reply({"error": {"status": 500}, "comment": "just that"}) == fakes.Error(500)


def test_a_script_has_what_it_says():
    script = read({
        "$schema": "script.schema.json", "comment": "a test", "rules": [{"reply": "a", "comment": ["any", "thing"]}],
        "faults": [{"kind": "gzip"}], "pace": {"tokens_per_second": None, "jitter": 0.5},
        "quota": {"requests_per_minute": 3.0, "tokens_per_minute": None}, "fallback": True,
    })  # fmt: skip
    assert [rule.name for rule in script.rules] == ["rules[0]"]
    assert script.pace == fakes.Pace(jitter=0.5) and script.quota == fakes.Quota(3, None) and script.fallback
    assert [fault.kind for fault in script.faults] == ["gzip"]


def test_a_script_answers_in_every_dialect():
    script = {"rules": [{"when": {"tool": "get_weather"}, "reply": {"tool_calls": [{"name": "get_weather", "arguments": {"city": "Rome"}}]}}]}
    with fakes.serve(script=script) as server:
        call = chat(server, "m", tools=[WEATHER_TOOL]).message["tool_calls"][0]["function"]
        assert call == {"name": "get_weather", "arguments": '{"city":"Rome"}'}
        block = anthropic_asking.chat(server, "m", tools=[anthropic_asking.WEATHER_TOOL]).json["content"][0]
        assert (block["name"], block["input"]) == ("get_weather", {"city": "Rome"})


def test_rules_faults_pace_and_quota_act_on_answers():
    script = {
        "rules": [
            {
                "name": "slow",
                "when": {"user": "hi"},
                "replies": ["one", "two"],
                "faults": [{"kind": "status", "status": 503, "times": 1}],
                "pace": {"first_token": 2},
            }
        ],
        "quota": {"requests_per_minute": 3},
    }
    with fakes.serve(script=script, clock="virtual") as server:
        assert [chat(server).status for _ in range(4)] == [503, 200, 200, 429]
        assert [exchange.rule for exchange in server.journal] == ["slow", "slow", "slow", None]
        assert server.journal[1].schedule[-1] == 2


MANY = """{
  "rulez": [],
  "rules": [
    {"name": "a", "when": {"user": {"regex": "("}, "header": {"x-a": {"contain": "q"}}, "json": {"a..b": 1}, "turn": 0,
                           "provider": "opnai", "usr": "x", "header": 1},
     "reply": {"text": "hi {{usr}}", "faults": [{"kind": "stall", "seconds": -1, "times": 0}, {"kind": "rest"},
                                                {"kind": "split"}, {"knd": "x"}, {"kind": "cut", "byte": 1, "event": 2},
                                                {"kind": "gzip", "seconds": 1}]}},
    {"replies": ["a", "b"], "times": 5, "pace": {"first_token": -1, "tokens_per_second": "x", "jitter": 3}},
    {"reply": "x", "replies": ["y"]},
    {"reply": {"error": {"status": 200}, "text": "x"}},
    {"reply": {"finish": "stopp", "usage": {"input": -1}, "raw": {"opnai": "x", "openai": 5}}},
    {"reply": {"parts": [{"text": "x", "thinking": "y"}, {}, {"text": ["a", "{{a}}"], "signature": "s"}], "text": "z"}},
    {"replies": []},
    7
  ],
  "replies": [{}, {"text": 3}, {"text": ["a", 3]}, {"tool_calls": [{"arguments": {"a": "{{b}}"}}]}, {"error": {"status": 500, "message": "{{c}}"}}],
  "quota": {"requests_per_minute": 0, "tokens": 3},
  "fallback": "yes",
  "fallback": true
}"""
TOLD = """
2:3: rulez: no such field; did you mean 'rules'?
4:46: rules[0].when.user.regex: '(' is no regular expression: missing ), unterminated subpattern at position 0
4:70: rules[0].when.header["x-a"]: a condition has one of exact, contains, regex, exists, not {"contain": "q"}
4:106: rules[0].when.json["a..b"]: cannot read the path 'a..b' from '..b' on; a path is like a.b[0].c
4:118: rules[0].when.turn: is a whole number from 1, not 0
5:40: rules[0].when.provider: no provider 'opnai'; did you mean 'openai'?
5:49: rules[0].when.usr: no such field; did you mean 'user'?
5:61: rules[0].when.header: stands twice in its object; leave one out
6:24: rules[0].reply.text: {{usr}} has no meaning; did you mean 'user'?
6:78: rules[0].reply.faults[0].seconds: is a number from 0 to inf, not -1
6:91: rules[0].reply.faults[0].times: is a whole number from 1, not 0
6:104: rules[0].reply.faults[1].kind: no fault 'rest'; did you mean 'reset'?
7:49: rules[0].reply.faults[2]: byte: a 'split' fault needs byte or size, one of them
7:68: rules[0].reply.faults[3]: needs 'kind'
7:69: rules[0].reply.faults[3].knd: no such field; did you mean 'kind'?
7:106: rules[0].reply.faults[4].byte: give one place: byte, event or at
8:77: rules[0].reply.faults[5].seconds: a 'gzip' fault takes every, rate, skip, times
9:65: rules[1].pace.first_token: is a number from 0, not -1
9:90: rules[1].pace.tokens_per_second: takes a number or null, not 'x'
9:105: rules[1].pace.jitter: is a number from 0 to 1, not 3
10:5: rules[2]: has one of reply, replies, not reply and replies
11:36: rules[3].reply.error.status: is a whole number from 400 to 599, not 200
11:42: rules[3].reply.text: stands beside error; an error is the whole answer
12:26: rules[4].reply.finish: cannot be 'stopp'; did you mean 'stop'?
12:44: rules[4].reply.usage: needs 'output'
12:54: rules[4].reply.usage.input: is a whole number from 0, not -1
12:67: rules[4].reply.raw.opnai: no such provider or API; did you mean 'openai'?
12:91: rules[4].reply.raw.openai: takes a text or {"file": "name"}, not 5
13:26: rules[5].reply.parts[0]: has one of text, thinking, redacted_thinking, refusal, tool_call, not text and thinking
13:58: rules[5].reply.parts[1]: has one of text, thinking, redacted_thinking, refusal, tool_call, not none
13:77: rules[5].reply.parts[2].text[1]: {{a}} has no meaning; there are user, system
13:87: rules[5].reply.parts[2].signature: signs a thought, and there is no thinking
13:107: rules[5].reply.text: stands beside parts, which say everything; move it into them
14:17: rules[6].replies: must not be empty, not []
15:5: rules[7]: takes an object with name, when, reply, replies, times, repeat, faults, pace, comment, not 7
17:15: replies[0]: needs one of text, thinking, redacted_thinking, refusal, tool_calls, parts, finish, raw, or error
17:28: replies[1].text: takes a text or a list, not 3
17:47: replies[2].text[1]: takes a text, not 3
17:68: replies[3].tool_calls[0]: needs 'name'
17:82: replies[3].tool_calls[0].arguments: {{b}} has no meaning; there are user, system
17:138: replies[4].error.message: {{c}} has no meaning; there are user, system
18:36: quota.requests_per_minute: is a whole number from 1, not 0
18:39: quota.tokens: no such field; there are requests_per_minute, tokens_per_minute
19:15: fallback: takes true or false, not 'yes'
20:3: fallback: stands twice in its object; leave one out
"""


def test_everything_that_is_wrong_is_told_at_once_with_its_place(tmp_path):
    path = written(tmp_path, MANY)
    told = refusal(path).splitlines()
    wanted = [f"{path}:{line}" for line in TOLD.strip().splitlines()]
    for line, start in zip(told, wanted):
        assert line.startswith(start)
    assert len(told) == len(wanted)


def test_of_a_mapping_the_field_is_told():
    assert refusal({"rules": [{"when": {"user": 3}, "reply": "x"}]}) == (
        "rules[0].when.user: takes a text, a pattern or a condition, not 3"
    )
    assert refusal({"rules": {}}) == "rules: takes a list, not {}"
    assert refusal({"rules": [{"replies": ["a", "b"], "times": 3}]}).startswith("rules[0].times: 3 answers of 2 replies")
    with pytest.raises(TypeError):
        read(["no mapping"])


def test_an_error_has_its_parts_for_tools(tmp_path):
    path = written(tmp_path, '{\n "rules": 1}')
    with pytest.raises(ScriptError) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert problem[:4] == (str(path), 2, 11, "rules")
    assert caught.value.files == (str(path),) and isinstance(caught.value, ValueError)


# Text of a file, and what is said of it behind the file's name.
MALFORMED = [
    ("", "1:1: the end of the file instead of a value"),
    ("[]", "1:1: the script: takes an object with rules, replies"),
    ('{"rules": [],}', "1:13: a comma before '}'; leave it out"),
    ('{"rules": [1,]}', "1:13: a comma before ']'; leave it out"),
    ("{'rules': []}", "1:2: a single quote instead of a name in double quotes"),
    ("{rules: []}", "1:2: 'rules' instead of a name in double quotes"),
    ('{"rules" []}', "1:10: '[' instead of a colon after 'rules'"),
    ('{"rules": [] "replies": []}', "1:14: '\"' instead of a comma or '}'"),
    ('{"fallback": True}', "1:14: 'True' instead of a value; JSON writes true"),
    ('{"comment": NaN}', "1:13: 'NaN' instead of a value; JSON writes null"),
    ('{"comment": 01}', "1:14: '1' instead of a comma or '}'"),
    ('{"comment": 1e999}', "1:13: the number 1e999 is too large"),
    ('{"comment": ' + "9" * 5000 + "}", "1:13: a number with more than 400 signs"),
    ('{\n  // no\n}', '2:3: JSON has no comments; write a field "comment"'),
    ('{"comment": "a\nb"}', "1:15: a line break or other control character in a text"),
    ('{"comment": "é\tb"}', "1:15: a line break or other control character in a text"),
    ('{"comment": "a}', "1:13: a text that does not end"),
    ('{"comment": "a\\', "1:13: a text that does not end"),
    ('{"comment": "a\\x"}', "1:15: after a backslash comes one of"),
    ('{"comment": "\\ud83d"}', "1:13: \\ud83d is one half of a character"),
    ('{\n"rules": [\n', "3:1: the end of the file instead of a value"),
    ('{\n"rules": [\n1', "3:2: the end of the file instead of a comma or ']'; what was opened in line 2 is not closed"),
    ("{} {}", "1:4: '{' after the end of the value; a file has one JSON value"),
    ('{"comment": ' + "[" * (DEEPEST + 1), f"1:{12 + DEEPEST + 1}: more than {DEEPEST} objects and lists inside each other"),
]


@pytest.mark.parametrize("text, words", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_json_is_told_with_its_place_and_what_to_do(tmp_path, text, words):
    path = written(tmp_path, text)
    assert refusal(path).startswith(f"{path}:{words}")


def test_json_is_read_as_the_standard_library_reads_it(tmp_path):
    value = {"a": [1, -2.5e-3, 0, True, False, None, "é🌍\"\\/\b\f\n\r\t\x00", {}, [], [[1], {"b": "c"}]], "": " "}
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=3), "\ufeff \r\n" + json.dumps(value)):
        path = written(tmp_path, f'{{"replies": [{{"tool_calls": [{{"name": "f", "arguments": {text.lstrip(chr(0xFEFF))}}}]}}]}}')
        (reply,) = read(path).in_turn.replies
        assert json.loads(reply.parts[0].arguments) == value


def test_a_file_with_a_byte_order_mark_is_read_and_another_encoding_is_told(tmp_path):
    path = tmp_path / "script.json"
    path.write_bytes(b'\xef\xbb\xbf{"replies": ["a"]}')
    assert len(read(path).in_turn.replies) == 1
    path.write_bytes('{"replies": ["é"]}'.encode("utf-16"))
    assert refusal(path) == f"{path}:1:1: is not UTF-8; save the file in that encoding"
    path.write_bytes('{"replies":\n ["é"]}'.encode("latin-1"))
    assert refusal(path) == f"{path}:2:4: is not UTF-8; save the file in that encoding"


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    assert refusal(tmp_path / "none.json") == f"{tmp_path / 'none.json'}: cannot be read: No such file or directory"
    assert refusal(tmp_path).startswith(f"{tmp_path}: cannot be read: ")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert refusal(tmp_path / "pipe") == f"{tmp_path / 'pipe'}: cannot be read: it is not an ordinary file"


def raw_file(name):
    return {"replies": [{"raw": {"openai": {"file": name}}}]}


def test_a_raw_answer_may_stand_in_a_file_beside_the_script(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "answer.sse").write_bytes(b'data: {"x": 1}\r\n\r\ndata: [DONE]\n\n')
    path = written(tmp_path, raw_file("below/../below/answer.sse"))
    loaded = load(path)
    assert loaded.files == (str(path), os.path.realpath(tmp_path / "below" / "answer.sse"))
    with fakes.serve(script=path) as server:
        assert chat(server, "m", stream=True).body == b'data: {"x": 1}\r\n\r\ndata: [DONE]\n\n'


def test_no_name_leads_out_of_the_scripts_folder(tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    outside = written(tmp_path, "secret", "outside.txt")
    written(tmp_path, "secret", "scripts-other")
    os.symlink(outside, folder / "link.txt")
    os.symlink(tmp_path, folder / "up")
    os.symlink(folder, tmp_path / "same")
    written(folder, "inside", "inside.txt")
    os.symlink(folder / "inside.txt", folder / "to-inside.txt")
    for name in ("../outside.txt", str(outside), "link.txt", "up/outside.txt", "../scripts-other", "a/../../outside.txt",
                 str(folder / "inside.txt")):
        told = refusal(written(folder, raw_file(name)))
        assert "is not in the script's folder; put the file there" in told and "secret" not in told, name
    for name in ("inside.txt", "to-inside.txt", "up/same/inside.txt"):
        assert read(written(folder, raw_file(name))).in_turn.replies[0].raw == {"openai": b"inside"}
    for name, why in (("none.txt", "No such file"), (".", "directory"), ("a\0b", "null")):
        assert why in refusal(written(folder, raw_file(name))), name
    linked = tmp_path / "linked.json"  # the folder is that of the name that was given
    os.symlink(written(folder, raw_file("inside.txt")), linked)
    assert "cannot be read: No such file" in refusal(linked)


def test_a_mapping_names_no_file():
    assert refusal(raw_file("x")) == (
        "replies[0].raw.openai.file: only a script that is a file itself can name one; give the bytes as a text"
    )


def test_serving_a_wrong_script_fails_at_once(tmp_path):
    path = written(tmp_path, '{"rule": []}')
    with pytest.raises(ScriptError, match="rule: no such field; did you mean 'rules'?"):
        fakes.serve(script=path)
    with fakes.serve() as server:
        server.reply("kept")
        with pytest.raises(ScriptError):
            server.script(str(path))
        assert chat(server).message["content"] == "kept"


# The page and the schema.


def test_the_page_names_every_field_condition_fault_and_template():
    page = script_help.page()
    names = [name for shape in script_fields.SHAPES.values() for name in shape if name != "file"]
    for name in [*names, *script_fields.CONDITIONS, *KINDS, *script_fields.SETTINGS, *script_help.NAMES]:
        assert name in page
    assert page.isprintable() or all(sign.isprintable() or sign == "\n" for sign in page)
    assert max(map(len, page.splitlines())) <= 120


def test_the_pages_example_is_right_and_answers_as_it_says():
    example = json.loads(script_help.EXAMPLE)
    assert fits(example, script_help.schema())
    with fakes.serve(script=example, clock="virtual") as server:
        weather = [{"role": "user", "content": "weather in Paris?"}]
        call = chat(server, "m", weather, tools=[WEATHER_TOOL]).message["tool_calls"][0]
        assert json.loads(call["function"]["arguments"]) == {"city": "Paris", "asked": "weather in Paris?"}
        result = [*weather, {"role": "assistant", "content": None, "tool_calls": [call]},
                  {"role": "tool", "tool_call_id": call["id"], "content": "rain"}]
        assert chat(server, "m", result, tools=[WEATHER_TOOL]).message["content"] == "The tool says: rain"
        body = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}
        slow = [ask(server, body, headers={"x-team": "blue"}) for _ in range(2)]
        assert (slow[0].status, slow[0].headers["retry-after"], slow[1].message["content"]) == (503, "1", "Hello blue")
        assert chat(server).message["content"] == "The first request that no rule fits gets this."
        assert server.unused() == ["replies[1]", "replies[2]"]


def test_every_setting_of_a_fault_is_documented_and_no_other():
    taken = set().union(*(kind.takes for kind in KINDS.values()), SCHEDULE)
    assert set(script_fields.SETTINGS) == taken
    assert set(script_help.schema()["$defs"]["conditions"]["properties"]["user"]["anyOf"][1]["properties"]) == set(WORDS)


def samples(schema, root):
    """Give valid values for a schema, with each of its fields at least once; of another shape within it, one value."""
    if "$ref" in schema:
        yield next(samples(root["$defs"][schema["$ref"].rpartition("/")[2]], root))
    elif "const" in schema:
        yield schema["const"]
    elif "enum" in schema:
        yield from schema["enum"]
    elif "anyOf" in schema and "type" not in schema:
        for branch in schema["anyOf"]:
            yield from samples(branch, root)
    else:
        kinds = schema.get("type", ["string", "number", "boolean", "null", "array"])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            yield from {"object": objects, "array": arrays}.get(kind, plain)(schema, root, kind)


def plain(schema, root, kind):
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    yield {"string": "x", "number": least, "integer": least, "boolean": True, "null": None}[kind]


def arrays(schema, root, kind):
    if not schema.get("minItems"):
        yield []
    for item in samples(schema["items"], root) if "items" in schema else [1]:
        yield [item]


def objects(schema, root, kind):
    properties = schema.get("properties", {})
    least = {name: next(samples(properties[name], root)) for name in schema.get("required", ())}
    further = [[name] for name in properties if name not in least]
    choices = [one.get("required", []) for one in [*schema.get("oneOf", ()), *schema.get("anyOf", ())]] or [[]]
    choices += [["thinking", "signature"]] if "signature" in properties else []
    seen = 0
    for names in [*choices, *[[*choice, *more] for choice in choices for more in further]]:
        for name in names or [None]:
            for value in samples(properties[name], root) if name else [None]:
                made = {**least, **{other: next(samples(properties[other], root)) for other in names}}
                made.update({name: value} if name else {})
                if fits(made, schema, root):
                    seen += 1
                    yield made
    if isinstance(schema.get("additionalProperties"), dict):
        for value in samples(schema["additionalProperties"], root):
            yield {"x": value}
    elif not seen:
        yield least


def as_script(name, value):
    """Put a value of a shape where a script has it."""
    answers = {"part": "parts", "tool_call": "tool_calls"}
    if name == "script":
        return value
    if name in ("pace", "quota"):
        return {name: value}
    if name == "fault":
        return {"faults": [value]}
    if name == "rule":
        return {"rules": [value]}
    if name == "conditions":
        return {"rules": [{"when": value, "reply": "x"}]}
    if name in answers:
        return {"replies": [{answers[name]: [value]}]}
    if name == "usage":
        return {"replies": [{"text": "x", "usage": value}]}
    if name in ("raw", "raw_file"):
        return {"replies": [{"raw": {"openai": value}}]}
    return {"replies": [{"error": value} if name == "error" else value]}


ODD = [None, True, 0, -1, 1, 2.0, 1.5, 700, "", "x", [], ["x"], [0], {}, {"x": "x"}, {"exact": "x"}, {"exists": 1}]


def changes(value):
    """Give a value with one thing in it changed."""
    yield from ODD
    if isinstance(value, dict):
        for name in value:
            rest = {other: one for other, one in value.items() if other != name}
            yield rest
            yield {**rest, name + "x": value[name]}
            for changed in changes(value[name]):
                yield {**value, name: changed}
    if isinstance(value, list):
        for place, item in enumerate(value):
            for changed in changes(item):
                yield [*value[:place], changed, *value[place + 1 :]]


def accepted(script, folder):
    try:
        read(written(folder, script))
    except ScriptError as problem:
        return str(problem)
    return True


@pytest.mark.parametrize("shape", sorted(script_fields.definitions()))
def test_what_the_schema_allows_is_what_is_read(shape, tmp_path):
    """`x` is a regex, a path, a template and the name of a file: what no schema can say is right about it."""
    (tmp_path / "x").write_bytes(b"x")
    root = script_help.schema()
    valid = list({json.dumps(value): value for value in samples(root["$defs"][shape], root)}.values())
    fields = {name for value in valid if isinstance(value, dict) for name in value}
    documented = {"fault": script_fields.SETTINGS, "conditions": script_fields.CONDITIONS}
    assert fields >= set(script_fields.SHAPES.get(shape, documented.get(shape, {})))
    for value in valid[:400]:
        script = as_script(shape, value)
        assert fits(script, root) and accepted(script, tmp_path) is True, script
    least = [value for value in valid if isinstance(value, dict)][:: max(1, len(valid) // 12)]
    for value in [one for sample in least for one in changes(sample)][:1500]:
        script = as_script(shape, value)
        told = accepted(script, tmp_path)
        assert fits(script, root) == (told is True), (script, told)
