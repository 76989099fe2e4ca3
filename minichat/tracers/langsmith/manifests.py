"""Prompts as a trace shows them: LangChain's "constructor" form, of which LangSmith's playground makes them again.

A prompt is only asked for it by the run of a prompt that is traced (`prompts.base`), for it takes a few microseconds
with each call. What users derive of our templates is described without its fields.
Source: `langchain_core.load.dumpd`, langchain-core 1.8.2, by running it.
"""

from __future__ import annotations

from ...messages import BaseMessage
from ..dumping import dump_message
from .snapshots import snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

__all__ = ["manifest_of"]

HOMES = {
    "ChatPromptTemplate": "chat",
    "PromptTemplate": "prompt",
    "ImagePromptTemplate": "image",
    "MessagesPlaceholder": "chat",
    "HumanMessagePromptTemplate": "chat",
    "AIMessagePromptTemplate": "chat",
    "SystemMessagePromptTemplate": "chat",
    "ChatMessagePromptTemplate": "chat",
}
# Fields that are told whatever they hold; the others only when they say something.
ALWAYS = ("input_variables", "messages", "prompt", "role", "template", "template_format", "variable_name")
WITHOUT_PLACE = ("validate_template", "output_parser", "input_types")  # known here, never written by LangChain


def manifest_of(template: Any) -> Dict[str, Any]:
    """Give a prompt in the constructor form.

    >>> from ...prompts import PromptTemplate
    >>> manifest_of(PromptTemplate.from_template("hi {you}"))["kwargs"]
    {'input_variables': ['you'], 'template': 'hi {you}', 'template_format': 'f-string'}
    """
    cls = type(template)
    home = HOMES.get(cls.__name__)
    named = {"name": template.get_name()} if hasattr(template, "get_name") else {}
    if home is None or not cls.__module__.startswith(__package__.rpartition(".tracers")[0] + ".prompts."):
        identity = [*cls.__module__.split("."), cls.__name__]
        return {"lc": 1, "type": "not_implemented", "id": identity, **named}
    kwargs = {
        name: _written(value)
        for name, value in template._values().items()
        if name in ALWAYS or (value and name not in WITHOUT_PLACE)
    }
    identity = ["langchain", "prompts", home, cls.__name__]
    return {"lc": 1, "type": "constructor", "id": identity, "kwargs": kwargs, **named}


def _written(value: Any) -> Any:
    if isinstance(value, BaseMessage):
        return dump_message(value)
    if hasattr(value, "_values"):
        return manifest_of(value)
    if isinstance(value, (list, tuple)):
        return [_written(item) for item in value]
    if type(value) is dict:
        return {str(name): _written(item) for name, item in value.items()}
    if callable(value) and hasattr(value, "__name__"):  # a partial variable that is asked at each call
        identity = [*str(value.__module__).split("."), value.__name__]
        return {"lc": 1, "type": "not_implemented", "id": identity, "repr": repr(value)}
    return snapshot(value)
