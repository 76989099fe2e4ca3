"""The API's calls about examples, one by one or uploaded by multipart, and about attachments (§8 of the wire notes)."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple, Union

from ..serving.http11 import Answer
from . import calls, ingest
from .calls import Call, Reply, there
from .database import Refused, as_id, ids

__all__ = ["ROUTES"]


def _upload(call: Call) -> Reply:
    taken = ingest.examples(call.request.body, call.request.headers.get("content-type", ""))
    store = call.store
    dataset_id = call.id()
    with store.writing():
        if call.request.method == "POST":
            made = store.add_examples(dataset_id, [_checked(op.fields) for op in taken.ops])
        else:
            made = []
            moment = store.tick()
            for op in taken.ops:
                have = store.example(op.fields["id"])
                if have is None or have["dataset_id"] != dataset_id:
                    raise Refused(404, f"there is no example {op.fields['id']} in dataset {dataset_id}")
                store.keep_attachments(have["id"], op.fields.get("attachments_operations"))
                made.append(store.update_example(have["id"], _checked(op.fields), moment=moment)["id"])
        for owner, name, kind, data in taken.attachments:
            store.attach(owner, name, kind, data)
    newest = [example["modified_at"] for example in store.examples(ids=made[-1:])] if made else []
    return Reply(201, {"count": len(made), "example_ids": made, "as_of": newest[0] if newest else None})


def _checked(said: Dict[str, Any]) -> Dict[str, Any]:
    """Hold that an example is one that the SDK can read again. Raises: Refused (422)."""
    for name in ("inputs", "outputs"):
        if said.get(name) is not None and not isinstance(said[name], dict):
            raise Refused(422, f"{name} of an example are a JSON object")
    return said


def _upsert(call: Call) -> Reply:
    """Add or replace examples that name their dataset themselves (the SDK's upsert_examples_multipart)."""
    taken = ingest.examples(call.request.body, call.request.headers.get("content-type", ""))
    made: List[str] = []
    with call.store.writing():
        for op in taken.ops:
            made += call.store.add_examples(as_id(op.fields.get("dataset_id")), [_checked(op.fields)])
        for owner, name, kind, data in taken.attachments:
            call.store.attach(owner, name, kind, data)
    return Reply(201, {"count": len(made), "example_ids": made})


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
    return Reply(200, there(call.store.example(call.id(), as_of=call.text("as_of")), "Example"))


def _create_example(call: Call) -> Reply:
    body = call.body()
    made = call.store.add_examples(as_id(body.get("dataset_id")), [_checked(body)])
    return Reply(200, call.store.example(made[0]))


def _create_examples(call: Call) -> Reply:
    made = []
    with call.store.writing():
        for body in call.body_list():
            made += call.store.add_examples(as_id(body.get("dataset_id")), [_checked(body)])
    return Reply(200, [call.store.example(one) for one in made])


def _update_example(call: Call) -> Reply:
    return Reply(200, call.store.update_example(call.id(), _checked(call.body())))


def _update_examples(call: Call) -> Reply:
    with call.store.writing():
        moment = call.store.tick()
        changed = [
            call.store.update_example(as_id(body.get("id")), _checked(body), moment=moment) for body in call.body_list()
        ]
    return Reply(200, {"message": f"{len(changed)} examples updated", "count": len(changed)})


def _delete_example(call: Call) -> Reply:
    call.store.delete_example(call.id())
    return Reply(200, {})


def _delete_examples(call: Call) -> Reply:
    call.only("example_ids")
    with call.store.writing():
        moment = call.store.tick()
        for one in call.ids("example_ids"):
            call.store.delete_example(one, moment=moment)
    return Reply(200, {})


def _delete_examples_for_good(call: Call) -> Reply:
    with call.store.writing():
        for one in ids(call.body().get("example_ids") or []):
            call.store.delete_example(one)
            call.store.forget_versions(one)
    return Reply(200, {})


def _attachment(call: Call) -> Answer:
    call.only("name", "until", "signature")
    found = call.store.attachment(call.id(), call.text("name") or "")
    if found is None:
        raise Refused(404, "Attachment not found")
    # Whatever a client sent must not run as a page of ours.
    kind = found["type"] if calls.is_type(found["type"]) else "application/octet-stream"
    return Answer(200, [
        ("content-type", kind), ("content-disposition", "attachment"), ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ], found["data"])  # fmt: skip


ROUTES: Dict[Tuple[str, str], Callable[[Call], Union[Reply, Answer]]] = {
    ("POST", "datasets/{}/examples"): _upload,
    ("PATCH", "datasets/{}/examples"): _upload,
    ("POST", "datasets/examples/delete"): _delete_examples_for_good,
    ("GET", "attachments/{}"): _attachment,
    ("GET", "examples"): _examples,
    ("POST", "examples"): _create_example,
    ("DELETE", "examples"): _delete_examples,
    ("POST", "examples/bulk"): _create_examples,
    ("PATCH", "examples/bulk"): _update_examples,
    ("GET", "examples/{}"): _example,
    ("PATCH", "examples/{}"): _update_example,
    ("DELETE", "examples/{}"): _delete_example,
    ("POST", "examples/multipart"): _upsert,
}
