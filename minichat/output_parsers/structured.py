"""The parser behind `with_structured_output`: the answer in the form that was asked for, or an error.

A JSON schema, a function's signature or a TypedDict give a dict, checked and otherwise as it came; a
dataclass, a NamedTuple or a pydantic class gives an instance, made as validation.py does it. The answer
is the arguments of one tool call, or JSON in the text.

A stream gives the dict each time it grows, unchecked, and is checked at its end; an instance comes
whole. What does not fit raises `OutputParserException` with the raw message, or stands beside it
(`include_raw`).
"""

from __future__ import annotations

import json

from ..errors import ConfigurationError, ModelRefusalError, OutputParserException
from ..messages import message_chunk_to_message
from ..messages.ending import ending_of
from ..outputs import ChatGeneration, Generation
from ..runnables.utils import AddableDict
from ..utils.fields import is_typed_dict
from ..utils.function_calling import convert_to_openai_function
from ..utils.json_schema import dereference_refs
from ..utils.validation import ValidationError, build, check
from .base import generation_of
from .json import parse_json_markdown
from .refusal import raise_if_refused
from .transform import BaseCumulativeTransformOutputParser, chunk_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Any, Dict, List, Optional

    from ..runnables.streams import Inputs
    from ..runs import Run

__all__ = ["StructuredOutputParser", "function_of"]


class RawAndParsed(AddableDict):
    """A streamed piece of raw message and answer: raw messages add up, of answers the later one stands."""

    def __add__(self, other: Any) -> RawAndParsed:
        total = RawAndParsed({**self, **other})
        if "raw" in self and "raw" in other:
            total["raw"] = self["raw"] + other["raw"]
        return total


class StructuredOutputParser(BaseCumulativeTransformOutputParser["Any"]):
    """Gives the answer as `schema` has it.

    `key_name`: the tool whose arguments are the answer; None: the JSON in the text. `include_raw`: give
    `{"raw": message, "parsed": ..., "parsing_error": ...}` and raise nothing. `other_tools`: the model may
    call those instead, and then there is no answer, None.

    Raises: `OutputParserException`, `ModelRefusalError`.
    """

    schema: Any = None
    key_name: Optional[str] = None
    include_raw: bool = False
    other_tools: bool = False

    def model_post_init(self, context: Any) -> None:
        schema = self.schema
        self._makes_instances = isinstance(schema, type) and not is_typed_dict(schema)
        self._json_schema: Any = None
        if schema is not None and not isinstance(schema, type):
            self._json_schema = _json_schema(schema)
            dereference_refs(self._json_schema)  # a reference to nothing is the caller's mistake, not the model's

    # -- a whole answer --------------------------------------------------------------------

    async def _work(self, run: Run, input: Any, **kwargs: Any) -> Any:
        if not self.include_raw:
            return await super()._work(run, input, **kwargs)
        try:
            parsed = await super()._work(run, input, **kwargs)
        except OutputParserException as error:
            return {"raw": input, "parsed": None, "parsing_error": error}
        return {"raw": input, "parsed": parsed, "parsing_error": None}

    def parse(self, text: str) -> Any:
        return self.parse_result([Generation(text=text)])

    def parse_result(self, result: List[Generation], *, partial: bool = False) -> Any:
        generation = result[0]
        if partial:
            return self._grown(generation)
        message = generation.message if isinstance(generation, ChatGeneration) else None
        if message is not None:
            raise_if_refused(message)
            if ending_of(message) == "filtered":
                raise ModelRefusalError("Model output was stopped by a content filter", raw_message=message)
        if self.key_name is not None:
            return self._fitted(self._arguments(message))
        calls = getattr(message, "tool_calls", None)
        if calls and self.other_tools:
            return None
        return self._fitted(_value(generation, message, calls))

    def _arguments(self, message: Any) -> Any:
        """Give the arguments of the first call of the tool."""
        for call in getattr(message, "tool_calls", ()):
            if call["name"] == self.key_name:
                return call["args"]
        for call in getattr(message, "invalid_tool_calls", ()):
            if call["name"] == self.key_name:
                raise _unparsed(f"the input of {self.key_name}", call["args"], message)
        text = message.text if message is not None else ""
        raise OutputParserException(f"the model did not call {self.key_name!r}; it said: {text}", llm_output=str(text))

    def _fitted(self, value: Any) -> Any:
        """Give `value` as the schema has it."""
        problems: List[str] = []
        if isinstance(self.schema, type):
            try:
                built = build(self.schema, value, strict=not self._makes_instances)
            except ValidationError as error:
                problems = error.problems
            else:
                return built if self._makes_instances else value
        elif self._json_schema is not None:
            problems = check(self._json_schema, value)
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            name = self.key_name or getattr(self.schema, "__name__", "the schema")
            answer = json.dumps(value, ensure_ascii=False)
            raise OutputParserException(f"the answer does not fit {name}:\n{listed}", llm_output=answer)
        return value

    # -- a stream --------------------------------------------------------------------------

    async def _outputs(self, run: Run, inputs: Inputs) -> AsyncGenerator[Any, None]:
        total: Any = None
        before: Any = None
        async for items in inputs:
            for item in items:
                if self.include_raw:
                    yield RawAndParsed(raw=item)
                piece = chunk_of(generation_of(self, item))
                total = piece if total is None else total + piece
                parsed = self._grown(total)
                if parsed is not None and parsed != before:
                    yield self._shown(parsed)
                    before = parsed
        if total is None:
            return
        try:
            parsed = await self._parsed(run, self._whole(total))
        except OutputParserException as error:
            if not self.include_raw:
                raise
            yield RawAndParsed(parsed=None, parsing_error=error)
            return
        if before is None or parsed != before:
            yield self._shown(parsed)
        if self.include_raw:
            yield RawAndParsed(parsing_error=None)

    def _shown(self, parsed: Any) -> Any:
        return RawAndParsed(parsed=parsed) if self.include_raw else parsed

    def _grown(self, generation: Generation) -> Any:
        """Give the dict as far as it has come; None before there is one."""
        if self._makes_instances:
            return None
        if self.key_name is not None:
            calls = getattr(getattr(generation, "message", None), "tool_calls", ())
            return next((call["args"] for call in calls if call["name"] == self.key_name), None)
        try:
            value = parse_json_markdown(generation.text.strip())
        except ValueError:
            return None
        return value if isinstance(value, (dict, list)) else None

    def _whole(self, total: Any) -> Generation:
        """Give the sum of a stream as the message it is. Arguments that were cut off are not completed."""
        if not isinstance(total, ChatGeneration):
            return Generation(text=total.text)
        chunk = total.message
        message = message_chunk_to_message(chunk)
        for call in getattr(chunk, "tool_call_chunks", ()):
            if call["name"] == self.key_name and call["args"] and not _is_json(call["args"]):
                raise _unparsed(f"the input of {self.key_name}", call["args"], message)
        return ChatGeneration(message=message)


def function_of(schema: Any, *, strict: Optional[bool] = None) -> Dict[str, Any]:
    """Convert a schema to OpenAI's function format; also what OpenAI takes as a response format.

    Raises: ValueError or TypeError for what is no schema.
    """
    if isinstance(schema, dict):
        if schema.get("type") == "json_schema" and isinstance(schema.get("json_schema"), dict):
            schema = schema["json_schema"]
        if "name" in schema and "schema" in schema:
            described = {key: schema[key] for key in ("name", "description", "strict") if key in schema}
            schema = {**described, "parameters": schema["schema"]}
        elif "title" in schema and isinstance(schema.get("strict"), bool):
            said = schema["strict"]
            if strict is not None and strict != said:
                raise ConfigurationError(f"the schema says strict={said}, the call strict={strict}; drop one of them")
            strict = said
            schema = {key: value for key, value in schema.items() if key != "strict"}
    return convert_to_openai_function(schema, strict=strict)


def _json_schema(schema: Any) -> Any:
    """Give the JSON schema that an answer has to fit."""
    parameters = function_of(schema).get("parameters")
    if parameters is None and isinstance(schema, dict) and "title" in schema:
        return schema  # one without properties: an array, a union
    return parameters or {}


def _value(generation: Generation, message: Any, calls: Any) -> Any:
    """Give the JSON value in the text."""
    text = generation.text.strip()
    try:
        return parse_json_markdown(text, parser=_read)
    except ValueError as error:
        if calls and not text:
            names = ", ".join(call["name"] for call in calls)
            raise OutputParserException(
                f"the model called {names} and gave no answer; include_raw=True shows such calls"
            ) from error
        raise _unparsed("the answer", text, message) from error


def _unparsed(what: str, text: Optional[str], message: Any) -> OutputParserException:
    too_long = message is not None and ending_of(message) == "length"
    cut = " (it was cut off at the limit of tokens)" if too_long else ""
    return OutputParserException(f"{what} is no JSON{cut}: {text}", llm_output=text, raw_message=message)


def _read(text: str) -> Any:
    """Read a JSON value that is there to its end; what stands behind it says nothing.

    Raises: ValueError.
    """
    try:
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def _is_json(text: str) -> bool:
    try:
        _read(text)
    except ValueError:
        return False
    return True
