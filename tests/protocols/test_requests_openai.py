"""Every recorded request to OpenAI is made again from LangChain's messages and settings, and compared as JSON."""

import json

import pytest

from minichat import AIMessage, ChatOpenAI, HumanMessage, SystemMessage, ToolMessage

from ..providers.asking import request_of
from .rebuilding import NOTHING, check_same
from .recordings import parametrize

# -- how a recorded message would be written by a user of LangChain: read naively --------------------


def data_url(url):
    """Give (MIME type, base64 data)."""
    head, data = url.split(",")
    return head[len("data:") : -len(";base64")], data


def picture(url, detail=None):
    told = {"detail": detail} if detail else {}
    if url.startswith("data:"):
        mime_type, data = data_url(url)
        return {"type": "image", "base64": data, "mime_type": mime_type, **told}
    return {"type": "image", "url": url, **told}


def document(file):
    mime_type, data = data_url(file["file_data"])
    return {"type": "file", "base64": data, "mime_type": mime_type, "filename": file["filename"]}


def block(part):
    kind = part["type"]
    if kind in ("text", "input_text"):
        return {"type": "text", "text": part["text"]}
    if kind == "image_url":
        return picture(**part["image_url"])
    if kind == "input_image":
        return picture(part["image_url"], part.get("detail"))
    if kind == "input_audio":
        sound = part["input_audio"]
        return {"type": "audio", "base64": sound["data"], "mime_type": f"audio/{sound['format']}"}
    return document(part["file"] if kind == "file" else part)


def content_of(content):
    return content if isinstance(content, str) else [block(part) for part in content or []]


def call_of(name, arguments, call_id):
    return {"name": name, "args": json.loads(arguments), "id": call_id}


def tool_of(tool):
    """Give a flat tool of Responses in the form that bind_tools takes; a built-in one as it is."""
    if tool["type"] != "function":
        return tool
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}


def said(role, content):
    if role == "user":
        return HumanMessage(content_of(content))
    extra = {"__openai_role__": "developer"} if role == "developer" else {}
    return SystemMessage(content_of(content), additional_kwargs=extra)


def chat_messages(messages):
    found = []
    for one in messages:
        if one["role"] == "assistant":
            calls = [
                call_of(call["function"]["name"], call["function"]["arguments"], call["id"])
                for call in one.get("tool_calls") or []
            ]
            found.append(AIMessage(one.get("content") or "", tool_calls=calls))
        elif one["role"] == "tool":
            found.append(ToolMessage(one["content"], tool_call_id=one["tool_call_id"]))
        else:
            found.append(said(one["role"], one["content"]))
    return found


def responses_messages(items):
    if isinstance(items, str):
        return [HumanMessage(items)]
    found = []
    turn = None  # the model's, whose items follow each other
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item["role"] != "assistant" or kind.endswith("_output") or kind == "additional_tools":
            turn = None
        elif turn is None:
            turn = AIMessage([], tool_calls=[])
            found.append(turn)
        if turn is None:
            if kind == "additional_tools":
                found.append(SystemMessage([item]))
            elif kind.endswith("_output"):
                found.append(ToolMessage(item["output"], tool_call_id=item["call_id"]))
            else:
                found.append(said(item["role"], item["content"]))
        elif kind == "message" and isinstance(item["content"], str):
            turn.content = item["content"]
        elif kind == "message":
            for part in item["content"]:
                named = {"id": item["id"]} if "id" in item else {}
                turn.content.append({"type": "text", "text": part["text"], "annotations": part.get("annotations", []), **named})
        else:
            turn.content.append(dict(item))
            if kind == "function_call":
                turn.tool_calls.append(call_of(item["name"], item["arguments"], item["call_id"]))
    return found


# Fields that are settings of ChatOpenAI, under its name.
SETTINGS = {
    name: name
    for name in "temperature top_p n stop store include truncation context_management reasoning model max_tokens".split()
}
SETTINGS["max_completion_tokens"] = SETTINGS["max_output_tokens"] = "max_tokens"
OWN = ("messages", "input", "stream", "stream_options", "tools", "tool_choice", "response_format", "text")


def rebuilt(monkeypatch, body, responses):
    """Give the request that ChatOpenAI makes of a recorded one, taken to LangChain's words and back."""
    settings = {SETTINGS[key]: value for key, value in body.items() if key in SETTINGS}
    stream_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    model = ChatOpenAI(api_key="sk-x", use_responses_api=responses, stream_usage=stream_usage, **settings)
    kwargs = {key: value for key, value in body.items() if key not in SETTINGS and key not in OWN}
    wanted = body.get("response_format")
    if responses and "text" in body:
        form = {key: value for key, value in body["text"]["format"].items() if key != "type"}
        wanted = {"type": body["text"]["format"]["type"], "json_schema": form}
    if wanted:
        kwargs["response_format"] = wanted
    if body.get("tools"):
        tools = [tool_of(tool) for tool in body["tools"]] if responses else body["tools"]
        model = model.bind_tools(tools, tool_choice=body.get("tool_choice"))
    elif "tool_choice" in body:
        kwargs["tool_choice"] = body["tool_choice"]
    messages = responses_messages(body["input"]) if responses else chat_messages(body["messages"])
    return request_of(monkeypatch, model, messages, stream=bool(body.get("stream")), **kwargs).body


# -- what may differ, and why ------------------------------------------------------------------------


def same_json(old, new):
    return json.loads(old) == json.loads(new)


def said_nothing(*values):
    """Allow that one of these values was recorded, and nothing is sent."""
    return lambda old, new: new is NOTHING and old in values


def allowed_in_chat(body):
    limit = body.get("max_tokens")
    return [
        ("stream", "not streaming is OpenAI's default", said_nothing(False)),
        ("response_format", "null says nothing", said_nothing(None)),
        ("max_tokens", "OpenAI's deprecated name", lambda old, new: old == limit and new is NOTHING),
        ("max_completion_tokens", "its new name", lambda old, new: old is NOTHING and new == limit),
        (r"messages\[\d+\]\.content", "no content, as null", lambda old, new: old is NOTHING and new is None),
        (r"messages\[\d+\]\.name", "of a tool's result, where OpenAI does not know it", lambda old, new: isinstance(old, str) and new is NOTHING),
        (r"messages\[\d+\]\.tool_calls\[\d+\]\.function\.arguments", "blanks in JSON text", same_json),
    ]


def allowed_in_responses(body):
    def as_message(old, new):
        return isinstance(old, str) and new == [{"type": "message", "role": "user", "content": old}]

    def as_parts(old, new):
        return isinstance(old, str) and new == [{"type": "output_text", "text": old, "annotations": []}]

    return [
        ("stream", "not streaming is OpenAI's default", said_nothing(False)),
        ("input", "a text is the user's message", as_message),
        ("tools", "no tools", said_nothing([])),
        ("include", "nothing to include", said_nothing([])),
        (r"input\[\d+\]\.type", "a message's type is left out by some", lambda old, new: old is NOTHING and new == "message"),
        (r"input\[\d+\]\.content", "a model's text as a part", as_parts),
        (r"input\[\d+\]\.content\[\d+\]\.annotations", "none", lambda old, new: old is NOTHING and new == []),
        (r"input\[\d+\]\.content\[\d+\]\.logprobs", "LangChain's messages do not keep them", said_nothing([])),
        (r"input\[\d+\]\.status", "nor the status of a message", said_nothing("completed")),
        (r"input\[\d+\]\.arguments", "blanks in JSON text", same_json),
    ]


@parametrize("openai", "/chat/completions", 23)
def test_a_recorded_chat_completion_is_asked_for_again(monkeypatch, name, exchange):
    body = exchange["request"]["body"]
    check_same(body, rebuilt(monkeypatch, body, False), allowed_in_chat(body))


@parametrize("openai", "/responses", 37)
def test_a_recorded_response_is_asked_for_again(monkeypatch, name, exchange):
    body = exchange["request"]["body"]
    if body["input"] == "placeholder":
        pytest.skip("the request was not recorded: its input reads 'placeholder'")
    check_same(body, rebuilt(monkeypatch, body, True), allowed_in_responses(body))


def test_a_difference_is_found():
    with pytest.raises(AssertionError):
        check_same({"input": "a"}, {"input": [{"type": "message", "role": "user", "content": "b"}]}, allowed_in_responses({}))
    with pytest.raises(AssertionError):
        check_same({"messages": []}, {"messages": [{}]}, allowed_in_chat({}))
