"""Datasets: the list, one with its examples and experiments, and experiments side by side, example by example."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import quote, urlencode

from ...serving.http11 import Answer
from ..database import Refused, as_id
from ..derive import iso
from .conversation import json_block, value_block
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


def dataset_page(
    view: View, dataset_id: str, *, said: Optional[Dict[str, str]] = None, wrong: Optional[str] = None
) -> Answer:
    """Give a dataset: its experiments with mean scores, and its examples, all or those of a split or version.

    `said` is an example that could not be added, as it was written, and `wrong` why.
    """
    dataset = view.dataset(dataset_id)
    here = dataset_address(dataset_id)
    offset, asked = view.offset(), _asked(view)
    examples = view.store.examples(dataset_id, limit=ROWS + 1, offset=offset, **_conditions(asked))
    experiments, comparisons = view.store.experiments(dataset_id), view.store.comparisons(dataset_id)
    query = urlencode(asked, quote_via=quote)
    if asked:
        none = "No example is of this split and version."
    else:
        none = "No examples yet. A run's page adds its run, a program adds them with Client.create_examples."
    return page(
        named(dataset["name"]),
        tag("p", dataset["description"]) if dataset["description"] else None,
        [tag("h2", _told_of(dataset, experiments)), _experiments(experiments, here)] if experiments else None,
        [tag("h2", "Pairwise comparisons"), _comparisons(comparisons, here)] if comparisons else None,
        tag("h2", "Examples" if asked else f"Examples ({count(dataset['example_count'])})", id="examples"),
        _chooser(view, dataset_id, here, asked),
        tag("p", tag("a", "JSONL", href=f"{here}.jsonl{'?' + query if query else ''}"), class_="actions"),
        _examples(examples[:ROWS], here, asked) if examples else tag("p", none, class_="none"),
        pager(f"{here}?{query + '&' if query else ''}", offset, ROWS, more=len(examples) > ROWS),
        tag("p", wrong, class_="message error", role="alert") if wrong else None,
        _new_example(here, said or {}),
        status=422 if wrong else 200,
        path=[("Datasets", _HERE)],
        here=_HERE,
        twin=f"{here}.json?{query + '&' if query else ''}offset={offset}",
    )


def _told_of(dataset: Dict[str, Any], shown: List[Dict[str, Any]]) -> str:
    there = dataset["session_count"]
    return "Experiments" if there <= len(shown) else f"Experiments (the newest {len(shown)} of {count(there)})"


def _new_example(here: str, said: Dict[str, str]) -> Html:
    def area(name: str, label: str) -> Html:
        text = "\n" + said.get(name, "").replace("\r\n", "\n")  # a text area swallows one newline at its beginning
        field = tag("textarea", text, name=name, rows=4, required=name == "inputs", spellcheck="false", dir="auto")
        return tag("label", tag("span", label), field, class_="long")

    return tag(
        "details",
        tag("summary", "Add an example"),
        form(
            here + "/examples",
            area("inputs", "Inputs, a JSON object"),
            area("outputs", "Outputs, a JSON object or nothing"),
            tag("label", tag("span", "Split"), tag("input", name="split", value=said.get("split", ""), maxlength=200)),
            tag("button", "Add", type="submit"),
        ),
        open=bool(said),
        class_="raw",
    )


def _asked(view: View) -> Dict[str, str]:
    return {name: text for name in ("split", "as_of") for text in [view.text(name)] if text is not None}


def _conditions(asked: Dict[str, str]) -> Dict[str, Any]:
    return {"splits": [asked["split"]] if "split" in asked else [], "as_of": asked.get("as_of")}


def _chooser(view: View, dataset_id: str, here: str, asked: Dict[str, str]) -> Child:
    """Give a form for split and version, or nothing where there is only one of each."""
    splits, versions = view.store.splits(dataset_id, as_of=asked.get("as_of")), view.store.versions(dataset_id)
    if not (splits or asked or len(versions) > 1):
        return None
    known = {one["as_of"]: _version(one) for one in versions}
    return tag(
        "form",
        _choice("split", "Split", "all", {one: one for one in splits}, asked),
        _choice("as_of", "Version (UTC)", "the newest", known, asked),
        tag("button", "Show", type="submit"),
        method="get",
        action=here,
        class_="form",
    )


def _version(one: Dict[str, Any]) -> str:
    return ", ".join([one["as_of"][:23].replace("T", " "), *(one["tags"] or [])])


def _choice(name: str, label: str, none: str, options: Dict[str, str], asked: Dict[str, str]) -> Html:
    chosen = asked.get(name)
    rows = {"": none, **({chosen: chosen} if chosen and chosen not in options else {}), **options}
    shown = [tag("option", text, value=value, selected=value == (chosen or "")) for value, text in rows.items()]
    return tag("label", tag("span", label), tag("select", shown, name=name))


def dataset_json(view: View, dataset_id: str) -> Answer:
    """Give the same as JSON: {"dataset", "experiments", "examples"}."""
    return json_answer({
        "dataset": view.dataset(dataset_id),
        "experiments": view.store.experiments(dataset_id),
        "examples": view.store.examples(dataset_id, limit=ROWS, offset=view.offset(), **_conditions(_asked(view))),
    })  # fmt: skip


def dataset_jsonl(view: View, dataset_id: str) -> Answer:
    """Give all examples (of a split or version), whole, one to a line, newest first."""
    dataset, asked = view.dataset(dataset_id), _asked(view)
    if not asked:
        return jsonl_answer(view.store.every_example(dataset_id), f"{dataset['name']}.jsonl")
    asked = {"as_of": iso(view.now_us) or "", **asked}  # what is changed while it is read moves no row
    first = view.store.examples(dataset_id, limit=ROWS, **_conditions(asked))  # what cannot be read is told here

    def every() -> Iterator[Dict[str, Any]]:
        found, offset = first, 0
        while found:
            yield from found
            offset += ROWS
            found = view.store.examples(dataset_id, limit=ROWS, offset=offset, **_conditions(asked))

    return jsonl_answer(every(), f"{dataset['name']}.jsonl")


def example_json(view: View, dataset_id: str, example_id: str) -> Answer:
    """Give one example, whole, as it is or as it was in a version."""
    found = view.store.example(example_id, as_of=view.text("as_of"))
    if found is None or found["dataset_id"] != dataset_id:
        raise Refused(404, f"there is no example {example_id}")
    return json_answer(found)


def experiments_page(view: View, dataset_id: str) -> Answer:
    """Give experiments side by side: each example, its reference, and what each experiment answered."""
    dataset, chosen = view.dataset(dataset_id), _chosen(view, dataset_id)
    here = dataset_address(dataset_id)
    offset, ids = view.offset(), [one["id"] for one in chosen]
    rows = view.store.experiment_rows(dataset_id, ids, limit=ROWS + 1, offset=offset)
    parts: List[Child] = [_experiments(chosen, here), [_about(one) for one in chosen]]
    for number, row in enumerate(rows[:ROWS], offset + 1):
        whole = f"{here}/examples/{row['id']}.json"
        columns: List[Child] = [tag("div", tag("h3", "Reference"), value_block(row["outputs"], whole))]
        columns += [_answered(one, row["runs"], view) for one in chosen]
        head = tag("h2", f"Example {number} ", chips(_splits(row)))
        sides = tag("div", columns, class_="sides")
        parts.append(tag("article", head, value_block(row["inputs"], whole), sides, class_="example"))
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
    found = view.store.experiments(dataset_id, wanted)
    if not found:
        raise Refused(404, f"dataset {dataset_id} has no such experiment")
    return found


def _about(experiment: Dict[str, Any]) -> Child:
    """Give what an experiment's program said of it: its description and metadata, folded."""
    extra = experiment["extra"] if isinstance(experiment["extra"], dict) else {}
    said = {"description": experiment["description"], "metadata": extra.get("metadata")}
    told = {name: value for name, value in said.items() if value}
    if not told:
        return None
    whole = project_address(experiment["id"]) + ".json"
    return tag("details", tag("summary", "About ", named(experiment["name"])), json_block(told, whole), class_="raw")


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
    several = len(experiments) > 1
    rows = [
        tag(
            "tr",
            tag("td", _box(one), class_="choose") if several else None,
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
    box: Any = ((tag("span", "choose", class_="sr"), "choose"),) if several else ()
    heads = _heads(*box, ("Experiment", None), ("Mean scores", None), ("Runs", "number"), ("Failed", "number"),
                   ("p50", "number wide"), ("Start (UTC)", "wide"))  # fmt: skip
    table = tag("table", heads, tag("tbody", rows), class_="list")
    if not several:
        return table
    together = tag(
        "p",
        tag("button", "Chosen side by side", type="submit", class_="quiet"),
        tag("a", "All side by side", href=f"{here}/compare", class_="button"),
        class_="pager",
    )
    return tag("form", table, together, method="get", action=f"{here}/compare")


def _box(experiment: Dict[str, Any]) -> Html:
    label = f"choose {named(experiment['name'])}"
    return tag("input", type="checkbox", name="selectedSessions", value=experiment["id"], aria_label=label)


def _comparisons(comparisons: List[Dict[str, Any]], here: str) -> Html:
    rows = []
    for one in comparisons:
        ids = ",".join(told["id"] for told in one["experiments_info"])
        names = ", ".join(named(told["name"]) for told in one["experiments_info"])
        link = tag("a", named(one["name"]), href=f"{here}/compare?selectedSessions={ids}")
        when = tag("small", moment(one["created_at"]), " UTC", class_="dim")
        rows.append(tag("li", link if ids else named(one["name"]), " ", names, " ", when))
    return tag("ul", rows)


def _splits(example: Dict[str, Any]) -> List[Any]:
    splits = example["metadata"].get("dataset_split")
    return splits if isinstance(splits, list) else []


def _examples(examples: List[Dict[str, Any]], here: str, asked: Dict[str, str]) -> Html:
    rows = []
    version = "?" + urlencode({"as_of": asked["as_of"]}, quote_via=quote) if "as_of" in asked else ""
    for one in examples:
        whole = f"{here}/examples/{one['id']}.json{version}"
        said = [brief(json.dumps(one[name], ensure_ascii=False)) for name in ("inputs", "outputs")]
        inside = tag(
            "div",
            tag("div", tag("h3", "Inputs"), value_block(one["inputs"], whole)),
            tag("div", tag("h3", "Outputs"), value_block(one["outputs"], whole)),
            class_="sides",
        )
        head = tag(
            "summary",
            said[0],
            tag("span", " → ", class_="dim"),
            said[1],
            chips(_splits(one)),
        )
        source = tag(
            "small", "from run ", tag("a", one["source_run_id"], href=f"/projects/p/-/r/{one['source_run_id']}")
        )
        delete = form(
            f"{here}/examples/{one['id']}/delete",
            tag("button", "Delete", class_="quiet", aria_label=f"delete example {one['id']}"),
            class_="inline",
        )
        foot = [source if one["source_run_id"] else None, " ", None if version else delete]
        rows.append(tag("details", head, inside, foot, class_="raw", data_example=one["id"]))
    return tag("div", rows, class_="examples")


def _heads(*names: Any) -> Html:
    return tag("thead", tag("tr", [tag("th", text, scope="col", class_=mark) for text, mark in names]))
