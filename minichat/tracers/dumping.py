"""Messages and results as traced runs show them: LangChain's "constructor" form, made of JSON values.

A message is `{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", <class>], "kwargs":
{...}}` with the fields that say something; LangSmith draws its chat view from it. A value that JSON does not
know is described instead, and a user's dict that looks like the form itself is wrapped, so that nobody who
loads a trace makes objects of it. Source: `langchain_core.load.dumpd`, langchain-core 1.8, by running it.
"""

from __future__ import annotations

from ..messages.merging import ATOMS, copy_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from ..messages import BaseMessage
    from ..outputs import LLMResult

__all__ = ["dump_message", "dump_result"]

ESCAPED = "__lc_escaped__"
TEXT = frozenset([str])
FIRST = ("content", "additional_kwargs", "response_metadata", "type")  # in this order, before a message's other fields
ALWAYS = ("content", "type", "tool_calls", "invalid_tool_calls")  # also when they are empty


def dump_message(message: BaseMessage) -> Dict[str, Any]:
    """Give a message in the constructor form.

    >>> from ..messages import HumanMessage
    >>> dump_message(HumanMessage("hi"))["kwargs"]
    {'content': 'hi', 'type': 'human'}
    """
    kwargs = {}
    for name in (*FIRST, *[name for name in message._fields if name not in FIRST]):
        value = getattr(message, name)
        if name in ALWAYS or name in message._required or _says_something(value):
            kwargs[name] = value if type(value) in ATOMS else _plain(value)
    if kwargs.get("invalid_tool_calls") == []:
        kwargs["invalid_tool_calls"] = kwargs.pop("invalid_tool_calls")  # LangChain adds it last
    identity = ["langchain", "schema", "messages", type(message).__name__]
    return {"lc": 1, "type": "constructor", "id": identity, "kwargs": kwargs}


def dump_result(result: LLMResult) -> Dict[str, Any]:
    """Give what a model answered as the `outputs` of its run."""
    return {
        "generations": [[_generation(one) for one in answers] for answers in result.generations],
        "llm_output": copy_json(result.llm_output),
        "run": None if result.run is None else [{"run_id": info.run_id} for info in result.run],
        "type": result.type,
    }


def _generation(generation: Any) -> Dict[str, Any]:
    dumped = {
        "text": generation.text,
        "generation_info": copy_json(generation.generation_info),
        "type": generation.type,
    }
    if hasattr(generation, "message"):
        dumped["message"] = dump_message(generation.message)
    return dumped


def _says_something(value: Any) -> bool:
    try:
        return bool(value)
    except Exception:  # an array, as what a tool gives beside its text: it wants to be asked of which of its elements
        return True


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # a class of the program's
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [item if type(item) in ATOMS else _plain(item) for item in value]
    if isinstance(value, dict) and (
        TEXT.issuperset(map(type, value)) or all(key is None or isinstance(key, (str, int, float)) for key in value)
    ):
        if "lc" in value or (len(value) == 1 and ESCAPED in value):
            return {ESCAPED: value}
        return {key: item if type(item) in ATOMS else _plain(item) for key, item in value.items()}
    if hasattr(value, "_fields") and hasattr(value, "additional_kwargs"):  # a message in a message's field
        return dump_message(value)
    cls = type(value)
    identity = [*cls.__module__.split("."), cls.__name__]
    return {"lc": 1, "type": "not_implemented", "id": identity, "repr": _repr(value)}
