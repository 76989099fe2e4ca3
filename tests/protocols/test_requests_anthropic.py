"""The recorded requests to Anthropic, rebuilt from LangChain's messages and settings.

A naive reader turns the recorded body into what a user would have written: messages, tools in OpenAI's form, words
for the tool choice, media in LangChain's shapes. What minichat then sends is compared with the recording.
"""

from minichat import AIMessage, HumanMessage, SystemMessage, ToolMessage
from minichat.providers.anthropic import ChatAnthropic

from ..providers.asking import request_of
from .rebuilding import NOTHING, check_same
from .recordings import parametrize

KNOWN = 60
SETTINGS = (
    "model max_tokens temperature top_k top_p thinking context_management mcp_servers container stop_sequences"
).split()
PLAIN_TOOL = {"name", "description", "input_schema", "strict"}

# path, why the two may differ there, how
ALLOWED = [
    (
        r"messages\[\d+\]\.content\[\d+\]\.is_error",
        "LangChain always says whether a tool failed; others leave out that it did not",
        lambda old, new: old is NOTHING and new is False,
    ),
]


def medium(block):
    """Give an image or document in LangChain's standard form."""
    source = block["source"]
    said = {key: value for key, value in block.items() if key not in ("type", "source")}
    kind = "image" if block["type"] == "image" else "file"
    if source["type"] == "url":
        return {"type": kind, "url": source["url"], **said}
    if source["type"] == "base64":
        return {"type": kind, "base64": source["data"], "mime_type": source["media_type"], **said}
    if source["type"] == "text":
        return {"type": "text-plain", "text": source["data"], "mime_type": source["media_type"], **said}
    return block


def blocks_of(content):
    if isinstance(content, str):
        return content
    return [medium(block) if block["type"] in ("image", "document") else block for block in content]


def user_messages(content):
    """Give what a user and the tools said in one turn."""
    if isinstance(content, str):
        return [HumanMessage(content)]
    messages, said = [], []
    for block in content:
        if block["type"] != "tool_result":
            said.append(block)
            continue
        if said:
            messages.append(HumanMessage(blocks_of(said)))
            said = []
        assert set(block) <= {"type", "tool_use_id", "content", "is_error"}
        status = "error" if block.get("is_error") else "success"
        messages.append(ToolMessage(blocks_of(block["content"]), tool_call_id=block["tool_use_id"], status=status))
    return [*messages, HumanMessage(blocks_of(said))] if said else messages


def assistant_message(content):
    """Give what the model said: plain calls in tool_calls only, as other providers' messages have them."""
    if isinstance(content, str):
        return AIMessage(content)
    calls = [
        {"name": block["name"], "args": block["input"], "id": block["id"]}
        for block in content
        if block["type"] == "tool_use"
    ]
    kinds = [block["type"] for block in content]
    plain = kinds == sorted(kinds, key="tool_use".__eq__)  # the calls come last
    if plain and not any(set(block) - {"type", "id", "name", "input"} for block in content if block["type"] == "tool_use"):
        content = [block for block in content if block["type"] != "tool_use"]
    return AIMessage(content, tool_calls=calls)


def messages_of(body):
    messages = [SystemMessage(body["system"])] if "system" in body else []
    for turn in body["messages"]:
        if turn["role"] == "user":
            messages += user_messages(turn["content"])
        elif turn["role"] == "system":
            messages.append(SystemMessage(turn["content"]))
        else:
            messages.append(assistant_message(turn["content"]))
    return messages


def openai_tool(tool):
    """Give a tool in OpenAI's form, where that can say all of it."""
    if not {"name", "input_schema"} <= set(tool) <= PLAIN_TOOL:
        return tool
    said = {key: value for key, value in tool.items() if key != "input_schema"}
    return {"type": "function", "function": {**said, "parameters": tool["input_schema"]}}


def model_of(body):
    """Give (model with its tools, keyword arguments of the call)."""
    settings = {name: body[name] for name in SETTINGS if name in body}
    config = dict(body.get("output_config") or {})
    kwargs = {}
    if "format" in config:
        kwargs["response_format"] = {"type": "json_schema", "json_schema": {"schema": config.pop("format")["schema"]}}
    if "effort" in config:
        settings["effort"] = config.pop("effort")
    assert not config
    if "cache_control" in body:
        kwargs["cache_control"] = body["cache_control"]
    model = ChatAnthropic(api_key="k", **settings)
    if "tools" in body:
        choice, words = dict(body.get("tool_choice") or {}), {}
        if "disable_parallel_tool_use" in choice:
            words["parallel_tool_calls"] = not choice.pop("disable_parallel_tool_use")
        if choice:
            words["tool_choice"] = choice.get("name") or choice["type"]
        model = model.bind_tools([openai_tool(tool) for tool in body["tools"]], **words)
    known = {*SETTINGS, "output_config", "cache_control", "tools", "tool_choice", "messages", "system", "stream"}
    assert set(body) <= known, set(body) - known
    return model, kwargs


@parametrize("anthropic", "", KNOWN)
def test_a_recorded_request_is_rebuilt(monkeypatch, name, exchange):
    body = exchange["request"]["body"]
    model, kwargs = model_of(body)
    asked = request_of(monkeypatch, model, messages_of(body), stream=bool(body.get("stream")), **kwargs)
    recorded = {key: value for key, value in body.items() if key != "stream" or value}
    check_same(recorded, asked.body, ALLOWED)
