"""Every recorded request to Mistral is made again from LangChain's messages and settings, and compared as JSON."""

import json

import pytest

from minichat import AIMessage, ChatMistralAI, HumanMessage, SystemMessage, ToolMessage

from ..providers.asking import request_of
from .rebuilding import NOTHING, check_same
from .recordings import parametrize

# -- how a recorded message would be written by a user of LangChain: read naively --------------------


def medium(kind, url):
    if url.startswith("data:"):
        head, data = url.split(",")
        return {"type": kind, "base64": data, "mime_type": head[len("data:") : -len(";base64")]}
    return {"type": kind, "url": url}


def block(part):
    kind = part["type"]
    if kind == "image_url":
        place = part["image_url"]
        return medium("image", place if isinstance(place, str) else place["url"])
    if kind == "document_url":
        return medium("file", part["document_url"])
    return dict(part)


def message_of(one):
    role, content = one["role"], one["content"]
    content = content if isinstance(content, str) else [block(part) for part in content]
    if role == "assistant":
        calls = [
            {"name": call["function"]["name"], "args": json.loads(call["function"]["arguments"]), "id": call["id"]}
            for call in one.get("tool_calls") or []
        ]
        extra = {"prefix": one["prefix"]} if "prefix" in one else {}
        return AIMessage(content, tool_calls=calls, additional_kwargs=extra)
    if role == "tool":
        return ToolMessage(content, tool_call_id=one["tool_call_id"])
    return {"user": HumanMessage, "system": SystemMessage}[role](content)


SETTINGS = (
    "model temperature top_p n stop safe_prompt presence_penalty frequency_penalty reasoning_effort prompt_cache_key"
).split()


def rebuilt(monkeypatch, body):
    settings = {name: body[name] for name in SETTINGS if name in body}
    model = ChatMistralAI(api_key="k", **settings)
    kwargs = {"response_format": body["response_format"]} if body.get("response_format") else {}
    if body.get("tools"):
        model = model.bind_tools(body["tools"], tool_choice=body.get("tool_choice"))
    elif "tool_choice" in body:
        kwargs["tool_choice"] = body["tool_choice"]
    messages = [message_of(one) for one in body["messages"]]
    return request_of(monkeypatch, model, messages, stream=bool(body.get("stream")), **kwargs).body


# -- what may differ, and why ------------------------------------------------------------------------


def same_json(old, new):
    return json.loads(old) == json.loads(new)


def as_object(old, new):
    return isinstance(old, str) and new == {"url": old}


def said_nothing(old, new):
    return old in (None, []) and new is NOTHING


ALLOWED = [
    ("stream", "not streaming is Mistral's default", lambda old, new: old is False and new is NOTHING),
    ("tools|stop|frequency_penalty|presence_penalty", "null and an empty list say nothing", said_nothing),
    (r"messages\[\d+\]\.tool_calls", "no calls", said_nothing),
    (r"tools\[\d+\]\.type", "the default", lambda old, new: old is NOTHING and new == "function"),
    (r"messages\[\d+\]\.content", "no content, as a text", lambda old, new: old == [] and new == ""),
    (r"messages\[\d+\]\.content\[\d+\]\.image_url", "a bare URL in OpenAI's form", as_object),
    (r"messages\[\d+\]\.tool_calls\[\d+\]\.index", "of a call in a stream", lambda old, new: old == 0 and new is NOTHING),
    (r"messages\[\d+\]\.tool_calls\[\d+\]\.function\.arguments", "blanks in JSON text", same_json),
]


@parametrize("mistral", "/v1/chat/completions", 55)
def test_a_recorded_request_is_asked_for_again(monkeypatch, name, exchange):
    body = exchange["request"]["body"]
    if "model" not in body:
        pytest.skip("a request without a model: the key was refused before it was read")
    if body["messages"] == [{"role": "user", "content": "placeholder"}]:
        pytest.skip("the request was not recorded: it reads 'placeholder'")
    check_same(body, rebuilt(monkeypatch, body), ALLOWED)


def test_a_difference_is_found():
    for old, new in [({"messages": []}, {"messages": [{}]}), ({"n": 1}, {}), ({"stream": True}, {})]:
        with pytest.raises(AssertionError):
            check_same(old, new, ALLOWED)
