"""What the forms do: feedback given and taken back, a run added to a dataset, a run shared, a dataset made and filled.

Each checks its fields, changes the store, and sends the reader back to where the form was, so that a reload does not
send it again. No script is needed.
"""

from __future__ import annotations

import math
from typing import Any, Dict, Optional

from ...serving.http11 import Answer
from ..database import Refused, as_id
from .datasets import dataset_address, dataset_page
from .guard import form_of, read_json
from .layout import redirect
from .view import View, run_address

__all__ = [
    "add_example", "delete_example", "delete_feedback", "give_feedback", "new_dataset", "new_example", "share",
    "unshare",
]  # fmt: skip


def give_feedback(view: View, run_id: str) -> Answer:
    """Keep feedback of a run: a number becomes the score, any other text the value."""
    fields, run = form_of(view.request), view.run(run_id)
    key, said = fields.get("key", "").strip(), fields.get("score", "").strip()
    if not key:
        raise Refused(422, "feedback has a key; go back and give it one")
    comment = fields.get("comment", "").replace("\r\n", "\n").strip()
    number = _number(said)
    if not said and not comment:
        raise Refused(422, "feedback has a score, a value or a comment; go back and say one")
    view.store.add_feedback({
        "run_id": run_id, "trace_id": run["trace_id"], "session_id": run["session_id"], "key": key, "score": number,
        "value": said if said and number is None else None, "comment": comment or None,
        "feedback_source": {"type": "app", "metadata": {}},
    })  # fmt: skip
    return redirect(run_address(run) + "#feedback")


def delete_feedback(view: View, run_id: str, feedback_id: str) -> Answer:
    """Delete feedback of a run."""
    form_of(view.request)
    run = view.run(run_id)
    known = view.store.feedback_one(feedback_id)
    if known is None or known["run_id"] != run_id:
        raise Refused(404, f"run {run_id} has no feedback {feedback_id}")
    view.store.delete_feedback(feedback_id)
    return redirect(run_address(run) + "#feedback")


def add_example(view: View, run_id: str) -> Answer:
    """Add a run's inputs and outputs to a dataset, a new one where a name is given."""
    fields = form_of(view.request)
    run = view.run(run_id)
    name = fields.get("new", "").strip()
    if name:
        known = view.store.dataset_named(name)
        dataset: Dict[str, Any] = known or view.store.create_dataset({"name": name})
    elif fields.get("dataset"):
        dataset = view.dataset(as_id(fields["dataset"]))
    else:
        raise Refused(422, "choose a dataset or give a name for a new one")
    example = {"inputs": run["inputs"], "outputs": run["outputs"], "source_run_id": run_id}
    view.store.add_examples(dataset["id"], [example])
    return redirect(dataset_address(dataset["id"]))


def share(view: View, run_id: str) -> Answer:
    """Share a run by a link."""
    form_of(view.request)
    run = view.run(run_id)
    view.store.share(run_id)
    return redirect(run_address(run))


def unshare(view: View, run_id: str) -> Answer:
    """Take a run's link away."""
    form_of(view.request)
    run = view.run(run_id)
    view.store.unshare(run_id)
    return redirect(run_address(run))


def new_dataset(view: View) -> Answer:
    """Make an empty dataset."""
    fields = form_of(view.request)
    made = view.store.create_dataset({
        "name": fields.get("name", "").strip(), "description": fields.get("description", "").strip() or None
    })  # fmt: skip
    return redirect(dataset_address(made["id"]))


def new_example(view: View, dataset_id: str) -> Answer:
    """Add an example that was written on the page; what cannot be read is told above the form as it was sent."""
    fields = form_of(view.request)
    view.dataset(dataset_id)
    try:
        example: Dict[str, Any] = {"inputs": _object(fields, "inputs"), "outputs": None}
        if fields.get("outputs", "").strip():
            example["outputs"] = _object(fields, "outputs")
    except Refused as refused:
        return dataset_page(view, dataset_id, said=fields, wrong=str(refused))
    split = fields.get("split", "").strip()
    view.store.add_examples(dataset_id, [{**example, "split": split} if split else example])
    return redirect(dataset_address(dataset_id) + "#examples")


def delete_example(view: View, dataset_id: str, example_id: str) -> Answer:
    """Delete an example; earlier versions of the dataset still have it."""
    form_of(view.request)
    known = view.store.example(example_id)
    if known is None or known["dataset_id"] != dataset_id:
        raise Refused(404, f"dataset {dataset_id} has no example {example_id}")
    view.store.delete_example(example_id)
    return redirect(dataset_address(dataset_id) + "#examples")


def _object(fields: Dict[str, str], name: str) -> Dict[str, Any]:
    value = read_json(fields.get(name, ""), name)
    if not isinstance(value, dict):
        raise Refused(422, f'{name}: a JSON object is wanted, as {{"question": "…"}}')
    return value


def _number(text: str) -> Optional[float]:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
