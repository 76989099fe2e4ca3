"""Each wrong request gets the Gemini API's own answer: status, the whole sentence, the field violations."""

from __future__ import annotations

import json

import pytest

import fakes
from fakes.serving.http11 import MAX_BODY

from .asking import ask, raw
from .google_asking import HI, TOOLS, WEATHER_FUNCTION, call, gemini, model, result, user

TYPES = "type.googleapis.com/google.ai.generativelanguage.v1beta."
NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form "
    "of API consumer identity to call this API."
)
NAME = (
    "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores "
    "(_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
)
SIGNATURE = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and "
    "missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:f` , "
    "position 2. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
)
RESPONSE_TURN = "Please ensure that function response turn comes immediately after a function call turn."
CALL_TURN = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
COUNT = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the "
    "function call turn."
)
LAST = "Please ensure that single turn requests end with a user role or the role field is empty."
MIMES = "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`."
TYPE_MISSING = "must be specified when not using one_of, any_of or all_of fields"
NOT_A_LIST = "Proto field is not repeating, cannot start list."
SEARCH = {"googleSearch": {}}
JSON = {"responseMimeType": "application/json"}
PNG = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
GENERATION = "generation_config"


def unknown(name, where=""):
    place = f" at '{where}'" if where else ""
    return where, f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'


def wrong(path, kind, value):
    return path, f"Invalid value at '{path}' ({kind}), {json.dumps(value)}"


def config(**settings):
    return {"generationConfig": settings}


def thinking(**settings):
    return config(thinkingConfig=settings)


def function(**changes):
    return {"tools": [{"functionDeclarations": [{**WEATHER_FUNCTION, **changes}]}]}


def parameters(schema):
    return function(parameters=schema)


# what is added to {"contents": HI} -> the faults the JSON reader tells, with their places
READ = [
    ({"foo": 1}, [unknown("foo")]),
    ({"foo_bar": 1, "generationConfig": {"notAField": 1}}, [unknown("foo_bar"), unknown("notAField", GENERATION)]),
    ({"contents": [{"content": "hi"}]}, [unknown("content", "contents[0]")]),
    ({"contents": [user({"text": "hi", "type": "text"})]}, [unknown("type", "contents[0].parts[0]")]),
    ({"contents": "hi"}, [wrong("contents[0]", TYPES + "Content", "hi")]),
    ({"contents": [user("hi")]}, [wrong("contents[0].parts[0]", TYPES + "Part", "hi")]),
    ({"contents": [user({"text": 3})]}, [wrong("contents[0].parts[0].text", "TYPE_STRING", 3)]),
    (
        {"contents": [user({"text": {"a": 1}})]},
        [("contents[0].parts[0]", "Invalid value at 'contents[0].parts[0]' (text), Starting an object on a scalar field")],
    ),
    (
        {"contents": [user({"text": ["a"]})]},
        [("contents[0].parts[0]", f"Invalid JSON payload received. Unknown name \"text\" at 'contents[0].parts[0]': {NOT_A_LIST}")],
    ),
    (
        {"contents": [user({"text": "a", "inline_data": {"mimeType": "image/png", "data": "aGk="}})]},
        [("contents[0].parts[0]", "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'inline_data'")],
    ),
    (
        {"contents": [user({"inlineData": {"mimeType": "image/png", "data": "https://x/y"}})]},
        [("contents[0].parts[0].inline_data.data", "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"https://x/y\"")],
    ),
    (
        {"contents": [user({"text": "a", "thoughtSignature": "*"})]},
        [("contents[0].parts[0].thought_signature", "Invalid value at 'contents[0].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for \"*\"")],
    ),
    (
        {"contents": [*HI, model(call()), user({"functionResponse": {"name": "f", "response": "21"}})]},
        [wrong("contents[2].parts[0].function_response.response", "type.googleapis.com/google.protobuf.Struct", "21")],
    ),
    (
        {"contents": [*HI, model(call()), user({"functionResponse": {"name": "f", "response": [1]}})]},
        [("contents[2].parts[0].function_response", f"Invalid JSON payload received. Unknown name \"response\" at 'contents[2].parts[0].function_response': {NOT_A_LIST}")],
    ),
    (config(temperature="hot"), [wrong("generation_config.temperature", "TYPE_FLOAT", "hot")]),
    (config(maxOutputTokens=1.5), [wrong("generation_config.max_output_tokens", "TYPE_INT32", 1.5)]),
    (config(maxOutputTokens=2**31), [wrong("generation_config.max_output_tokens", "TYPE_INT32", 2**31)]),
    (config(topK=True), [wrong("generation_config.top_k", "TYPE_INT32", True)]),
    (config(responseLogprobs="yes"), [wrong("generation_config.response_logprobs", "TYPE_BOOL", "yes")]),
    (config(stopSequences=[1]), [wrong("generation_config.stop_sequences[0]", "TYPE_STRING", 1)]),
    (thinking(thinkingLevel="ULTRA"), [wrong("generation_config.thinking_config.thinking_level", TYPES + "ThinkingConfig.ThinkingLevel", "ULTRA")]),
    (thinking(thinkingBudget=19660.8), [wrong("generation_config.thinking_config.thinking_budget", "TYPE_INT32", 19660.8)]),
    (config(responseSchema="{}"), [wrong("generation_config.response_schema", TYPES + "Schema", "{}")]),
    (
        {"safetySettings": [{"category": "HARM", "threshold": "NONE"}]},
        [
            wrong("safety_settings[0].category", TYPES + "HarmCategory", "HARM"),
            wrong("safety_settings[0].threshold", TYPES + "SafetySetting.HarmBlockThreshold", "NONE"),
        ],
    ),
    ({"toolConfig": {"functionCallingConfig": {"mode": "FORCE"}}}, [wrong("tool_config.function_calling_config.mode", TYPES + "FunctionCallingConfig.Mode", "FORCE")]),
    (
        parameters({"type": "object", "properties": {"a": {"type": "string"}, "b": {"const": 1}}, "additionalProperties": False, "$defs": {}}),
        [
            unknown("const", "tools[0].function_declarations[0].parameters.properties[1].value"),
            unknown("additionalProperties", "tools[0].function_declarations[0].parameters"),
            unknown("$defs", "tools[0].function_declarations[0].parameters"),
        ],
    ),
    (
        parameters({"type": ["string", "null"]}),
        [("tools[0].function_declarations[0].parameters", f"Invalid JSON payload received. Unknown name \"type\" at 'tools[0].function_declarations[0].parameters': {NOT_A_LIST}")],
    ),
    (
        parameters({"type": "object", "properties": {"a": {"type": "text"}}}),
        [wrong("tools[0].function_declarations[0].parameters.properties[0].value.type", TYPES + "Type", "text")],
    ),
    (
        parameters({"type": "object", "properties": {"a": {"type": "integer", "enum": [1]}}}),
        [wrong("tools[0].function_declarations[0].parameters.properties[0].value.enum[0]", "TYPE_STRING", 1)],
    ),
    ({"tools": [{"functions": []}]}, [unknown("functions", "tools[0]")]),
]
# -> what the request validator says, as (path, sentence)
VALIDATED = [
    ({"contents": []}, [("contents", "contents is not specified")]),
    ({"contents": None}, [("contents", "contents is not specified")]),
    ({"contents": [user(), *HI, {"role": "user"}]}, [("contents[0].parts", "contents.parts must not be empty."), ("contents[2].parts", "contents.parts must not be empty.")]),
    ({"contents": [user({})]}, [("contents[0].parts[0].data", "required oneof field 'data' must have one initialized field")]),
    ({"contents": [user({"thought": True})]}, [("contents[0].parts[0].data", "required oneof field 'data' must have one initialized field")]),
    ({"systemInstruction": {"parts": [{}]}}, [("system_instruction.parts[0].data", "required oneof field 'data' must have one initialized field")]),
    ({"contents": [*HI, model(call("")), user(result(""))]}, [("contents[1].parts[0].function_call.name", "Name cannot be empty."), ("contents[2].parts[0].function_response.name", "Name cannot be empty.")]),
    ({"contents": [user({"fileData": {"mimeType": "image/png"}})]}, [("contents[0].parts[0].file_data.file_uri", "File URI cannot be empty.")]),
    (config(temperature=5), [(GENERATION + ".temperature", "temperature must be in the range [0.0, 2.0].")]),
    (config(temperature=-0.1), [(GENERATION + ".temperature", "temperature must be in the range [0.0, 2.0].")]),
    (config(topP=1.1), [(GENERATION + ".top_p", "top_p must be in the range [0.0, 1.0].")]),
    (config(topK=-1), [(GENERATION + ".top_k", "top_k must be non-negative.")]),
    (config(candidateCount=9), [(GENERATION + ".candidate_count", "candidate_count must be in the range [1, 8].")]),
    (config(candidateCount=0), [(GENERATION + ".candidate_count", "candidate_count must be in the range [1, 8].")]),
    (config(maxOutputTokens=0), [(GENERATION + ".max_output_tokens", "max_output_tokens must be positive.")]),
    (config(stopSequences=list("abcdef")), [(GENERATION + ".stop_sequences", "the number of stop_sequences must not exceed 5.")]),
    (config(presencePenalty=2), [(GENERATION + ".presence_penalty", "presence_penalty must be in the range [-2.0, 2.0).")]),
    (config(responseMimeType="audio/wav"), [(GENERATION + ".response_mime_type", MIMES)]),
    (config(responseSchema={"type": "STRING"}), [(GENERATION + ".response_schema", "only allowed when response_mime_type is not `text/plain`.")]),
    (config(responseJsonSchema={}), [(GENERATION + ".response_json_schema", "only allowed when response_mime_type is not `text/plain`.")]),
    (config(responseSchema={"type": "STRING"}, responseJsonSchema={}, **JSON), [(GENERATION + ".response_json_schema", "must not be set together with response_schema.")]),
    (config(responseSchema={"properties": {"a": {}}}, **JSON), [(GENERATION + ".response_schema.type", TYPE_MISSING), (GENERATION + ".response_schema.properties[a].type", TYPE_MISSING)]),
    (config(responseSchema={"type": "OBJECT"}, **JSON), [(GENERATION + ".response_schema.properties", "should be non-empty for OBJECT type")]),
    (config(responseSchema={"type": "ARRAY"}, **JSON), [(GENERATION + ".response_schema.items", "missing field.")]),
    (parameters({"type": "OBJECT", "properties": {"a": {"type": "ARRAY"}}, "required": ["b"]}), [("tools[0].function_declarations[0].parameters.required[0]", "property is not defined"), ("tools[0].function_declarations[0].parameters.properties[a].items", "missing field.")]),
    (parameters({"type": "OBJECT", "properties": {"a": {"type": "OBJECT"}}}), [("tools[0].function_declarations[0].parameters.properties[a].properties", "should be non-empty for OBJECT type")]),
    (parameters({"type": "OBJECT", "properties": {"a": {"type": "INTEGER", "enum": ["1"]}}}), [("tools[0].function_declarations[0].parameters.properties[a].enum", "only allowed for STRING type")]),
    (parameters({"type": "OBJECT", "properties": {"a": {"type": "STRING", "format": "uri"}}}), [("tools[0].function_declarations[0].parameters.properties[a].format", "only 'enum' and 'date-time' are supported for STRING type")]),
    (function(parametersJsonSchema={}), [("tools[0].function_declarations[0].parameters_json_schema", "must not be set together with parameters.")]),
    (function(name="1st"), [("tools[0].function_declarations[0].name", NAME)]),
    (function(name="a b"), [("tools[0].function_declarations[0].name", NAME)]),
    (function(name="a" * 65), [("tools[0].function_declarations[0].name", NAME)]),
    (function(name=None), [("tools[0].function_declarations[0].name", NAME)]),
    ({"tools": [{}]}, [("tools[0].tool_type", "required one_of 'tool_type' must have one initialized field")]),
]
# model, what is added -> the one sentence
JUDGED = [
    ("fake-hello", {"contents": [{"role": "system", "parts": [{"text": "a"}]}]}, "Please use a valid role: user, model."),
    ("fake-hello", {"contents": [*HI, {"role": "assistant", "parts": [{"text": "a"}]}]}, "Please use a valid role: user, model."),
    ("fake-hello", {"contents": [*HI, model(call()), {"role": "function", "parts": [result()]}]}, "Please use a valid role: user, model."),
    ("fake-hello", {"contents": [model({"text": "a"})]}, LAST),
    ("gemini-3.6-flash", {"contents": [*HI, model({"text": "a"})]}, LAST),
    ("fake-hello", {"contents": [user(result())]}, RESPONSE_TURN),
    ("fake-hello", {"contents": [*HI, model({"text": "a"}), user(result())]}, RESPONSE_TURN),
    ("fake-hello", {"contents": [*HI, model(call()), user(result()), user(result())]}, RESPONSE_TURN),
    ("fake-hello", {"contents": [*HI, model(call(), call()), user(result())]}, COUNT),
    ("fake-hello", {"contents": [*HI, model(call()), *HI]}, COUNT),
    ("fake-hello", {"contents": [*HI, model(call())]}, COUNT),
    ("fake-hello", {"contents": [model(call()), user(result())]}, CALL_TURN),
    ("fake-hello", {"contents": [*HI, model({"text": "a"}), model(call()), user(result())]}, CALL_TURN),
    ("gemini-3-flash-preview", {"contents": [*HI, model(call()), user(result())]}, SIGNATURE),
    ("gemini-3-flash-preview", {"contents": [*HI, model(call(), call(thoughtSignature="aGk=")), user(result(), result())]}, SIGNATURE),
    ("fake-think", {"contents": [*HI, model(call()), user(result())]}, SIGNATURE),
    ("fake-hello", {"contents": [user({"inlineData": {"mimeType": "image/jpg", "data": "aGk="}})]}, "Unsupported MIME type: image/jpg"),
    ("fake-hello", {"contents": [user({"inlineData": {"mimeType": "png", "data": "aGk="}})]}, "Unsupported MIME type: png"),
    ("fake-hello", {"contents": [user({"inlineData": {"data": "aGk="}})]}, "Unsupported MIME type: "),
    ("fake-hello", {"contents": [user({"fileData": {"mimeType": "application/zip", "fileUri": "gs://a/b"}})]}, "Unsupported MIME type: application/zip"),
    ("fake-hello", {"contents": [user({"inlineData": {"mimeType": "image/png"}})]}, "Provided image is not valid."),
    ("gemini-3.5-flash", config(candidateCount=2), "Multiple candidates is not enabled for this model"),
    ("gemini-2.5-flash", config(responseLogprobs=True), "Logprobs is not enabled for models/gemini-2.5-flash"),
    ("gemini-2.5-flash", config(responseModalities=["TEXT", "IMAGE"]), "This model only supports text output."),
    ("gemini-3.5-flash", thinking(thinkingLevel="low", thinkingBudget=5), "You can only set only one of thinking budget and thinking level."),
    ("gemini-2.5-flash", thinking(thinkingLevel="LOW"), "Thinking level is not supported for this model."),
    ("gemini-3.1-pro-preview", thinking(thinkingLevel="MINIMAL"), "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level."),
    ("gemini-2.0-flash", thinking(thinkingBudget=5), "Thinking is not enabled for models/gemini-2.0-flash"),
    ("gemini-2.0-flash", thinking(includeThoughts=True), "Thinking is not enabled for models/gemini-2.0-flash"),
    ("gemini-2.5-pro", thinking(thinkingBudget=0), "Budget 0 is invalid. This model only works in thinking mode."),
    ("gemini-2.5-pro", thinking(thinkingBudget=100), "The thinking budget 100 is invalid. Please choose a value between 128 and 32768."),
    ("gemini-2.5-flash", thinking(thinkingBudget=24577), "The thinking budget 24577 is invalid. Please choose a value between 0 and 24576."),
    ("gemini-2.5-flash-lite", thinking(thinkingBudget=50), "The thinking budget 50 is invalid. Please choose a value between 512 and 24576."),
    ("fake-hello", {"tools": TOOLS + TOOLS}, "Duplicate function declaration found: get_weather"),
    ("gemini-2.5-flash", {"tools": [*TOOLS, SEARCH]}, "Tool use with function calling is unsupported by the model."),
    ("gemini-3.5-flash", {"tools": [*TOOLS, SEARCH]}, "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling."),
    ("gemini-2.5-flash", {"tools": TOOLS, **config(**JSON)}, "Function calling with a response mime type: 'application/json' is unsupported"),
    ("gemini-2.5-flash", {"tools": [SEARCH], **config(**JSON)}, "Tool use with a response mime type: 'application/json' is unsupported"),
    ("gemini-2.5-flash", {"tools": [SEARCH], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "Function calling config is set without function_declarations."),
    ("fake-hello", {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["other"]}}}, "allowed_function_names should be a subset of the provided function_declarations."),
    ("fake-hello", {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["get_weather"]}}}, "allowed_function_names should be set only when the function calling mode is ANY or VALIDATED."),
    ("fake-hello", {"contents": [user({"text": " word" * 1_048_577})]}, "The input token count (1048578) exceeds the maximum number of tokens allowed (1048576)."),
    ("fake-hello", {"cachedContent": "cachedContents/a", "tools": TOOLS}, "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request."),
]
MALFORMED = [
    (b'{"contents":', "Unexpected end of string. Expected a value.\n\n^"),
    (b"not json", "Unexpected token.\nnot json\n^"),
    (b"{,}", "Expected an object key or }.\n{,}\n ^"),
    (b'{"a" 1}', 'Expected : between key:value pair.\n{"a" 1}\n     ^'),
    (b'{"a": 1 2}', 'Expected , or } after key:value pair.\n{"a": 1 2}\n        ^'),
    (b'{"a": [1 2]}', 'Expected , or ] after array value.\n{"a": [1 2]}\n         ^'),
    (b"{} x", "Parsing terminated before end of input.\n{} x\n   ^"),
    (b'{"a": "b', 'Closing quote expected in string.\n"b\n^'),
    (b'{"a": NaN}', 'Unexpected token.\n{"a": NaN}\n      ^'),
    (b'{"a": "b\nc"}', 'Closing quote expected in string.\n\nc"}\n^'),
    (b'{"a": "\\q"}', 'Invalid escape sequence.\n{"a": "\\q"}\n       ^'),
    (b'{"a": 1, }', 'Expected an object key or }.\n{"a": 1, }\n         ^'),
    (b'{"a": [1, ]}', 'Unexpected token.\n{"a": [1, ]}\n          ^'),
    (b'\xef\xbb\xbf{"contents": []}', 'Unexpected token.\n\ufeff{"contents": []}\n^'),
    (b'{"a": "\xff"}', "Encountered non UTF-8 code points."),
    (b'{"a":' * 101 + b"1" + b"}" * 101, "Message too deep. Max recursion depth reached for key 'a'"),
    (b"[" * 100_000, "Message too deep. Max recursion depth reached for key ''"),
    (b'"hi"', 'Unknown name "": Root element must be a message.'),
    (b"[]", 'Unknown name "": Root element must be a message.'),
]


@pytest.fixture(scope="module")
def server():
    with fakes.serve(reject_keys=["sk-rejected-by-option"]) as running:
        yield running


def name_of(body):
    return json.dumps(body)[:70]


def check(got, sentence, *, code=400, status="INVALID_ARGUMENT"):
    assert got.status == code, got.body
    assert got.headers["content-type"] == "application/json; charset=UTF-8"
    assert (got.error["code"], got.error["status"], got.error["message"]) == (code, status, sentence)
    # indented by two, a line feed at the end
    made = json.dumps(got.json, indent=2, ensure_ascii=False) + "\n"
    assert got.body.decode() == made.replace("<", "\\u003c").replace(">", "\\u003e")


@pytest.mark.parametrize("body, faults", READ, ids=name_of)
def test_the_json_reader_tells_every_fault_and_its_place(server, body, faults):
    got = gemini(server, **body)
    check(got, "\n".join(sentence for _, sentence in faults))
    rows = [{"field": field, "description": sentence} if field else {"description": sentence} for field, sentence in faults]
    assert got.error["details"] == [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": rows}]


@pytest.mark.parametrize("body, faults", VALIDATED, ids=name_of)
def test_the_validator_tells_every_fault_on_a_line(server, body, faults):
    got = gemini(server, **body)
    check(got, "".join(f"* GenerateContentRequest.{path}: {sentence}\n" for path, sentence in faults))
    assert "details" not in got.error


@pytest.mark.parametrize("name, body, sentence", JUDGED, ids=[f"{row[0]} {name_of(row[1])}" for row in JUDGED])
def test_the_model_tells_the_first_fault(server, name, body, sentence):
    got = gemini(server, name, **body)
    check(got, sentence)
    assert "details" not in got.error


@pytest.mark.parametrize("body, sentence", MALFORMED, ids=[row[0][:20].decode("latin-1") for row in MALFORMED])
def test_a_body_that_is_no_message_is_refused(server, body, sentence):
    got = ask(server, body, path="/gemini/v1beta/models/fake-hello:generateContent", key=None, headers={"x-goog-api-key": "k"})
    check(got, "Invalid JSON payload received. " + sentence)


def test_names_of_types_bear_the_version_that_was_asked(server):
    got = gemini(server, prefix="/google/v1/", safetySettings=[{"category": "HARM"}])
    assert "google.ai.generativelanguage.v1.HarmCategory" in got.error["message"]


def test_an_unknown_model_is_not_found(server):
    for verb in ("generateContent", "streamGenerateContent?alt=sse", "countTokens"):
        sentence = (
            f"models/no-such-model is not found for API version v1beta, or is not supported for {verb.partition('?')[0]}. "
            "Call ListModels to see the list of available models and their supported methods."
        )
        check(gemini(server, "no-such-model", verb), sentence, code=404, status="NOT_FOUND")
    got = gemini(server, path="/gemini/v1/tunedModels/mine:generateContent")
    assert got.error["message"].startswith("tunedModels/mine is not found for API version v1, or")
    assert gemini(server, "gemini-embedding-001").status == 404
    got = ask(server, None, method="GET", path="/gemini/v1beta/models/none", key=None, headers={"x-goog-api-key": "k"})
    check(got, "Model is not found: models/none for api version v1beta", code=404, status="NOT_FOUND")


def test_a_refused_stream_has_the_form_it_would_have_had(server):
    plain = gemini(server, "none", "streamGenerateContent?alt=sse").body
    assert plain.startswith(b'{\n  "error": {')
    assert gemini(server, "none", "streamGenerateContent").body == b"[" + plain + b"]"


def test_a_missing_key_is_forbidden(server):
    check(gemini(server, key=None), NO_KEY, code=403, status="PERMISSION_DENIED")
    check(gemini(server, key=""), NO_KEY, code=403, status="PERMISSION_DENIED")


@pytest.mark.parametrize("key", ["sk-fake-wrong", "sk-rejected-by-option"])
def test_a_wrong_key_is_a_bad_request_with_the_reason_in_its_details(server, key):
    sentence = "API key not valid. Please pass a valid API key."
    for got in (
        gemini(server, key=key),
        gemini(server, key=None, path=f"/gemini/v1beta/models/fake-hello:generateContent?key={key}"),
    ):
        check(got, sentence)
        reason, words = got.error["details"]
        assert reason == {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        }
        assert (words["@type"], words["message"]) == ("type.googleapis.com/google.rpc.LocalizedMessage", sentence)


def test_the_key_may_come_in_the_query_or_as_a_token(server):
    path = "/gemini/v1beta/models/fake-hello:generateContent"
    assert gemini(server, key=None, path=path + "?key=any").status == 200
    assert ask(server, {"contents": HI}, path=path, key="token").status == 200
    got = ask(server, {"contents": HI}, path=path, key="sk-fake-wrong")
    assert (got.status, got.error["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/v1beta/models/fake-hello:generateContent"),
        ("POST", "/v1beta/models"),
        ("POST", "/v1beta/models/fake-hello"),
        ("POST", "/v1beta/models/fake-hello:predict"),
        ("POST", "/v2/models/fake-hello:generateContent"),
        ("POST", "/v1beta/fake-hello:generateContent"),
        ("DELETE", "/v1beta/models/fake-hello"),
        ("GET", "/"),
        ("GET", ""),
    ],
)
def test_a_wrong_path_or_method_gets_the_fronts_page(server, method, path):
    got = ask(server, {"contents": HI}, method=method, path="/gemini" + path, key=None, headers={"x-goog-api-key": "k"})
    assert (got.status, got.headers["content-type"]) == (404, "text/html; charset=UTF-8")
    page = got.body.decode()
    assert "<title>Error 404 (Not Found)!!1</title>" in page
    assert f"<code>{path or '/'}</code> was not found on this server." in page


def test_too_large_a_body_is_a_bad_request(server):
    head = b"POST /gemini/v1beta/models/fake-hello:generateContent HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
    got = raw(server, head % (MAX_BODY + 1))
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"] == {
        "code": 400,
        "message": f"Request payload size exceeds the limit: {MAX_BODY} bytes.",
        "status": "INVALID_ARGUMENT",
    }


def test_a_broken_request_line_gets_a_page(server):
    got = raw(server, b"POST /gemini/v1beta/models HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 ") and b"<title>Error 400 (Bad Request)!!1</title>" in got


# What is near a refusal and is taken.
TAKEN = [
    ("fake-hello", {"contents": {"parts": {"text": "one for a list"}}}),
    ("fake-hello", {"contents": [user({"text": ""})]}),
    ("fake-hello", {"contents": [user({"thoughtSignature": "aGk", "thought": True}, {"text": "a"})]}),
    ("fake-hello", {"contents": [*HI, *HI, model({"text": "a"}), model({"text": "b"}), *HI]}),
    ("fake-hello", {"contents": [*HI, model({"text": "a"})]}),
    ("fake-hello", {"contents": [*HI, model({"text": "a"}, call()), user(result(), {"text": "and?"})]}),
    ("fake-hello", {"contents": [user(PNG, {"fileData": {"fileUri": "https://youtu.be/x"}})]}),
    ("fake-hello", {"contents": [user({"inline_data": {"mime_type": "image/png", "data": "-_8"}})]}),
    ("fake-hello", {"system_instruction": {"role": "system", "parts": [{"text": "a"}]}}),
    ("fake-hello", {"systemInstruction": {"parts": []}, "tools": [], "safetySettings": None}),
    ("fake-hello", {"generation_config": {"max_output_tokens": "5", "top_k": 3.0, "temperature": "1", "seed": -1}}),
    ("fake-hello", config(temperature=2, topP=0, topK=0, candidateCount=8, stopSequences=list("abcde"))),
    ("fake-hello", {"safetySettings": [{"category": 7, "threshold": "off"}]}),
    ("fake-hello", parameters({"type": "OBJECT", "properties": {}})),
    ("fake-hello", function(name="a.b:c-d_1")),
    ("fake-hello", {"tools": [*TOOLS, SEARCH], **config(**JSON)}),
    ("gemini-2.5-flash", thinking(thinkingBudget=0)),
    ("gemini-2.5-flash", thinking(thinkingBudget=-1, includeThoughts=True)),
    ("gemini-3.5-flash", thinking(thinkingLevel="minimal")),
    ("gemini-2.5-flash", {"contents": [*HI, model(call()), user(result())]}),
    ("gemini-3.5-flash", {"contents": [*HI, model(call()), user(result()), *HI]}),
    ("gemini-3.5-flash", {"contents": [*HI, model(call(thoughtSignature="skip_thought_signature_validator"), call()), user(result(), result())]}),
    ("gemini-3.5-flash", {"tools": TOOLS, **config(**JSON)}),
    ("gemini-3.5-flash", {"tools": [*TOOLS, SEARCH], "toolConfig": {"includeServerSideToolInvocations": True}}),
    ("gemini-3.5-flash", {"tools": [SEARCH], "toolConfig": {"includeServerSideToolInvocations": True, "functionCallingConfig": {"mode": "AUTO"}}}),
    ("fake-hello", {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "validated", "allowedFunctionNames": ["get_weather"]}}}),
]


@pytest.mark.parametrize("name, body", TAKEN, ids=[f"{row[0]} {name_of(row[1])}" for row in TAKEN])
def test_what_is_near_a_refusal_is_taken(server, name, body):
    got = gemini(server, name, **body)
    assert got.status == 200, got.body.decode()
