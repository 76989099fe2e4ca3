"""The playground's page: a chat run's messages, tools and parameters in a form, sent again as they are or changed.

Without a script the form works, and the answer is there after a reload; with it, the answer grows as it comes. Each
call is a run in the project "playground", so an answer has a page of its own and can be opened here again.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from ...serving.http11 import Answer
from ..database import Refused
from .conversation import value_block
from .formats import latency, named
from .guard import form_of
from .html import Child, Html, tag
from .layout import form, json_answer, page, redirect
from .messages import Message, conversation
from .playing import PROVIDERS, Play, available, play, under_way
from .view import View, run_address, status_mark

__all__ = ["begin", "playground_json", "playground_page"]

HERE = "/playground"
ROLES = ("system", "user", "assistant", "tool", "JSON")  # the last: the text is the whole message
_THEIRS = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}
_SPARE = 2  # empty messages at the end of the form
_MOST = 100
# Of what tracers note of a call, the parameters that providers take in this form.
_PASSED = frozenset(
    "temperature top_p max_tokens max_completion_tokens stop seed frequency_penalty presence_penalty tool_choice "
    "response_format reasoning_effort parallel_tool_calls logprobs top_logprobs logit_bias top_k min_p".split()
)


def playground_page(view: View) -> Answer:
    """Give the form, filled from `?run=`, with that run's answer below it."""
    run_id = view.text("run")
    run = view.run(run_id) if run_id else None
    return page(
        "Playground",
        _form(run),
        _answer(run, view) if run else None,
        path=[(named(run["name"]), run_address(run))] if run else [],
        here=HERE,
        twin=f"{HERE}/{run['id']}.json" if run else None,
    )


def playground_json(view: View, run_id: str) -> Answer:
    """Give how far a call is: {"id", "status", "text", "error"}."""
    text = under_way(run_id)  # before the run is read: what ends in between is then told as ended
    run = view.run(run_id)
    if text is None or run["status"] != "pending":
        found = conversation(run["outputs"])
        text = "".join(part.text for one in found for part in one.parts if part.kind == "text")
    return json_answer({"id": run_id, "status": run["status"], "text": text, "error": run["error"]})


def begin(view: View) -> Answer:
    """Start the call that the form asks for, and show it. Raises: Refused (422) for a field that cannot be read."""
    fields = form_of(view.request)
    messages = []
    for place in range(_MOST + _SPARE):
        role, text = fields.get(f"role{place}"), fields.get(f"text{place}", "").replace("\r\n", "\n")
        if role and text:
            messages.append(_sent(role, text, place))
    if not messages:
        raise Refused(422, "there is no message to send")
    tools = _json(fields, "tools", list)
    asked = Play(
        fields.get("provider", ""),
        fields.get("model", "").strip(),
        messages,
        [_tool(one) for one in tools],
        _json(fields, "parameters", dict),
    )
    if not asked.model:
        raise Refused(422, "a model has a name")
    return redirect(f"{HERE}?run={play(asked, view.store)}#answer")


def _form(run: Optional[Dict[str, Any]]) -> Html:
    called = _called(run)
    found = [_filled(one) for one in conversation(run["inputs"])] if run else []
    rows = found[:_MOST] + [("user", "")] * _SPARE if found else [("system", ""), ("user", ""), ("user", "")]
    model = called.get("model") or called.get("model_name") or "fake-echo"
    there = available()
    extra = run["extra"] if run and isinstance(run["extra"], dict) else {}
    metadata = extra.get("metadata")
    said = metadata.get("ls_provider") if isinstance(metadata, dict) else None
    tools = called.get("tools")
    parameters = {name: value for name, value in called.items() if name in _PASSED and value is not None}
    return form(
        HERE,
        tag(
            "div",
            tag(
                "label",
                tag("span", "Provider"),
                tag("select", _options(there, said if said in there else "fake"), name="provider"),
            ),
            tag("label", tag("span", "Model"), tag("input", name="model", value=str(model), required=True)),
            class_="form",
        ),
        [_message_row(place, role, text) for place, (role, text) in enumerate(rows)],
        tag("label", tag("span", "Tools, a JSON list"), _area("tools", _written(tools))),
        tag("label", tag("span", "Parameters, a JSON object"), _area("parameters", _written(parameters))),
        tag("p", tag("button", "Send", type="submit")),
        tag("p", "Providers are here when their key is in the environment: ", ", ".join(PROVIDERS), class_="dim"),
        class_="playground",
    )


def _answer(run: Dict[str, Any], view: View) -> Html:
    coming = under_way(run["id"])
    shown: List[Child] = [
        tag("h2", "Answer"),
        tag(
            "p",
            status_mark(run["status"]),
            " ",
            latency(run, view.now_us),
            " ",
            tag("a", "trace", href=run_address(run)),
        ),
    ]
    if run["error"]:
        shown.append(tag("div", tag("div", run["error"], class_="text"), class_="failure"))
    if run["status"] != "pending":
        shown.append(value_block(run["outputs"], run_address(run) + "/outputs.json"))
    elif coming is not None:
        where = f"{HERE}/{run['id']}.json"
        shown.append(tag("div", coming, class_="text message ai", id="coming", data_stream=where))
        shown.append(tag("noscript", tag("p", tag("a", "look again", href=f"{HERE}?run={run['id']}"))))
    return tag("section", shown, id="answer")


def _message_row(place: int, role: str, text: str) -> Html:
    return tag(
        "div",
        tag("select", _options(ROLES, role), name=f"role{place}", aria_label=f"role of message {place + 1}"),
        _area(f"text{place}", text),
        class_="say",
    )


def _area(name: str, text: str) -> Html:
    # A text area swallows one newline at its beginning, so it gets one more.
    return tag(
        "textarea",
        "\n" + text,
        name=name,
        rows=min(max(text.count("\n") + 1, 2), 16),
        aria_label=name,
        spellcheck="false",
    )


def _options(names: Any, chosen: str) -> List[Html]:
    return [tag("option", name, value=name, selected=name == chosen) for name in names]


def _called(run: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    found = run["extra"].get("invocation_params") if run and isinstance(run["extra"], dict) else None
    return found if isinstance(found, dict) else {}


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""


def _filled(message: Message) -> Any:
    """Give a message as the form has it: role and text where that is all, else the whole in OpenAI's form."""
    role = _THEIRS.get(message.role, "user")
    texts = [part for part in message.parts if part.kind == "text"]
    if len(texts) == len(message.parts) <= 1 and not message.calls and not message.answers and role != "tool":
        return role, texts[0].text if texts else ""
    content: Any = "".join(part.text for part in texts)
    if any(part.kind == "image" for part in message.parts):
        content = [
            {"type": "text", "text": part.text}
            if part.kind == "text"
            else {"type": "image_url", "image_url": {"url": part.text}}
            for part in message.parts
            if part.kind in ("text", "image")
        ]
    whole: Dict[str, Any] = {"role": role, "content": content}
    if message.calls:
        whole["tool_calls"] = [
            {
                "id": one["id"],
                "type": "function",
                "function": {"name": one["name"], "arguments": _arguments(one["args"])},
            }
            for one in message.calls
        ]
    if message.answers:
        whole["tool_call_id"] = message.answers
    return "JSON", json.dumps(whole, indent=2, ensure_ascii=False)


def _arguments(args: Any) -> str:
    return args if isinstance(args, str) else json.dumps({} if args is None else args, ensure_ascii=False)


def _sent(role: str, text: str, place: int) -> Dict[str, Any]:
    if role not in ROLES:
        raise Refused(422, f"message {place + 1}: {role[:40]!r} is no role")
    if role != "JSON":
        return {"role": role, "content": text}
    whole = _read(text, f"message {place + 1}")
    if not isinstance(whole, dict) or not isinstance(whole.get("role"), str):
        raise Refused(422, f"message {place + 1}: a message is a JSON object with a role")
    return whole


def _json(fields: Dict[str, str], name: str, kind: type) -> Any:
    text = fields.get(name, "").strip()
    value = _read(text, name) if text else kind()
    if not isinstance(value, kind):
        raise Refused(422, f"{name}: a JSON {'list' if kind is list else 'object'} is wanted")
    return value


def _read(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Refused(422, f"{what}: not JSON: {problem}") from None


def _tool(tool: Any) -> Dict[str, Any]:
    """Give a tool in OpenAI's form; Anthropic's form is turned, any other goes as it is."""
    if isinstance(tool, dict) and "input_schema" in tool and "function" not in tool:
        said = {
            "name": tool.get("name"),
            "description": tool.get("description") or "",
            "parameters": tool["input_schema"],
        }
        return {"type": "function", "function": said}
    if not isinstance(tool, dict):
        raise Refused(422, "tools: each is a JSON object")
    return tool
