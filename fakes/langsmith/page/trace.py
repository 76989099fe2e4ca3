"""A run's page: the tree of its trace with bars, and beside it the run itself: messages, error, feedback, raw JSON.

The same address without an ending is for people, `.json` is the whole trace as one value, `.jsonl` one run to a line.
What is too long for a page is cut with a link to the whole field, which is served as JSON (`/inputs.json`).
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional
from urllib.parse import quote

from ...serving.http11 import Answer
from ..database import Refused
from ..derive import LIGHT, microseconds
from .conversation import json_block, value_block
from .formats import cost, count, cut_text, duration, latency, moment, named, plural, score
from .html import Child, Html, join, tag
from .layout import download, form, json_answer, jsonl_answer, live_controls, mark_of, page
from .tree import closeness, failures, trace_tree
from .view import View, chips, project_address, run_address, status_mark

__all__ = ["attachment", "field_json", "run_json", "run_jsonl", "run_page"]

_SELECT = (*(name for name in LIGHT if not name.endswith("_preview")), "total_cost")
MOST_FEEDBACK = 1_000
_KEPT = ("image/png", "image/jpeg", "image/gif", "image/webp")  # attachments that may be shown in place


def run_page(view: View, run_id: str) -> Answer:
    """Give the page of a run in its trace."""
    run = view.run(run_id)
    runs = view.store.trace(run["trace_id"] or run_id, select=_SELECT) or [run]
    project = view.store.project(run["session_id"]) if run["session_id"] else None
    here = run_address(run)
    path = [("Projects", "/projects")]
    if project:
        path.append((named(project["name"]), project_address(project["id"])))
    if run["id"] != runs[0]["id"]:
        path.append((named(runs[0]["name"]), run_address(runs[0])))
    base = project_address(run["session_id"]) + "/r/"
    unfinished = any(one["status"] == "pending" for one in runs)
    tree = trace_tree(runs, selected=run_id, base=base, now_us=view.now_us)
    closely = f"tree close{closeness(runs)}"
    return page(
        named(run["name"]),
        tag("p", live_controls(), class_="actions") if unfinished else None,
        tag(
            "div",
            tag("section", _total(runs, run_id, base), tree, class_=closely, aria_label="trace"),
            tag("section", _facts(run, view), _values(run, here, view), class_="run", aria_label="run", id="run"),
            class_="trace",
            id="trace",
            data_trace=run["trace_id"],
            data_live=here + ".json?light=1" if unfinished else None,
            data_mark=mark_of(runs) if unfinished else None,
            data_page=here if unfinished else None,
        ),
        tag("div", _feedback(run, here, view), _actions(run, here, view), class_="aside"),
        path=path,
        twin=here + ".json",
    )


def run_json(view: View, run_id: str) -> Answer:
    """Give the same as JSON: {"run", "trace", "feedback"}; with `light=1` the trace only, without its values."""
    run = view.run(run_id)
    if view.text("light") is not None:
        runs = view.store.trace(run["trace_id"] or run_id, select=_SELECT)
        return json_answer({"trace": runs}, mark=mark_of(runs))
    trace = view.store.trace(run["trace_id"] or run_id, select=LIGHT)
    return json_answer({"run": run, "trace": trace, "feedback": view.store.feedback(run_ids=[run_id])})


def run_jsonl(view: View, run_id: str) -> Answer:
    """Give all runs of the trace, whole, one to a line, in the order of the tree."""
    run = view.run(run_id)
    return jsonl_answer(view.store.every_run_of(run["trace_id"] or run_id), f"trace-{run['trace_id']}.jsonl")


def field_json(view: View, run_id: str, field: str) -> Answer:
    """Give one field whole: a heavy one as JSON, the error as text."""
    if field == "error":
        return Answer(
            200, [("content-type", "text/plain; charset=utf-8")], _encoded(view.run(run_id)["error"])
        )
    text = view.store.heavy(run_id, field)
    if text is None:
        raise Refused(404, f"run {run_id} has no {field}")
    return Answer(200, [("content-type", "application/json")], _encoded(text))


def attachment(view: View, run_id: str, name: str) -> Answer:
    """Give an attachment: pictures may be shown, all else is a file to keep."""
    found = view.store.attachment(run_id, name)
    if found is None:
        raise Refused(404, f"run {run_id} has no attachment {name[:80]!r}")
    kind = found["type"].partition(";")[0].strip().lower()
    if kind in _KEPT:
        return Answer(200, [("content-type", kind)], found["data"])
    return download(found["data"], kind, name)


def _total(runs: List[Dict[str, Any]], run_id: str, base: str) -> Html:
    """Give what a trace is in all, the way past its rows, and the way from failure to failure."""
    failed, first = sum(one["status"] == "error" for one in runs), failures(runs)
    here = next((place for place, one in enumerate(first) if one["id"] == run_id), -1)
    told = [
        plural(len(runs), "run"),
        f"{count(failed)} failed" if failed else None,
        plural(runs[0]["total_tokens"], "token") if runs[0]["total_tokens"] else None,
        cost(runs[0]["total_cost"]) or None,
    ]
    way: Child = None
    if len(first) > (here >= 0):  # there is one that is not this
        text = "first failure" if here < 0 else f"next failure, {here + 1} of {len(first)}"
        way = tag("a", text, href=base + first[(here + 1) % len(first)]["id"], class_="bad")
    past = tag("a", "past the tree", href="#run", class_="skip")
    return tag("p", past, tag("span", ", ".join(one for one in told if one)), way, class_="dim")


def _facts(run: Dict[str, Any], view: View) -> Html:
    start, first = microseconds(run["start_time"]), microseconds(run["first_token_time"])
    model = _metadata(run).get("ls_model_name")
    pairs: List[Any] = [
        ("Status", status_mark(run["status"])),
        ("Type", run["run_type"]),
        ("Latency", latency(run, view.now_us)),
        ("First token", duration(first - start) if first is not None and start is not None else None),
        ("Tokens", _tokens(run)),
        ("Cost", _cost(run)),
        ("Model", str(model) if model else None),
        ("Start (UTC)", moment(run["start_time"])),
        ("Id", [tag("code", run["id"], class_="id"), _copy("the run's id", run["id"])]),
    ]
    return join(
        tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value], class_="facts"),
        tag("p", chips(run["tags"], run["session_id"])) if run["tags"] else None,
    )


def _tokens(run: Dict[str, Any]) -> Optional[str]:
    if not run["total_tokens"]:
        return None
    return f"{count(run['total_tokens'])} ({count(run['prompt_tokens'])} in, {count(run['completion_tokens'])} out)"


def _cost(run: Dict[str, Any]) -> Optional[str]:
    parts = ", ".join(f"{cost(run[name])} {word}" for name, word in (("prompt_cost", "in"), ("completion_cost", "out"))
                      if run[name] is not None)  # fmt: skip
    return None if run["total_cost"] is None else cost(run["total_cost"]) + (f" ({parts})" if parts else "")


def _copy(what: str, text: str) -> Html:
    return tag(
        "button", "Copy", type="button", class_="quiet", aria_label=f"copy {what}", data_copy=text, hidden=True
    )


def _metadata(run: Dict[str, Any]) -> Dict[str, Any]:
    found = run["extra"].get("metadata") if isinstance(run["extra"], dict) else None
    return found if isinstance(found, dict) else {}


def _values(run: Dict[str, Any], here: str, view: View) -> Html:
    extra = run["extra"] if isinstance(run["extra"], dict) else {}
    parts: List[Child] = []
    if run["error"]:
        parts += [tag("h2", "Error"), tag("div", cut_text(run["error"], here + "/error.json"), class_="failure")]
    parts += [tag("h2", "Input"), value_block(run["inputs"], here + "/inputs.json")]
    if run["outputs"] is not None:
        parts += [tag("h2", "Output"), value_block(run["outputs"], here + "/outputs.json")]
    elif run["status"] == "pending":
        parts += [tag("h2", "Output"), tag("p", "not finished", class_="none")]
    files = view.store.attachments(run["id"])
    if files:
        parts += [tag("h2", "Attachments"), tag("ul", [_file(one, here) for one in files])]
    folded = (
        ("Metadata", _metadata(run), "extra"),
        ("Parameters", extra.get("invocation_params"), "extra"),
        ("Runtime", extra.get("runtime"), "extra"),
        ("Events", run["events"], "events"),
        ("Raw input", run["inputs"], "inputs"),
        ("Raw output", run["outputs"], "outputs"),
        ("Serialized", run["serialized"], "serialized"),
        ("Ids", {name: run[name] for name in ("id", "trace_id", "parent_run_id", "session_id", "dotted_order",
                                              "reference_example_id") if run[name]}, None),
    )  # fmt: skip
    for title, value, field in folded:
        if value:
            whole = f"{here}/{field}.json" if field else here + ".json"
            parts.append(tag("details", tag("summary", title), json_block(value, whole), class_="raw"))
    return join(*parts)


def _file(one: Dict[str, Any], here: str) -> Html:
    address = f"{here}/files/{quote(one['name'], safe='')}"
    shown = one["type"].partition(";")[0].strip().lower() in _KEPT
    picture = tag("img", src=address, alt=one["name"], loading="lazy") if shown else None
    told = f" {one['type']}, {count(one['size'])} bytes"
    return tag("li", tag("a", one["name"], href=address), told, picture, class_="attached")


def _feedback(run: Dict[str, Any], here: str, view: View) -> Html:
    given = view.store.feedback(run_ids=[run["id"]], limit=MOST_FEEDBACK)
    return tag(
        "section",
        tag("h2", "Feedback"),
        tag("ul", [_one_feedback(one, here) for one in given], class_="feedback") if given else None,
        form(
            here + "/feedback",
            tag(
                "label", tag("span", "Key"), tag("input", name="key", value="user_score", required=True, maxlength=200)
            ),
            tag("label", tag("span", "Score or value"), tag("input", name="score", size=8)),
            tag("label", tag("span", "Comment"), tag("textarea", name="comment", rows=2), class_="long"),
            tag("button", "Give feedback", type="submit"),
        ),
        id="feedback",
    )


def _one_feedback(one: Dict[str, Any], here: str) -> Html:
    value = one.get("value")
    source = one.get("feedback_source")
    told = source.get("type") if isinstance(source, dict) else None
    extra = one.get("extra")
    broken = one.get("error") or (isinstance(extra, dict) and extra.get("error"))
    correction = one.get("correction")
    return tag(
        "li",
        tag("b", one["key"]),
        tag("span", "evaluator failed", class_="status error") if broken else None,
        tag("span", score(one["score"]), class_="chip score") if one["score"] is not None else None,
        tag("span", _flat(value), class_="chip") if value is not None else None,
        tag("span", one["comment"], class_="comment") if one["comment"] else None,
        tag("div", tag("b", "should be: "), _flat(correction), class_="comment") if correction is not None else None,
        tag("small", told, " ", moment(one["created_at"]), " UTC", class_="dim"),
        form(
            f"{here}/feedback/{one['id']}/delete",
            tag("button", "Delete", class_="quiet", aria_label=f"delete feedback {one['key'][:80]}"),
            class_="inline",
        ),
        data_feedback=one["id"],
    )


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _actions(run: Dict[str, Any], here: str, view: View) -> Html:
    datasets = view.store.datasets(limit=100)
    choices = [tag("option", named(dataset["name"]), value=dataset["id"]) for dataset in datasets]
    shared = view.store.shared_token(run["id"])
    if shared:
        sharing: Child = [
            tag("p", "Shared as ", tag("a", shared, href=f"/public/{shared}/r")),
            form(here + "/unshare", tag("button", "Stop sharing"), class_="inline"),
        ]
    else:
        sharing = form(here + "/share", tag("button", "Share"), class_="inline")
    return tag(
        "section",
        tag("h2", "Use"),
        form(
            here + "/example",
            tag("label", tag("span", "Dataset"), tag("select", choices, name="dataset")) if choices else None,
            tag(
                "label",
                tag("span", "or a new one" if choices else "New dataset"),
                tag("input", name="new", maxlength=200),
            ),
            tag("button", "Add to dataset", type="submit"),
        ),
        tag(
            "p",
            tag("a", "Open in playground", href=f"/playground?run={run['id']}", class_="button")
            if run["run_type"] == "llm"
            else None,
            tag("a", "Compare with …", href=f"/projects/compare?run={run['id']}", class_="button"),
            tag("a", "Trace as JSONL", href=here + ".jsonl", class_="button"),
            class_="actions",
        ),
        sharing,
    )


def _encoded(text: Optional[str]) -> bytes:
    return (text or "").encode("utf-8", "replace")
