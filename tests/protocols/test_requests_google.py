"""Recorded requests to Gemini are rebuilt from LangChain's messages and settings, and say the same as JSON.

The reader below turns a recorded body into what a user would have written: messages, settings of the model, tools
and a choice of them. It is naive on purpose. What may differ stands in ALLOWED, with its reason.
"""

import json

import pytest

from minichat import AIMessage, HumanMessage, SystemMessage, ToolMessage
from minichat.providers.google import ChatGoogleGenerativeAI

from ..providers.asking import request_of
from .rebuilding import NOTHING, check_same
from .recordings import parametrize

KNOWN = 60
SKIP = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="  # base64 of skip_thought_signature_validator
SIGNATURES = "__gemini_function_call_thought_signatures__"
# The server takes both spellings of a name (protobuf's JSON); recorders used both, minichat sends one.
SPELLINGS = {
    "inline_data": "inlineData",
    "mime_type": "mimeType",
    "google_search": "googleSearch",
    "code_execution": "codeExecution",
    "response_mime_type": "responseMimeType",
    "response_schema": "responseSchema",
    "parameters_json_schema": "parametersJsonSchema",
}
ALLOWED = [
    ("generationConfig", "an empty object says nothing", lambda old, new: old == {} and new is NOTHING),
    ("systemInstruction.role", "ignored by the server", lambda old, new: old == "user" and new is NOTHING),
    (
        r"tools\[\d+\].functionDeclarations\[\d+\].parameters(JsonSchema)?",
        "a function without parameters has no schema",
        lambda old, new: old["properties"] == {} and new is NOTHING,
    ),
    (
        r"contents\[\d+\].parts\[\d+\].thoughtSignature",
        "the stand-in for a signature, as text or as the bytes of that text; minichat gives it in the turn that goes on",
        lambda old, new: old == SKIP and new in ("skip_thought_signature_validator", NOTHING),
    ),
    ("toolConfig.functionCallingConfig.mode", "in either case", lambda old, new: old.upper() == new),
    (
        r"generationConfig.response(Json)?Schema",
        "JSON Schema goes where JSON Schema belongs",
        lambda old, new: NOTHING in (old, new) and "properties" in (new if old is NOTHING else old),
    ),
]


def respelled(value):
    if isinstance(value, dict):
        return {SPELLINGS.get(key, key): respelled(item) for key, item in value.items()}
    return [respelled(item) for item in value] if isinstance(value, list) else value


def messages_of(body):
    messages = []
    system = body.get("systemInstruction")
    if system:
        messages.append(SystemMessage("".join(part["text"] for part in system["parts"])))
    calls = []  # (name, id) of calls that wait for their results
    for content in body["contents"]:
        if content["role"] == "model":
            message = model_turn(content["parts"], len(messages))
            calls += [(call["name"], call["id"]) for call in message.tool_calls]
            messages.append(message)
        elif any("functionResponse" in part for part in content["parts"]):
            for part in content["parts"]:
                told = part["functionResponse"]
                waiting = next(one for one in calls if one[0] == told["name"])
                calls.remove(waiting)
                assert told.get("id", waiting[1]) == waiting[1]
                messages.append(ToolMessage(json.dumps(told["response"]), tool_call_id=waiting[1]))
        else:
            blocks = [user_block(part) for part in content["parts"]]
            alone = len(blocks) == 1 and blocks[0]["type"] == "text"
            messages.append(HumanMessage(blocks[0]["text"] if alone else blocks))
    return messages


def user_block(part):
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    if "inlineData" in part:
        data = part["inlineData"]
        kind = data["mimeType"].partition("/")[0]
        known = kind if kind in ("image", "audio", "video") else "file"
        return {"type": known, "base64": data["data"], "mime_type": data["mimeType"]}
    data = part["fileData"]
    block = {"type": "media", "file_uri": data["fileUri"], "mime_type": data["mimeType"]}
    return {**block, "video_metadata": part["videoMetadata"]} if "videoMetadata" in part else block


def model_turn(parts, number):
    content, calls, signatures = [], [], {}
    foreign = False
    for index, part in enumerate(parts):
        signature = part.get("thoughtSignature")
        extras = {"extras": {"signature": signature}} if signature else {}
        if part.get("thought"):
            content.append({"type": "thinking", "thinking": part.get("text", ""), "signature": signature})
        elif "text" in part:
            content.append({"type": "text", "text": part["text"], **extras} if signature else part["text"])
        elif "executableCode" in part:
            code = part["executableCode"]
            block = {"type": "executable_code", "executable_code": code["code"], "language": code["language"]}
            content.append({**block, "id": code["id"], **extras})
        elif "codeExecutionResult" in part:
            result = part["codeExecutionResult"]
            block = {"type": "code_execution_result", "code_execution_result": result["output"], "outcome": 1}
            content.append({**block, "tool_call_id": result["id"]})
        else:
            call = part["functionCall"]
            id = call.get("id", f"made-up-{number}-{index}")
            calls.append({"name": call["name"], "args": call["args"], "id": id})
            foreign = foreign or signature == SKIP
            if signature and signature != SKIP:
                signatures[id] = signature
    only_text = len(content) == 1 and isinstance(content[0], str)
    return AIMessage(
        content[0] if only_text else content,
        tool_calls=calls,
        additional_kwargs={SIGNATURES: signatures} if signatures else {},
        response_metadata={"model_provider": "anthropic" if foreign else "google_genai"},
    )


SETTINGS = {
    "temperature": "temperature",
    "responseModalities": "response_modalities",
    "responseMimeType": "response_mime_type",
    "responseJsonSchema": "response_json_schema",
    "responseSchema": "response_schema",
    "responseLogprobs": "response_logprobs",
    "logprobs": "logprobs",
}


def model_of(body, name):
    settings = {SETTINGS[key]: value for key, value in body.get("generationConfig", {}).items() if key in SETTINGS}
    thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
    if thinking:
        assert list(thinking) == ["includeThoughts"]
        settings["include_thoughts"] = thinking["includeThoughts"]
    if "safetySettings" in body:
        settings["safety_settings"] = {one["category"]: one["threshold"] for one in body["safetySettings"]}
    if "cachedContent" in body:
        settings["cached_content"] = body["cachedContent"]
    if "modelArmorConfig" in body:
        settings["extra_body"] = {"modelArmorConfig": body["modelArmorConfig"]}
    model = ChatGoogleGenerativeAI(model=name, api_key="k", **settings)
    tools = []
    for tool in body.get("tools", []):
        for declared in tool.get("functionDeclarations", []):
            schema = declared.get("parametersJsonSchema", declared.get("parameters"))
            tools.append({"type": "function", "function": {**{key: declared[key] for key in ("name", "description")}, "parameters": schema}})
        if "functionDeclarations" not in tool:
            tools.append(tool)
    if not tools:
        return model
    config = dict(body.get("toolConfig", {}))
    calling = config.pop("functionCallingConfig", None)
    choice = None
    if calling:
        names = [tool["function"]["name"] for tool in tools]
        allowed = calling.get("allowedFunctionNames")
        choice = calling["mode"].lower() if not allowed else "any" if allowed == names and len(names) > 1 else allowed[0]
    return model.bind_tools(tools, config or None, tool_choice=choice)


@parametrize("google", "", KNOWN)
def test_a_recorded_request_is_rebuilt_from_messages_and_settings(name, exchange, monkeypatch):
    request = exchange["request"]
    body = respelled(request["body"] if isinstance(request["body"], dict) else json.loads(request["body"]))
    path, _, method = request["path"].partition("?")[0].rpartition(":")
    model = model_of(body, path.rpartition("/")[2])
    asked = request_of(monkeypatch, model, messages_of(body), stream=method == "streamGenerateContent")
    check_same(body, asked.body, ALLOWED)
    made = asked.url.partition("://")[2].partition("/")[2]
    assert made.partition("?")[0] == f"v1beta/models/{path.rpartition('/')[2]}:{method}"
    assert made.partition("?")[2] == ("alt=sse" if method == "streamGenerateContent" else "")


def test_the_rows_of_allowed_differences_do_not_let_everything_pass():
    bodies = {"generationConfig": {"temperature": 1}}, {"systemInstruction": {"role": "model"}}
    for body in bodies:
        with pytest.raises(AssertionError):
            check_same(body, {}, ALLOWED)
