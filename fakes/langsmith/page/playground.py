"""The playground's page: a chat run's messages, tools and parameters in a form, sent again as they are or changed.

Without a script the form works, and the answer is there after a reload; with it, the answer grows as it comes. Each
call is a run in the project "playground", so an answer has a page of its own and can be opened here again. What of a
traced call has no place in the form is said above it. A key that is typed here is used for the one call and forgotten.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ...serving.http11 import Answer
from ..database import Refused, as_id
from .carried import MOST, ROLES, answered, carried, tool_of
from .conversation import value_block
from .formats import count, latency, named, plural, pretty
from .guard import form_of, read_json
from .html import Child, Html, tag
from .layout import form, json_answer, page, redirect
from .messages import conversation
from .playing import PROJECT, PROVIDERS, Play, has_key, play, stop, under_way
from .view import View, project_address, run_address, status_mark

__all__ = ["begin", "end", "playground_json", "playground_page"]

HERE = "/playground"
_SPARE = 2  # empty messages at the end of the form
_IN_THE_FORM = ("model", "messages", "tools", "stream", "stream_options")


def playground_page(view: View) -> Answer:
    """Give the form, filled from `?run=`, with that run's answer below it, or (`go_on=1`) in the form."""
    run_id, go_on = view.text("run"), view.text("go_on") is not None
    coming = under_way(as_id(run_id)) if run_id else None  # before the run is read: what ends in between has ended
    run = view.run(as_id(run_id)) if run_id else None
    return page(
        "Playground",
        _form(_from_run(run, go_on=go_on)),
        _answer(run, coming, view) if run and not go_on else None,
        path=[(named(run["name"]), run_address(run))] if run else [],
        here=HERE,
        twin=f"{HERE}/{run['id']}.json" if run else None,
    )


def playground_json(view: View, run_id: str) -> Answer:
    """Give how far a call is: {"id", "status", "under_way", "text", "error"}."""
    text = under_way(run_id)  # before the run is read: what ends in between is then told as ended
    coming = text is not None
    run = view.run(run_id)
    if text is None or run["status"] != "pending":
        found = conversation(run["outputs"])
        text = "".join(part.text for one in found for part in one.parts if part.kind == "text")
    return json_answer({
        "id": run_id, "status": run["status"], "under_way": coming, "text": text, "error": run["error"]
    })  # fmt: skip


def begin(view: View) -> Answer:
    """Start the call that the form asks for, and show it; what cannot be read is said above the form as it came."""
    fields = form_of(view.request)
    key = fields.pop("key", "")
    try:
        run_id = play(_asked(fields), view.store, key)
    except Refused as refused:
        message = tag("p", str(refused), class_="message error", role="alert")
        return page("Playground", message, _form(_as_sent(fields)), here=HERE, status=refused.status)
    return redirect(f"{HERE}?run={run_id}#answer")


def _asked(fields: Dict[str, str]) -> Play:
    """Give what a form asks for. Raises: Refused (422) for a field that cannot be read."""
    messages: List[Dict[str, Any]] = []
    for place in range(MOST + _SPARE):
        role, text = fields.get(f"role{place}"), fields.get(f"text{place}", "").replace("\r\n", "\n")
        if role and text:
            messages.append(_sent(role, text, place, messages))
    if not messages:
        raise Refused(422, "there is no message to send")
    tools = [turned for one in _json(fields, "tools", list) for turned in _tools(one)]
    parameters = _json(fields, "parameters", dict)
    for name in _IN_THE_FORM:
        if name in parameters:
            raise Refused(422, f"parameters: {name} is no parameter here; the form says it")
    if parameters.get("n") not in (None, 1):
        raise Refused(422, "parameters: n: the playground shows one answer")
    model = fields.get("model", "").strip()
    if not model:
        raise Refused(422, "a model has a name")
    return Play(fields.get("provider", ""), model, messages, tools, parameters)


def end(view: View, run_id: str) -> Answer:
    """Stop a call that is under way; one that has just ended is shown as it is."""
    form_of(view.request)
    view.run(run_id)
    stop(run_id, view.store)
    return redirect(f"{HERE}?run={run_id}#answer")


class _Filled(NamedTuple):
    """What stands in the form."""

    rows: List[Tuple[str, str]]
    provider: str = "fake"
    model: str = "fake-echo"
    tools: str = ""
    parameters: str = ""
    left_out: Sequence[str] = ()


def _from_run(run: Optional[Dict[str, Any]], *, go_on: bool) -> _Filled:
    found = carried(run) if run else None
    if run is not None and found is not None and go_on and run["outputs"] is not None:
        more, left = answered(run)
        rows = found.rows + more
        if len(rows) > MOST:
            left = [*left, f"the first {len(rows) - MOST} of {len(rows)} messages"]
        found = found._replace(rows=rows[-MOST:], left_out=found.left_out + left)
    if run is None or found is None or not found.rows:
        rows = [("system", ""), ("user", ""), ("user", "")]
    else:
        rows = found.rows + [("user", "")] * _SPARE
    if run is None or found is None:
        return _Filled(rows)
    said = found.provider
    ours = "playground" in run["tags"]  # a key that was typed is typed again
    chosen = said if said in PROVIDERS and (ours or has_key(said)) else "fake"
    return _Filled(
        rows, chosen, found.model or "fake-echo", _written(found.tools), _written(found.parameters), found.left_out
    )


def _as_sent(fields: Dict[str, str]) -> _Filled:
    """Give the form's fields as they came, but for the key."""
    rows = [
        (role if role in ROLES else "user", fields.get(f"text{place}", "").replace("\r\n", "\n"))
        for place in range(MOST + _SPARE)
        for role in [fields.get(f"role{place}")]
        if role is not None
    ]
    tools, parameters = (fields.get(name, "").replace("\r\n", "\n") for name in ("tools", "parameters"))
    return _Filled(rows, fields.get("provider", "fake"), fields.get("model", ""), tools, parameters)


def _form(filled: _Filled) -> Html:
    return form(
        HERE,
        _left_out(filled.left_out),
        tag(
            "div",
            tag("label", tag("span", "Provider"), tag("select", _providers(filled.provider), name="provider")),
            tag(
                "label",
                tag("span", "Model"),
                tag("input", name="model", value=filled.model, required=True),
            ),
            tag(
                "label",
                tag("span", "Key, for this call only"),
                tag("input", name="key", type="password", autocomplete="off", size=24, spellcheck="false"),
            ),
            class_="form",
        ),
        [_message_row(place, role, text) for place, (role, text) in enumerate(filled.rows)],
        tag("label", tag("span", "Tools, a JSON list"), _area("tools", filled.tools)),
        tag("label", tag("span", "Parameters, a JSON object"), _area("parameters", filled.parameters)),
        tag("p", tag("button", "Send", type="submit")),
        _limits(),
        class_="playground",
    )


def _left_out(words: Sequence[str]) -> Child:
    if not words:
        return None
    return tag(
        "div",
        tag("p", "Not carried over from this run, since a chat completion has no such thing:"),
        tag("ul", [tag("li", word) for word in words]),
        class_="message notice",
    )


def _providers(chosen: str) -> List[Html]:
    return [
        tag("option", name if has_key(name) else f"{name} (needs a key)", value=name, selected=name == chosen)
        for name in PROVIDERS
    ]


def _limits() -> Html:
    rows: List[Child] = []
    for name, provider in PROVIDERS.items():
        told = [provider.address, "key: " + " or ".join(provider.keys) if provider.keys else "", provider.limits]
        rows += [tag("dt", name), tag("dd", "; ".join(word for word in told if word))]
    return tag(
        "details",
        tag("summary", "Where it is sent, and what is taken there"),
        tag("p", "All providers are asked for a chat completion in OpenAI's form. A key in the environment of this "
            "server is used where none is typed; a typed one is sent to the provider, and not kept."),
        tag("dl", rows, class_="members"),
        class_="raw",
    )  # fmt: skip


def _answer(run: Dict[str, Any], coming: Optional[str], view: View) -> Html:
    waiting = run["status"] == "pending" and coming is not None
    shown: List[Child] = [
        tag("h2", "Answer"),
        tag(
            "p",
            status_mark(run["status"]),
            " ",
            latency(run, view.now_us),
            " ",
            tag("span", _tokens(run), class_="dim") if run["total_tokens"] else None,
            " ",
            tag("a", "trace", href=run_address(run)),
            " ",
            tag("a", "all calls", href=project_address(run["session_id"])) if _is_ours(run, view) else None,
        ),
    ]
    if run["error"]:
        shown.append(tag("div", tag("div", run["error"], class_="text"), class_="failure"))
    if run["status"] != "pending":
        shown.append(value_block(run["outputs"], run_address(run) + "/outputs.json"))
        if conversation(run["outputs"]):
            on = f"{HERE}?run={run['id']}&go_on=1"
            shown.append(tag("p", tag("a", "Go on from this answer", href=on, class_="button"), class_="actions"))
    elif not waiting:
        ended = _is_ours(run, view)
        told = "The server was stopped while it waited for this answer." if ended else "This run has not ended yet."
        shown.append(tag("p", told, class_="none"))
    else:
        where = f"{HERE}/{run['id']}.json"
        shown.append(tag("div", coming, class_="text message ai", id="coming", data_stream=where, aria_live="polite"))
        shown.append(form(f"{HERE}/{run['id']}/stop", tag("button", "Stop", type="submit"), class_="inline stop"))
        shown.append(tag("noscript", tag("p", tag("a", "look again", href=f"{HERE}?run={run['id']}#answer"))))
    return tag("section", shown, id="answer")


def _tokens(run: Dict[str, Any]) -> str:
    parts = f"{count(run['prompt_tokens'])} in, {count(run['completion_tokens'])} out"
    return f"{plural(run['total_tokens'], 'token')} ({parts})"


def _is_ours(run: Dict[str, Any], view: View) -> bool:
    project = view.store.project(run["session_id"]) if run["session_id"] else None
    return project is not None and project["name"] == PROJECT


def _message_row(place: int, role: str, text: str) -> Html:
    return tag(
        "div",
        tag("select", _options(ROLES, role), name=f"role{place}", aria_label=f"role of message {place + 1}"),
        _area(f"text{place}", text, f"text of message {place + 1}"),
        class_="say",
    )


def _area(name: str, text: str, label: Optional[str] = None) -> Html:
    # A text area swallows one newline at its beginning, so it gets one more.
    return tag(
        "textarea",
        "\n" + text,
        name=name,
        rows=min(max(text.count("\n") + 1, 2), 16),
        aria_label=label or name,
        spellcheck="false",
        dir="auto",
    )


def _options(names: Any, chosen: str) -> List[Html]:
    return [tag("option", name, value=name, selected=name == chosen) for name in names]


def _written(value: Any) -> str:
    return pretty(value) if value else ""


def _sent(role: str, text: str, place: int, before: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Give a row of the form as a message. A tool's plain text answers the first call before it that has no answer."""
    if role not in ROLES:
        raise Refused(422, f"message {place + 1}: {role[:40]!r} is no role")
    if role == "tool":
        answered = [one.get("tool_call_id") for one in before]
        lists = [one["tool_calls"] for one in before if isinstance(one.get("tool_calls"), list)]
        called = [call.get("id") for calls in lists for call in calls if isinstance(call, dict)]
        waiting = [one for one in called if one and one not in answered]
        if not waiting:
            raise Refused(422, f"message {place + 1}: a tool's answer follows the call that it is of, in a row of JSON")
        return {"role": role, "content": text, "tool_call_id": waiting[0]}
    if role != "JSON":
        return {"role": role, "content": text}
    whole = read_json(text, f"message {place + 1}")
    if not isinstance(whole, dict) or not isinstance(whole.get("role"), str):
        raise Refused(422, f"message {place + 1}: a message is a JSON object with a role")
    return whole


def _json(fields: Dict[str, str], name: str, kind: type) -> Any:
    text = fields.get(name, "").strip()
    value = read_json(text, name) if text else kind()
    if not isinstance(value, kind):
        raise Refused(422, f"{name}: a JSON {'list' if kind is list else 'object'} is wanted")
    return value


def _tools(tool: Any) -> List[Dict[str, Any]]:
    """Give a tool in OpenAI's form, whoever's it was. Raises: Refused (422) where that cannot be."""
    if not isinstance(tool, dict):
        raise Refused(422, "tools: each is a JSON object")
    turned, left = tool_of(tool)
    if left:
        raise Refused(422, f"tools: a chat completion cannot say: {left[0]}")
    return turned
