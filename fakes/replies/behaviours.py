"""Which answer a model name gives: the ready-made replies, in neutral words, for every provider.

The `fake-…` names always do what they say. A provider's ordinary names (the provider module says which those are)
answer the quick-start's prompts and else say hello, but they obey tool_choice and a requested JSON format, so that an
existing test suite can be pointed here. A name that is neither is not found.

A session with a script is answered from it instead, whatever the model's name. Here is also the one place where a
request meets its session: quota, script, faults, in this order, and what was decided is noted for the listener.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

from ..faults import Fault, body_of
from ..pace import Pace
from ..quotas import Limits
from ..scripting.script import Rule
from ..session import Picked, Session
from . import quickstart, sample, schemas, tokens
from .reply import Ask, Error, Part, Refusal, Reply, Text, Thinking, Tool, ToolCall

__all__ = ["MODELS", "answer", "is_fake"]

HELLO = "Hello from fakes."
WEATHER = {"city": "Paris", "temp_c": 21}
PLACE = {"city": "Paris"}
THOUGHT = "Let me think: six times seven is forty-two."
RETRY_AFTER = 0.05  # seconds; short, so that a client which obeys it costs a test little


FOR_OTHERS = "fakes: rule %r has no parts and bytes for %s only; this request is to %s (%s)"
CUT = Fault("cut")
_none: Tuple[Fault, ...] = ()


def is_fake(model: str) -> bool:
    """Tell whether a model name is one of the ready behaviours."""
    return model in MODELS


def answer(ask: Ask, session: Session, *, ordinary: bool) -> Union[Reply, Error]:
    """Give the reply to a request; `ordinary` names of models are the provider's own.

    An `Error` stands for a refusal that the provider writes in its own shape.
    """
    limits = session.take(ask.used)
    if limits is not None and limits.reached is not None:
        session.picked = Picked(ask, None, (), None, 0)
        return _over(limits)
    script = session.script
    rule: Optional[Rule] = None
    given: Union[Reply, Error, None] = None
    if script.answers:
        choice = script.choose(ask, session.tally)
        if choice is not None:
            rule, given = choice
            if isinstance(given, Reply) and _is_for_others(given, ask):
                session.picked = Picked(ask, rule.name, (), None, 0)
                return Error(404, FOR_OTHERS % (rule.name, ", ".join(given.raw), ask.provider, ask.api), code="no_rule")
        elif not script.fallback:
            session.picked = Picked(ask, None, (), None, 0)
            session.unmatched += 1
            return script.unmatched(ask, session.tally)
    name = rule.name if rule else None
    struck = _struck((script.faults, rule.faults if rule else _none), session)
    if isinstance(given, Reply) and given.faults and not _status(struck):
        struck += _struck((_none, _none, given.faults), session)
    refusing = _status(struck)
    if refusing:  # the reply is not used up: who asks again gets it
        session.picked = Picked(ask, name, struck, None, 0)
        return _refused(refusing[0])
    if rule is not None:
        session.tally.add(rule)
    if given is None:
        given = _of_model(ask, session, ordinary=ordinary)
        if isinstance(given, Reply):
            struck += _struck((given.faults,), session)
    if isinstance(given, Error):
        session.picked = Picked(ask, name, struck, None, 0)
        return given
    pace: Optional[Pace] = given.pace or (rule.pace if rule else None) or script.pace
    tokens_written = given.usage.output if given.usage else given.size()
    session.picked = Picked(ask, name, struck, pace, tokens_written)
    session.spend(tokens_written)
    return given


def _is_for_others(reply: Reply, ask: Ask) -> bool:
    """Tell whether a reply is nothing but bytes, and none of them for this request's API."""
    if not reply.raw or reply.parts or reply.finish != "stop":
        return False
    return ask.provider not in reply.raw and not (ask.api == "responses" and "responses" in reply.raw)


def _status(faults: Tuple[Fault, ...]) -> List[Fault]:
    return [fault for fault in faults if fault.kind == "status"]


def _struck(sources: Any, session: Session) -> Tuple[Fault, ...]:
    """Count each fault that could strike, and give those that do."""
    found: List[Fault] = []
    for layer, source in enumerate(sources):
        for place, fault in enumerate(source):
            purpose = f"fault/{layer}/{place}"
            if fault.strikes(session.tally.add(fault), lambda purpose=purpose: session.present().chance(purpose)):
                found.append(fault)
    return tuple(found)


def _refused(fault: Fault) -> Error:
    headers = tuple((fault.headers or {}).items())
    status = fault.status or 500
    return Error(status, fault.message, fault.type, fault.code, fault.retry_after, headers, body_of(fault))


def _over(limits: Limits) -> Error:
    """Refuse in the provider's own words for its limits."""
    return Error(429, retry_after=limits.wait, limits=limits)


def _of_model(ask: Ask, session: Session, *, ordinary: bool) -> Union[Reply, Error]:
    behaviour = MODELS.get(ask.model)
    if behaviour is not None:
        return behaviour(ask, session)
    return _ordinary(ask, session) if ordinary else Error(404)


def _hello(ask: Ask, session: Session) -> Reply:
    return Reply.of(HELLO)


def _echo(ask: Ask, session: Session) -> Reply:
    return Reply.of(ask.user)


def _cut(ask: Ask, session: Session) -> Reply:
    return Reply("This answer is cut off before its end, so nobody may take it for whole.", faults=[CUT])


def _429_once(ask: Ask, session: Session) -> Union[Reply, Error]:
    return Error(429, retry_after=RETRY_AFTER) if session.count("fake-429-once") == 1 else Reply.of(HELLO)


def _quickstart(ask: Ask, session: Session) -> Reply:
    return Reply.of(quickstart.answer(ask.system, ask.user) or HELLO)


def _json(ask: Ask, session: Session) -> Reply:
    schema = ask.json if isinstance(ask.json, dict) else None
    return Reply.of(_document(WEATHER if schema is None else _fitting(WEATHER, schema)))


def _tool(ask: Ask, session: Session) -> Reply:
    return _call(ask, several=False)


def _tools(ask: Ask, session: Session) -> Reply:
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


def _think(ask: Ask, session: Session) -> Reply:
    """Think aloud, then do what `fake-tool` does, or answer."""
    thoughts: List[Part] = [Thinking(piece) for piece in tokens.split(THOUGHT)]
    if ask.tools and not ask.results and ask.tool_choice != "none":
        return Reply(thoughts + _call(ask, several=False).parts)
    return Reply(thoughts + Reply.of("The answer is 42.").parts)


def _refuse(ask: Ask, session: Session) -> Reply:
    return Reply([Refusal(piece) for piece in tokens.split("I'm sorry, I can't help with that.")])


def _filtered(ask: Ask, session: Session) -> Reply:
    return Reply([Text("Well, "), Text("first")], finish="content_filter")


def _blocked(ask: Ask, session: Session) -> Reply:
    return Reply([], finish="blocked")


def _ordinary(ask: Ask, session: Session) -> Reply:
    known = quickstart.answer(ask.system, ask.user)
    named = [tool for tool in ask.tools if tool.name == ask.tool_choice]
    if named or (ask.tools and ask.tool_choice == "required"):
        return _calls(named or list(ask.tools[:1]))
    if ask.json is not None:
        return _json(ask, session)
    return Reply.of(known or HELLO)


def _fitting(favourite: Any, schema: Any) -> Any:
    """Give the favourite value when the schema allows it, else one made from the schema."""
    return favourite if schemas.fits(favourite, schema) else sample.make(schema)


def _document(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


MODELS: Dict[str, Callable[[Ask, Session], Union[Reply, Error]]] = {
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
