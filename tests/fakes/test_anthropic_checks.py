"""Each wrong request gets Anthropic's own answer: status, type, the whole sentence, the request's id."""

from __future__ import annotations

import base64
import json

import pytest

import fakes

from .anthropic_asking import WEATHER_TOOL, call, chat, text, user
from .asking import MESSAGES, raw

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
CACHE = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
DOCS = "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
THINK = {"type": "enabled", "budget_tokens": 1024}
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "21"}
FORCED = {"tools": [WEATHER_TOOL], "tool_choice": {"type": "any"}}
TAGS = (
    "'advisor_tool_result', 'bash_code_execution_tool_result', 'code_execution_tool_result', 'compaction', "
    "'container_upload', 'document', 'fallback', 'image', 'mcp_tool_listing', 'mcp_tool_result', 'mcp_tool_use', "
    "'redacted_thinking', 'search_result', 'server_tool_use', 'text', 'text_editor_code_execution_tool_result', "
    "'thinking', 'tool_addition', 'tool_reference', 'tool_removal', 'tool_result', 'tool_search_tool_result', "
    "'tool_use', 'web_fetch_tool_result', 'web_search_tool_result'"
)
EXTRA = "Extra inputs are not permitted"
REQUIRED = "Field required"
IMAGES = "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
CLOSED = "For 'object' type, 'additionalProperties' must be explicitly set to false"
INVALID_SCHEMA = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn "
    "more about tool use at https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
FIRST_THINK = (
    "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost "
    "set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To "
    f"avoid this requirement, disable `thinking`. Please consult our documentation at {DOCS}"
)
UNANSWERED = (
    "messages.%d: `tool_use` ids were found without `tool_result` blocks immediately after: %s. Each `tool_use` block "
    "must have a corresponding `tool_result` block in the next message."
)
ORPHAN = (
    "messages.%d.content.%d: unexpected `tool_use_id` found in `tool_result` blocks: %s. Each `tool_result` block must "
    "have a corresponding `tool_use` block in the previous message."
)
NO_SYSTEM = "role 'system' is not supported on this model"
DIRECTIVE = "the directive-only form (content: [] with output_config) is accepted at any position"
SHAPE = "Input does not match the expected shape."
PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."
NO_BUDGET = (
    '"thinking.type.%s" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to '
    "control thinking behavior."
)


def history(*messages):
    return {"messages": [*MESSAGES, *messages]}


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def image(source):
    return {"messages": [user({"type": "image", "source": source})]}


def encoded(data, kind="image/png"):
    return {"type": "base64", "media_type": kind, "data": data}


def tool(**changes):
    made = {**WEATHER_TOOL, **changes}
    return {"tools": [{key: value for key, value in made.items() if value is not ...}]}


def inline(changes):
    return {"model": "claude-opus-4-8", **changes}


def schema(value):
    return {"output_config": {"format": {"type": "json_schema", "schema": value}}}


# what is changed in {"model": "fake-hello", "max_tokens": 1000, "messages": MESSAGES} -> message
REFUSED = [
    # the body as a whole
    ({"max_tokens": ...}, f"max_tokens: {REQUIRED}"),
    ({"model": ...}, f"model: {REQUIRED}"),
    ({"messages": ...}, f"messages: {REQUIRED}"),
    ({"model": ""}, "model: String should have at least 1 character"),
    ({"model": 4}, "model: Input should be a valid string"),
    ({"foo": 1}, f"foo: {EXTRA}"),
    ({"response_format": {"type": "json_object"}}, f"response_format: {EXTRA}"),
    ({"context_management": {"edits": []}}, f"context_management: {EXTRA}"),
    ({"mcp_servers": []}, f"mcp_servers: {EXTRA}"),
    # kinds and ranges
    ({"max_tokens": -1}, "max_tokens: must be greater than or equal to 0"),
    ({"max_tokens": "10"}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": 1.5}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": 0, "stream": True}, "max_tokens: 0 is not allowed with stream: true"),
    ({"max_tokens": 0, **FORCED}, "max_tokens: 0 is not allowed with a forced tool_choice"),
    ({"model": "claude-haiku-4-5", "max_tokens": 64_001}, "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001"),
    ({"temperature": 1.1}, "temperature: range: 0..1"),
    ({"temperature": -0.1}, "temperature: range: 0..1"),
    ({"temperature": "hot"}, "temperature: Input should be a valid number"),
    ({"temperature": None}, "temperature: Input should be a valid number"),
    ({"top_p": 2}, "top_p: range: 0..1"),
    ({"top_k": 1.5}, "top_k: Input should be a valid integer"),
    ({"stream": "yes"}, "stream: Input should be a valid boolean"),
    ({"stop_sequences": "END"}, "stop_sequences: Input should be a valid array"),
    ({"stop_sequences": [1]}, "stop_sequences.0: Input should be a valid string"),
    ({"stop_sequences": ["\n"]}, "stop_sequences: each stop sequence must contain non-whitespace"),
    ({"service_tier": "flex"}, "service_tier: Input should be 'auto' or 'standard_only'"),
    ({"speed": "slow"}, "speed: Input should be 'standard' or 'fast'"),
    ({"metadata": {"user": "x"}}, f"metadata.user: {EXTRA}"),
    ({"metadata": {"user_id": 3}}, "metadata.user_id: Input should be a valid string"),
    ({"metadata": {"user_id": "x" * 257}}, "metadata.user_id: String should have at most 256 characters"),
    ({"metadata": "x"}, f"metadata: {SHAPE}"),
    ({"output_config": "x"}, f"output_config: {SHAPE}"),
    ({"system": [7]}, f"system.0: {SHAPE}"),
    ({"thinking": "x"}, "thinking: Input should be an object"),
    ({"cache_control": "x"}, "cache_control: Input should be an object"),
    ({"container": 7}, f"container.ContainerParams: {SHAPE}"),
    ({"container": "c_1"}, "container: Container identifier can only be provided when using the code execution tool"),
    ({"inference_geo": 7}, "inference_geo: Input should be a valid string"),
    ({"inference_geo": "mars"}, "inference_geo: must be one of ['global', 'us']"),
    # of several faults, the first in the API's own order, whatever the body's
    ({"foo": 1, "inference_geo": 7}, "inference_geo: Input should be a valid string"),
    ({"top_p": "x", "temperature": "x", "messages": "x", "tools": "x"}, "tools: Input should be a valid array"),
    ({"max_tokens": "x", "cache_control": "x"}, "cache_control: Input should be an object"),
    ({"container": "c_1", "messages": [{"role": "user", "content": ""}]}, "messages.0: user messages must have non-empty content"),
    # what a model does not take
    ({"model": "claude-sonnet-4-5", "temperature": 1, "top_p": 1}, "`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
    ({"model": "claude-opus-4-7", "temperature": 1}, "`temperature` is deprecated for this model."),
    ({"model": "claude-sonnet-5", "top_p": 0.9}, "`top_p` is deprecated for this model."),
    ({"model": "claude-opus-5-5", "top_k": 5}, "`top_k` is deprecated for this model."),
    # messages
    ({"messages": []}, "messages: at least one message is required"),
    ({"messages": "hi"}, "messages: Input should be a valid array"),
    ({"messages": ["hi"]}, "messages.0: Input should be an object"),
    ({"messages": [{"content": "hi"}]}, f"messages.0.role: {REQUIRED}"),
    ({"messages": [{"role": "user"}]}, f"messages.0.content: {REQUIRED}"),
    ({"messages": [{"role": "user", "content": 4}]}, "messages.0.content: Input should be a valid array"),
    ({"messages": [{"role": "user", "content": None}]}, "messages.0.content: Input should be a valid array"),
    ({"messages": [{"role": "user", "content": "hi", "name": "ada"}]}, f"messages.0.name: {EXTRA}"),
    ({"messages": [{"role": "tool", "content": "hi"}]}, 'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"'),
    ({"messages": [{"role": "human", "content": "hi"}]}, 'messages: Unexpected role "human". Allowed roles are "user" or "assistant"'),
    ({"messages": [{"role": "system", "content": "x"}, *MESSAGES]}, NO_SYSTEM),
    (history({"role": "system", "content": "x"}), NO_SYSTEM),
    (inline({"messages": [{"role": "system", "content": "x"}, *MESSAGES]}), f"messages.0: use the top-level 'system' parameter for the initial system prompt; {DIRECTIVE}"),
    (inline(history({"role": "system", "content": "x"}, {"role": "system", "content": "y"}, *MESSAGES)), f"messages.2: role 'system' must precede an 'assistant' message or end the array; {DIRECTIVE}"),
    (inline(history({"role": "system", "content": []})), "messages.1: system content must contain at least one block"),
    (inline(history({"role": "system", "content": " "})), "messages.1: system text blocks must contain non-whitespace text"),
    (inline(history({"role": "system", "content": [{"type": "image", "source": encoded(PNG)}]})), "messages.1: role 'system' supports text, tool_addition, and tool_removal blocks only"),
    (inline(history({"role": "system", "content": [{"text": "x"}]})), f"messages.1.content.0.type: {REQUIRED}"),
    ({"model": "claude-haiku-4-5", **history({"role": "system", "content": "x"})}, NO_SYSTEM),
    ({"messages": [{"role": "assistant", "content": "hi"}]}, 'messages: first message must use the "user" role'),
    ({"messages": [{"role": "user", "content": ""}]}, "messages.0: user messages must have non-empty content"),
    ({"messages": [{"role": "user", "content": []}]}, "messages.0: user messages must have non-empty content"),
    (history({"role": "assistant", "content": ""}, *MESSAGES), "messages.1: all messages must have non-empty content except for the optional final assistant message"),
    ({"messages": [user(text(""))]}, "messages: text content blocks must be non-empty"),
    ({"messages": [user(text(" \n"))]}, "messages: text content blocks must contain non-whitespace text"),
    ({"system": [text("")]}, "system: text content blocks must be non-empty"),
    ({"system": [text(" ")]}, "system: text content blocks must contain non-whitespace text"),
    ({"system": 5}, "system: Input should be a valid array"),
    ({"system": [{"type": "image"}]}, "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'"),
    (history({"role": "assistant", "content": "Well, "}), "messages: final assistant content cannot end with trailing whitespace"),
    (history(assistant(text("Well\n"))), "messages: final assistant content cannot end with trailing whitespace"),
    ({"model": "claude-opus-4-6", **history({"role": "assistant", "content": "Well"})}, PREFILL),
    ({"model": "claude-sonnet-5-5", **history({"role": "assistant", "content": "Well"})}, PREFILL),
    # blocks
    ({"messages": [user("hi")]}, "messages.0.content.0: Input should be an object"),
    ({"messages": [user({"text": "hi"})]}, f"messages.0.content.0.type: {REQUIRED}"),
    ({"messages": [user({"type": "image_url", "image_url": {}})]}, f"messages.0.content.0: Input tag 'image_url' found using 'type' does not match any of the expected tags: {TAGS}"),
    ({"messages": [user({"type": "text"})]}, f"messages.0.content.0.text.text: {REQUIRED}"),
    ({"messages": [user(text(3))]}, "messages.0.content.0.text.text: Input should be a valid string"),
    ({"messages": [user(text("hi", annotations=[]))]}, f"messages.0.content.0.text.annotations: {EXTRA}"),
    ({"messages": [user({"type": "image"})]}, f"messages.0.content.0.image.source: {REQUIRED}"),
    (image({"data": PNG}), f"messages.0.content.0.image.source.type: {REQUIRED}"),
    (image({"type": "http"}), "messages.0.content.0.image.source: Input tag 'http' found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'"),
    (image(encoded(PNG, "image/jpg")), f"messages.0.content.0.image.source.base64.media_type: {IMAGES}"),
    (image(encoded("")), "messages.0.content.0.image.source.base64: image cannot be empty"),
    (image(encoded("a b")), "messages.0.content.0.image.source.base64: invalid base64 data"),
    (image(encoded("data:image/png;base64," + PNG)), "messages.0.content.0.image.source.base64: invalid base64 data"),
    (image(encoded(PNG, "image/jpeg")), "messages.0.content.0.image.source.base64.data: The image was specified using the image/jpeg media type, but the image appears to be a image/png image"),
    (image({"type": "url"}), f"messages.0.content.0.image.source.url.url: {REQUIRED}"),
    (image({"type": "url", "url": "http://x.example/a.png"}), "messages.0.content.0.image.source.url.url: Only HTTPS URLs are supported."),
    ({"messages": [user({"type": "document", "source": encoded("JVBERg==", "text/html")})]}, "messages.0.content.0.document.source.base64.media_type: Input should be 'application/pdf'"),
    ({"messages": [user({"type": "document", "source": {"type": "text", "media_type": "text/markdown", "data": "x"}})]}, "messages.0.content.0.document.source.text.media_type: Input should be 'text/plain'"),
    ({"messages": [user({"type": "search_result", "title": "t", "content": []})]}, f"messages.0.content.0.search_result.source: {REQUIRED}"),
    # cache marks
    ({"messages": [user(text("", **CACHE))]}, "messages.0.content.0.text: cache_control cannot be set for empty text blocks"),
    ({"messages": [user(*(text(word, **CACHE) for word in "abcde"))]}, "A maximum of 4 blocks with cache_control may be provided. Found 5."),
    ({"system": [text("a", **CACHE)], "tools": [{**WEATHER_TOOL, **CACHE}], "messages": [user(*(text(word, **CACHE) for word in "abc"))]}, "A maximum of 4 blocks with cache_control may be provided. Found 5."),
    ({"messages": [user(text("a", **CACHE), text("b", **HOUR))]}, "messages.0.content.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."),
    ({"messages": [user(text("a", cache_control={"type": "forever"}))]}, "messages.0.content.0.text.cache_control.type: Input should be 'ephemeral'"),
    ({"messages": [user(text("a", cache_control={"type": "ephemeral", "ttl": "2h"}))]}, "messages.0.content.0.text.cache_control.ephemeral.ttl: Input should be '5m' or '1h'"),
    ({"system": [text("a", cache_control={"type": "ephemeral", "scope": "global"})]}, f"system.0.cache_control.ephemeral.scope: {EXTRA}"),
    (history(assistant({"type": "thinking", "thinking": "t", "signature": "s", **CACHE}), *MESSAGES), f"messages.1.content.0.thinking.cache_control: {EXTRA}"),
    # calls and results
    (history(assistant({**USE, "input": "{}"}), user(RESULT)), "messages.1.content.0.tool_use.input: Input should be a valid dictionary"),
    (history(assistant({**USE, "id": "call|1"}), user(RESULT)), "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"),
    (history(assistant({**USE, "name": ""}), user(RESULT)), "messages.1.content.0.tool_use.name: String should have at least 1 character"),
    (history(assistant(USE), user({"type": "tool_result", "content": "21"})), f"messages.2.content.0.tool_result.tool_use_id: {REQUIRED}"),
    (history(assistant(USE), user({**RESULT, "status": "ok"})), f"messages.2.content.0.tool_result.status: {EXTRA}"),
    (history(assistant(USE), user({**RESULT, "is_error": "no"})), "messages.2.content.0.tool_result.is_error: Input should be a valid boolean"),
    (history(assistant(USE), user({**RESULT, "content": [{"type": "image", "source": encoded(PNG, "image/tiff")}]})), f"messages.2.content.0.tool_result.content.0.image.source.base64.media_type: {IMAGES}"),
    (history(assistant(USE), user({**RESULT, "content": [USE]})), "messages.2.content.0.tool_result.content.0: Input tag 'tool_use' found using 'type' does not match any of the expected tags: 'document', 'image', 'search_result', 'text', 'tool_reference'"),
    (history(assistant(USE)), UNANSWERED % (1, "toolu_1")),
    (history(assistant(USE), *MESSAGES), UNANSWERED % (1, "toolu_1")),
    (history(assistant(USE), user(text("first"), RESULT)), UNANSWERED % (1, "toolu_1")),
    (history(assistant(USE, {**USE, "id": "toolu_2"}), user(RESULT)), UNANSWERED % (1, "toolu_2")),
    ({"messages": [user(RESULT)]}, ORPHAN % (0, 0, "toolu_1")),
    (history(assistant(USE), user(RESULT, {**RESULT, "tool_use_id": "toolu_9"})), ORPHAN % (2, 1, "toolu_9")),
    (history(assistant(USE), user(RESULT), assistant(text("21")), user(RESULT)), ORPHAN % (4, 0, "toolu_1")),
    (history(assistant(USE), user(RESULT, RESULT)), "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: toolu_1"),
    (history(assistant(USE, USE), user(RESULT)), "messages.1.content.1: `tool_use` ids must be unique"),
    (history(user(USE)), "messages.1: `tool_use` blocks can only be in `assistant` messages"),
    (history(assistant(RESULT)), "messages.1: `tool_result` blocks can only be in `user` messages"),
    # thoughts
    ({"thinking": {"type": "on"}}, "thinking: Input tag 'on' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'"),
    ({"thinking": {"budget_tokens": 2000}}, f"thinking.type: {REQUIRED}"),
    ({"thinking": {"type": "enabled"}}, f"thinking.enabled.budget_tokens: {REQUIRED}"),
    ({"thinking": {"type": "enabled", "budget_tokens": 512}}, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"),
    ({"thinking": {"type": "adaptive", "budget_tokens": 2000}}, f"thinking.adaptive.budget_tokens: {EXTRA}"),
    ({"thinking": {"type": "adaptive", "display": "full"}}, "thinking.adaptive.display: Input should be 'summarized' or 'omitted'"),
    ({"thinking": THINK}, f"`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at {DOCS}#max-tokens-and-context-window-size"),
    ({"max_tokens": 1024, "thinking": THINK}, f"`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at {DOCS}#max-tokens-and-context-window-size"),
    ({"max_tokens": 2000, "thinking": THINK, "temperature": 0.5}, "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking"),
    ({"thinking": {"type": "adaptive"}, "top_p": 0.5}, f"`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled. Please consult our documentation at {DOCS}"),
    ({"thinking": {"type": "adaptive"}, "top_k": 5}, f"`top_k` must be unset when thinking is enabled. Please consult our documentation at {DOCS}#important-considerations-when-using-extended-thinking"),
    ({"max_tokens": 2000, "thinking": THINK, **FORCED}, "Thinking may not be enabled when tool_choice forces tool use."),
    ({"model": "claude-haiku-4-5", "thinking": {"type": "adaptive"}}, '"thinking.type.adaptive" is not supported for this model'),
    ({"model": "claude-3-5-haiku-latest", "max_tokens": 2000, "thinking": THINK}, '"thinking.type.enabled" is not supported for this model'),
    ({"model": "claude-opus-4-7", "max_tokens": 2000, "thinking": THINK}, NO_BUDGET % "enabled"),
    ({"model": "claude-opus-5-5", "thinking": {"type": "disabled"}}, NO_BUDGET % "disabled"),
    (history(assistant({"type": "thinking", "thinking": "t"}), *MESSAGES), f"messages.1.content.0.thinking.signature: {REQUIRED}"),
    (history(assistant({"type": "thinking", "thinking": "t", "signature": "sig"}), *MESSAGES), "messages.1.content.0: Invalid `signature` in `thinking` block"),
    (history(assistant({"type": "thinking", "thinking": "t", "signature": ""}), *MESSAGES), "messages.1.content.0: Invalid `signature` in `thinking` block"),
    (history(assistant({"type": "redacted_thinking", "data": "xyz"}), *MESSAGES), "messages.1.content.0: Invalid `data` in `redacted_thinking` block"),
    ({"max_tokens": 2000, "thinking": THINK, **history(assistant(USE), user(RESULT))}, f"messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. {FIRST_THINK}"),
    ({"max_tokens": 2000, "thinking": THINK, **history(assistant(text("Well"), USE), user(RESULT))}, f"messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. {FIRST_THINK}"),
    ({"max_tokens": 2000, "thinking": THINK, **history({"role": "assistant", "content": "Well"})}, f"messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. {FIRST_THINK}"),
    ({"messages": [user({"type": "thinking", "thinking": "t", "signature": "s"})]}, "messages.0: `thinking` blocks can only be in `assistant` messages"),
    # tools
    ({"tools": {}}, "tools: Input should be a valid array"),
    ({"tools": ["x"]}, "tools.0: Input should be an object"),
    (tool(name=...), f"tools.0.custom.name: {REQUIRED}"),
    (tool(name="get.weather"), "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
    (tool(name=""), "tools.0.custom.name: String should have at least 1 character"),
    (tool(name="x" * 129), "tools.0.custom.name: String should have at most 128 characters"),
    (tool(description=None), "tools.0.custom.description: Input should be a valid string"),
    (tool(input_schema=...), f"tools.0.custom.input_schema: {REQUIRED}"),
    (tool(input_schema={}), f"tools.0.custom.input_schema.type: {REQUIRED}"),
    (tool(input_schema={"type": "string"}), "tools.0.custom.input_schema.type: Input should be 'object'"),
    (tool(input_schema={"type": "object", "anyOf": []}), "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"),
    (tool(input_schema={"type": "object", "properties": {"x": "number"}}), f"tools.0.custom.input_schema: {INVALID_SCHEMA}"),
    (tool(input_schema={"type": "object", "properties": {"x": {"type": "str"}}}), f"tools.0.custom.input_schema: {INVALID_SCHEMA}"),
    (tool(input_schema={"type": "object", "required": "x"}), f"tools.0.custom.input_schema: {INVALID_SCHEMA}"),
    (tool(strict=True), f"tools.0.custom: {CLOSED}"),
    (tool(parameters={}), f"tools.0.custom.parameters: {EXTRA}"),
    ({"tools": [WEATHER_TOOL, WEATHER_TOOL]}, "tools: Tool names must be unique."),
    ({"tool_choice": {"type": "auto"}}, "tool_choice.auto may only be specified while providing tools"),
    ({"tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found in provided tools"),
    ({"tool_choice": {"type": "any"}, "tools": []}, "tool_choice.any may only be specified while providing tools"),
    ({**FORCED, "tool_choice": "any"}, "tool_choice: Input should be an object"),
    ({**FORCED, "tool_choice": {}}, f"tool_choice.type: {REQUIRED}"),
    ({**FORCED, "tool_choice": {"type": "required"}}, "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'"),
    ({**FORCED, "tool_choice": {"type": "tool"}}, f"tool_choice.tool.name: {REQUIRED}"),
    ({**FORCED, "tool_choice": {"type": "none", "disable_parallel_tool_use": True}}, f"tool_choice.none.disable_parallel_tool_use: {EXTRA}"),
    ({**FORCED, "tool_choice": {"type": "tool", "name": "fly"}}, "Tool 'fly' not found in provided tools"),
    ({"model": "claude-opus-5-5", **FORCED}, 'tool_choice: type "tool" and "any" are not supported for this model.'),
    # structured output and effort
    ({"output_config": {"format": {"type": "json_object"}}}, "output_config.format.type: Input should be 'json_schema'"),
    ({"output_config": {"format": {"type": "json_schema"}}}, f"output_config.format.schema: {REQUIRED}"),
    (schema({"type": "object", "properties": {}}), f"output_config.format.schema: {CLOSED}"),
    (schema({"type": "object", "properties": {"a": {"type": "object"}}, "additionalProperties": False}), f"output_config.format.schema: {CLOSED}"),
    (schema({"type": "object", "properties": {"a": {"type": "money"}}, "additionalProperties": False}), "output_config.format.schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12)."),
    ({"output_config": {"effort": "huge"}}, "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"),
    ({"model": "claude-haiku-4-5", "output_config": {"effort": "low"}}, "This model does not support the effort parameter."),
    ({"model": "claude-opus-4-6", "output_config": {"effort": "xhigh"}}, "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."),
]  # fmt: skip


@pytest.mark.parametrize("changes, message", REFUSED)
def test_a_wrong_request_is_refused_in_anthropics_words(server, changes, message):
    got = chat(server, **changes)
    assert got.status == 400, got.body
    assert list(got.json) == ["type", "error", "request_id"]
    assert got.json["type"] == "error"
    assert got.error == {"type": "invalid_request_error", "message": message}
    assert got.json["request_id"] == got.headers["request-id"]
    assert got.headers["x-should-retry"] == "false"


def test_an_error_body_has_these_bytes(server):
    got = chat(server, max_tokens=...)
    assert got.body == (
        b'{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: Field required"},'
        b'"request_id":"req_01QjLEpHiqS4xft4w4JwSG9A"}'
    )


NEW = "2026-10-21"
CITED = text("green", citations=[{"type": "char_location", "cited_text": "x"}])
PAPER = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"temperature": 1.0}, f"temperature: {EXTRA}"),
        ({"top_p": 1}, f"top_p: {EXTRA}"),
        ({"top_k": 4}, f"top_k: {EXTRA}"),
        (history(assistant(PAPER), *MESSAGES), "messages.1.content.0: `document` blocks can only be in `user` messages"),
        ({"messages": [user(CITED)]}, f"messages.0.content.0.text.citations: {EXTRA}"),
    ],
)
def test_the_new_version_refuses_what_the_old_one_takes(server, changes, message):
    assert chat(server, **changes).status == 200
    got = chat(server, **changes, exchange={"version": NEW})
    assert (got.status, got.error["message"]) == (400, message)


def test_both_versions_answer_alike(server):
    old = chat(server).body
    server.reset()
    assert chat(server, exchange={"version": NEW}).body == old


@pytest.mark.parametrize(
    "exchange, status, kind, message",
    [
        ({"key": None}, 401, "authentication_error", "x-api-key header is required"),
        ({"key": None, "headers": {"authorization": "Basic abc"}}, 401, "authentication_error", "x-api-key header is required"),
        ({"key": "sk-fake-wrong"}, 401, "authentication_error", "invalid x-api-key"),
        ({"key": "sk-rejected-by-option"}, 401, "authentication_error", "invalid x-api-key"),
        ({"key": None, "headers": {"authorization": "Bearer sk-fake-wrong"}}, 401, "authentication_error", "Invalid bearer token"),
        ({"key": "sk-fake-wrong", "headers": {"authorization": "Bearer good"}}, 401, "authentication_error", "invalid x-api-key"),
        ({"version": None}, 400, "invalid_request_error", "anthropic-version: header is required"),
        ({"version": "2024-01-01"}, 400, "invalid_request_error", 'anthropic-version: "2024-01-01" is not a valid version'),
        ({"version": "2023-06-01, 2023-06-01"}, 400, "invalid_request_error", 'anthropic-version: "2023-06-01, 2023-06-01" is not a valid version'),
        ({"method": "GET"}, 405, "invalid_request_error", "Method Not Allowed"),
        ({"method": "DELETE", "path": "/v1/models"}, 405, "invalid_request_error", "Method Not Allowed"),
        ({"path": "/v1/v1/messages"}, 404, "not_found_error", "Not Found"),
        ({"path": "/v1/complete"}, 404, "not_found_error", "Not Found"),
        ({"path": "/v1/models/gpt-4", "method": "GET"}, 404, "not_found_error", "model: gpt-4"),
        ({"path": "/v1/models?limit=0", "method": "GET"}, 400, "invalid_request_error", "limit: Input should be greater than or equal to 1"),
        ({"path": "/v1/models?limit=-3", "method": "GET"}, 400, "invalid_request_error", "limit: Input should be greater than or equal to 1"),
        ({"path": "/v1/models?limit=%C2%B2", "method": "GET"}, 400, "invalid_request_error", "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"path": "/v1/models?limit=1001", "method": "GET"}, 400, "invalid_request_error", "limit: Input should be less than or equal to 1000"),
    ],
)  # fmt: skip
def test_keys_versions_methods_and_paths_are_judged_before_the_body(server, exchange, status, kind, message):
    got = chat(server, exchange=exchange)
    assert (got.status, got.error) == (status, {"type": kind, "message": message})
    assert got.json["request_id"].startswith("req_01")


@pytest.mark.parametrize("key", [{"key": "any"}, {"key": None, "headers": {"authorization": "bearer any"}}])
def test_a_key_may_come_in_either_header(server, key):
    assert chat(server, exchange=key).status == 200


@pytest.mark.parametrize("model", ["gpt-4o", "claude", "claude-2.1", "claude-opus-9", "fake-nothing", "claude-haiku-4-5-x"])
def test_an_unknown_model_is_not_found(server, model):
    got = chat(server, model)
    assert (got.status, got.error) == (404, {"type": "not_found_error", "message": f"model: {model}"})


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"{", "expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"", "expecting value: line 1 column 1 (char 0)"),
        (b'{"a": NaN}', "naN is not JSON"),
    ],
)
def test_malformed_json_is_refused_with_its_place(server, body, reason):
    got = call(server, body)
    assert (got.status, got.error["type"]) == (400, "invalid_request_error")
    assert got.error["message"].startswith("The request body is not valid JSON: ")
    assert got.error["message"].lower().endswith(reason.lower())


@pytest.mark.parametrize("body", ["hi", [], 4, None])
def test_json_that_is_no_object_is_refused(server, body):
    got = call(server, json.dumps(body).encode())
    assert (got.status, got.error["message"]) == (400, "Input should be an object")


def test_a_body_beyond_32_megabytes_is_refused_by_the_front_in_its_own_form(server):
    got = call(server, b" " * ((32 << 20) + 1))
    assert got.status == 413
    assert got.body == b'{"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}'
    assert "request-id" not in got.headers


def test_a_length_that_nobody_would_read_is_refused_before_the_body(server):
    head = b"POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n"
    got = raw(server, head)
    assert got.startswith(b"HTTP/1.1 413 ")
    assert got.endswith(b'{"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}')


def test_a_prompt_beyond_the_context_is_too_long(server):
    got = chat(server, "claude-haiku-4-5", [{"role": "user", "content": "a " * 200_000}])
    assert (got.status, got.error["message"]) == (400, "prompt is too long: 200008 tokens > 200000 maximum")


def test_older_models_want_room_for_the_answer_too(server):
    got = chat(server, "claude-3-7-sonnet-latest", [{"role": "user", "content": "a " * 160_000}], max_tokens=50_000)
    words = "input length and `max_tokens` exceed context limit: 160008 + 50000 > 200000, decrease input length or "
    assert (got.status, got.error["message"]) == (400, words + "`max_tokens` and try again")
    assert chat(server, "claude-haiku-4-5", [{"role": "user", "content": "a " * 160_000}], max_tokens=50_000).status == 200


def test_too_many_requests_are_told_when_to_come_back(server):
    got = chat(server, "fake-429-once")
    assert (got.status, got.error["type"]) == (429, "rate_limit_error")
    assert got.error["message"].startswith("This request would exceed your organization's rate limit of 50 requests per ")
    assert got.headers["anthropic-organization-id"] in got.error["message"]
    assert (got.headers["retry-after"], got.headers["retry-after-ms"]) == ("0.05", "50")
    assert got.headers["x-should-retry"] == "true"
    assert chat(server, "fake-429-once").status == 200


def test_a_script_that_is_over_is_no_reason_to_ask_again():
    with fakes.serve(replies=[fakes.Reply.of("one")]) as server:
        assert chat(server, "anything").status == 200
        got = chat(server, "anything")
        assert (got.status, got.error["type"], got.headers["x-should-retry"]) == (404, "not_found_error", "false")
        assert got.error["message"].startswith("fakes: no rule fits this request (")


# -- what is taken, close beside what is refused ----------------------------------------------------------------------

TAKEN = [
    {"max_tokens": 0},
    {"temperature": 0},
    {"top_k": -1},
    {"container": "c_1", "tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
    {"temperature": 1, "top_p": 0.5, "top_k": 3},
    {"model": "claude-3-5-sonnet-latest", "temperature": 1, "top_p": 0.5},
    {"model": "claude-opus-4-6", "temperature": 0.3},
    {"system": "You are terse."},
    {"system": [text("You are terse.", **HOUR)], "messages": [user(text("a", **CACHE))]},
    {"stop_sequences": []},
    {"stop_sequences": list("abcdefgh")},
    {"metadata": {"user_id": None}},
    {"service_tier": "auto", "inference_geo": "us", "container": None, "cache_control": {"type": "ephemeral"}},
    history({"role": "assistant", "content": "Well"}),
    history({"role": "assistant", "content": ""}),
    {"messages": [*MESSAGES, *MESSAGES]},
    {"model": "claude-opus-4-8", **history({"role": "system", "content": "be brief"})},
    history(assistant(USE), user(RESULT, text("and now?"))),
    history(assistant(USE), user({**RESULT, "content": [text("21"), {"type": "image", "source": encoded(PNG)}]})),
    history(assistant(USE), user({"type": "tool_result", "tool_use_id": "toolu_1"})),
    history(assistant(USE, {**USE, "id": "b"}), user({**RESULT, "tool_use_id": "b", "is_error": True}, RESULT)),
    history(assistant(USE), user(RESULT), *MESSAGES),
    history(assistant(text("searching"), {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}), *MESSAGES),
    {"messages": [user({"type": "document", "source": encoded("JVBERg==", "application/pdf"), "title": None})]},
    {"messages": [user({"type": "image", "source": {"type": "file", "file_id": "file_1"}})]},
    {"tools": [WEATHER_TOOL, {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]},
    {"tools": [{**WEATHER_TOOL, "type": "custom"}], "tool_choice": {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}},
    {"max_tokens": 2000, "thinking": THINK, **FORCED, "tool_choice": {"type": "auto"}},
    {"max_tokens": 2000, "thinking": THINK, "temperature": 1, "top_p": 0.95},
    {"thinking": {"type": "adaptive"}, **history(assistant(USE), user(RESULT))},
    {"thinking": {"type": "disabled"}, **FORCED},
    {"model": "claude-opus-4-6", "max_tokens": 2000, "thinking": THINK},
    {"output_config": {"effort": None, "format": None}},
    {"model": "claude-opus-4-7", "output_config": {"effort": "xhigh"}},
]  # fmt: skip


@pytest.mark.parametrize("changes", TAKEN)
def test_a_right_request_is_taken(server, changes):
    got = chat(server, **changes)
    assert got.status == 200, got.body


@pytest.mark.parametrize("where", [{"path": "/v1/messages?beta=true"}, {"headers": {"anthropic-beta": "x-2025-01-01"}}])
def test_parameters_of_betas_are_taken_from_who_says_so(server, where):
    asked = {"context_management": {"edits": []}, "mcp_servers": []}
    got = chat(server, **asked, exchange=where)
    assert (got.status, got.json["context_management"]) == (200, {"applied_edits": []})


def test_there_are_this_many_refusals():
    assert len(REFUSED) >= 150
    assert len({message for _, message in REFUSED}) > 120
