"""A traced run as LangSmith gets it: one JSON object, told when the run begins and again when it has ended.

Pure functions over a `TracedRun`. Writing it out takes longer than the caller should wait, so what is queued is a
`Pending`: the run's place in its trace, snapshots of its values (snapshots.py), and the rest made of them by
`resolve()` in the sender's thread. A provider's answer is not even copied: it is made again of the bytes it was.
Source of all fields: langsmith 0.15.0 with langchain-core 1.8.2, by reading what they send.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ...messages import BaseMessage
from ...messages.merging import ATOMS, add_usage
from ...outputs import LLMResult
from ...version import USER_AGENT, __version__
from ..dumping import dump_message, dump_result
from ..schemas import Run
from .settings import environment_metadata
from .snapshots import snapshot, snapshot_inputs, snapshot_result, weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Optional, Tuple

    from ...outputs import Again
    from .settings import Settings

__all__ = ["Pending", "Terms", "TracedRun", "begun", "ended", "merged", "outputs_of", "runtime"]

# Parameters of a call that its metadata does not repeat. Source: langchain-core 1.8.2.
LARGE = ("tools", "functions", "messages", "response_format")
# What is described as the object that it is, and not only by its name. Source: langchain-core 1.8.2.
WITH_MANIFEST = ("llm", "prompt")

SMALL_PARTS = 1800  # bytes of a run without inputs, outputs and tools, for its weight


class Terms:
    """What all runs of a tracer have in common: its settings, and what their metadata says of the environment."""

    __slots__ = ("environment", "settings")

    def __init__(self, settings: Settings, environment: Optional[Dict[str, str]] = None) -> None:
        self.settings = settings
        self.environment = environment_metadata(os.environ) if environment is None else environment


class TracedRun(Run):
    """A run, and what its tracer knows of it besides."""

    is_told = True
    is_kept = False  # its inputs and extra are snapshots
    is_late = False  # its inputs became known after its start


class Pending(Mapping):  # type: ignore[type-arg]  # Mapping[str, Any] would need `Any` at run time
    """A run on its way; `resolve()` gives its fields, and `id` and `dotted_order` can be asked for at any time.

    Also a mapping of these fields, for a sink that takes a run for a dict: the first that is asked for has all of
    them written out, as long as that takes, and kept. `weight` is about how many bytes the run has when it is sent.
    """

    __slots__ = ("_again", "_events", "_fields", "_has_ended", "_run", "_terms", "weight")

    def __init__(self, run: TracedRun, terms: Terms, size: int, has_ended: bool, again: Optional[Again]) -> None:
        self._run = run
        self._terms = terms
        self._events = len(run.events)  # so many of them are told; others may come
        self._has_ended = has_ended
        self._again = again
        self.weight = size

    def __getitem__(self, name: str) -> Any:
        if name == "id":
            return _id_of(self._run)
        if name == "dotted_order":
            return str(self._run.dotted_order)
        return self._told()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told())

    def __len__(self) -> int:
        return len(self._told())

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def _told(self) -> Dict[str, Any]:
        if not hasattr(self, "_fields"):
            self._fields = self.resolve()
        return self._fields

    def resolve(self, *, whole: bool = False) -> Dict[str, Any]:
        """Give the run, of JSON values, each time anew; `whole`: of one that has ended also what it was at first."""
        run = self._run
        fields = {**_place(run), "events": run.events[: self._events]}
        if whole or not self._has_ended:
            fields["serialized"] = run.serialized if run.run_type in WITH_MANIFEST else None
        if whole or not self._has_ended or run.is_late:
            fields["inputs"] = run.inputs
        if self._has_ended:
            outputs = run.outputs if self._again is None else self._again(fields["id"])
            fields.update(end_time=run.end_time, error=run.error, outputs=outputs)
        return _written(fields, self._terms)


def begun(run: TracedRun, terms: Terms) -> Pending:
    """Give a run that begins, with its inputs and extra as they are now."""
    size = SMALL_PARTS + _keep_inputs(run) + _keep_extra(run)
    run.is_kept = True
    return Pending(run, terms, size, False, None)


def ended(run: TracedRun, terms: Terms) -> Pending:
    """Give a run that has ended; its inputs only when they became known meanwhile.

    What was told at the beginning and is the same now is not told again: the receiver keeps it.
    """
    size = SMALL_PARTS + len(run.error or "")
    if not run.is_kept:
        size += _keep_extra(run)
    if run.is_late:
        size += _keep_inputs(run)
    outputs: Any = run.outputs
    if not isinstance(outputs, LLMResult):
        run.outputs = snapshot(outputs)
    elif outputs.again is None:
        run.outputs = snapshot_result(outputs)  # type: ignore[assignment]  # `_written` knows it
    else:
        return Pending(run, terms, size + outputs.again.weight, True, outputs.again)
    return Pending(run, terms, size + weight(run.outputs), True, None)


def outputs_of(run: Run) -> Dict[str, Any]:
    """Give the outputs of a run that has ended as LangChain's tracers have them, a model's answer as a dict."""
    outputs: Any = run.outputs
    if callable(outputs):  # an `Again`
        outputs = outputs(str(run.id))
    return dump_result(outputs) if isinstance(outputs, LLMResult) else outputs


def _keep_inputs(run: TracedRun) -> int:
    run.inputs = snapshot_inputs(run.inputs) if run.run_type == "llm" else snapshot(run.inputs)
    return weight(run.inputs)


def _keep_extra(run: TracedRun) -> int:
    run.extra = snapshot(run.extra)
    params = run.extra.get("invocation_params")
    return weight(params["tools"]) if params and "tools" in params else 0


# -- in the sender's thread --------------------------------------------------------------------


def merged(operations: List[Tuple[str, Any]]) -> Tuple[str, Dict[str, Any]]:
    """Make one operation of what waited of one run: posts first, and None erases nothing."""
    if [op for op, _ in operations] == ["post", "patch"]:
        [(_, first), (_, last)] = operations
        if type(last) is type(first) is Pending and first._run is last._run:  # most runs: written out once
            return "post", {name: value for name, value in last.resolve(whole=True).items() if value is not None}
    whole: Dict[str, Any] = {}
    kind = "patch"
    for op, run in sorted(operations, key=lambda operation: operation[0] != "post"):
        resolve = getattr(run, "resolve", None)
        wire = run if resolve is None else resolve()
        whole.update((name, value) for name, value in wire.items() if value is not None)
        if op == "post":
            kind = "post"
    return kind, whole


def _id_of(run: TracedRun) -> str:
    return str(run.id) if run.place is None else run.place.run_id


def _place(run: TracedRun) -> Dict[str, Any]:
    return {
        "id": _id_of(run),
        "dotted_order": run.dotted_order,
        "name": run.name,
        "run_type": run.run_type,
        "start_time": run.start_time,
        "session_name": run.session_name,
        "trace_id": str(run.trace_id),
        "parent_run_id": None if run.parent_run_id is None else str(run.parent_run_id),
        "reference_example_id": None if run.reference_example_id is None else str(run.reference_example_id),
        "extra": run.extra,
        "tags": list(dict.fromkeys(run.tags or ())),
    }


def _written(fields: Dict[str, Any], terms: Terms) -> Dict[str, Any]:
    """Write a run out: messages as constructors or plainly, times as text, what is hidden left out."""
    settings = terms.settings
    run = {name: value for name, value in fields.items() if value is not None}
    is_model = run["run_type"] == "llm"
    run["start_time"] = run["start_time"].isoformat()
    if "end_time" in run:
        run["end_time"] = run["end_time"].isoformat()
    run["events"] = [_event(event) for event in run["events"]]
    write = _constructed if is_model else _plainly
    for name, hidden in (("inputs", settings.hide_inputs), ("outputs", settings.hide_outputs)):
        if name in run:
            run[name] = {} if hidden else write(run[name])
    extra = run["extra"] = _plainly(run["extra"])
    metadata = dict(extra.get("metadata") or {})
    answers = _answers(fields.get("outputs"))
    usage = _usage(answers)
    if usage is not None:
        metadata["usage_metadata"] = usage
    calls = sum([len(getattr(message, "tool_calls", ())) for message in answers]) if "error" not in run else 0
    if calls:
        extra["tool_call_count"] = calls
    extra["metadata"] = _completed(metadata, extra, terms)
    extra["runtime"] = runtime()
    if settings.hide_inputs or settings.hide_metadata:  # what was asked is also said by these
        extra.pop("invocation_params", None)
        extra.pop("options", None)
        extra.pop("inputs", None)
        run.pop("serialized", None)
    return run


def _completed(metadata: Dict[str, Any], extra: Dict[str, Any], terms: Terms) -> Dict[str, Any]:
    """Add to a run's metadata what the call asked of the model, and what the environment says."""
    settings = terms.settings
    if settings.hide_metadata:
        return {}
    if settings.hide_inputs:
        metadata.pop("ls_stop", None)
    else:
        for name, value in extra.get("invocation_params", {}).items():
            if name not in LARGE:
                metadata.setdefault(name, value)
    for name, value in terms.environment.items():
        metadata.setdefault(name, value)
    if settings.sampling_rate is not None:
        metadata.setdefault("ls_tracing_sample_rate", settings.sampling_rate)
    return metadata


def _event(event: Dict[str, Any]) -> Dict[str, Any]:
    told: Dict[str, Any] = {"name": event["name"], "time": event["time"].isoformat()}
    if "kwargs" in event and event["name"] != "new_token":
        told["kwargs"] = _plainly(event["kwargs"])
    return told


def _constructed(value: Any) -> Any:
    """Write out a model's inputs or outputs: messages in the constructor form, as LangSmith's chat view has them."""
    if isinstance(value, LLMResult):
        return dump_result(value)
    if isinstance(value, BaseMessage):
        dumped = dump_message(value)
        content = dumped["kwargs"]["content"]
        if type(content) is list:
            dumped["kwargs"]["content"] = [_block(part) if type(part) is dict else part for part in content]
        return dumped
    if type(value) is dict:
        return {key: item if type(item) in ATOMS else _constructed(item) for key, item in value.items()}
    if type(value) is list:
        return [item if type(item) in ATOMS else _constructed(item) for item in value]
    return value


def _block(part: Dict[str, Any]) -> Dict[str, Any]:
    """Give a part of a message as LangSmith's chat view draws it: images in OpenAI's words, files in LangChain's old ones.

    Source: langchain-core 1.8.2, which does it to what a model is asked, and to nothing else.
    """
    kind = part.get("type")
    if kind == "image" and "file_id" not in part and part.get("source_type") != "id":
        url = part.get("url")
        data = part.get("base64") or (part.get("data") if part.get("source_type") == "base64" else None)
        if url is None and data is not None and "mime_type" in part:
            url = f"data:{part['mime_type']};base64,{data}"
        return part if url is None else {"type": "image_url", "image_url": {"url": url}}
    if kind == "file" and "base64" in part:
        rest = {name: value for name, value in part.items() if name != "base64"}
        return {**rest, "data": part["base64"], "source_type": "base64"}
    if kind is None and len(part) == 1:
        return {"type": next(iter(part)), **part}
    return part


def _plainly(value: Any) -> Any:
    """Write out any other value: messages as their fields, without those that are None."""
    if isinstance(value, BaseMessage):
        return snapshot(value.model_dump(exclude_none=True))
    if type(value) is dict:
        return {key: item if type(item) in ATOMS else _plainly(item) for key, item in value.items()}
    if type(value) is list:
        return [item if type(item) in ATOMS else _plainly(item) for item in value]
    return value


def _answers(outputs: Any) -> List[Any]:
    """Give the messages that a model answered; none for any other run's outputs."""
    generations = outputs.generations if isinstance(outputs, LLMResult) else ()
    return [one.message for answers in generations for one in answers if hasattr(one, "message")]


def _usage(messages: List[Any]) -> Optional[Dict[str, Any]]:
    """Add up the tokens of messages; None where none of them was counted."""
    total = None
    for message in messages:
        usage = getattr(message, "usage_metadata", None)
        if usage:
            total = add_usage(total, dict(usage))
    return total


_runtime: Dict[str, Any] = {}


def runtime() -> Dict[str, Any]:
    """Give what a run says of the program: library, Python, system."""
    if not _runtime:
        import platform

        name = USER_AGENT.partition("/")[0]
        _runtime.update(
            sdk=name,
            sdk_version=__version__,
            library=name,
            library_version=__version__,
            platform=platform.platform(),
            runtime="python",
            py_implementation=platform.python_implementation(),
            runtime_version=platform.python_version(),
        )
    return dict(_runtime)
