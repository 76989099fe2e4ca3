"""A Responses request in neutral words, and a neutral reply as that API's items.

Thoughts become a reasoning item: its summary is shown only when `reasoning.summary` asks for one, its cipher only when
`include` does, as at OpenAI. A reasoning model has such an item even when the reply has no thoughts. A call of a tool
that runs at OpenAI (web_search, file_search) is acted out: its item, then an answer that cites.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..replies import tokens
from ..replies.behaviours import HELLO
from ..replies.reply import Ask, Part, RedactedThinking, Refusal, Reply, Text, Thinking, Tool, ToolCall, Usage
from ..serving.http11 import Request
from ..session import Moment
from .models import Model
from .responses_input import text_of
from .responses_items import Call, Item, Message, Search, Thought
from .responses_tools import HOSTED_PREFIX, hosted
from .responses_writer import Turn
from .writer import THOUGHT

__all__ = ["Asked", "ask_of", "offered", "turn_of"]

STOCK_SUMMARY = "**Considering the request**\n\nThe request is short, so the answer can be given at once."
ANYTHING = {"type": "object", "properties": {}}
PLAIN_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
QUERY = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}


class Asked(NamedTuple):
    """A judged request: its body, its model, the id it gets, the conversation, the tools on offer, its size."""

    request: Request
    body: Dict[str, Any]
    model: Model
    moment: Moment
    id: str
    conversation: List[Dict[str, Any]]  # of earlier responses and of this request
    tools: List[Dict[str, Any]]
    used: int  # tokens


def offered(body: Dict[str, Any], conversation: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Give the tools of a request, those in its input included."""
    added = [item.get("tools") for item in conversation if item.get("type") == "additional_tools"]
    return [*(body.get("tools") or ()), *(tool for tools in added for tool in tools or ())]


def ask_of(asked: Asked) -> Ask:
    """Put a request into neutral words."""
    body = asked.body
    results: List[str] = []
    for item in reversed(asked.conversation):
        if not str(item.get("type")).endswith("_call_output"):
            break
        results.insert(0, text_of(item))
    messages = [item for item in asked.conversation if item.get("type", "message") == "message"]
    users = [text_of(item) for item in messages if item["role"] == "user"]
    systems = [text_of(item) for item in messages if item["role"] in ("system", "developer")]
    if body.get("instructions"):
        systems.insert(0, body["instructions"])
    wanted = (body.get("text") or {}).get("format") or {}
    schema = wanted.get("schema") if wanted.get("type") == "json_schema" else None
    choice, allowed = _choice(body)
    tools = [tool for tool in map(_neutral, asked.tools) if tool is not None]
    return Ask(
        asked.request,
        "openai",
        "responses",
        model=body["model"],
        user=users[-1] if users else "",
        system="\n".join(systems),
        turn=1 + _answers(asked.conversation),
        used=asked.used,
        tools=tuple(tool for tool in tools if allowed is None or tool.name in allowed),
        tool_choice=choice,
        json=schema if schema is not None else (True if wanted.get("type") == "json_object" else None),
        results=tuple(results),
        parallel=body.get("parallel_tool_calls") is not False,
    )


def _answers(conversation: List[Dict[str, Any]]) -> int:
    """Count the model's answers in a conversation: items of its that follow each other are one."""
    told = [_is_told(item) for item in conversation]
    return sum(one and not before for before, one in zip([False, *told], told))


def _is_told(item: Dict[str, Any]) -> bool:
    kind = str(item.get("type", "message"))
    return item.get("role") == "assistant" if kind == "message" else kind == "reasoning" or kind.endswith("_call")


def _neutral(tool: Dict[str, Any]) -> Optional[Tool]:
    if tool.get("type") == "function":
        return Tool(tool["name"], tool.get("parameters") or ANYTHING)
    if tool.get("type") == "custom":
        return Tool(tool["name"], PLAIN_TEXT)
    kind = hosted(tool)
    return Tool(HOSTED_PREFIX + kind, QUERY) if kind else None


def _choice(body: Dict[str, Any]) -> Tuple[str, Optional[List[str]]]:
    """Give tool_choice as a neutral word or a name, and the allowed names if they are restricted."""
    choice = body.get("tool_choice") or "auto"
    if isinstance(choice, str):
        return choice, None
    if choice["type"] == "allowed_tools":
        return choice["mode"], [_chosen(tool) for tool in choice["tools"]]
    return _chosen(choice), None


def _chosen(choice: Dict[str, Any]) -> str:
    kind = hosted(choice)
    return HOSTED_PREFIX + kind if kind else str(choice.get("name", "auto"))


def turn_of(asked: Asked, reply: Reply) -> Turn:
    """Decide what the answer says: the reply cut to its limit, its items with their ids, its status and usage."""
    body, model = asked.body, asked.model
    reasoning = body.get("reasoning") or {}
    effort = reasoning.get("effort")
    aloud = sum(isinstance(part, (Thinking, RedactedThinking)) for part in reply.parts)
    silent = THOUGHT if not aloud and model.thinks(effort) and effort != "minimal" else 0
    room = body.get("max_output_tokens")
    limited = reply.limited(None if room is None else room - min(silent, room))
    if room is not None and silent >= room:
        limited = Reply([], finish="length", usage=reply.usage)
    parts = _acted_out(limited.parts, asked)
    items = _Items(asked).of(parts, thinks=model.thinks(effort) and not aloud, finish=limited.finish)
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    reason = reasons.get(limited.finish)
    thought = min(silent, room) if room is not None else silent
    thought += sum(isinstance(part, (Thinking, RedactedThinking)) for part in limited.parts)
    written = Reply(parts).size() + (thought if silent else 0)
    usage = reply.usage or Usage(asked.used, max(1, written), thought)
    return Turn(
        id=asked.id,
        moment=asked.moment,
        model=model,
        body=body,
        tools=asked.tools,
        items=items,
        status="incomplete" if reason else "completed",
        reason=reason,
        error=None,
        usage=usage,
    )


def _acted_out(parts: Sequence[Part], asked: Asked) -> List[Part]:
    """Put an answer behind a search that nothing else follows."""
    done = list(parts)
    last = done[-1] if done else None
    if isinstance(last, ToolCall) and last.name.startswith(HOSTED_PREFIX):
        if not any(isinstance(part, ToolCall) and not part.name.startswith(HOSTED_PREFIX) for part in done):
            done += [Text(piece) for piece in tokens.split(HELLO)]
    return done


class _Items:
    """Makes the items of one answer, each with an id of its own."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._made: List[Item] = []
        self._search: Optional[Search] = None  # the one that the next text cites

    def of(self, parts: List[Part], *, thinks: bool, finish: str) -> List[Item]:
        """Give the items; an answer that just stops has a message, be it empty."""
        if thinks:
            self._think([], None)
        place = 0
        while place < len(parts):
            part = parts[place]
            end = place + 1
            if isinstance(part, ToolCall):
                self._call(part)
            elif isinstance(part, RedactedThinking):
                self._think([], part.data)
            else:
                family = (Thinking,) if isinstance(part, Thinking) else (Text, Refusal)
                while end < len(parts) and isinstance(parts[end], family):
                    end += 1
                if family == (Thinking,):
                    self._think([piece.text for piece in parts[place:end]], parts[end - 1].signature)  # type: ignore[union-attr]
                else:
                    self._say(parts[place:end])
            place = end
        if finish == "stop" and all(isinstance(item, Thought) for item in self._made):
            self._say([])
        return self._made

    def _id(self, prefix: str) -> str:
        asked = self._asked
        noise = asked.moment.hexadecimal(f"item/{len(self._made)}", 24)
        return f"{prefix}_{asked.id[5:23]}{asked.moment.created:08x}{noise}"

    def _think(self, pieces: List[str], signature: Optional[str]) -> None:
        asked = self._asked
        summary: Sequence[str] = pieces or tokens.split(STOCK_SUMMARY)
        if (asked.body.get("reasoning") or {}).get("summary") is None:
            summary = ()
        cipher = None
        if "reasoning.encrypted_content" in (asked.body.get("include") or ()):
            made = "".join(asked.moment.letters(f"cipher/{len(self._made)}/{row}", 43) for row in range(4))
            cipher = signature or f"gAAAAAB{made}=="
        self._made.append(Thought(self._id("rs"), summary, cipher))

    def _say(self, pieces: Sequence[Any]) -> None:
        asked = self._asked
        runs: List[Tuple[List[Any], List[str]]] = []
        for piece in pieces:
            if not runs or type(runs[-1][0][0]) is not type(piece):
                runs.append(([], []))
            runs[-1][0].append(piece)
        if self._search is not None and runs:
            runs[0][1].append(self._search.citation(sum(len(piece.text) for piece in runs[0][0])))
            self._search = None
        phase = "final_answer" if re.match(r"gpt-5\.[5-9]", asked.model.name) else ""
        wanted = "message.output_text.logprobs" in (asked.body.get("include") or ()) or asked.body.get("top_logprobs")
        alternatives = asked.body.get("top_logprobs") or 0 if wanted else None
        self._made.append(Message(self._id("msg"), runs or [([], [])], phase, alternatives))

    def _call(self, call: ToolCall) -> None:
        asked = self._asked
        if call.name.startswith(HOSTED_PREFIX):
            kind = call.name[len(HOSTED_PREFIX) :]
            users = [text_of(item) for item in asked.conversation if item.get("role") == "user"]
            wanted = "web_search_call.action.sources" if kind == "web_search" else "file_search_call.results"
            results = wanted in (asked.body.get("include") or ())
            name = self._id("ws" if kind == "web_search" else "fs")
            self._search = Search(name, kind, users[-1] if users else "", results)
            self._made.append(self._search)
            return
        custom = any(tool.get("type") == "custom" and tool.get("name") == call.name for tool in asked.tools)
        call_id = call.id or "call_" + asked.moment.letters(f"call/{len(self._made)}", 24)
        argument = _plain(call.arguments) if custom else call.arguments
        self._made.append(Call(self._id("ctc" if custom else "fc"), call_id, call.name, argument, custom))


def _plain(arguments: str) -> str:
    """Give the text of a custom tool's call: its `input`, or whatever a script put there."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return arguments
    text = value.get("input") if isinstance(value, dict) and len(value) == 1 else None
    return text if isinstance(text, str) else arguments
