"""The pages of all projects and of one: what ran, how often it failed, how long it took, what it cost in tokens."""

from __future__ import annotations

import shlex
from typing import Any, Dict, List, Optional

from ...serving.http11 import Answer
from .charts import latency_chart
from .formats import cost, count, duration, moment, named, percent
from .html import Child, Html, tag
from .layout import json_answer, page, pager
from .view import View, project_address, scores

__all__ = ["figures", "first_steps", "projects_json", "projects_page"]

MOST = 100  # projects of a page


def projects_page(view: View) -> Answer:
    """Give the list of projects, the ones used last first, each with its figures."""
    offset = view.offset()
    listed = view.store.projects(limit=MOST + 1, offset=offset, stats=True)
    found = listed[:MOST]
    plain = [project for project in found if not project["reference_dataset_id"]]
    experiments = [project for project in found if project["reference_dataset_id"]]
    body: List[Child] = [_table(plain) if plain else None if found or offset else first_steps(view)]
    if experiments:
        body += [tag("h2", "Experiments"), _table(experiments, "Experiment")]
    body.append(pager("/projects?", offset, MOST, more=len(listed) > MOST))
    return page("Projects", *body, twin=f"/projects.json?offset={offset}")


def projects_json(view: View) -> Answer:
    """Give the same as JSON."""
    return json_answer({"projects": view.store.projects(limit=MOST, offset=view.offset(), stats=True)})


def figures(view: View, project: Dict[str, Any]) -> Html:
    """Give a project's numbers and its chart."""
    failed = project["error_rate"]
    pairs = (
        ("runs", count(project["run_count"]), None),
        ("failed", percent(failed), "bad" if failed else None),
        ("latency p50", _seconds(project["latency_p50"]), None),
        ("p99", _seconds(project["latency_p99"]), None),
        ("tokens", count(project["total_tokens"]), None),
        ("in", count(project["prompt_tokens"]), None),
        ("out", count(project["completion_tokens"]), None),
        ("cost", cost(project["total_cost"]), None),
    )
    numbers = [
        tag("div", tag("dt", name), tag("dd", value or "–", class_=mark))
        for name, value, mark in pairs
        if value or name != "cost"  # few tell one
    ]
    given = scores(project.get("feedback_stats", {}), project["id"])
    given += scores(project.get("session_feedback_stats", {}))
    return tag(
        "section",
        tag("dl", numbers, class_="figures"),
        tag("p", given) if given else None,
        latency_chart(view.store.latencies(project["id"])),
        class_="summary",
    )


def _table(projects: List[Dict[str, Any]], what: str = "Project") -> Html:
    heads = [
        tag("th", text, scope="col", class_=mark)
        for text, mark in (
            (what, None), ("Runs", "number"), ("Failed", "number"), ("p50", "number"), ("p99", "number wide"),
            ("Tokens", "number"), ("Last run (UTC)", "wide"),
        )
    ]  # fmt: skip
    rows = [
        tag(
            "tr",
            tag(
                "td",
                tag("a", named(project["name"]), href=project_address(project["id"])),
                scores(project["feedback_stats"]),
            ),
            tag("td", count(project["run_count"]), class_="number"),
            tag("td", percent(project["error_rate"]), class_=f"number{' bad' if project['error_rate'] else ''}"),
            tag("td", _seconds(project["latency_p50"]), class_="number"),
            tag("td", _seconds(project["latency_p99"]), class_="number wide"),
            tag("td", count(project["total_tokens"]), class_="number"),
            tag("td", moment(project["last_run_start_time"]), class_="wide"),
        )
        for project in projects
    ]
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="list")


def first_steps(view: View, project: Optional[str] = None) -> Html:
    """Say how a program's runs come here, into this project where one is named."""
    address = "http://" + view.request.headers.get("host", "127.0.0.1")
    key = "lsv2_fake_THE_PASSWORD" if "authorization" in view.request.headers else "lsv2_fake_key"
    lines = (
        "export LANGSMITH_TRACING=true",
        f"export LANGSMITH_ENDPOINT={address}",
        f"export LANGSMITH_API_KEY={key}",
        *([] if project is None else [f"export LANGSMITH_PROJECT={shlex.quote(project)}"]),
    )
    return tag(
        "div",
        tag(
            "p",
            "Nothing has been traced ",
            "here yet" if project is not None else "yet",
            ". Set these, then run a program that uses LangChain, LangSmith or minichat:",
        ),
        tag("div", "\n".join(lines), class_="text code"),
        class_="message",
    )


def _seconds(seconds: Any) -> str:
    return "" if seconds is None else duration(round(seconds * 1e6))
