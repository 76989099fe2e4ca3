"""JsonOutputParser: the JSON value in a text, also while it streams in, also inside a Markdown fence."""

from __future__ import annotations

import json
import re

from ..errors import OutputParserException
from ..messages.partial_json import parse_partial_json
from ..outputs import ChatGeneration, Generation
from .json_patch import make_patch
from .refusal import raise_if_refused
from .transform import BaseCumulativeTransformOutputParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Dict, List

__all__ = [
    "JsonOutputParser",
    "SimpleJsonOutputParser",
    "parse_and_check_json_markdown",
    "parse_json_markdown",
    "parse_partial_json",
]

FENCE = re.compile(r"```(?:json)?(.*)", re.DOTALL)
AROUND = " \n\r\t`"

INSTRUCTIONS = """Answer with one JSON value and nothing else: no text before or after it, no Markdown, no comments.
It has to conform to this JSON schema:
{schema}"""


class JsonOutputParser(BaseCumulativeTransformOutputParser["Any"]):
    """Gives the JSON value a text holds. In a stream, the value as far as it has come, each time it grows.

    With `diff=True` a stream gives lists of JSON Patch operations instead. `pydantic_object`, a dataclass,
    TypedDict or pydantic class, is what `get_format_instructions` describes; it checks nothing.

    >>> JsonOutputParser().invoke('```json\\n{"a": [1, 2]}\\n```')
    {'a': [1, 2]}
    >>> list(JsonOutputParser().transform(iter(['{"a": ', '[1, "x', 'y"]}'])))
    [{}, {'a': [1, 'x']}, {'a': [1, 'xy']}]
    """

    pydantic_object: Any = None

    def _diff(self, prev: Any, next: Any) -> Any:
        return make_patch(prev, next)

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        """Raises: `OutputParserException` for a text without JSON (None, when it is `partial`)."""
        if isinstance(result[0], ChatGeneration):
            raise_if_refused(result[0].message)
        text = result[0].text.strip()
        try:
            return parse_json_markdown(text)
        except ValueError as error:
            if partial:
                return None
            raise OutputParserException(f"Invalid json output: {text}", llm_output=text) from error

    def parse(self, text: str) -> Any:
        return self.parse_result([Generation(text=text)])

    def get_format_instructions(self) -> str:
        if self.pydantic_object is None:
            return "Return a JSON object."
        from ..utils.function_calling import convert_to_openai_function

        schema = convert_to_openai_function(self.pydantic_object)["parameters"]
        return INSTRUCTIONS.format(schema=json.dumps(schema, ensure_ascii=False))

    @property
    def _type(self) -> str:
        return "simple_json_output_parser"


SimpleJsonOutputParser = JsonOutputParser


def parse_json_markdown(json_string: str, *, parser: Callable[[str], Any] = parse_partial_json) -> Any:
    """Parse a JSON text, complete or cut off, that may stand in a Markdown fence with text before it.

    Raises: ValueError for a text that is neither.
    """
    try:
        return parser(json_string.strip(AROUND))
    except ValueError:
        fenced = FENCE.search(json_string)
        if fenced is None:
            raise
    return parser(fenced.group(1).strip(AROUND))


def parse_and_check_json_markdown(text: str, expected_keys: List[str]) -> Dict[str, Any]:
    """Parse a JSON object, fenced or not, and see that the keys are there.

    Raises: `OutputParserException`.
    """
    try:
        value = parse_json_markdown(text)
    except ValueError as error:
        raise OutputParserException(f"Got invalid JSON object. Error: {error}") from error
    if not isinstance(value, dict):
        raise OutputParserException(f"expected a JSON object, got {type(value).__name__}", llm_output=text)
    for key in expected_keys:
        if key not in value:
            raise OutputParserException(f"the JSON object has no {key!r}: {value}")
    return value
