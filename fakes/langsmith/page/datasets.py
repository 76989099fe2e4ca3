"""Datasets: the list, one with its examples and experiments, and experiments side by side, example by example."""

from __future__ import annotations

import json
from typing import Any, Dict, List
from urllib.parse import quote

from ...serving.http11 import Answer
from ..database import Refused, as_id
from .conversation import value_block
from .formats import count, duration, latency, moment, named, percent
from .html import Child, Html, tag
from .layout import form, json_answer, jsonl_answer, page, pager
from .view import View, brief, chips, project_address, run_address, scores, status_mark

__all__ = [
    "dataset_address", "dataset_json", "dataset_jsonl", "dataset_page", "datasets_json", "datasets_page",
    "example_json", "experiments_json", "experiments_page",
]  # fmt: skip

ROWS = 50
MOST = 100  # datasets of a page
_HERE = "/data"


def dataset_address(dataset_id: str) -> str:
    """Give the address of a dataset's page."""
    return f"{_HERE}/{quote(dataset_id, safe='')}"


def datasets_page(view: View) -> Answer:
    """Give the list of datasets, and a form for a new one."""
    offset = view.offset()
    found = view.store.datasets(limit=MOST + 1, offset=offset)
    rows = [
        tag(
            "tr",
            tag(
                "td",
                tag("a", named(one["name"]), href=dataset_address(one["id"])),
                tag("div", one["description"], class_="said"),
            ),
            tag("td", count(one["example_count"]), class_="number"),
            tag("td", count(one["session_count"]), class_="number"),
            tag("td", moment(one["modified_at"]), class_="wide"),
        )
        for one in found[:MOST]
    ]
    heads = _heads(("Dataset", None), ("Examples", "number"), ("Experiments", "number"), ("Changed (UTC)", "wide"))
    listed = tag("table", heads, tag("tbody", rows), class_="list")
    new = form(
        _HERE,
        tag("label", tag("span", "Name"), tag("input", name="name", required=True, maxlength=200)),
        tag("label", tag("span", "Description"), tag("input", name="description", maxlength=1000)),
        tag("button", "New dataset", type="submit"),
    )
    return page(
        "Datasets",
        listed if rows else tag("p", "No datasets yet.", class_="none"),
        pager(_HERE + "?", offset, MOST, more=len(found) > MOST),
        new,
        here=_HERE,
        twin=f"{_HERE}.json?offset={offset}",
    )


def datasets_json(view: View) -> Answer:
    """Give the same as JSON."""
    return json_answer({"datasets": view.store.datasets(limit=MOST, offset=view.offset())})


def dataset_page(view: View, dataset_id: str) -> Answer:
    """Give a dataset: its experiments with mean scores, and its examples."""
    dataset = view.dataset(dataset_id)
    here = dataset_address(dataset_id)
    offset = view.offset()
    examples = view.store.examples(dataset_id, limit=ROWS + 1, offset=offset)
    experiments = view.store.experiments(dataset_id)
    return page(
        named(dataset["name"]),
        tag("p", dataset["description"]) if dataset["description"] else None,
        [tag("h2", "Experiments"), _experiments(experiments, here)] if experiments else None,
        tag("h2", f"Examples ({count(dataset['example_count'])})"),
        tag("p", tag("a", "JSONL", href=here + ".jsonl"), class_="actions"),
        _examples(examples[:ROWS], here) if examples else tag("p", "No examples yet.", class_="none"),
        pager(here + "?", offset, ROWS, more=len(examples) > ROWS),
        path=[("Datasets", _HERE)],
        here=_HERE,
        twin=f"{here}.json?offset={offset}",
    )


def dataset_json(view: View, dataset_id: str) -> Answer:
    """Give the same as JSON: {"dataset", "experiments", "examples"}."""
    return json_answer({
        "dataset": view.dataset(dataset_id),
        "experiments": view.store.experiments(dataset_id),
        "examples": view.store.examples(dataset_id, limit=ROWS, offset=view.offset()),
    })  # fmt: skip


def dataset_jsonl(view: View, dataset_id: str) -> Answer:
    """Give all examples, whole, one to a line, newest first."""
    dataset = view.dataset(dataset_id)
    return jsonl_answer(view.store.every_example(dataset_id), f"{dataset['name']}.jsonl")


def example_json(view: View, dataset_id: str, example_id: str) -> Answer:
    """Give one example, whole."""
    found = view.store.example(example_id)
    if found is None or found["dataset_id"] != dataset_id:
        raise Refused(404, f"there is no example {example_id}")
    return json_answer(found)


def experiments_page(view: View, dataset_id: str) -> Answer:
    """Give experiments side by side: each example, its reference, and what each experiment answered."""
    dataset, chosen = view.dataset(dataset_id), _chosen(view, dataset_id)
    here = dataset_address(dataset_id)
    offset, ids = view.offset(), [one["id"] for one in chosen]
    rows = view.store.experiment_rows(dataset_id, ids, limit=ROWS + 1, offset=offset)
    parts: List[Child] = [_experiments(chosen, here)]
    for row in rows[:ROWS]:
        whole = f"{here}/examples/{row['id']}.json"
        columns: List[Child] = [tag("div", tag("h3", "Reference"), value_block(row["outputs"], whole))]
        columns += [_answered(one, row["runs"], view) for one in chosen]
        example = tag(
            "article", value_block(row["inputs"], whole), tag("div", columns, class_="sides"), class_="example"
        )
        parts.append(example)
    path = [("Datasets", _HERE), (named(dataset["name"]), here)]
    asked = "selectedSessions=" + ",".join(ids)
    parts.append(pager(f"{here}/compare?{asked}&", offset, ROWS, more=len(rows) > ROWS))
    twin = f"{here}/compare.json?{asked}&offset={offset}"
    title = named(chosen[0]["name"]) if len(chosen) == 1 else f"{len(chosen)} experiments"
    return page(title, *parts, path=path, here=_HERE, twin=twin)


def experiments_json(view: View, dataset_id: str) -> Answer:
    """Give the same as JSON: {"experiments", "rows"}."""
    chosen = _chosen(view, dataset_id)
    rows = view.store.experiment_rows(dataset_id, [one["id"] for one in chosen], limit=ROWS, offset=view.offset())
    return json_answer({"experiments": chosen, "rows": rows})


def _chosen(view: View, dataset_id: str) -> List[Dict[str, Any]]:
    view.dataset(dataset_id)
    wanted = [as_id(one) for one in view.texts("selectedSessions")]
    found = [one for one in view.store.experiments(dataset_id) if not wanted or one["id"] in wanted]
    if not found:
        raise Refused(404, f"dataset {dataset_id} has no such experiment")
    return found


def _answered(experiment: Dict[str, Any], runs: List[Dict[str, Any]], view: View) -> Html:
    shown: List[Child] = [tag("h3", named(experiment["name"]))]
    for run in runs:
        if run["session_id"] != experiment["id"]:
            continue
        told = tag("a", latency(run, view.now_us), href=run_address(run))
        shown.append(tag("p", status_mark(run["status"]), " ", told, " ", scores(run["feedback_stats"])))
        if run["error"]:
            shown.append(tag("div", run["error"].partition("\n")[0][:300], class_="bad"))
        shown.append(value_block(run["outputs"], f"{run_address(run)}/outputs.json"))
    if len(shown) == 1:
        shown.append(tag("p", "did not run", class_="none"))
    return tag("div", shown)


def _experiments(experiments: List[Dict[str, Any]], here: str) -> Html:
    rows = [
        tag(
            "tr",
            tag(
                "td",
                tag("a", named(one["name"]), href=f"{here}/compare?selectedSessions={one['id']}"),
                tag("small", tag("a", "runs", href=project_address(one["id"]))),
            ),
            tag("td", scores({**one["feedback_stats"], **one.get("session_feedback_stats", {})})),
            tag("td", count(one["run_count"]), class_="number"),
            tag("td", percent(one["error_rate"]), class_="number bad" if one["error_rate"] else "number"),
            tag(
                "td",
                duration(round(one["latency_p50"] * 1e6)) if one["latency_p50"] is not None else "",
                class_="number wide",
            ),
            tag("td", moment(one["start_time"]), class_="wide"),
            data_experiment=one["id"],
        )  # fmt: skip
        for one in experiments
    ]
    heads = _heads(("Experiment", None), ("Mean scores", None), ("Runs", "number"), ("Failed", "number"),
                   ("p50", "number wide"), ("Start (UTC)", "wide"))  # fmt: skip
    together = tag("p", tag("a", "All side by side", href=f"{here}/compare", class_="button"), class_="pager")
    return tag(
        "div", tag("table", heads, tag("tbody", rows), class_="list"), together if len(experiments) > 1 else None
    )


def _examples(examples: List[Dict[str, Any]], here: str) -> Html:
    rows = []
    for one in examples:
        whole = f"{here}/examples/{one['id']}.json"
        said = [brief(json.dumps(one[name], ensure_ascii=False)) for name in ("inputs", "outputs")]
        inside = tag(
            "div",
            tag("div", tag("h3", "Inputs"), value_block(one["inputs"], whole)),
            tag("div", tag("h3", "Outputs"), value_block(one["outputs"], whole)),
            class_="sides",
        )
        splits = one["metadata"].get("dataset_split")
        head = tag(
            "summary",
            said[0],
            tag("span", " → ", class_="dim"),
            said[1],
            chips(splits if isinstance(splits, list) else []),
        )
        source = tag(
            "small", "from run ", tag("a", one["source_run_id"], href=f"/projects/p/-/r/{one['source_run_id']}")
        )
        rows.append(
            tag("details", head, inside, source if one["source_run_id"] else None, class_="raw", data_example=one["id"])
        )
    return tag("div", rows, class_="examples")


def _heads(*names: Any) -> Html:
    return tag("thead", tag("tr", [tag("th", text, scope="col", class_=mark) for text, mark in names]))
