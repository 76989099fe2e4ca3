"""What the calls of the client share: one request, pages of a list read as they are needed, projects by name."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...errors import ConfigurationError
from .endpoints import without_password
from .records import TracerSession
from .transport import LangSmithNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Dict, List, Optional, Sequence, Union
    from uuid import UUID

    from .settings import Settings
    from .transport import Transport

    Id = Union[UUID, str]

__all__ = ["Calls", "one_of", "present", "several", "texts", "token_of"]

PAGE = 100  # items of a page at most. Source: section 8 of the specification


class Calls:
    """Requests over a transport; the parts of `Client` stand on it."""

    settings: Settings
    _transport: Transport
    _web_url: Optional[str] = None

    def _ask(
        self, method: str, path: str, *, json: Any = None, query: Optional[Dict[str, Any]] = None
    ) -> Any:
        return self._transport.request(method, path, json=json, query=query)[1]

    def _dataset_id(self, call: str, dataset_id: Optional[Id], dataset_name: Optional[str]) -> str:
        """Give the id of a dataset that is given by id or name."""
        one_of(call, dataset_id=dataset_id, dataset_name=dataset_name)
        return str(dataset_id or self._dataset_named(str(dataset_name))["id"])

    def _dataset_named(self, name: str) -> Dict[str, Any]:
        found: List[Dict[str, Any]] = self._ask("GET", "/datasets", query={"limit": 1, "name": name})
        if not found:
            where = without_password(self.settings.endpoint)
            raise LangSmithNotFoundError(f"there is no dataset {name!r} at {where}")
        return found[0]

    def _pages(
        self, path: str, query: Dict[str, Any], limit: Optional[int] = None, offset: int = 0
    ) -> Iterator[Dict[str, Any]]:
        """Read a list page by page, each when the one before it is used up; at most `limit` items."""
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = self._ask("GET", path, query={**query, "limit": size, "offset": offset})
            yield from page
            if len(page) < size:
                return
            offset += size
            left = None if left is None else left - size

    @property
    def _host(self) -> str:
        """Where the pages for people are: the address of the API without its path, and without `api.`."""
        if self._web_url:
            return self._web_url.rstrip("/")
        parts = urlsplit(without_password(self.settings.endpoint))
        place = parts.netloc.replace("api.smith.", "smith.", 1)
        path = parts.path.rstrip("/")
        for ending in ("/v1", "/api"):
            path = path[: -len(ending)] if path.endswith(ending) else path
        return f"{parts.scheme}://{place}{path}"

    # -- projects ----------------------------------------------------------------------------

    def read_project(
        self,
        *,
        project_id: Optional[Id] = None,
        project_name: Optional[str] = None,
        include_stats: bool = False,
    ) -> TracerSession:
        """Give a project by id or name; with `include_stats` its counts, latencies and feedback too.

        Raises: `LangSmithNotFoundError`; `ConfigurationError` unless one of both is given.
        """
        one_of("read_project", project_id=project_id, project_name=project_name)
        query = {"limit": 1, "include_stats": include_stats}
        if project_id is not None:
            return TracerSession(self._ask("GET", f"/sessions/{project_id}", query=query))
        found = self._ask("GET", "/sessions", query={**query, "name": project_name})
        if not found:
            where = without_password(self.settings.endpoint)
            raise LangSmithNotFoundError(f"there is no project {project_name!r} at {where}")
        return TracerSession(found[0])

    def has_project(self, project_name: str, *, project_id: Optional[Id] = None) -> bool:
        """Say whether there is such a project."""
        try:
            self.read_project(project_name=None if project_id else project_name, project_id=project_id)
        except LangSmithNotFoundError:
            return False
        return True

    def list_projects(
        self,
        project_ids: Optional[Sequence[Id]] = None,
        name: Optional[str] = None,
        name_contains: Optional[str] = None,
        reference_dataset_id: Optional[Id] = None,
        reference_dataset_name: Optional[str] = None,
        reference_free: Optional[bool] = None,
        include_stats: Optional[bool] = None,
        limit: Optional[int] = None,
    ) -> Iterator[TracerSession]:
        """Give projects one by one; experiments over a dataset by `reference_dataset_id` or its name."""
        if reference_dataset_name is not None:
            given = {"reference_dataset_id": reference_dataset_id, "reference_dataset_name": reference_dataset_name}
            one_of("list_projects", **given)
            query = {"limit": 1, "name": reference_dataset_name}
            found = self._ask("GET", "/datasets", query=query)
            if not found:
                raise LangSmithNotFoundError(f"there is no dataset {reference_dataset_name!r}")
            reference_dataset_id = found[0]["id"]
        query = present(
            id=texts(project_ids),
            name=name,
            name_contains=name_contains,
            reference_dataset=reference_dataset_id,
            reference_free=reference_free,
            include_stats=include_stats,
        )
        for raw in self._pages("/sessions", query, limit):
            yield TracerSession(raw)

    def create_project(
        self,
        project_name: str,
        *,
        description: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
        upsert: bool = False,
        project_extra: Optional[Dict[str, Any]] = None,
        reference_dataset_id: Optional[Id] = None,
        num_examples: Optional[int] = None,
        num_repetitions: Optional[int] = None,
        evaluator_keys: Optional[List[str]] = None,
    ) -> TracerSession:
        """Make a project, or with `reference_dataset_id` an experiment.

        Raises: `LangSmithConflictError` when the name is taken, unless `upsert`.
        """
        from ...runs import new_run_id

        extra = dict(project_extra or {})
        if metadata:
            extra["metadata"] = metadata
        body = {
            "name": project_name,
            "id": new_run_id(),
            "extra": extra or None,
            "description": description,
            **present(
                reference_dataset_id=reference_dataset_id and str(reference_dataset_id),
                num_examples=num_examples,
                num_repetitions=num_repetitions,
                evaluator_keys=evaluator_keys,
            ),
        }
        query = {"upsert": True} if upsert else None
        return TracerSession(self._ask("POST", "/sessions", json=body, query=query))

    def update_project(
        self,
        project_id: Id,
        *,
        name: Optional[str] = None,
        description: Optional[str] = None,
        metadata: Optional[Dict[str, Any]] = None,
        project_extra: Optional[Dict[str, Any]] = None,
        end_time: Any = None,
    ) -> TracerSession:
        """Change what is given; `metadata` and `project_extra` replace what there was."""
        extra = None if project_extra is None else dict(project_extra)
        if metadata is not None:
            extra = {**(extra or {}), "metadata": metadata}
        body = {
            "name": name,
            "description": description,
            "extra": extra,
            "end_time": None if end_time is None else end_time.isoformat(),
        }
        return TracerSession(self._ask("PATCH", f"/sessions/{project_id}", json=body))

    def delete_project(self, *, project_name: Optional[str] = None, project_id: Optional[Id] = None) -> None:
        """Delete a project with its runs."""
        one_of("delete_project", project_name=project_name, project_id=project_id)
        if project_id is None:
            project_id = self.read_project(project_name=project_name).id
        self._ask("DELETE", f"/sessions/{project_id}")


def one_of(call: str, **given: Any) -> None:
    """Hold that exactly one of the arguments is given. Raises: `ConfigurationError` naming them."""
    if sum(value is not None for value in given.values()) != 1:
        raise ConfigurationError(f"{call} takes one of {', '.join(f'{name}=' for name in given)}")


def present(**fields: Any) -> Dict[str, Any]:
    """Give the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def texts(ids: Optional[Sequence[Any]]) -> Optional[List[str]]:
    """Give ids as text."""
    return None if ids is None else [str(one) for one in ids]


def several(value: Any) -> List[Any]:
    """Give one value, or those of a list, as a list; None is none."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def token_of(share_token: Any) -> str:
    """Give the token of what is shared, of itself or of the link that has it."""
    text = str(share_token)
    return text.partition("/public/")[2].partition("/")[0] if "/public/" in text else text
