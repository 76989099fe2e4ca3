"""What is sent to Gemini: messages, blocks, tools and settings as JSON, where no recording says it."""

import json
import warnings

import pytest

from minichat import AIMessage, ChatMessage, ConfigurationError, FunctionMessage, HumanMessage, SystemMessage, ToolMessage
from minichat.protocols.base import ChatCall
from minichat.protocols.gemini import Gemini

CODEC = Gemini(provider="google", base_url="http://x/v1beta", headers={"a": "b"})
SIGNATURES = "__gemini_function_call_thought_signatures__"
SKIP = "skip_thought_signature_validator"
GOOGLE = {"model_provider": "google_genai"}


def encode(messages=(HumanMessage("hi"),), model="gemini-2.5-flash", **fields):
    request = CODEC.encode(ChatCall(list(messages), {"model": model, **fields}))
    return json.loads(request.body)


def contents(*messages, model="gemini-2.5-flash"):
    return encode(messages, model)["contents"]


def part_of(block, kind=HumanMessage, model="gemini-2.5-flash"):
    sent = contents(kind([block], response_metadata=GOOGLE), model=model)
    assert len(sent) == 1 and len(sent[0]["parts"]) == 1
    return sent[0]["parts"][0]


# -- turns -------------------------------------------------------------------------------------


def test_all_system_messages_are_collected_wherever_they_stand():
    sent = encode([SystemMessage("one"), HumanMessage("hi"), SystemMessage(["two", {"type": "text", "text": "three"}]), ChatMessage("four", role="system")])
    assert sent["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "two"}, {"text": "three"}, {"text": "four"}]}
    assert sent["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]


def test_roles_are_user_and_model():
    sent = contents(HumanMessage("a"), HumanMessage("b"), AIMessage("c"), ChatMessage("d", role="user"), ChatMessage("e", role="assistant"))
    assert [(one["role"], one["parts"][0]["text"]) for one in sent] == [("user", "a"), ("user", "b"), ("model", "c"), ("user", "d"), ("model", "e")]
    with pytest.raises(ConfigurationError, match="'user' or 'model'"):
        contents(ChatMessage("x", role="critic"))


def test_an_empty_turn_of_the_model_is_an_empty_text_and_one_of_the_user_is_left_out():
    with pytest.warns(UserWarning, match="without content is left out"):
        sent = contents(HumanMessage("a"), AIMessage(""), HumanMessage(""), AIMessage([]))
    assert sent[1:] == [{"role": "model", "parts": [{"text": ""}]}] * 2


def test_results_of_one_turn_go_together_in_their_order():
    calls = [{"name": name, "args": {}, "id": id} for name, id in (("f", "1"), ("g", "2"))]
    sent = contents(HumanMessage("a"), AIMessage("", tool_calls=calls), ToolMessage("two", tool_call_id="2"), ToolMessage("one", tool_call_id="1"), HumanMessage("b"), AIMessage("", tool_calls=calls[:1]), ToolMessage("again", tool_call_id="1"))
    assert [one["role"] for one in sent] == ["user", "model", "user", "user", "model", "user"]
    assert [part["functionResponse"]["name"] for part in sent[2]["parts"]] == ["g", "f"]
    assert sent[5]["parts"] == [{"functionResponse": {"name": "f", "id": "1", "response": {"output": "again"}}}]


def test_a_result_without_its_call_needs_a_name():
    with pytest.raises(ConfigurationError, match="which no AIMessage before it makes"):
        contents(ToolMessage("x", tool_call_id="1"))
    for message in (ToolMessage("x", tool_call_id="1", name="f"), FunctionMessage("x", name="f")):
        assert contents(message)[0]["parts"][0]["functionResponse"]["name"] == "f"


IMAGE = {"type": "image", "base64": "QUJD", "mime_type": "image/png"}
RESULTS = [
    ("sun", "success", {"output": "sun"}),
    ('{"sun": true}', "success", {"sun": True}),
    ("[1]", "success", {"output": [1]}),
    ("42", "success", {"output": 42}),
    ("NaN", "success", {"output": "NaN"}),
    ("", "success", {"output": ""}),
    ("no such city", "error", {"error": "no such city"}),
    ('{"code": 1}', "error", {"code": 1}),
    (["a", {"type": "text", "text": "b"}], "success", {"output": "ab"}),
    ([{"x": 1}], "success", {"output": [{"x": 1}]}),
]


@pytest.mark.parametrize("content, status, response", RESULTS)
def test_a_result_is_an_object(content, status, response):
    sent = contents(ToolMessage(content, tool_call_id="1", name="f", status=status))
    assert sent[0]["parts"] == [{"functionResponse": {"name": "f", "id": "1", "response": response}}]


def test_media_of_a_result_come_before_it():
    sent = contents(ToolMessage(["look", IMAGE], tool_call_id="made-up-1", name="f"))
    assert sent[0]["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "QUJD"}},
        {"functionResponse": {"name": "f", "response": {"output": "look"}}},
    ]


def test_ids_go_back_only_if_the_model_gave_them():
    calls = [{"name": "f", "args": {"a": 1}, "id": "given"}, {"name": "f", "args": {}, "id": "made-up-7"}]
    sent = contents(AIMessage("", tool_calls=calls), ToolMessage("1", tool_call_id="given"), ToolMessage("2", tool_call_id="made-up-7"))
    assert sent[0]["parts"] == [{"functionCall": {"name": "f", "args": {"a": 1}, "id": "given"}}, {"functionCall": {"name": "f", "args": {}}}]
    assert [part["functionResponse"].get("id") for part in sent[1]["parts"]] == ["given", None]


# -- signatures --------------------------------------------------------------------------------


def answered(parts, model="gemini-3-flash-preview"):
    value = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "modelVersion": model}
    return CODEC.decode(json.dumps(value).encode())[0]


def test_what_the_model_said_goes_back_as_it_came():
    parts = [
        {"text": "thinking", "thought": True, "thoughtSignature": "S0"},
        {"text": "text", "thoughtSignature": "S1"},
        {"text": "plain"},
        {"executableCode": {"language": "PYTHON", "code": "1", "id": "c"}, "thoughtSignature": "S2"},
        {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "1", "id": "c"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_DEADLINE_EXCEEDED", "output": "", "id": "c"}},
        {"inlineData": {"mimeType": "image/png", "data": "QUJD"}, "thoughtSignature": "S3"},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "args": {"q": 1}}, "thoughtSignature": "S4"},
        {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "response": {"r": 1}}, "thoughtSignature": "S5"},
        {"hologram": {"x": 1}, "thoughtSignature": "S6"},
        {"text": "", "thoughtSignature": "S7"},
        {"functionCall": {"name": "f", "args": {"a": 1}, "id": "i"}, "thoughtSignature": "S8"},
        {"functionCall": {"name": "g", "args": {}}},
    ]
    for model in ("gemini-2.5-flash", "gemini-3-flash-preview"):
        message = answered(parts, model)
        sent = contents(HumanMessage("a"), message, model=model)[1]
        assert sent == {"role": "model", "parts": parts}


def test_a_thought_without_signature_is_not_sent_again():
    message = answered([{"text": "hm", "thought": True}, {"text": "hi"}])
    assert contents(message)[0]["parts"] == [{"text": "hi"}]


def test_another_provider_s_thoughts_signatures_and_blocks_are_left_out():
    foreign = AIMessage(
        [
            {"type": "thinking", "thinking": "hm", "signature": "theirs"},
            {"type": "text", "text": "hi", "extras": {"signature": "theirs"}},
            {"type": "tool_use", "id": "1", "name": "f", "input": {}},
            {"type": "of_another", "x": 1},
        ],
        tool_calls=[{"name": "f", "args": {}, "id": "1"}, {"name": "g", "args": {}, "id": "2"}],
        additional_kwargs={SIGNATURES: {"1": "theirs"}},
        response_metadata={"model_provider": "anthropic"},
    )
    for model, signed in (("gemini-2.5-flash", {}), ("gemini-3-flash-preview", {"thoughtSignature": SKIP})):
        sent = contents(HumanMessage("a"), foreign, model=model)[1]["parts"]
        assert sent == [
            {"text": "hi"},
            {"functionCall": {"name": "f", "args": {}, "id": "1"}, **signed},
            {"functionCall": {"name": "g", "args": {}, "id": "2"}},
        ]


def test_gemini_3_gets_a_stand_in_for_missing_signatures_in_the_turn_that_goes_on():
    def step(number, **more):
        call = {"name": "f", "args": {}, "id": f"made-up-{number}"}
        return [AIMessage("", tool_calls=[call], **more), ToolMessage("x", tool_call_id=call["id"])]

    signed = step(3, additional_kwargs={SIGNATURES: {"made-up-3": "REAL"}}, response_metadata=GOOGLE)
    history = [HumanMessage("a"), *step(1), AIMessage("b"), HumanMessage("c"), *step(2), *signed]
    sent = contents(*history, model="models/gemini-3-pro-preview")
    shown = [part.get("thoughtSignature") for one in sent for part in one["parts"] if "functionCall" in part]
    assert shown == [None, SKIP, "REAL"]
    assert "thoughtSignature" not in json.dumps(contents(*history[:-2]))


# -- blocks ------------------------------------------------------------------------------------

BLOCKS = [
    ({"type": "text", "text": "a"}, {"text": "a"}),
    (IMAGE, {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}),
    ({"type": "image", "source_type": "base64", "data": "QU JD\n", "mime_type": "image/png"}, {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}),
    ({"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,QUJD"}}, {"inlineData": {"mimeType": "image/jpeg", "data": "QUJD"}}),
    ({"type": "image_url", "image_url": "https://x/a.png?b=c.d"}, {"fileData": {"mimeType": "image/png", "fileUri": "https://x/a.png?b=c.d"}}),
    ({"type": "image_url", "image_url": {"url": "https://x/a.PNG#top"}}, {"fileData": {"mimeType": "image/png", "fileUri": "https://x/a.PNG#top"}}),
    ({"type": "image", "url": "https://x/a", "mime_type": "image/webp"}, {"fileData": {"mimeType": "image/webp", "fileUri": "https://x/a"}}),
    ({"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "QUJD"}}, {"inlineData": {"mimeType": "image/gif", "data": "QUJD"}}),
    ({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}, {"inlineData": {"mimeType": "audio/wav", "data": "QUJD"}}),
    ({"type": "file", "base64": "QUJD", "mime_type": "application/pdf"}, {"inlineData": {"mimeType": "application/pdf", "data": "QUJD"}}),
    ({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}}, {"inlineData": {"mimeType": "application/pdf", "data": "QUJD"}}),
    ({"type": "file", "file_id": "https://g/v1beta/files/1", "mime_type": "application/pdf"}, {"fileData": {"mimeType": "application/pdf", "fileUri": "https://g/v1beta/files/1"}}),
    ({"type": "video", "base64": "QUJD", "mime_type": "video/mp4"}, {"inlineData": {"mimeType": "video/mp4", "data": "QUJD"}}),
    ({"type": "media", "mime_type": "audio/mp3", "data": "QUJD"}, {"inlineData": {"mimeType": "audio/mp3", "data": "QUJD"}}),
    ({"type": "media", "file_uri": "https://youtu.be/x", "video_metadata": {"start_offset": "1s", "fps": 0.5}}, {"fileData": {"fileUri": "https://youtu.be/x"}, "videoMetadata": {"startOffset": "1s", "fps": 0.5}}),
    ({"type": "image", "url": "gs://b/a.png", "media_resolution": "MEDIA_RESOLUTION_HIGH"}, {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/a.png"}, "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"}}),
    ({"type": "text-plain", "text": "a document", "mime_type": "text/plain"}, {"text": "a document"}),
    ({"inline_data": {"mime_type": "image/png", "data": "QUJD"}}, {"inline_data": {"mime_type": "image/png", "data": "QUJD"}}),
]  # fmt: skip


@pytest.mark.parametrize("block, part", BLOCKS, ids=[f"{i} {row[0].get('type')}" for i, row in enumerate(BLOCKS)])
def test_a_block_as_a_part(block, part):
    assert part_of(block) == part


def test_a_signed_image_of_the_model_keeps_its_signature():
    block = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}, "extras": {"signature": "S"}}
    assert part_of(block, AIMessage)["thoughtSignature"] == "S"
    assert "thoughtSignature" not in part_of(block)


@pytest.mark.parametrize("block", [{"type": "hologram"}, {"type": "image"}, {"type": "image", "base64": "QUJD"}, {"x": 1}])
def test_a_block_that_cannot_be_said_is_refused(block):
    for kind in (HumanMessage, SystemMessage, AIMessage):
        with pytest.raises(ConfigurationError):
            contents(kind([block], response_metadata=GOOGLE))


# -- tools -------------------------------------------------------------------------------------

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "d", "parameters": SCHEMA, "strict": True}}
NOW = {"type": "function", "function": {"name": "now", "description": "d", "parameters": {"type": "object", "properties": {}}}}
DECLARED = [{"name": "weather", "description": "d", "parametersJsonSchema": SCHEMA}, {"name": "now", "description": "d"}]
OLD = {"name": "old", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}


def test_functions_go_together_and_google_s_own_tools_apart():
    sent = encode(tools=[{"google_search": {}}, WEATHER, {"urlContext": {}}, NOW, {"function_declarations": [OLD]}, {"code_execution": {}, "google_maps": None}])
    assert sent["tools"] == [
        {"googleSearch": {}},
        {"urlContext": {}},
        {"codeExecution": {}},
        {"functionDeclarations": [*DECLARED, OLD]},
    ]
    assert "toolConfig" not in sent
    assert encode(tools=[{"fileSearch": {"fileSearchStoreNames": ["s"]}}])["tools"] == [{"fileSearch": {"fileSearchStoreNames": ["s"]}}]
    assert encode(code_execution=True)["tools"] == [{"codeExecution": {}}]
    mixed = encode(tools=[{"google_search": {}}, WEATHER], model="gemini-3-flash")
    assert mixed["toolConfig"] == {"includeServerSideToolInvocations": True}


CHOICES = [
    ("auto", {"mode": "AUTO"}),
    ("none", {"mode": "NONE"}),
    ("any", {"mode": "ANY", "allowedFunctionNames": ["weather", "now"]}),
    ("required", {"mode": "ANY", "allowedFunctionNames": ["weather", "now"]}),
    (True, {"mode": "ANY", "allowedFunctionNames": ["weather", "now"]}),
    ("now", {"mode": "ANY", "allowedFunctionNames": ["now"]}),
    (["now", "weather"], {"mode": "ANY", "allowedFunctionNames": ["now", "weather"]}),
    ({"type": "function", "function": {"name": "now"}}, {"mode": "ANY", "allowedFunctionNames": ["now"]}),
    ({"type": "tool", "name": "now"}, {"mode": "ANY", "allowedFunctionNames": ["now"]}),
    ({"mode": "VALIDATED", "allowed_function_names": ["now"]}, {"mode": "VALIDATED", "allowedFunctionNames": ["now"]}),
    ({"function_calling_config": {"mode": "ANY"}}, {"mode": "ANY"}),
    (None, None),
    (False, None),
]


@pytest.mark.parametrize("choice, config", CHOICES, ids=[str(row[0]) for row in CHOICES])
def test_a_choice_of_tools(choice, config):
    sent = encode(tools=[WEATHER, NOW], tool_choice=choice)
    assert sent.get("toolConfig") == (None if config is None else {"functionCallingConfig": config})


def test_a_choice_that_cannot_be_is_refused():
    place = {"retrieval_config": {"lat_lng": {"latitude": 1}}}
    assert encode(tools=[WEATHER], tool_choice="any", tool_config=place)["toolConfig"] == {
        "retrievalConfig": {"latLng": {"latitude": 1}},
        "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]},
    }
    for fields in (
        {"tools": [WEATHER], "tool_choice": "tomorrow"},
        {"tools": [WEATHER], "tool_choice": ["weather", "tomorrow"]},
        {"tools": [WEATHER], "tool_choice": {"x": 1}},
        {"tool_choice": "any"},
        {"tools": [WEATHER], "tool_choice": "any", "tool_config": {"functionCallingConfig": {"mode": "AUTO"}}},
        {"tools": [{"type": "web_search"}]},
        {"tools": ["weather"]},
        {"tools": [WEATHER], "code_execution": True},
        {"tools": [WEATHER], "parallel_tool_calls": False},
    ):
        with pytest.raises(ConfigurationError):
            encode(**fields)
    with pytest.warns(UserWarning, match="cannot be forced"):
        assert "toolConfig" not in encode(tools=[{"google_maps": {}}], tool_choice="required")


# -- settings ----------------------------------------------------------------------------------

OBJECT = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
AS_JSON = {"responseMimeType": "application/json"}


class Word:  # as the enums of Google's SDK
    def __init__(self, value):
        self.value = value


CONFIGS = [
    ({"max_output_tokens": 5, "temperature": 0, "top_p": 0.5, "top_k": 3, "seed": 0}, {"maxOutputTokens": 5, "temperature": 0, "topP": 0.5, "topK": 3, "seed": 0}),
    ({"max_tokens": 5, "n": 2, "stop": "x", "topP": 1}, {"maxOutputTokens": 5, "candidateCount": 2, "stopSequences": ["x"], "topP": 1}),
    ({"stop_sequences": ["a", "b"], "temperature": None}, {"stopSequences": ["a", "b"]}),
    ({"presence_penalty": 1, "frequency_penalty": -1}, {"presencePenalty": 1, "frequencyPenalty": -1}),
    ({"response_logprobs": True, "logprobs": 2}, {"responseLogprobs": True, "logprobs": 2}),
    ({"thinking_budget": 0, "include_thoughts": True}, {"thinkingConfig": {"thinkingBudget": 0, "includeThoughts": True}}),
    ({"thinking_level": "low"}, {"thinkingConfig": {"thinkingLevel": "low"}}),
    ({"reasoning_effort": "high"}, {"thinkingConfig": {"thinkingLevel": "high"}}),
    ({"thinking_config": {"thinking_budget": 5, "includeThoughts": False}, "thinking_budget": 6}, {"thinkingConfig": {"thinkingBudget": 6, "includeThoughts": False}}),
    ({"response_modalities": ["text", Word("IMAGE")]}, {"responseModalities": ["TEXT", "IMAGE"]}),
    ({"media_resolution": Word("MEDIA_RESOLUTION_LOW")}, {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
    ({"image_config": {"aspect_ratio": "16:9"}}, {"imageConfig": {"aspectRatio": "16:9"}}),
    ({"speech_config": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Puck"}}}}, {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}}}),
    ({"response_mime_type": "application/json"}, AS_JSON),
    ({"response_schema": SCHEMA}, {**AS_JSON, "responseJsonSchema": SCHEMA}),
    ({"response_schema": OBJECT}, {**AS_JSON, "responseSchema": OBJECT}),
    ({"response_schema": {"type": "STRING", "enum": ["a"]}, "response_mime_type": "text/x.enum"}, {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]}}),
    ({"response_json_schema": SCHEMA, "response_schema": OBJECT}, {**AS_JSON, "responseJsonSchema": SCHEMA}),
    ({"response_format": {"type": "json_object"}}, AS_JSON),
    ({"response_format": {"type": "text"}}, None),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}}, {**AS_JSON, "responseJsonSchema": SCHEMA}),
    ({"temperature": 1, "generation_config": {"temperature": 2, "response_schema": SCHEMA}}, {"temperature": 2, "responseSchema": SCHEMA}),
    ({"generationConfig": {"newField": {"snake_case": 1}}}, {"newField": {"snake_case": 1}}),
    ({}, None),
]  # fmt: skip


@pytest.mark.parametrize("fields, config", CONFIGS, ids=[str([*row[0]]) for row in CONFIGS])
def test_settings_as_generation_config(fields, config):
    sent = encode(**fields)
    assert sent.pop("generationConfig", None) == config
    assert list(sent) == ["contents"]


def test_a_level_of_thinking_wins_over_a_budget():
    with pytest.warns(UserWarning, match="both set"):
        sent = encode(thinking_level="low", thinking_budget=5)
    assert sent["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "low"}}


def test_models_that_speak_answer_in_sound():
    config = encode(model="gemini-2.5-flash-preview-tts")["generationConfig"]
    assert config["responseModalities"] == ["AUDIO"]
    assert config["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"] == "Kore"


def test_what_stands_beside_generation_config():
    sent = encode(
        safety_settings={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE", Word("HARM_CATEGORY_HATE_SPEECH"): Word("OFF")},
        cached_content="cachedContents/1",
        service_tier="flex",
        labels={"a_b": "c"},
        strict=True,
        something_new={"a_b": 1},
    )
    assert sent["safetySettings"] == [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"},
        {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"},
    ]
    assert {name: sent[name] for name in ("cachedContent", "serviceTier", "labels", "somethingNew")} == {
        "cachedContent": "cachedContents/1",
        "serviceTier": "flex",
        "labels": {"a_b": "c"},
        "somethingNew": {"a_b": 1},
    }
    listed = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]
    assert encode(safety_settings=listed)["safetySettings"] == listed
    with pytest.raises(ConfigurationError):
        encode(safety_settings="none")


URLS = [
    ("gemini-2.5-flash", "models/gemini-2.5-flash"),
    ("models/gemini-2.5-flash", "models/gemini-2.5-flash"),
    ("tunedModels/mine", "tunedModels/mine"),
    ("a b?c", "models/a%20b%3Fc"),
]


@pytest.mark.parametrize("model, path", URLS)
def test_the_address_of_a_model(model, path):
    call = ChatCall([HumanMessage("hi")], {"model": model})
    assert CODEC.encode(call).url == f"http://x/v1beta/{path}:generateContent"
    call.stream = True
    assert CODEC.encode(call).url == f"http://x/v1beta/{path}:streamGenerateContent?alt=sse"
    with_more = ChatCall([HumanMessage("hi")], {"model": model}, stream=True, query={"q": "1"}, headers={"a": "c"})
    asked = Gemini(provider="google", base_url="http://x/v1", headers={"a": "b"}, query={"p": "0"}).encode(with_more)
    assert asked.url == f"http://x/v1/{path}:streamGenerateContent?alt=sse&p=0&q=1"
    assert asked.headers == {"a": "c"}


def test_a_history_of_a_thousand_turns_is_written_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sent = contents(*(kind(f"{i}") for i in range(500) for kind in (HumanMessage, AIMessage)))
    assert len(sent) == 1000
