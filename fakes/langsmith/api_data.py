"""The API's calls about projects, feedback, datasets and examples (§8 and §9 of the wire notes)."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple, Union

from ..serving.http11 import Answer
from . import calls, ingest
from .calls import MOST, Call, Reply, whole
from .database import Refused, as_id, ids

__all__ = ["ROUTES"]


def _projects(call: Call) -> Reply:
    call.only(
        "name", "name_contains", "reference_dataset", "include_stats", "limit", "offset", "id", "reference_free",
        "metadata", "dataset_version",
    )  # fmt: skip
    references = call.ids("reference_dataset")
    if len(references) > 1:
        raise Refused(422, "reference_dataset is one dataset")
    return Reply(200, call.store.projects(
        name=call.text("name"), name_contains=call.text("name_contains"), ids=call.ids("id"),
        reference_dataset=references[0] if references else None, reference_free=call.flag("reference_free"),
        stats=call.flag("include_stats"), metadata=call.json("metadata"),
        dataset_version=call.text("dataset_version"), **call.page(),
    ))  # fmt: skip


def _project(call: Call) -> Reply:
    call.only("limit", "include_stats", "offset")
    found = call.store.project(call.id(), stats=call.flag("include_stats"))
    return Reply(200, _there(found, "Project"))


def _create_project(call: Call) -> Reply:
    call.only("upsert")
    return Reply(200, call.store.create_project(call.body(), upsert=call.flag("upsert")))


def _update_project(call: Call) -> Reply:
    return Reply(200, call.store.update_project(call.id(), call.body()))


def _delete_project(call: Call) -> Reply:
    found = _there(call.store.project(call.id()), "Project")
    call.store.delete_project(found["id"])
    return Reply(200, found)


def _feedbacks(call: Call) -> Reply:
    call.only("run", "key", "source", "session", "limit", "offset")
    return Reply(200, call.store.feedback(
        run_ids=call.ids("run"), keys=call.several("key"), sources=call.several("source"),
        session_ids=call.ids("session"), **call.page(),
    ))  # fmt: skip


def _feedback(call: Call) -> Reply:
    return Reply(200, _there(call.store.feedback_one(call.id()), "Feedback"))


def _create_feedback(call: Call) -> Reply:
    return Reply(200, call.store.add_feedback(call.body()))


def _change_feedback(call: Call) -> Reply:
    return Reply(200, call.store.change_feedback(call.id(), call.body()))


def _delete_feedback(call: Call) -> Reply:
    call.store.delete_feedback(call.id())
    return Reply(200, {})


def _datasets(call: Call) -> Reply:
    call.only("limit", "offset", "name", "name_contains", "id", "data_type", "metadata")
    return Reply(200, call.store.datasets(
        ids=call.ids("id"), name=call.text("name"), name_contains=call.text("name_contains"),
        data_type=call.text("data_type"), metadata=call.json("metadata"), **call.page(),
    ))  # fmt: skip


def _dataset(call: Call) -> Reply:
    return Reply(200, _there(call.store.dataset(call.id()), "Dataset"))


def _create_dataset(call: Call) -> Reply:
    return Reply(200, call.store.create_dataset(call.body()))


def _update_dataset(call: Call) -> Reply:
    return Reply(200, call.store.update_dataset(call.id(), call.body()))


def _delete_dataset(call: Call) -> Reply:
    call.store.delete_dataset(call.id())
    return Reply(200, {})


def _results(call: Call) -> Reply:
    body = call.body()
    if body.get("comparative_experiment_id") or body.get("filters"):
        raise Refused(422, "comparative experiments and filters of results are not known here")
    return Reply(200, call.store.experiment_rows(
        call.id(), ids(body.get("session_ids") or ()), limit=whole("limit", body.get("limit", MOST), MOST),
        offset=whole("offset", body.get("offset") or 0, 1 << 60),
    ))  # fmt: skip


def _upload(call: Call) -> Reply:
    taken = ingest.examples(call.request.body, call.request.headers.get("content-type", ""))
    store = call.store
    dataset_id = call.id()
    with store.writing():
        if call.request.method == "POST":
            made = store.add_examples(dataset_id, [op.fields for op in taken.ops])
        else:
            made = []
            for op in taken.ops:
                have = store.example(op.fields["id"])
                if have is None or have["dataset_id"] != dataset_id:
                    raise Refused(404, f"there is no example {op.fields['id']} in dataset {dataset_id}")
                store.keep_attachments(have["id"], op.fields.get("attachments_operations"))
                made.append(store.update_example(have["id"], op.fields)["id"])
        for owner, name, kind, data in taken.attachments:
            store.attach(owner, name, kind, data)
    newest = [example["modified_at"] for example in store.examples(ids=made[-1:])] if made else []
    return Reply(201, {"count": len(made), "example_ids": made, "as_of": newest[0] if newest else None})


def _examples(call: Call) -> Reply:
    call.only(
        "dataset", "limit", "offset", "inline_s3_urls", "id", "splits", "metadata", "full_text_contains", "as_of",
        "select", "filter", "exclude_default_fields",
    )  # fmt: skip
    datasets = call.ids("dataset")
    found = call.store.examples(
        datasets[0] if datasets else None, ids=call.ids("id"), splits=call.several("splits"),
        metadata=call.json("metadata"), full_text=call.several("full_text_contains"), as_of=call.text("as_of"),
        filter=call.text("filter"), **call.page(),
    )  # fmt: skip
    if call.flag("exclude_default_fields"):  # else what is selected comes with the rest, which is everything
        kept = {"id", "dataset_id", "inputs", "created_at", *call.several("select")}
        found = [{name: value for name, value in one.items() if name in kept} for one in found]
    return Reply(200, found)


def _example(call: Call) -> Reply:
    call.only("as_of", "dataset")
    return Reply(200, _there(call.store.example(call.id()), "Example"))


def _create_example(call: Call) -> Reply:
    body = call.body()
    made = call.store.add_examples(as_id(body.get("dataset_id")), [body])
    return Reply(200, call.store.example(made[0]))


def _create_examples(call: Call) -> Reply:
    made = []
    with call.store.writing():
        for body in call.body_list():
            made += call.store.add_examples(as_id(body.get("dataset_id")), [body])
    return Reply(200, [call.store.example(one) for one in made])


def _update_example(call: Call) -> Reply:
    return Reply(200, call.store.update_example(call.id(), call.body()))


def _update_examples(call: Call) -> Reply:
    with call.store.writing():
        changed = [call.store.update_example(as_id(body.get("id")), body) for body in call.body_list()]
    return Reply(200, {"message": f"{len(changed)} examples updated", "count": len(changed)})


def _delete_example(call: Call) -> Reply:
    call.store.delete_example(call.id())
    return Reply(200, {})


def _delete_examples(call: Call) -> Reply:
    call.only("example_ids")
    with call.store.writing():
        for one in call.ids("example_ids"):
            call.store.delete_example(one)
    return Reply(200, {})


def _delete_examples_for_good(call: Call) -> Reply:
    with call.store.writing():
        for one in ids(call.body().get("example_ids") or []):
            call.store.delete_example(one)
    return Reply(200, {})


def _attachment(call: Call) -> Answer:
    call.only("name")
    found = call.store.attachment(call.id(), call.text("name") or "")
    if found is None:
        raise Refused(404, "Attachment not found")
    # Whatever a client sent must not run as a page of ours.
    kind = found["type"] if calls.is_type(found["type"]) else "application/octet-stream"
    return Answer(200, [
        ("content-type", kind), ("content-disposition", "attachment"), ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ], found["data"])  # fmt: skip


def _splits(call: Call) -> Reply:
    call.only("as_of")
    _there(call.store.dataset(call.id()), "Dataset")
    return Reply(200, call.store.splits(call.id()))


def _change_splits(call: Call) -> Reply:
    body = call.body()
    name, remove = body.get("split_name"), bool(body.get("remove"))
    if not isinstance(name, str) or not isinstance(body.get("examples"), list):
        raise Refused(422, "split_name is a text and examples a list of ids")
    changed = []
    with call.store.writing():
        for one in ids(body["examples"]):
            have = _there(call.store.example(one), "Example")
            others = [other for other in have["metadata"].get("dataset_split", []) if other != name]
            changed.append(call.store.update_example(one, {"split": others if remove else [*others, name]})["id"])
    return Reply(200, changed)


def _there(found: Any, what: str) -> Dict[str, Any]:
    if found is None:
        raise Refused(404, f"{what} not found")
    there: Dict[str, Any] = found
    return there


ROUTES: Dict[Tuple[str, str], Callable[[Call], Union[Reply, Answer]]] = {
    ("GET", "sessions"): _projects,
    ("POST", "sessions"): _create_project,
    ("GET", "sessions/{}"): _project,
    ("PATCH", "sessions/{}"): _update_project,
    ("DELETE", "sessions/{}"): _delete_project,
    ("GET", "feedback"): _feedbacks,
    ("POST", "feedback"): _create_feedback,
    ("GET", "feedback/{}"): _feedback,
    ("PATCH", "feedback/{}"): _change_feedback,
    ("DELETE", "feedback/{}"): _delete_feedback,
    ("GET", "datasets"): _datasets,
    ("POST", "datasets"): _create_dataset,
    ("GET", "datasets/{}"): _dataset,
    ("PATCH", "datasets/{}"): _update_dataset,
    ("DELETE", "datasets/{}"): _delete_dataset,
    ("POST", "datasets/{}/runs"): _results,
    ("POST", "datasets/{}/examples"): _upload,
    ("PATCH", "datasets/{}/examples"): _upload,
    ("POST", "datasets/examples/delete"): _delete_examples_for_good,
    ("GET", "attachments/{}"): _attachment,
    ("GET", "datasets/{}/splits"): _splits,
    ("PUT", "datasets/{}/splits"): _change_splits,
    ("GET", "examples"): _examples,
    ("POST", "examples"): _create_example,
    ("DELETE", "examples"): _delete_examples,
    ("POST", "examples/bulk"): _create_examples,
    ("PATCH", "examples/bulk"): _update_examples,
    ("GET", "examples/{}"): _example,
    ("PATCH", "examples/{}"): _update_example,
    ("DELETE", "examples/{}"): _delete_example,
}
