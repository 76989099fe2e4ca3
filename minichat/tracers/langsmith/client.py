"""`Client`: what LangSmith keeps, read and written by a program, under the names of `langsmith.Client`.

Everything but runs goes at once: a call waits for its answer and raises when there is none. Runs go through the
sender's queue; `flush()` waits for it, which a program that reads its own runs back wants to do first. Lists are
generators that ask for the next page when it is needed. Here stand the client itself and the runs it writes; the
other calls by what they are about: reading.py (runs), calls.py (projects), datasets.py, examples.py, experiments.py,
feedback.py. The objects that come back are in records.py.
Source of paths and fields: langsmith 0.15.0, by what it sends.
"""

from __future__ import annotations

from ...errors import ConfigurationError
from .calls import present
from .endpoints import Endpoint, without_password
from .examples import ExampleCalls
from .experiments import ExperimentCalls
from .feedback import FeedbackCalls
from .masks import masked, masks_of
from .records import plain
from .run_trees import RunTree
from .settings import Settings, read_settings
from .tracer import in_sample
from .transport import (
    READS,
    LangSmithAPIError,
    LangSmithAuthError,
    LangSmithConflictError,
    LangSmithConnectionError,
    LangSmithError,
    LangSmithNotFoundError,
    LangSmithRateLimitError,
    LangSmithRequestTimeout,
    Transport,
    transport_for,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any, Dict, Mapping, Optional, Tuple, Union

    from .calls import Id
    from .masks import Hide

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


class Client(ExampleCalls, ExperimentCalls, FeedbackCalls):
    """A LangSmith: `api_url` and `api_key`, else what the environment says.

    `api_urls` (keys by URL) are several, which all get its runs; the rest is written to and read from the first. So it
    is with those of the environment, unless something is given here. `hide_inputs`, `hide_outputs` and
    `hide_metadata` (True) send that part of this client's runs as `{}`, or as a function of it leaves it; `anonymizer`
    is such a function for all parts (masks.py). `web_url` is where the pages for people are, if that does not follow
    from the address; `timeout_ms` how many milliseconds a call waits, or how many to connect and for each piece of an
    answer (10,000 and 60,000); runs are sent in the sender's own time.
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
        web_url: Optional[str] = None,
        timeout_ms: Union[int, Tuple[int, int], None] = None,
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
        self._web_url = web_url
        waits = READS if timeout_ms is None else _seconds(timeout_ms)
        self._transport = transport or transport_for(self.settings, waits)

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


UPDATABLE = frozenset(
    "name run_type start_time error events tags serialized trace_id dotted_order parent_run_id session_name session_id"
    " reference_example_id".split()
)


def _places(api_urls: Optional[Mapping[str, Optional[str]]]) -> Tuple[Endpoint, ...]:
    return tuple(Endpoint(url, key) for url, key in (api_urls or {}).items())


def _seconds(timeout_ms: Any) -> Tuple[float, float]:
    """Give the seconds of one number of milliseconds, or of two. Raises: `ConfigurationError`."""
    both = timeout_ms if isinstance(timeout_ms, (list, tuple)) else (timeout_ms, timeout_ms)
    if len(both) != 2 or not all(isinstance(one, (int, float)) and one > 0 for one in both):
        raise ConfigurationError(f"Client: timeout_ms takes a number of milliseconds or two, not {timeout_ms!r}")
    return both[0] / 1000, both[1] / 1000
