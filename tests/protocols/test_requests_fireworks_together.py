"""Every recorded request to Fireworks and Together is made again from LangChain's messages and settings, and compared as JSON."""

import json

from minichat import AIMessage, ChatFireworks, ChatTogether, HumanMessage, SystemMessage, ToolMessage

from ..providers.asking import request_of
from .rebuilding import NOTHING, check_same
from .recordings import parametrize_over

SETTINGS = set("model max_tokens temperature top_p top_k n stop seed logprobs reasoning_effort".split())
OWN = ("messages", "stream", "tools", "tool_choice", "response_format")


def messages_of(turns):
    """Give recorded turns as a user of LangChain would write them: read naively."""
    found = []
    for turn in turns:
        content = turn.get("content") or ""
        if turn["role"] == "assistant":
            calls = [
                {"name": call["function"]["name"], "args": json.loads(call["function"]["arguments"]), "id": call["id"]}
                for call in turn.get("tool_calls") or []
            ]
            found.append(AIMessage(content, tool_calls=calls))
        elif turn["role"] == "tool":
            found.append(ToolMessage(content, tool_call_id=turn["tool_call_id"]))
        else:
            found.append({"system": SystemMessage, "user": HumanMessage}[turn["role"]](content))
    return found


def rebuilt(monkeypatch, kind, body):
    """Give the request that this class makes of a recorded one, taken to LangChain's words and back."""
    settings = {name: value for name, value in body.items() if name in SETTINGS}
    model = kind(api_key="any", **settings)
    kwargs = {name: value for name, value in body.items() if name not in SETTINGS and name not in OWN and value is not None}
    if body.get("response_format"):
        kwargs["response_format"] = body["response_format"]
    if body.get("tools"):
        model = model.bind_tools(body["tools"], tool_choice=body.get("tool_choice"))
    messages = messages_of(body["messages"])
    return request_of(monkeypatch, model, messages, stream=bool(body.get("stream")), **kwargs).body


def nothing(*values):
    """Allow that one of these values was recorded, and nothing is sent."""
    return lambda old, new: new is NOTHING and repr(old) in map(repr, values)


ALLOWED = [
    ("stream", "not streaming is the default", nothing(False)),
    ("tools", "no tools", nothing(None, [])),
    (r"[a-z_]+", "null says nothing", nothing(None)),
    (r"messages\[\d+\]\.(name|tool_calls)", "null says nothing", nothing(None)),
]


@parametrize_over(("fireworks", "/chat/completions", 3), ("together", "/chat/completions", 10))
def test_a_recorded_chat_completion_is_asked_for_again(monkeypatch, provider, name, exchange):
    kind = {"fireworks": ChatFireworks, "together": ChatTogether}[provider]
    body = exchange["request"]["body"]
    check_same(body, rebuilt(monkeypatch, kind, body), ALLOWED)
