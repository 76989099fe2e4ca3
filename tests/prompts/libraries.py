"""One namespace for all of a library's prompts, prompt values and messages, and what can be seen of a result."""

from __future__ import annotations

import asyncio
import warnings
from importlib import import_module

MODULES = (
    "prompts",
    "prompts.chat",
    "prompts.image",
    "prompts.message",
    "prompts.string",
    "prompts.few_shot",
    "prompt_values",
    "messages",
)
KINDS = (KeyError, NotImplementedError, TypeError, IndexError, SyntaxError, ValueError)


class Library:
    """`minichat` or `langchain_core`, by attribute whatever module a name is in."""

    def __init__(self, package, **more):
        self.modules = [import_module(f"{package}.{name}") for name in MODULES]
        self.__dict__.update(more)

    def __getattr__(self, name):
        for module in self.modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)


def shown(value):
    """What is compared of a result, in words that both libraries can say."""
    if isinstance(value, Exception):
        return ("error", next((kind.__name__ for kind in KINDS if isinstance(value, kind)), type(value).__name__))
    if hasattr(value, "response_metadata"):
        fields = ("content", "additional_kwargs", "name", "id", "role", "tool_call_id")
        return (type(value).__name__, *((name, getattr(value, name, None)) for name in fields))
    if hasattr(value, "to_messages"):
        return (type(value).__name__, value.to_string(), shown(value.to_messages()))
    if hasattr(value, "input_variables"):
        names = ("optional_variables", "partial_variables", "tags", "metadata", "template", "template_format")
        fields = [(name, shown(getattr(value, name, None))) for name in names]
        parts = shown(value.messages) if hasattr(value, "messages") else None
        return (type(value).__name__, sorted(value.input_variables), fields, parts)
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items()}
    return type(value).__name__ if callable(value) else value


def outcome(ask):
    """Return (what came of it, the first line of the error's text or None)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return shown(ask()), None
    except Exception as error:
        return shown(error), str(error.args[0] if error.args else "").partition("\n")[0]


def ways(template, given):
    """Give every way to fill in a template with an input, as name -> function."""
    found = {
        "invoke": lambda: template.invoke(given),
        "ainvoke": lambda: asyncio.run(template.ainvoke(given)),
        "stream": lambda: list(template.stream(given)),
    }
    if isinstance(given, dict) and all(isinstance(name, str) for name in given):
        for name in ("format", "format_prompt", "format_messages"):
            if hasattr(template, name):
                found[name] = lambda name=name: getattr(template, name)(**given)
                found["a" + name] = lambda name=name: asyncio.run(getattr(template, "a" + name)(**given))
    return found
