"""`Client`: what LangSmith keeps, read and written by a program, under the names of `langsmith.Client`.

Everything but runs goes at once: a call waits for its answer and raises when there is none. Runs go through the
sender's queue; `flush()` waits for it, which a program that reads its own runs back wants to do first. Lists are
generators that ask for the next page when it is needed. Projects stand in calls.py, datasets and examples in
datasets.py, feedback in feedback.py, the objects that come back in records.py.
Source of paths and fields: langsmith 0.15.0, by what it sends.
"""

from __future__ import annotations

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import PAGE, present, several, texts
from .datasets import DatasetCalls
from .endpoints import Endpoint, without_password
from .feedback import FeedbackCalls
from .masks import masked, masks_of
from .records import Example, Run, grow, plain
from .run_trees import RunTree
from .settings import Settings, read_settings
from .tracer import in_sample
from .transport import (
    LangSmithAPIError,
    LangSmithAuthError,
    LangSmithConflictError,
    LangSmithConnectionError,
    LangSmithError,
    LangSmithNotFoundError,
    LangSmithRateLimitError,
    LangSmithRequestTimeout,
    transport_for,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

    from .calls import Id
    from .masks import Hide
    from .results import AsyncExperimentResults, ExperimentResults
    from .transport import Transport

__all__ = [
    "Client",
    "LangSmithAPIError",
    "LangSmithAuthError",
    "LangSmithConflictError",
    "LangSmithConnectionError",
    "LangSmithError",
    "LangSmithNotFoundError",
    "LangSmithRateLimitError",
    "LangSmithRequestTimeout",
]


class Client(DatasetCalls, FeedbackCalls):
    """A LangSmith: `api_url` and `api_key`, else what the environment says.

    `api_urls` (keys by URL) are several, which all get its runs; the rest is written to and read from the first. So it
    is with those of the environment, unless something is given here. `hide_inputs`, `hide_outputs` and
    `hide_metadata` (True) send that part of this client's runs as `{}`, or as a function of it leaves it; `anonymizer`
    is such a function for all parts (masks.py).
    A client can be given to `RunTree`, `traceable`, `LangChainTracer` and `tracing_context` as `client`.
    """

    def __init__(
        self,
        api_url: Optional[str] = None,
        *,
        api_key: Optional[str] = None,
        workspace_id: Optional[str] = None,
        hide_inputs: Hide = None,
        hide_outputs: Hide = None,
        hide_metadata: Hide = None,
        anonymizer: Optional[Callable[[Dict[str, Any]], Any]] = None,
        tracing_sampling_rate: Optional[float] = None,
        api_urls: Optional[Mapping[str, Optional[str]]] = None,
        transport: Optional[Transport] = None,
    ) -> None:
        if api_url and api_urls:
            raise ConfigurationError("Client takes one of api_url= and api_urls=")
        known = read_settings()
        hidden = {"hide_inputs": hide_inputs, "hide_outputs": hide_outputs, "hide_metadata": hide_metadata}
        for name, value in hidden.items():
            if value not in (None, True, False) and not callable(value):
                raise ConfigurationError(f"Client: {name} takes True, False or a function of a dict")
        self._masks = masks_of(hide_inputs, hide_outputs, hide_metadata, anonymizer)
        self.settings = Settings(
            (api_url or known.endpoint).rstrip("/"),
            api_key or known.api_key,
            known.project,
            workspace_id or known.workspace,
            sampling_rate=known.sampling_rate if tracing_sampling_rate is None else tracing_sampling_rate,
            **{name: getattr(known, name) if one is None else one is True for name, one in hidden.items()},
            endpoints=_places(api_urls) or (() if api_url or api_key or workspace_id else known.endpoints),
        )
        self._transport = transport or transport_for(self.settings)

    @property
    def api_url(self) -> str:
        return self.settings.endpoint

    def __repr__(self) -> str:
        return f"{type(self).__name__}({without_password(self.settings.endpoint)!r})"

    # -- runs, written -------------------------------------------------------------------------

    def submit(self, op: str, run: Dict[str, Any]) -> None:
        """Queue a run's beginning ("post") or end ("patch"); as of a sender."""
        from .sender import sender_for

        if self._masks is not None:
            run = masked(run, self._masks)
        sender_for(self.settings).submit(op, run)

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Wait until the runs queued so far were sent or given up; False when `timeout` seconds were not enough."""
        from .sender import sender_for

        return sender_for(self.settings).flush(timeout)

    def close(self, timeout: Optional[float] = None) -> None:
        """Flush, then end the thread and the connections to this place; whoever uses them again begins anew."""
        from .sender import sender_for

        sender = sender_for(self.settings)
        sender.close(timeout)
        sender.hang_up()
        self._transport.close()

    cleanup = close

    def create_run(
        self,
        name: str,
        inputs: Dict[str, Any],
        run_type: str,
        *,
        project_name: Optional[str] = None,
        **fields: Any,
    ) -> None:
        """Tell of a run; `fields` are those of `RunTree`, with `end_time` one that has ended already.

        Without `dotted_order` it is a root. Raises: `ConfigurationError` for a child without one.
        """
        if fields.get("parent_run_id") and not fields.get("dotted_order"):
            raise ConfigurationError(
                "create_run: a run with parent_run_id= needs trace_id= and dotted_order= (or use RunTree.create_child)"
            )
        run = RunTree(
            name=name, inputs=inputs, run_type=run_type, project_name=project_name, client=self, **fields
        )
        run.post()
        if run.end_time is not None:
            run.patch()

    def update_run(
        self,
        run_id: Id,
        *,
        end_time: Optional[datetime] = None,
        inputs: Optional[Dict[str, Any]] = None,
        outputs: Optional[Dict[str, Any]] = None,
        extra: Optional[Dict[str, Any]] = None,
        **fields: Any,
    ) -> None:
        """Tell more of a run: what is given replaces what there was, the rest stays.

        `fields`: name, run_type, start_time, error, events, tags, serialized, trace_id, dotted_order, parent_run_id,
        session_name, session_id, reference_example_id. With both of trace_id and dotted_order it is queued,
        else sent at once. Raises: TypeError for any other.
        """
        unknown = sorted(set(fields) - UPDATABLE)
        if unknown:
            raise TypeError(f"update_run() got an unexpected keyword argument {unknown[0]!r}")
        settings = self.settings
        run: Dict[str, Any] = plain({"id": run_id, **present(**fields), **present(end_time=end_time)})
        if inputs is not None:
            run["inputs"] = {} if settings.hide_inputs else plain(inputs)
        if outputs is not None:
            run["outputs"] = {} if settings.hide_outputs else plain(outputs)
        if extra is not None:
            run["extra"] = plain(extra)
            if settings.hide_metadata:
                run["extra"]["metadata"] = {}
        if settings.hide_inputs or settings.hide_metadata:  # what was asked is also said by these
            run.pop("serialized", None)
            for name in ("invocation_params", "options", "inputs"):
                run.get("extra", {}).pop(name, None)
        if "trace_id" in run and not in_sample(run["trace_id"], settings.sampling_rate):
            return
        if "trace_id" in run and "dotted_order" in run:
            self.submit("patch", run)
        else:
            self._ask("PATCH", f"/runs/{run_id}", json=run if self._masks is None else self._masks.applied(run))

    # -- runs, read ----------------------------------------------------------------------------

    def read_run(self, run_id: Id, load_child_runs: bool = False) -> Run:
        """Give a run; with `load_child_runs` the runs below it too, as a tree in `child_runs`.

        Raises: `LangSmithNotFoundError`.
        """
        run = Run(self._ask("GET", f"/runs/{run_id}"), self._host)
        if load_child_runs:
            found = self._query({"trace": str(run.trace_id), "session": texts(_some(run.session_id))})
            grow(run, sorted(found, key=lambda one: one.dotted_order or ""))
        return run

    def list_runs(
        self,
        *,
        project_id: Union[Id, Sequence[Id], None] = None,
        project_name: Union[str, Sequence[str], None] = None,
        run_type: Optional[str] = None,
        trace_id: Optional[Id] = None,
        reference_example_id: Optional[Id] = None,
        query: Optional[str] = None,
        filter: Optional[str] = None,
        trace_filter: Optional[str] = None,
        tree_filter: Optional[str] = None,
        is_root: Optional[bool] = None,
        parent_run_id: Optional[Id] = None,
        start_time: Optional[datetime] = None,
        error: Optional[bool] = None,
        run_ids: Optional[Sequence[Id]] = None,
        select: Optional[Sequence[str]] = None,
        limit: Optional[int] = None,
    ) -> Iterator[Run]:
        """Give runs one by one, newest first.

        `filter` is for the run, `trace_filter` for its root, `tree_filter` for any run of its trace, in LangSmith's
        language: `and(eq(run_type, "llm"), gt(latency, 1.5))`. `query` is looked for in inputs and outputs.
        Raises: `LangSmithNotFoundError` for a project name that there is not.
        """
        projects = list(several(project_id))
        projects += [self.read_project(project_name=name).id for name in several(project_name)]
        body = {
            "session": texts(projects) or None,
            "run_type": run_type,
            "reference_example": texts(_some(reference_example_id)),
            "query": query,
            "filter": filter,
            "trace_filter": trace_filter,
            "tree_filter": tree_filter,
            "is_root": is_root,
            "parent_run": None if parent_run_id is None else str(parent_run_id),
            "start_time": None if start_time is None else start_time.isoformat(),
            "error": error,
            "id": texts(run_ids),
            "trace": None if trace_id is None else str(trace_id),
            "select": None if select is None else list(select),
        }
        return self._query(present(**body), limit)

    def _query(
        self, body: Dict[str, Any], limit: Optional[int] = None, path: str = "/runs/query"
    ) -> Iterator[Run]:
        left = limit
        asked = present(**body)
        while left is None or left > 0:
            asked["limit"] = PAGE if left is None else min(PAGE, left)
            page = self._ask("POST", path, json=asked)
            for raw in page["runs"][:left]:
                yield Run(raw, self._host)
            cursor = (page.get("cursors") or {}).get("next")
            if not cursor:
                return
            asked["cursor"] = cursor
            left = None if left is None else left - len(page["runs"])

    def get_run_url(
        self,
        *,
        run: Any,
        project_name: Optional[str] = None,
        project_id: Optional[Id] = None,
    ) -> str:
        """Give the address of a run's page; `run` is a `Run` or a `RunTree`."""
        session_id = project_id or getattr(run, "session_id", None)
        if session_id is not None and project_name is None:
            session = self.read_project(project_id=session_id)
        else:
            name = project_name or getattr(run, "session_name", None) or self.settings.project
            session = self.read_project(project_name=name)
        return f"{self._host}/o/{session.tenant_id}/projects/p/{session.id}/r/{run.id}?poll=true"

    # -- sharing -------------------------------------------------------------------------------

    def share_run(self, run_id: Id, *, share_id: Optional[Id] = None) -> str:
        """Make a run readable for everybody who has the link, and give the link."""
        body = {"run_id": str(run_id), "share_token": str(share_id or new_run_id())}
        shared = self._ask("PUT", f"/runs/{run_id}/share", json=body)
        return f"{self._host}/public/{shared['share_token']}/r"

    def read_run_shared_link(self, run_id: Id) -> Optional[str]:
        """Give the link of a run that is shared, None for one that is not."""
        shared = self._ask("GET", f"/runs/{run_id}/share")
        return f"{self._host}/public/{shared['share_token']}/r" if shared else None

    def run_is_shared(self, run_id: Id) -> bool:
        """Say whether a run is shared."""
        return self.read_run_shared_link(run_id) is not None

    def unshare_run(self, run_id: Id) -> None:
        """End the sharing of a run."""
        self._ask("DELETE", f"/runs/{run_id}/share")

    def read_shared_run(self, share_token: Id, run_id: Optional[Id] = None) -> Run:
        """Give a shared run, or with `run_id` one of the runs below it; `share_token` may be the whole link."""
        if run_id is None:
            return Run(self._ask("GET", f"/public/{_token(share_token)}/run"), self._host)
        for run in self.list_shared_runs(share_token, [run_id]):
            return run
        raise LangSmithNotFoundError(f"there is no run {run_id} in what is shared")

    def list_shared_runs(self, share_token: Id, run_ids: Optional[Sequence[Id]] = None) -> Iterator[Run]:
        """Give a shared run and those below it."""
        path = f"/public/{_token(share_token)}/runs/query"
        return self._query(present(id=texts(run_ids)), None, path)

    # -- experiments ---------------------------------------------------------------------------

    def evaluate(self, target: Any, /, data: Any = None, **options: Any) -> ExperimentResults:
        """Run and judge a target as `evaluation.evaluate` does, with this client."""
        from .evaluation import evaluate

        return evaluate(target, data, client=self, **options)

    async def aevaluate(self, target: Any, /, data: Any = None, **options: Any) -> AsyncExperimentResults:
        """The same as `evaluation.aevaluate`."""
        from .evaluation import aevaluate

        return await aevaluate(target, data, client=self, **options)

    def get_experiment_results(self, name: Optional[str] = None, project_id: Optional[Id] = None) -> Dict[str, Any]:
        """Give an experiment's project with its counts, and its examples, each with its runs.

        Shape: {"feedback_stats", "run_stats": {...}, "examples_with_runs": iterator of `Example` with `runs`}.
        """
        project = self.read_project(
            project_name=None if project_id else name, project_id=project_id, include_stats=True
        )
        if project.reference_dataset_id is None:
            raise ConfigurationError(f"{project.name!r} is no experiment: it has no dataset")
        return {
            "feedback_stats": project.feedback_stats,
            "run_stats": {
                name: getattr(project, name)
                for name in ("run_count", "latency_p50", "latency_p99", "total_tokens", "error_rate")
            },
            "examples_with_runs": self._examples_with_runs(project.reference_dataset_id, project.id),
        }

    def _examples_with_runs(self, dataset_id: Id, session_id: Id) -> Iterator[Example]:
        offset = 0
        while True:
            body = {"session_ids": [str(session_id)], "offset": offset, "limit": PAGE, "preview": False}
            page = self._ask("POST", f"/datasets/{dataset_id}/runs", json=body)
            for raw in page:
                example = Example(raw)
                example.runs = [Run(one, self._host) for one in raw.get("runs") or ()]
                yield example
            if len(page) < PAGE:
                return
            offset += PAGE


UPDATABLE = frozenset(
    "name run_type start_time error events tags serialized trace_id dotted_order parent_run_id session_name session_id"
    " reference_example_id".split()
)


def _places(api_urls: Optional[Mapping[str, Optional[str]]]) -> Tuple[Endpoint, ...]:
    return tuple(Endpoint(url, key) for url, key in (api_urls or {}).items())


def _some(value: Any) -> Any:
    return None if value is None else [value]


def _token(share_token: Id) -> str:
    text = str(share_token)
    return text.partition("/public/")[2].partition("/")[0] if "/public/" in text else text
