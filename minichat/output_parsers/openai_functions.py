"""Parsers for OpenAI's older way to call a function: one `function_call` beside the message's content."""

from __future__ import annotations

import copy
import json

from ..errors import OutputParserException
from ..outputs import ChatGeneration
from .base import BaseGenerationOutputParser
from .json_patch import make_patch
from .openai_tools import parse_partial
from .transform import BaseCumulativeTransformOutputParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from ..outputs import Generation

__all__ = ["JsonKeyOutputFunctionsParser", "JsonOutputFunctionsParser", "OutputFunctionsParser"]


class OutputFunctionsParser(BaseGenerationOutputParser["Any"]):
    """Gives the arguments of the function call as the text they are; without `args_only` name and arguments."""

    args_only: bool = True

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        """Raises: `OutputParserException` for an answer without function call."""
        call = _function_call(result[0])
        return call["arguments"] if self.args_only else copy.deepcopy(call)


class JsonOutputFunctionsParser(BaseCumulativeTransformOutputParser["Any"]):
    """Gives the arguments of the function call, parsed; without `args_only` name and arguments.

    `strict`: raw line breaks inside strings, which JSON forbids, are errors. `diff`: a stream gives lists
    of JSON Patch operations.
    """

    strict: bool = False
    args_only: bool = True

    @property
    def _type(self) -> str:
        return "json_functions"

    def _diff(self, prev: Any, next: Any) -> Any:
        return make_patch(prev, next)

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        """Raises: `OutputParserException` for an answer without function call, or one that is no JSON.

        With `partial` these, and a call that says nothing yet, are None.
        """
        if len(result) != 1:
            raise OutputParserException(f"Expected exactly one result, but got {len(result)}")
        try:
            call = _function_call(result[0])
        except OutputParserException:
            if partial and isinstance(result[0], ChatGeneration):
                return None
            raise
        if "arguments" not in call:
            return None
        try:
            read = parse_partial if partial else json.loads
            arguments = read(call["arguments"], strict=self.strict)
        except (ValueError, TypeError) as error:
            if partial and isinstance(error, ValueError):
                return None
            raise OutputParserException(f"Could not parse function call data: {error}") from error
        return arguments if self.args_only else {**call, "arguments": arguments}

    def parse(self, text: str) -> Any:
        """Raises: NotImplementedError: a text has no function call."""
        raise NotImplementedError("a function call is in a message, not in its text")


class JsonKeyOutputFunctionsParser(JsonOutputFunctionsParser):
    """Gives one of the arguments, `key_name`.

    Raises: KeyError when it is not among them (None, while they stream in).
    """

    key_name: str

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        arguments = super().parse_result(result, partial=partial)
        if partial:
            return None if arguments is None else arguments.get(self.key_name)
        return arguments[self.key_name]


def _function_call(generation: Generation) -> Dict[str, Any]:
    if not isinstance(generation, ChatGeneration):
        raise OutputParserException("This output parser can only be used with a chat generation.")
    try:
        call: Dict[str, Any] = generation.message.additional_kwargs["function_call"]
    except KeyError as error:
        raise OutputParserException(f"Could not parse function call: {error}") from error
    return call
