"""Which answer a model name gives: the ready-made replies, in neutral words, for every provider.

The `fake-…` names always do what they say. A provider's ordinary names (the provider module says which those are)
answer the quick-start's prompts and else say hello, but they obey tool_choice and a requested JSON format, so that an
existing test suite can be pointed here. A name that is neither is not found.

A server with a script (`serve(replies=[...])`) gives its replies in turn instead, whatever the model's name.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Union

from . import quickstart, sample, schemas, tokens
from .reply import Ask, Failure, Part, Refusal, Reply, Text, Thinking, Tool, ToolCall
from .world import World

__all__ = ["MODELS", "answer", "is_fake"]

HELLO = "Hello from fakes."
WEATHER = {"city": "Paris", "temp_c": 21}
PLACE = {"city": "Paris"}
THOUGHT = "Let me think: six times seven is forty-two."
RETRY_AFTER = 0.05  # seconds; short, so that a client which obeys it costs a test little


def is_fake(model: str) -> bool:
    """Tell whether a model name is one of the ready behaviours."""
    return model in MODELS


def answer(ask: Ask, world: World, *, ordinary: bool) -> Union[Reply, Failure]:
    """Give the script's next reply, or the reply of a model name; `ordinary` names are the provider's own."""
    if world.scripted:
        return world.next_reply() or Failure("script_over")
    behaviour = MODELS.get(ask.model)
    if behaviour is not None:
        return behaviour(ask, world)
    return _ordinary(ask, world) if ordinary else Failure("not_found")


def _hello(ask: Ask, world: World) -> Reply:
    return Reply.of(HELLO)


def _echo(ask: Ask, world: World) -> Reply:
    return Reply.of(ask.user)


def _cut(ask: Ask, world: World) -> Reply:
    return Reply.of("This answer is cut off before its end, so nobody may take it for whole.", cut=True)


def _429_once(ask: Ask, world: World) -> Union[Reply, Failure]:
    return Failure("rate_limit", RETRY_AFTER) if world.count("fake-429-once") == 1 else Reply.of(HELLO)


def _quickstart(ask: Ask, world: World) -> Reply:
    return Reply.of(quickstart.answer(ask.system, ask.user) or HELLO)


def _json(ask: Ask, world: World) -> Reply:
    schema = ask.json if isinstance(ask.json, dict) else None
    return Reply.of(_document(WEATHER if schema is None else _fitting(WEATHER, schema)))


def _tool(ask: Ask, world: World) -> Reply:
    return _call(ask, several=False)


def _tools(ask: Ask, world: World) -> Reply:
    return _call(ask, several=ask.parallel)


def _call(ask: Ask, *, several: bool) -> Reply:
    """Call tools; answer in words once their results are there, or when no call is possible."""
    if ask.results:
        return Reply.of("The tool says: " + " / ".join(ask.results))
    if not ask.tools or ask.tool_choice == "none":
        return Reply.of("No tool to call. " + HELLO)
    named = [tool for tool in ask.tools if tool.name == ask.tool_choice]
    return _calls(named or list(ask.tools if several else ask.tools[:1]))


def _calls(tools: List[Tool]) -> Reply:
    return Reply([ToolCall(tool.name, _document(_fitting(PLACE, tool.schema))) for tool in tools])


def _think(ask: Ask, world: World) -> Reply:
    """Think aloud, then do what `fake-tool` does, or answer."""
    thoughts: List[Part] = [Thinking(piece) for piece in tokens.split(THOUGHT)]
    if ask.tools and not ask.results and ask.tool_choice != "none":
        return Reply(thoughts + _call(ask, several=False).parts)
    return Reply(thoughts + Reply.of("The answer is 42.").parts)


def _refuse(ask: Ask, world: World) -> Reply:
    return Reply([Refusal(piece) for piece in tokens.split("I'm sorry, I can't help with that.")])


def _filtered(ask: Ask, world: World) -> Reply:
    return Reply([Text("Well, "), Text("first")], finish="content_filter")


def _blocked(ask: Ask, world: World) -> Reply:
    return Reply([], finish="blocked")


def _ordinary(ask: Ask, world: World) -> Reply:
    known = quickstart.answer(ask.system, ask.user)
    named = [tool for tool in ask.tools if tool.name == ask.tool_choice]
    if named or (ask.tools and ask.tool_choice == "required"):
        return _calls(named or list(ask.tools[:1]))
    if ask.json is not None:
        return _json(ask, world)
    return Reply.of(known or HELLO)


def _fitting(favourite: Any, schema: Any) -> Any:
    """Give the favourite value when the schema allows it, else one made from the schema."""
    return favourite if schemas.fits(favourite, schema) else sample.make(schema)


def _document(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


MODELS: Dict[str, Callable[[Ask, World], Union[Reply, Failure]]] = {
    "fake-hello": _hello,
    "fake-tool": _tool,
    "fake-tools": _tools,
    "fake-json": _json,
    "fake-429-once": _429_once,
    "fake-cut": _cut,
    "fake-echo": _echo,
    "fake-think": _think,
    "fake-refuse": _refuse,
    "fake-filtered": _filtered,
    "fake-blocked": _blocked,
    "fake-quickstart": _quickstart,
}
