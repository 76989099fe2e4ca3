"""The API's calls about datasets: their versions, splits, sharing, CSV files, experiments and comparisons.

Where a version is named, a time and a tag both do.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple, Union

from ..serving.http11 import Answer
from . import ingest, tabular
from .calls import MOST, Call, Reply, there, whole
from .database import Refused, as_id, ids
from .second import selects, shown

__all__ = ["ROUTES"]


def _datasets(call: Call) -> Reply:
    call.only("limit", "offset", "name", "name_contains", "id", "data_type", "metadata")
    return Reply(200, call.store.datasets(
        ids=call.ids("id"), name=call.text("name"), name_contains=call.text("name_contains"),
        data_type=call.text("data_type"), metadata=call.json("metadata"), **call.page(),
    ))  # fmt: skip


def _dataset(call: Call) -> Reply:
    return Reply(200, there(call.store.dataset(call.id()), "Dataset"))


def _create_dataset(call: Call) -> Reply:
    return Reply(200, call.store.create_dataset(call.body()))


def _update_dataset(call: Call) -> Reply:
    return Reply(200, call.store.update_dataset(call.id(), call.body()))


def _delete_dataset(call: Call) -> Reply:
    call.store.delete_dataset(call.id())
    return Reply(200, {})


def _results(call: Call) -> Reply:
    """Give examples with their runs. `preview` asks for less than everything; all of it is given either way."""
    call.only()
    body = call.question(
        "session_ids", "example_ids", "limit", "offset", "preview", "comparative_experiment_id", "filters",
        "sort_params", "include_annotator_detail",
    )  # fmt: skip
    for name in ("sort_params", "include_annotator_detail"):
        if body.get(name):
            raise Refused(422, f"{name}: results come in the order of the examples, and nothing is known of annotators")
    return Reply(200, call.store.experiment_rows(
        call.id(), _experiments(body, "session_ids"), ids=ids(body.get("example_ids") or ()),
        limit=whole("limit", body.get("limit", MOST), MOST), offset=whole("offset", body.get("offset", 0), 1 << 60),
        filters=_filters(call, body),
    ))  # fmt: skip


def _results_v2(call: Call) -> Reply:
    """Give the same in version 2: fields of runs as selected, pages with a cursor."""
    body = call.question(
        "experiment_ids", "example_ids", "page_size", "cursor", "selects", "comparative_experiment_id", "filters",
        "sort",
    )  # fmt: skip
    if body.get("sort"):
        raise Refused(422, "sort: results come in the order of the examples")
    selected = selects(body.get("selects")) or ["id"]
    limit, cursor = whole("page_size", body.get("page_size", 20), MOST, 1), body.get("cursor") or "0"
    if not isinstance(cursor, str) or not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise Refused(422, "cursor is one of a page before")
    rows = call.store.experiment_rows(
        call.id(), _experiments(body, "experiment_ids"), ids=ids(body.get("example_ids") or ()), limit=limit + 1,
        offset=int(cursor), filters=_filters(call, body),
    )  # fmt: skip
    items = [{**row, "runs": [shown(run, selected) for run in row["runs"]]} for row in rows[:limit]]
    return Reply(200, {"items": items, "next_cursor": str(int(cursor) + limit) if len(rows) > limit else None})


def _experiments(body: Dict[str, Any], name: str) -> List[str]:
    """Give the experiments that are asked about: none would be answered with the runs of all. Raises: Refused (422)."""
    wanted = ids(body.get(name) or ())
    if not wanted:
        raise Refused(422, f"{name} is a list of at least one experiment")
    return wanted


def _filters(call: Call, body: Dict[str, Any]) -> Dict[str, List[str]]:
    """Give the filters of a question about results, by experiment. Raises: Refused (404, 422)."""
    filters = body.get("filters") or {}
    if not isinstance(filters, dict) or not all(isinstance(several, list) for several in filters.values()):
        raise Refused(422, 'filters of results are {"experiment id": ["filter", …]}')
    comparison = body.get("comparative_experiment_id")
    if comparison is not None:
        there(call.store.comparison(as_id(comparison)), "Comparative experiment")
    return {as_id(one): [str(text) for text in several] for one, several in filters.items()}


def _splits(call: Call) -> Reply:
    call.only("as_of")
    there(call.store.dataset(call.id()), "Dataset")
    return Reply(200, call.store.splits(call.id(), as_of=call.text("as_of")))


def _change_splits(call: Call) -> Reply:
    body = call.question("split_name", "examples", "remove")
    name, remove = body.get("split_name"), bool(body.get("remove"))
    if not isinstance(name, str) or not isinstance(body.get("examples"), list):
        raise Refused(422, "split_name is a text and examples a list of ids")
    changed = []
    with call.store.writing():
        moment = call.store.tick()
        for one in ids(body["examples"]):
            have = there(call.store.example(one), "Example")
            others = [other for other in have["metadata"].get("dataset_split", []) if other != name]
            split = others if remove else [*others, name]
            changed.append(call.store.update_example(one, {"split": split}, moment=moment)["id"])
    return Reply(200, changed)


def _versions(call: Call) -> Reply:
    call.only("search", "limit", "offset")
    dataset = there(call.store.dataset(call.id()), "Dataset")
    return Reply(200, call.store.versions(dataset["id"], search=call.text("search"), **call.page()))


def _version(call: Call) -> Reply:
    call.only("as_of", "tag")
    dataset = there(call.store.dataset(call.id()), "Dataset")
    as_of, tag = call.text("as_of"), call.text("tag")
    if (as_of is None) == (tag is None):
        raise Refused(422, "name a version by as_of or by tag")
    return Reply(200, call.store.version(dataset["id"], as_of or tag or ""))


def _tag_version(call: Call) -> Reply:
    dataset = there(call.store.dataset(call.id()), "Dataset")
    body = call.body()
    as_of = body.get("as_of")
    if not isinstance(as_of, str):
        raise Refused(422, "as_of is the moment of a version")
    return Reply(200, call.store.tag_version(dataset["id"], as_of, body.get("tag")))


def _diff(call: Call) -> Reply:
    call.only("from_version", "to_version")
    dataset = there(call.store.dataset(call.id()), "Dataset")
    before, after = call.text("from_version"), call.text("to_version")
    if before is None or after is None:
        raise Refused(422, "from_version and to_version are times or tags")
    return Reply(200, call.store.diff(dataset["id"], before, after))


def _csv(call: Call) -> Reply:
    """Make a dataset of a CSV file (the SDK's upload_csv and upload_dataframe)."""
    fields, files = tabular.form(call.request.body, call.request.headers.get("content-type", ""))
    file = files.get("file")
    inputs = fields.get("input_keys")
    if file is None or not inputs:
        raise Refused(422, "a CSV upload has a file and input_keys")
    examples = tabular.csv_examples(file.data, inputs, fields.get("output_keys", []))
    said = {name: values[-1] for name, values in fields.items() if not name.endswith("_keys")}
    with call.store.writing():
        made = call.store.create_dataset({"name": file.filename, **said})
        call.store.add_examples(made["id"], examples)
    return Reply(200, there(call.store.dataset(made["id"]), "Dataset"))


def _fine_tuning(call: Call) -> Answer:
    dataset = there(call.store.dataset(call.id()), "Dataset")
    found = call.store.examples(dataset["id"], limit=dataset["example_count"])
    lines = [ingest.encoded(tabular.fine_tuning(example)) + b"\n" for example in reversed(found)]
    return Answer(200, [("content-type", "application/jsonl")], b"".join(lines))


def _share(call: Call) -> Reply:
    said = call.body() if call.request.body else {}
    dataset_id = call.id()
    token = call.store.share_dataset(dataset_id, said.get("share_token"))
    return Reply(200, {"dataset_id": dataset_id, "share_token": token})


def _shared(call: Call) -> Reply:
    dataset = there(call.store.dataset(call.id()), "Dataset")
    token = there(call.store.dataset_token(dataset["id"]), "Dataset is not shared, and a link of it")
    return Reply(200, {"dataset_id": dataset["id"], "share_token": token})


def _unshare(call: Call) -> Reply:
    call.store.unshare_dataset(call.id())
    return Reply(200, {})


def _public(call: Call) -> str:
    """Give the id of the dataset whose token stands in the path. Raises: Refused (404)."""
    return str(there(call.store.shared_dataset(call.id()), "Dataset"))


def _public_dataset(call: Call) -> Reply:
    call.only("limit", "offset", "sort_by", "sort_by_desc")
    return Reply(200, there(call.store.dataset(_public(call)), "Dataset"))


def _public_examples(call: Call) -> Reply:
    call.only("id", "limit", "offset", "as_of", "metadata", "full_text_contains", "filter")
    return Reply(200, call.store.examples(
        _public(call), ids=call.ids("id"), metadata=call.json("metadata"), filter=call.text("filter"),
        full_text=call.several("full_text_contains"), as_of=call.text("as_of"), **call.page(),
    ))  # fmt: skip


def _public_experiments(call: Call) -> Reply:
    call.only("id", "name", "name_contains", "limit", "offset")
    return Reply(200, call.store.projects(
        reference_dataset=_public(call), ids=call.ids("id"), name=call.text("name"),
        name_contains=call.text("name_contains"), stats=True, **call.page(),
    ))  # fmt: skip


def _compare(call: Call) -> Reply:
    return Reply(200, call.store.create_comparison(call.body()))


def _comparisons(call: Call) -> Reply:
    call.only("limit", "offset")
    dataset = there(call.store.dataset(call.id()), "Dataset")
    return Reply(200, call.store.comparisons(dataset["id"], **call.page()))


def _delete_comparison(call: Call) -> Reply:
    call.store.delete_comparison(call.id())
    return Reply(200, {})


def _search(call: Call) -> Reply:
    """Refuse what older SDKs ask (index_dataset, similar_examples): nothing here makes vectors of examples."""
    raise Refused(501, "Not there: examples are not indexed here; list them by full_text_contains, metadata, filter")


ROUTES: Dict[Tuple[str, str], Callable[[Call], Union[Reply, Answer]]] = {
    ("GET", "datasets"): _datasets,
    ("POST", "datasets"): _create_dataset,
    ("GET", "datasets/{}"): _dataset,
    ("PATCH", "datasets/{}"): _update_dataset,
    ("DELETE", "datasets/{}"): _delete_dataset,
    ("POST", "datasets/{}/runs"): _results,
    ("POST", "datasets/{}/experiment-runs"): _results_v2,
    ("GET", "datasets/{}/splits"): _splits,
    ("PUT", "datasets/{}/splits"): _change_splits,
    ("GET", "datasets/{}/versions"): _versions,
    ("GET", "datasets/{}/versions/diff"): _diff,
    ("GET", "datasets/{}/version"): _version,
    ("PUT", "datasets/{}/tags"): _tag_version,
    ("POST", "datasets/{}/index"): _search,
    ("POST", "datasets/{}/index/sync"): _search,
    ("POST", "datasets/{}/search"): _search,
    ("POST", "datasets/upload"): _csv,
    ("GET", "datasets/{}/openai_ft"): _fine_tuning,
    ("PUT", "datasets/{}/share"): _share,
    ("GET", "datasets/{}/share"): _shared,
    ("DELETE", "datasets/{}/share"): _unshare,
    ("GET", "public/{}/datasets"): _public_dataset,
    ("GET", "public/{}/examples"): _public_examples,
    ("GET", "public/{}/datasets/sessions"): _public_experiments,
    ("POST", "datasets/comparative"): _compare,
    ("GET", "datasets/{}/comparative"): _comparisons,
    ("DELETE", "datasets/comparative/{}"): _delete_comparison,
}
