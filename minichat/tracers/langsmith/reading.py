"""The client's calls about runs that are there: read, listed, counted, by conversation, and shared.

Lists of runs come newest first, page by page behind a cursor.
"""

from __future__ import annotations

import json as json_

from ...errors import ConfigurationError
from ...runs import new_run_id
from .calls import PAGE, Calls, one_of, present, several, texts, token_of
from .records import Run, grow, plain
from .transport import LangSmithNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any, Dict, List, Optional, Sequence, Union

    from .calls import Id

__all__ = ["RunCalls"]


class RunCalls(Calls):
    """Runs that are read, by the SDK's names."""

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
        end_time: Optional[datetime] = None,
        order: Optional[str] = None,
    ) -> Iterator[Run]:
        """Give runs one by one, newest first, or with `order="asc"` oldest first.

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
            "parent_run": parent_run_id,
            "start_time": start_time,
            "error": error,
            "id": texts(run_ids),
            "trace": trace_id,
            "select": select,
            "end_time": end_time,
            "order": order,
        }
        return self._query(plain(present(**body)), limit)

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

    def get_run_stats(
        self,
        *,
        project_names: Optional[Sequence[str]] = None,
        project_ids: Optional[Sequence[Id]] = None,
        id: Optional[Sequence[Id]] = None,
        trace: Optional[Id] = None,
        parent_run: Optional[Id] = None,
        run_type: Optional[str] = None,
        reference_example_ids: Optional[Sequence[Id]] = None,
        start_time: Union[datetime, str, None] = None,
        end_time: Union[datetime, str, None] = None,
        error: Optional[bool] = None,
        query: Optional[str] = None,
        filter: Optional[str] = None,
        trace_filter: Optional[str] = None,
        tree_filter: Optional[str] = None,
        is_root: Optional[bool] = None,
    ) -> Dict[str, Any]:
        """Count the runs of projects that fit: `run_count`, latencies in seconds, tokens, costs, `error_rate`."""
        projects = [*several(project_ids), *(self.read_project(project_name=one).id for one in several(project_names))]
        if not projects:
            raise ConfigurationError("get_run_stats takes project_names= or project_ids=")
        body = present(
            session=projects,
            id=id,
            trace=trace,
            parent_run=parent_run,
            run_type=run_type,
            reference_example=reference_example_ids,
            start_time=start_time,
            end_time=end_time,
            error=error,
            query=query,
            filter=filter,
            trace_filter=trace_filter,
            tree_filter=tree_filter,
            is_root=is_root,
        )
        found: Dict[str, Any] = self._ask("POST", "/runs/stats", json=plain(body))
        return found

    # -- conversations: traces whose metadata has the same `thread_id` -----------------------------

    def read_thread(
        self,
        *,
        thread_id: str,
        project_id: Union[Id, Sequence[Id], None] = None,
        project_name: Union[str, Sequence[str], None] = None,
        is_root: bool = True,
        limit: Optional[int] = None,
        select: Optional[Sequence[str]] = None,
        filter: Optional[str] = None,
        order: str = "asc",
    ) -> Iterator[Run]:
        """Give the traces of a conversation, oldest first: those with this `thread_id` in their metadata.

        `session_id` and `conversation_id` there mean the same.
        """
        if not (project_id or project_name):
            raise ConfigurationError("read_thread takes project_id= or project_name=")
        belongs = f"eq(thread_id, {json_.dumps(str(thread_id))})"
        return self.list_runs(
            project_id=project_id,
            project_name=project_name,
            is_root=is_root,
            limit=limit,
            select=select,
            filter=f"and({belongs}, {filter})" if filter else belongs,
            order=order,
        )

    def list_threads(
        self,
        *,
        project_id: Optional[Id] = None,
        project_name: Optional[str] = None,
        limit: Optional[int] = None,
        offset: int = 0,
        filter: Optional[str] = None,
        start_time: Optional[datetime] = None,
    ) -> List[Dict[str, Any]]:
        """Give the conversations of a project since `start_time` (None: a day ago), the last to go on first.

        Shape: [{"thread_id", "runs": [`Run`, ...], "count", "min_start_time", "max_start_time"}], times as text.
        """
        from datetime import datetime, timedelta, timezone

        one_of("list_threads", project_id=project_id, project_name=project_name)
        since = start_time or datetime.now(timezone.utc) - timedelta(days=1)
        threads: Dict[str, List[Run]] = {}
        for run in self.list_runs(
            project_id=project_id, project_name=project_name, is_root=True, filter=filter, start_time=since, order="asc"
        ):
            thread = run.raw.get("thread_id")
            if thread:
                threads.setdefault(thread, []).append(run)
        told = [
            {
                "thread_id": thread,
                "runs": runs,
                "count": len(runs),
                "min_start_time": str(runs[0].raw["start_time"]),
                "max_start_time": str(runs[-1].raw["start_time"]),
            }
            for thread, runs in threads.items()
        ]
        told.sort(key=lambda one: str(one["max_start_time"]), reverse=True)
        return told[offset:] if limit is None else told[offset : offset + limit]

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
            return Run(self._ask("GET", f"/public/{token_of(share_token)}/run"), self._host)
        for run in self.list_shared_runs(share_token, [run_id]):
            return run
        raise LangSmithNotFoundError(f"there is no run {run_id} in what is shared")

    def list_shared_runs(self, share_token: Id, run_ids: Optional[Sequence[Id]] = None) -> Iterator[Run]:
        """Give a shared run and those below it."""
        path = f"/public/{token_of(share_token)}/runs/query"
        return self._query(present(id=texts(run_ids)), None, path)


def _some(value: Any) -> Any:
    return None if value is None else [value]
