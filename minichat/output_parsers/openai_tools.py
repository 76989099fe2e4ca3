"""Parsers for the tool calls of a message, complete or still streaming in."""

from __future__ import annotations

import copy
import json
import re

from ..errors import OutputParserException
from ..messages import AIMessage, invalid_tool_call, tool_call
from ..messages.partial_json import parse_partial_json
from ..outputs import ChatGeneration
from .refusal import raise_if_refused
from .transform import BaseCumulativeTransformOutputParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    from ..messages import InvalidToolCall
    from ..outputs import Generation

__all__ = [
    "JsonOutputKeyToolsParser",
    "JsonOutputToolsParser",
    "make_invalid_tool_call",
    "parse_partial",
    "parse_tool_call",
    "parse_tool_calls",
]

STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # a line break is let pass here, as in LangChain


class JsonOutputToolsParser(BaseCumulativeTransformOutputParser["Any"]):
    """Gives the tool calls of a message: `{"args": ..., "type": the tool's name}` each.

    `first_tool_only`: only the first, None without any. `return_id`: with the "id" of each. `strict`: raw
    line breaks inside the arguments' strings, which JSON forbids, are errors (only arguments that the
    message itself does not hold parsed).

    Raises: `OutputParserException` for arguments that are no JSON.
    """

    strict: bool = False
    return_id: bool = False
    first_tool_only: bool = False

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        calls = self._calls(result, partial)
        if self.first_tool_only:
            # LangChain gives an empty list, not None, when the message has no place for calls at all.
            return calls[0] if calls else None if calls is not None else []
        return calls or []

    def _calls(self, result: List[Generation], partial: bool) -> Optional[List[Dict[str, Any]]]:
        """Give all calls, each with "type" for "name"; None when there is no place for any."""
        generation = result[0]
        if not isinstance(generation, ChatGeneration):
            raise OutputParserException("This output parser can only be used with a chat generation.")
        message = generation.message
        raise_if_refused(message)
        if isinstance(message, AIMessage) and message.tool_calls:
            calls = [dict(call) for call in message.tool_calls]
            if not self.return_id:
                for call in calls:
                    del call["id"]
        elif "tool_calls" in message.additional_kwargs:
            raw = copy.deepcopy(message.additional_kwargs["tool_calls"])
            calls = parse_tool_calls(raw, partial=partial, strict=self.strict, return_id=self.return_id)
        else:
            return None
        for call in calls:
            call["type"] = call.pop("name")
        return calls

    def parse(self, text: str) -> Any:
        """Raises: NotImplementedError: a text has no tool calls."""
        raise NotImplementedError("tool calls are in a message, not in its text")


class JsonOutputKeyToolsParser(JsonOutputToolsParser):
    """Gives the arguments of the calls of one tool, `key_name`; with `return_id` the calls themselves."""

    key_name: str

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        calls = [call for call in self._calls(result, partial) or [] if call["type"] == self.key_name]
        found = calls if self.return_id else [call["args"] for call in calls]
        if self.first_tool_only:
            return found[0] if found else None
        return found


def parse_tool_call(
    raw_tool_call: Dict[str, Any], *, partial: bool = False, strict: bool = False, return_id: bool = True
) -> Optional[Dict[str, Any]]:
    """Parse a tool call as OpenAI sends it; None for what is none, or says nothing yet.

    Raises: `OutputParserException` for arguments that are no JSON, unless `partial`.
    """
    if "function" not in raw_tool_call:
        return None
    name, arguments = raw_tool_call["function"]["name"], raw_tool_call["function"]["arguments"]
    try:
        if partial:
            args = parse_partial(arguments, strict=strict)
        else:
            args = json.loads(arguments, strict=strict) if arguments else {}
    except (ValueError, TypeError) as error:
        if partial:
            return None
        said = f"the arguments of the call of {name} are no JSON ({error}): {arguments}"
        raise OutputParserException(said) from error
    if return_id:
        return dict(tool_call(name=name or "", args=args or {}, id=raw_tool_call.get("id")))
    return {"name": name or "", "args": args or {}}


def parse_tool_calls(
    raw_tool_calls: List[Dict[str, Any]], *, partial: bool = False, strict: bool = False, return_id: bool = True
) -> List[Dict[str, Any]]:
    """Parse tool calls as OpenAI sends them.

    Raises: `OutputParserException` naming all whose arguments are no JSON.
    """
    calls, problems = [], []
    for raw in raw_tool_calls:
        try:
            call = parse_tool_call(raw, partial=partial, strict=strict, return_id=return_id)
        except OutputParserException as error:
            problems.append(str(error))
            continue
        if call:
            calls.append(call)
    if problems:
        raise OutputParserException("\n\n".join(problems))
    return calls


def make_invalid_tool_call(raw_tool_call: Dict[str, Any], error_msg: Optional[str]) -> InvalidToolCall:
    """Give a tool call whose arguments cannot be parsed, as messages hold it."""
    function = raw_tool_call["function"]
    return invalid_tool_call(
        name=function["name"], args=function["arguments"], id=raw_tool_call.get("id"), error=error_msg
    )


def parse_partial(text: str, *, strict: bool) -> Any:
    """Parse JSON that may have been cut off.

    Raises: ValueError; with `strict` also for a raw tab and the like inside a string.
    """
    if strict and any(CONTROL.search(string) for string in STRING.findall(text)):
        raise ValueError("a raw control character inside a string")
    return parse_partial_json(text)
