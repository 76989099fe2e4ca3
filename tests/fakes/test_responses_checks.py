"""What the fake's Responses API refuses: one row per fault, with OpenAI's own words.

"M" rows were measured at the API by kangminlee-maker/local-OAuth-CLI-API-adapter on 2026-08-30 and 31 with
gpt-5.6-terra; the source of the others stands beside the code that raises them.
"""

from __future__ import annotations

import pytest

from .asking import ask
from .responding import PARAMETERS, PATH, TOOL, made, refused, respond

MODEL = "gpt-5.6-terra"
GONE = object()
UNKNOWN, TYPE, VALUE, MISSING = "unknown_parameter", "invalid_type", "invalid_value", "missing_required_parameter"
EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'"
INCLUDES = (
    "'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', "
    "'message.input_image.image_url', 'computer_call_output.output.image_url', 'code_interpreter_call.outputs', "
    "'reasoning.encrypted_content', and 'message.output_text.logprobs'"
)
ITEMS = (
    "'additional_tools', 'agent_message', 'apply_patch_call', 'apply_patch_call_output', 'code_interpreter_call', "
    "'compaction', 'compaction_trigger', 'computer_call', 'computer_call_output', 'custom_tool_call', "
    "'custom_tool_call_output', 'file_search_call', 'function_call', 'function_call_output', 'image_generation_call', "
    "'item_reference', 'local_shell_call', 'local_shell_call_output', 'mcp_approval_request', 'mcp_approval_response', "
    "'mcp_call', 'mcp_list_tools', 'message', 'multi_agent_call', 'multi_agent_call_output', 'program', "
    "'program_output', 'reasoning', 'shell_call', 'shell_call_output', 'tool_search_call', 'tool_search_output', and "
    "'web_search_call'"
)
MOVED = (
    "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the "
    "new parameter. See the API documentation for more information: "
    "https://platform.openai.com/docs/api-reference/responses/create."
)
NOTHING = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."
PNG = "data:image/png;base64,aGVsbG8="


def unknown(param, hint=""):
    return (400, UNKNOWN, param, f"Unknown parameter: '{param}'.{hint}")


def kind(param, expected, got):
    return (400, TYPE, param, f"Invalid type for '{param}': expected {expected}, but got {got} instead.")


def value(param, found, listed):
    return (400, VALUE, param, f"Invalid value: '{found}'. Supported values are: {listed}.")


def missing(param):
    return (400, MISSING, param, f"Missing required parameter: '{param}'.")


def unsupported(param, code=None):
    return (400, code, param, f"Unsupported parameter: '{param}' is not supported with this model.")


def least(param, low, got):
    text = f"Invalid '{param}': integer below minimum value. Expected a value >= {low}, but got {got} instead."
    return (400, "integer_below_min_value", param, text)


def most(param, high, got, word="decimal"):
    text = f"Invalid '{param}': {word} above maximum value. Expected a value <= {high}, but got {got} instead."
    return (400, f"{word}_above_max_value", param, text)


def user(content="hi", **more):
    return {"role": "user", "content": content, **more}


def part(**content):
    return [user([content])]


def assistant(**more):
    content = [{"type": "output_text", "text": "OK", "annotations": []}]
    return {"id": "msg_1", "type": "message", "role": "assistant", "content": content, **more}


def too_long(param, length, most_of):
    text = f"Invalid '{param}': string too long. Expected a string with maximum length {most_of}, but got a string "
    return (400, "string_above_max_length", param, text + f"with length {length} instead.")


NO_TEMPERATURE = unsupported("temperature")
NO_LOGPROBS = "logprobs are not supported with reasoning models."
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "done"}
CUSTOM = {"type": "custom_tool_call", "call_id": "call_1", "name": "f", "input": "x"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABx"}

MEASURED = [
    # which parameters there are
    ({"zzz_unknown": 1}, unknown("zzz_unknown")),
    ({"n": 2}, unknown("n")),
    ({"stop": ["ZZ"]}, unknown("stop", " Did you mean 'store'?")),
    ({"seed": 1}, unknown("seed")),
    ({"logprobs": True}, unknown("logprobs")),
    ({"max_tokens": 16}, unknown("max_tokens")),
    ({"sto": 1}, unknown("sto", " Did you mean 'store'?")),
    ({"st": 1}, unknown("st")),
    ({"stre": 1}, unknown("stre", " Did you mean 'store' or 'stream'?")),
    ({"strem": 1}, unknown("strem", " Did you mean 'stream' or 'store'?")),
    ({"usr": 1}, unknown("usr", " Did you mean 'user'?")),
    ({"inpu": 1}, unknown("inpu")),
    ({"messages": [user()]}, (400, "unsupported_parameter", None, MOVED)),
    # model
    ({"model": GONE}, missing("model")),
    ({"model": GONE, "input": GONE}, missing("model")),
    ({"model": None}, kind("model", "a string", "an object")),
    ({"model": 7}, kind("model", "a string", "an integer")),
    ({"model": ""}, (400, "model_not_found", "model", "The requested model '' does not exist.")),
    # input as a whole
    ({"input": GONE, "zzz": 1, "truncation": "x", "previous_response_id": "resp_x"}, missing("input")),
    ({"input": []}, (400, MISSING, None, NOTHING)),
    ({"input": "", "temperature": 0.5}, (400, MISSING, None, NOTHING)),
    ({"input": None}, kind("input", "a string", "an object")),
    ({"input": {"a": 1}}, kind("input", "one of a string or array of input items", "an object")),
    ({"input": 7, "truncation": "x"}, kind("input", "one of a string or array of input items", "an integer")),
    # its items
    ({"input": [user(bogus=1)]}, unknown("input[0].bogus")),
    ({"input": [user(bogus=1)], "zzz_unknown": 1}, unknown("zzz_unknown")),
    ({"input": [user(status="completed")], "temperature": 0.5}, NO_TEMPERATURE),
    ({"input": [user(id="msg_x")], "temperature": 0.5}, NO_TEMPERATURE),
    ({"input": [user(phase="final_answer")]}, unknown("input[0].phase")),
    ({"input": [assistant(phase="bogus")]}, value("input[0].phase", "bogus", "'commentary' and 'final_answer'")),
    ({"input": [assistant(zzz=1)]}, unknown("input[0].zzz")),
    ({"input": [assistant(phase="commentary"), user()], "temperature": 0.5}, NO_TEMPERATURE),
    ({"input": [7]}, kind("input[0]", "an input item", "an integer")),
    ({"input": [None]}, kind("input[0]", "an input item", "null")),
    ({"input": [{"type": 7, "role": "user", "content": "x"}]}, value("input[0]", "", ITEMS)),
    ({"input": [{"type": "bogus_item"}]}, value("input[0]", "bogus_item", ITEMS)),
    (
        {"input": [{"role": "bogus", "content": "x"}]},
        value("input[0]", "bogus", "'assistant', 'system', 'developer', and 'user'"),
    ),
    ({"input": [{}], "truncation": "x"}, value("input[0]", "", "'assistant', 'system', 'developer', and 'user'")),
    ({"input": [{"role": "user"}]}, missing("input[0].content")),
    # parts of a message
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        value("input[0].content[0]", "input_text", "'output_text' and 'refusal'"),
    ),
    (
        {"input": part(type="output_text", text="x")},
        value(
            "input[0].content[0]",
            "output_text",
            "'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'",
        ),
    ),
    (
        {"input": part(type="bogus")},
        value(
            "input[0].content[0].type",
            "bogus",
            "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', "
            "'computer_screenshot', 'summary_text', and 'encrypted_content'",
        ),
    ),
    ({"input": part(type="input_text")}, missing("input[0].content[0].text")),
    # text and tools
    ({"text": {"zzz": 1}}, unknown("text.zzz")),
    ({"text": "x", "temperature": "x"}, kind("text", "an object", "a string")),
    (
        {"text": {"format": {"type": "bogus"}}},
        value("text.format.type", "bogus", "'json_object', 'text', and 'json_schema'"),
    ),
    ({"text": {"format": {"type": "json_schema"}}}, missing("text.format.name")),
    ({"text": {"verbosity": "bogus"}}, value("text.verbosity", "bogus", "'low', 'medium', and 'high'")),
    ({"tools": "x", "metadata": "x"}, kind("tools", "an array of tools", "a string")),
    ({"tools": [{}]}, missing("tools[0].type")),
    ({"tools": [{"type": "function"}]}, missing("tools[0].name")),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, missing("tools[0].name")),
    ({"tool_choice": 7}, kind("tool_choice", "one of an object or 'none', 'auto', or 'required'", "an integer")),
    ({"tools": [TOOL], "tool_choice": "bogus"}, value("tool_choice", "bogus", "'none', 'auto', and 'required'")),
    ({"tools": [TOOL], "tool_choice": {"type": "function"}}, missing("tool_choice.name")),
    # reasoning
    ({"reasoning": "low", "user": 7}, kind("reasoning", "an object", "a string")),
    ({"reasoning": {"bogus": 1}}, unknown("reasoning.bogus")),
    ({"reasoning": {"generate_summary": "concise"}}, unknown("reasoning.generate_summary")),
    ({"reasoning": {"effort": "bogus"}}, value("reasoning.effort", "bogus", EFFORTS)),
    (
        {"reasoning": {"effort": {}}},
        kind("reasoning.effort", f"one of one of {EFFORTS.replace('and', 'or')} or integer", "an object"),
    ),
    (
        {"reasoning": {"effort": 5}},
        kind("reasoning.effort", "one of 'minimal', 'low', 'medium', or 'high'", "an integer"),
    ),
    (
        {"reasoning": {"effort": "minimal"}},
        (
            400,
            "unsupported_value",
            "reasoning.effort",
            "Unsupported value: 'minimal' is not supported with the 'gpt-5.6-terra' model. Supported values are: "
            "'none', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        ),
    ),
    ({"reasoning": {"summary": "bogus"}}, value("reasoning.summary", "bogus", "'concise', 'detailed', and 'auto'")),
    # sampling, which a reasoning model does not offer
    ({"temperature": 0.5}, NO_TEMPERATURE),
    ({"temperature": "hot", "top_p": "x"}, kind("temperature", "a decimal", "a string")),
    ({"top_p": 0.5}, unsupported("top_p")),
    ({"top_p": "wide", "presence_penalty": "x"}, kind("top_p", "a decimal", "a string")),
    ({"presence_penalty": 0.5}, unsupported("presence_penalty")),
    ({"frequency_penalty": 0.5}, unsupported("frequency_penalty")),
    ({"presence_penalty": "x"}, kind("presence_penalty", "a decimal", "a string")),
    ({"top_logprobs": 1}, (400, "unsupported_parameter", "top_logprobs", NO_LOGPROBS)),
    ({"top_logprobs": "x", "context_management": "x"}, kind("top_logprobs", "an integer", "a string")),
    ({"top_logprobs": 1, "context_management": "x"}, kind("context_management", "an array of objects", "a string")),
    ({"top_logprobs": 1, "temperature": 0.5}, NO_TEMPERATURE),
    (
        {"include": ["message.output_text.logprobs"], "top_logprobs": 1},
        (400, "unsupported_parameter", "include", NO_LOGPROBS),
    ),
    # state
    (
        {"previous_response_id": "resp_x", "temperature": 0.5},
        (400, "previous_response_not_found", "previous_response_id", "Previous response with id 'resp_x' not found."),
    ),
    ({"previous_response_id": "resp_x", "truncation": "x"}, value("truncation", "x", "'auto' and 'disabled'")),
    ({"previous_response_id": {}}, kind("previous_response_id", "a string", "an object")),
    ({"conversation": "conv_x", "prompt": {"id": "p"}}, (404, None, None, "Conversation with id 'conv_x' not found.")),
    (
        {"prompt": {"id": "pmpt_x"}, "previous_response_id": "resp_x"},
        (404, None, None, "Prompt with id 'pmpt_x' not found."),
    ),
    ({"prompt": "x"}, kind("prompt", "an object", "a string")),
    (
        {"conversation": "conv_x", "previous_response_id": "resp_x"},
        (
            400,
            "mutually_exclusive_parameters",
            None,
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        ),
    ),
    # the rest, in the order in which they are looked at
    ({"moderation": "x", "include": ["bogus.thing"]}, kind("moderation", "an object", "a string")),
    ({"include": ["bogus.thing"], "tools": "x"}, value("include[0]", "bogus.thing", INCLUDES)),
    (
        {"include": "x"},
        kind(
            "include",
            "an array of one of 'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', 'cod...uts', "
            "'rea...ent', or 'mes...obs'",
            "a string",
        ),
    ),
    ({"metadata": "x", "text": "x"}, kind("metadata", "a metadata object", "a string")),
    (
        {"metadata": {f"k{n}": "v" for n in range(17)}},
        (
            400,
            "object_above_max_properties",
            "metadata",
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
            "with 17 properties instead.",
        ),
    ),
    ({"parallel_tool_calls": "x", "stream": "x"}, kind("parallel_tool_calls", "a boolean", "a string")),
    ({"stream": "x", "stream_options": "x"}, kind("stream", "a boolean", "a string")),
    ({"stream_options": "x", "background": "x"}, kind("stream_options", "an object", "a string")),
    ({"stream_options": {"include_usage": True}}, unknown("stream_options.include_usage")),
    ({"background": "x", "max_output_tokens": "x"}, kind("background", "a boolean", "a string")),
    ({"max_output_tokens": "x", "max_tool_calls": "x"}, kind("max_output_tokens", "an integer", "a string")),
    ({"max_output_tokens": 15}, least("max_output_tokens", 16, 15)),
    ({"max_output_tokens": 16, "top_p": 0.5}, unsupported("top_p")),
    ({"max_tool_calls": 0}, least("max_tool_calls", 1, 0)),
    ({"user": 7, "safety_identifier": 7}, kind("user", "a string", "an integer")),
    ({"safety_identifier": 7, "prompt_cache_options": "x"}, kind("safety_identifier", "a string", "an integer")),
    ({"prompt_cache_options": "x", "prompt_cache_key": 7}, kind("prompt_cache_options", "an object", "a string")),
    ({"prompt_cache_options": {"bogus": 1}}, unknown("prompt_cache_options.bogus")),
    ({"prompt_cache_key": 7, "truncation": "x"}, kind("prompt_cache_key", "a string", "an integer")),
    ({"prompt_cache_retention": "x", "truncation": "x"}, value("prompt_cache_retention", "x", "'in_memory' and '24h'")),
    ({"prompt_cache_retention": {}}, kind("prompt_cache_retention", "one of 'in_memory' or '24h'", "an object")),
    (
        {"prompt_cache_retention": "in_memory"},
        (
            400,
            "invalid_parameter",
            "prompt_cache_retention",
            "This model is compatible only with 24h extended prompt caching",
        ),
    ),
    ({"truncation": {}}, kind("truncation", "one of 'auto' or 'disabled'", "an object")),
    ({"truncation": "x", "instructions": 7}, value("truncation", "x", "'auto' and 'disabled'")),
    ({"instructions": 7, "store": "x"}, kind("instructions", "a string", "an integer")),
    ({"store": "x", "service_tier": "bogus"}, kind("store", "a boolean", "a string")),
    (
        {"service_tier": "bogus", "top_logprobs": "x"},
        value("service_tier", "bogus", "'auto', 'default', 'fast', 'flex', and 'priority'"),
    ),
    (
        {"service_tier": {}},
        kind("service_tier", "one of 'auto', 'default', 'fast', 'flex', or 'priority'", "an object"),
    ),
]
QUOTED = [
    (
        {"model": "no-such"},
        (404, "model_not_found", None, "The model `no-such` does not exist or you do not have access to it."),
    ),
    ({"model": "gpt-4o", "temperature": 2.5}, most("temperature", 2, 2.5)),
    ({"model": "gpt-4o", "top_p": 1.5}, most("top_p", 1, 1.5)),
    ({"model": "gpt-4o", "top_logprobs": 21}, most("top_logprobs", 20, 21, "integer")),
    ({"model": "gpt-4o", "reasoning": {"effort": "low"}}, unsupported("reasoning.effort", "unsupported_parameter")),
    (
        {"model": "gpt-4o", "include": ["reasoning.encrypted_content"]},
        (400, None, "include", "Encrypted content is not supported with this model."),
    ),
    ({"metadata": {"a": 1}}, kind("metadata.a", "a string", "an integer")),
    ({"metadata": {"a": "v" * 513}}, too_long("metadata.a", 513, 512)),
    (
        {"previous_response_id": "gen-1"},
        (
            400,
            "invalid_id_prefix",
            "previous_response_id",
            "Invalid 'previous_response_id': 'gen-1'. Expected an ID that begins with 'resp'.",
        ),
    ),
    # messages
    ({"input": [user(None)]}, kind("input[0].content", "one of an array of objects or string", "null")),
    ({"input": [user({"a": 1})]}, kind("input[0].content", "one of an array of objects or string", "an object")),
    ({"input": [user(name="Bob")]}, unknown("input[0].name")),
    (
        {"input": part(type="input_image", image_url={"url": PNG})},
        kind("input[0].content[0].image_url", "an image URL", "an object"),
    ),
    (
        {"input": part(type="input_image", image_url="data:image/png;base64,")},
        (
            400,
            VALUE,
            "input[0].content[0].image_url",
            "Invalid 'input[0].content[0].image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. "
            "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got empty base64-encoded bytes.",
        ),
    ),
    (
        {"input": part(type="input_image", image_url="data:application/pdf;base64,aGVsbG8=")},
        (
            400,
            VALUE,
            "input[0].content[0].image_url",
            "Invalid 'input[0].content[0].image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. "
            "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got unsupported MIME type 'application/pdf'.",
        ),
    ),
    (
        {"input": part(type="input_image", image_url="nonsense")},
        (
            400,
            VALUE,
            "input[0].content[0].image_url",
            "Invalid 'input[0].content[0].image_url'. Expected a valid URL, but got a value with an invalid format.",
        ),
    ),
    ({"input": part(type="input_image")}, missing("input[0].content[0].image_url")),
    ({"input": part(type="input_file")}, missing("input[0].content[0].file_id")),
    (
        {"input": part(type="input_file", file_data="data:application/pdf;base64,aGVsbG8=")},
        missing("input[0].content[0].filename"),
    ),
    (
        {"input": part(type="input_audio", input_audio={"data": "AAAA", "format": "ogg"})},
        value("input[0].content[0].input_audio.format", "ogg", "'mp3' and 'wav'"),
    ),
    # calls and results
    ({"input": [{"type": "function_call", "call_id": "c", "name": "f"}]}, missing("input[0].arguments")),
    ({"input": [{**CALL, "arguments": {}}]}, kind("input[0].arguments", "a string", "an object")),
    ({"input": [{**CALL, "async_": None}]}, unknown("input[0].async_")),
    (
        {"input": [{**CALL, "name": "get weather"}]},
        (
            400,
            VALUE,
            "input[0].name",
            "Invalid 'input[0].name': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
        ),
    ),
    ({"input": [{**CALL, "call_id": "c" * 65}]}, too_long("input[0].call_id", 65, 64)),
    (
        {"input": [{**CALL, "call_id": ""}]},
        (
            400,
            "empty_string",
            "input[0].call_id",
            "Invalid 'input[0].call_id': empty string. Expected a string with minimum length 1, but got an empty string "
            "instead.",
        ),
    ),
    ({"input": [{"type": "function_call_output", "call_id": "c"}]}, missing("input[0].output")),
    (
        {"input": [CALL, {**OUTPUT, "output": 5}]},
        kind("input[1].output", "one of an array of objects or string", "an integer"),
    ),
    (
        {"input": [user(), OUTPUT]},
        (400, None, "input", "No tool call found for function call output with call_id call_1."),
    ),
    ({"input": [user(), CALL]}, (400, None, "input", "No tool output found for function call call_1.")),
    ({"input": [user(), CUSTOM]}, (400, None, "input", "No tool output found for custom tool call call_1.")),
    (
        {"input": [CUSTOM, OUTPUT]},
        (400, None, "input", "No tool call found for function call output with call_id call_1."),
    ),
    (
        {"input": [{"type": "shell_call_output", "call_id": "call_1", "output": []}]},
        (400, None, "input", "No tool call found for shell call output with call_id call_1."),
    ),
    # ids
    (
        {"input": [{**CALL, "id": "call_1"}, OUTPUT]},
        (
            400,
            "invalid_id_prefix",
            "input[0].id",
            "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
        ),
    ),
    (
        {"input": [{**THOUGHT, "id": "item_1"}]},
        (
            400,
            "invalid_id_prefix",
            "input[0].id",
            "Invalid 'input[0].id': 'item_1'. Expected an ID that begins with 'rs'.",
        ),
    ),
    (
        {"input": [assistant(id="")]},
        (
            400,
            VALUE,
            "input[0].id",
            "Invalid 'input[0].id': ''. Expected an ID that contains letters, numbers, underscores, or dashes, but this "
            "value contained additional characters.",
        ),
    ),
    ({"input": [assistant(id="msg_" + "1" * 61)]}, too_long("input[0].id", 65, 64)),
    (
        {"input": [assistant(), assistant()]},
        (
            400,
            None,
            "input",
            "Duplicate item found with id msg_1. Remove duplicate items from your input and try again.",
        ),
    ),
    ({"input": [{"type": "item_reference", "id": "msg_x"}]}, (404, None, "input", "Item with id 'msg_x' not found.")),
    # thoughts
    ({"input": [{"type": "reasoning", "id": "rs_1"}]}, missing("input[0].summary")),
    ({"input": [{**THOUGHT, "status": None}]}, unknown("input[0].status")),
    (
        {"input": [{**THOUGHT, "encrypted_content": "not a cipher!"}]},
        (
            400,
            "invalid_encrypted_content",
            None,
            "The encrypted content not ...her! could not be verified. Reason: Encrypted content could not be decrypted or "
            "parsed.",
        ),
    ),
    (
        {"input": [THOUGHT, user()]},
        (400, None, "input", "Item 'rs_1' of type 'reasoning' was provided without its required following item."),
    ),
    (
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]},
        (404, None, "input", "Item with id 'rs_1' not found."),
    ),
    (
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}], "store": False},
        (
            404,
            None,
            "input",
            "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with `store` "
            "set to true, or remove this item from your input.",
        ),
    ),
    # tools and formats
    (
        {"tool_choice": "required"},
        (400, None, "tool_choice", "Tool choice 'required' must be specified with 'tools' parameter."),
    ),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "x"}},
        (400, None, "tool_choice", "Tool choice 'x' not found in 'tools' parameter."),
    ),
    (
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search"}]}},
        (400, None, "tool_choice", "Tool choice 'web_search' not found in 'tools' parameter."),
    ),
    ({"tools": [{**TOOL, "zzz": 1}]}, unknown("tools[0].zzz")),
    ({"tools": [{**TOOL, "strict": "yes"}]}, kind("tools[0].strict", "a boolean", "a string")),
    (
        {"tools": [{**TOOL, "name": "get weather"}]},
        (
            400,
            VALUE,
            "tools[0].name",
            "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
        ),
    ),
    ({"tools": [{**TOOL, "name": "f" * 65}]}, too_long("tools[0].name", 65, 64)),
    (
        {"tools": [{**TOOL, "strict": True}]},
        (
            400,
            "invalid_function_parameters",
            "tools[0].parameters",
            "Invalid schema for function 'get_weather': In context=(), 'additionalProperties' is required to be supplied "
            "and to be false.",
        ),
    ),
    ({"tools": [{"type": "file_search"}]}, missing("tools[0].vector_store_ids")),
    ({"text": {"format": {"type": "json_schema", "name": "x"}}}, missing("text.format.schema")),
    ({"text": {"format": {"type": "json_schema", "json_schema": {}}}}, unknown("text.format.json_schema")),
    (
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": PARAMETERS, "strict": True}}},
        (
            400,
            "invalid_json_schema",
            "text.format.schema",
            "Invalid schema for response_format 'x': In context=(), 'additionalProperties' is required to be supplied and "
            "to be false.",
        ),
    ),
    (
        {"text": {"format": {"type": "json_object"}}, "instructions": "Answer in JSON."},
        (
            400,
            None,
            "text.format",
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
        ),
    ),
    ({"input": "x" * 10_485_761}, too_long("input", 10_485_761, 10_485_760)),
    (
        {"model": "gpt-4", "input": "word " * 9_000},
        (
            400,
            "context_length_exceeded",
            "input",
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
        ),
    ),
]


def asked(server, changes):
    body = {"model": MODEL, "input": "ping", **changes}
    return ask(server, {key: item for key, item in body.items() if item is not GONE}, path=PATH)


@pytest.mark.parametrize(
    "changes, said", MEASURED, ids=[f"M{n}-{said[2] or said[1]}" for n, (_, said) in enumerate(MEASURED)]
)
def test_a_fault_is_told_as_measured_at_the_api(server, changes, said):
    assert refused(asked(server, changes)) == said


@pytest.mark.parametrize(
    "changes, said", QUOTED, ids=[f"Q{n}-{said[2] or said[1]}" for n, (_, said) in enumerate(QUOTED)]
)
def test_a_fault_is_told_as_quoted_in_public(server, changes, said):
    assert refused(asked(server, changes)) == said


TAKEN = [
    {"input": "Give me JSON", "text": {"format": {"type": "json_object"}}},
    {"input": "word " * 9_000, "model": "gpt-4", "truncation": "auto"},
    {"reasoning": {"effort": "none"}, "temperature": 0.5, "top_p": 0.5, "top_logprobs": 2},
    {
        "temperature": 1,
        "reasoning": None,
        "tools": None,
        "metadata": None,
        "text": None,
        "include": None,
        "store": None,
    },
    {"input": [CALL, user(), OUTPUT]},  # pairs need not be neighbours: deepseek-ai/awesome-deepseek-integration#740
    {"input": [CUSTOM, {**OUTPUT, "type": "custom_tool_call_output"}]},
    {"input": [THOUGHT, CALL, OUTPUT]},
    {"input": [THOUGHT, assistant(), user()]},
    {"input": [{"type": "reasoning", "summary": [], "encrypted_content": "gAAAAABx"}, user()]},
    {"input": [user([{"type": "input_image", "image_url": PNG, "detail": "auto"}])]},
    {
        "input": [
            user([{"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGVsbG8="}])
        ]
    },
    {"input": [CALL, {**OUTPUT, "output": [{"type": "input_image", "image_url": PNG}]}]},
    {"input": [{"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, user()]},
    {"input": [{"type": "image_generation_call", "id": "ig_1"}, user()]},
    {"tools": [{"type": "custom", "name": "f"}], "tool_choice": {"type": "custom", "name": "f"}},
    {"tools": [{"type": "image_generation"}, {"type": "mcp", "server_label": "x"}], "parallel_tool_calls": False},
    {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
    {"context_management": [{"type": "compaction", "compact_threshold": 1000}]},
]


@pytest.mark.parametrize("changes", TAKEN, ids=range(len(TAKEN)))
def test_what_is_right_is_taken(server, changes):
    assert asked(server, changes).json["status"] == "completed"


def test_key_path_method_and_malformed_json_are_judged_as_elsewhere(server):
    assert ask(server, {}, path=PATH, key=None).status == 401
    wrong = ask(server, {"model": MODEL, "input": "x"}, path=PATH, key="sk-fake-wrong-0123456789")
    assert wrong.status == 200  # only the names that are known as wrong are
    assert ask(server, {}, path=PATH, key="sk-fake-wrong").error["code"] == "invalid_api_key"
    assert ask(server, b"{", path=PATH).error["message"].startswith("We could not parse the JSON body of your request.")
    assert (
        ask(server, b"[]", path=PATH).error["message"].startswith("We could not parse the JSON body of your request.")
    )
    for method, path in (("GET", PATH), ("POST", PATH + "/resp_1"), ("GET", PATH + "/resp_1/cancel")):
        reply = ask(server, {}, path=path, method=method)
        assert reply.status == 405 and reply.error["message"].startswith(f"Not allowed to {method} on /v1/responses")
    assert ask(server, None, path=PATH + "/resp_1/nothing", method="GET").status == 404


def test_too_many_requests_are_told_with_the_seconds_to_wait(server):
    reply = respond(server, "fake-429-once")
    assert reply.status == 429 and reply.error["code"] == "rate_limit_exceeded"
    assert 0 < float(reply.headers["retry-after"]) < 1
    assert respond(server, "fake-429-once").status == 200


def test_a_blocked_prompt_is_refused_and_in_a_stream_fails(server):
    assert refused(respond(server, "fake-blocked"))[:2] == (400, "invalid_prompt")


def thinking(server, **body):
    return made(server, "fake-think", "q", tools=[TOOL], **body)


def test_a_remembered_thought_needs_what_followed_it(server):
    thought, call = thinking(server)["output"]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "21"}
    whole = respond(server, "fake-think", [user(), thought, call, result], tools=[TOOL])
    assert whole.status == 200
    nameless = {key: item for key, item in call.items() if key != "id"}
    said = f"Item '{thought['id']}' of type 'reasoning' was provided without its required following item."
    for items in ([thought], [thought, user()], [thought, nameless, result]):
        assert refused(respond(server, "fake-think", items, tools=[TOOL])) == (400, None, "input", said)


@pytest.mark.parametrize("kind_of_item", ["function_call", "message"])
def test_what_follows_a_remembered_thought_needs_the_thought(server, kind_of_item):
    output = (thinking(server) if kind_of_item == "function_call" else made(server, "fake-think"))["output"]
    thought, item = output
    after = [{"type": "function_call_output", "call_id": item["call_id"], "output": "21"}] if "call_id" in item else []
    said = f"Item '{item['id']}' of type '{kind_of_item}' was provided without its required 'reasoning' item: "
    reply = respond(server, "fake-think", [item, *after])
    assert refused(reply) == (400, None, "input", f"{said}'{thought['id']}'.")
    nameless = {key: value for key, value in item.items() if key != "id"}
    assert respond(server, "fake-think", [nameless, *after]).status == 200


def test_calls_of_the_previous_response_need_their_results(server):
    first = made(server, "fake-tool", tools=[TOOL])
    call = first["output"][0]
    reply = respond(server, "fake-tool", "go on", previous_response_id=first["id"])
    assert refused(reply) == (400, None, "input", f"No tool output found for function call {call['call_id']}.")
    again = respond(server, "fake-tool", [call], previous_response_id=first["id"])
    assert refused(again)[3].startswith(f"Duplicate item found with id {call['id']}.")


def test_a_response_that_is_not_there_is_not_found(server):
    said = (404, None, None, "Response with id 'resp_1' not found.")
    for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        assert refused(ask(server, None, path=f"{PATH}/resp_1{end}", method=method)) == said
    wrong = ask(server, None, path=f"{PATH}/chatcmpl-1", method="GET")
    assert wrong.error["message"] == "Invalid 'response_id': 'chatcmpl-1'. Expected an ID that begins with 'resp'."


def test_only_a_background_response_can_be_cancelled(server):
    name = made(server)["id"]
    reply = ask(server, None, path=f"{PATH}/{name}/cancel")
    assert refused(reply) == (400, None, None, "Cannot cancel a synchronous response.")


def test_the_listing_of_input_items_has_its_limits(server):
    name = made(server)["id"]
    for query, param in (("limit=0", "limit"), ("limit=101", "limit"), ("order=up", "order")):
        reply = ask(server, None, path=f"{PATH}/{name}/input_items?{query}", method="GET")
        assert (reply.status, reply.error["param"]) == (400, param)
