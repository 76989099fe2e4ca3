"""Several LangSmiths at once: which ones the environment names, and a run as each of them gets it.

`LANGSMITH_RUNS_ENDPOINTS` is JSON: a list of `{"api_url", "api_key", "project_name"?, "workspace_id"?, "primary"?}`, or
an object of keys by URL. A run goes to each of them under its ids and into its project, unless the endpoint names
another project, or another one is the primary: then it has ids of its own there, derived from the run's and the
project's name, for one LangSmith refuses the same run in two projects. Programs of several services derive the same.
Source: langsmith 0.15.0, by running it; only the digest is another (the SDK's, xxh3, is not in the standard library).
"""

from __future__ import annotations

import json

from ...errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Dict, List, Mapping, Optional, Tuple

__all__ = ["Endpoint", "as_told_to", "endpoints_of", "masked_key", "without_password"]

NAME = "LANGSMITH_RUNS_ENDPOINTS"
FORM = 'takes JSON: [{"api_url": "...", "api_key": "..."}, ...] or {"url": "key", ...}'


class Endpoint:
    """One place of several. `primary` None: nobody said which of them is.

    >>> Endpoint("http://localhost:1984", "lsv2_fake_123456", "mine")
    Endpoint('http://localhost:1984', 'lsv2_...56', 'mine')
    """

    __slots__ = ("api_key", "api_url", "primary", "project", "workspace")

    def __init__(
        self,
        api_url: str,
        api_key: Optional[str],
        project: Optional[str] = None,
        workspace: Optional[str] = None,
        *,
        primary: Optional[bool] = None,
    ) -> None:
        self.api_url = api_url.strip().rstrip("/")
        self.api_key = api_key
        self.project = project
        self.workspace = workspace
        self.primary = primary

    def _values(self) -> Tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Endpoint) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"Endpoint({without_password(self.api_url)!r}, {masked_key(self.api_key)!r}, {self.project!r})"


def masked_key(key: Optional[str]) -> Optional[str]:
    """Give of a key what may be shown: its beginning and end, so that people know which it is."""
    return None if key is None else f"{key[:5]}...{key[-2:]}" if len(key) > 12 else "..."


def without_password(url: str) -> str:
    """Give an address as it may be shown.

    >>> without_password("https://me:secret@host:1/path")
    'https://host:1/path'
    """
    scheme, found, rest = url.partition("://")
    address, slash, path = rest.partition("/")
    if not found or "@" not in address:
        return url
    return f"{scheme}://{address.rpartition('@')[2]}{slash}{path}"


def endpoints_of(text: str) -> Tuple[Endpoint, ...]:
    """Read the variable. What is not an endpoint is logged and left out, as the SDK does.

    >>> endpoints_of('{"http://a/": "lsv2_fake_123456"}')
    (Endpoint('http://a', 'lsv2_...56', None),)

    Raises: `ConfigurationError` for what is no such JSON, for several primaries, and when no endpoint is left.
    """
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None  # the text has keys in it, and an error of the parser would stay chained
    if not isinstance(said, (list, dict)):
        raise ConfigurationError(f"{NAME} {FORM}")
    items = said if isinstance(said, list) else [{"api_url": url, "api_key": key} for url, key in said.items()]
    found: List[Endpoint] = []
    for number, item in enumerate(items, 1):
        problem = _problem(item)
        if problem:
            _warn(f"{NAME}: number {number} is left out: {problem}")
            continue
        endpoint = Endpoint(
            item["api_url"],
            item["api_key"],
            item.get("project_name"),
            (item.get("workspace_id") or "").strip() or None,
            primary=item.get("primary"),
        )
        if endpoint not in found:
            found.append(endpoint)
    return checked(found, NAME) if items else ()


def checked(endpoints: Sequence[Endpoint], what: str) -> Tuple[Endpoint, ...]:
    """Hold that there are endpoints, and of them at most one is the primary. Raises: `ConfigurationError`."""
    if not endpoints:
        raise ConfigurationError(f"{what} names no endpoint that can be used")
    if sum(one.primary is True for one in endpoints) > 1:
        raise ConfigurationError(f"{what}: only one endpoint can be the primary")
    return tuple(endpoints)


def _problem(item: Any) -> str:
    if not isinstance(item, dict):
        return f"it is {type(item).__name__} and not an object"
    for name, kind, optional in FIELDS:
        value = item.get(name)
        if not isinstance(value, kind) and not (optional and value is None):
            return f"{name} is {type(value).__name__} and not {kind.__name__}"
    return "" if item["api_url"].strip() else "api_url is empty"


FIELDS = (
    ("api_url", str, False),
    ("api_key", str, False),
    ("project_name", str, True),
    ("workspace_id", str, True),
    ("primary", bool, True),
)


def _warn(text: str) -> None:
    import logging

    logging.getLogger(__name__).warning("%s", text)


# -- a run for one of them -----------------------------------------------------------------------


def as_told_to(endpoint: Endpoint, run: Mapping[str, Any], *, has_primary: bool) -> Dict[str, Any]:
    """Give a run's wire object as this endpoint gets it; `has_primary`: one of the endpoints is."""
    project = endpoint.project if endpoint.project is not None else run.get("session_name")
    told = dict(run)
    if endpoint.primary is None and not has_primary and project == run.get("session_name"):
        return told
    told["session_name"] = project
    if endpoint.primary:
        return told
    for name in ("id", "trace_id", "parent_run_id"):
        if told.get(name):
            told[name] = derived(told[name], str(project))
    if told.get("dotted_order"):
        segments = [segment.partition("Z") for segment in str(told["dotted_order"]).split(".")]
        told["dotted_order"] = ".".join(
            [f"{moment}{mark}{derived(run_id, str(project))}" for moment, mark, run_id in segments]
        )
    return told


def derived(run_id: Any, project: str) -> str:
    """Give the id that a run has in another project: always the same, and with the run's time if it has one.

    >>> derived("0198c2f0-0000-7000-8000-000000000001", "b")[:15]
    '0198c2f0-0000-7'
    """
    from hashlib import sha256
    from uuid import UUID

    digest = bytearray(sha256(f"{run_id}:{project}".encode("utf-8", "surrogatepass")).digest()[:16])
    try:
        own = UUID(str(run_id))
    except ValueError:
        own = None
    if own is not None and own.version == 7:
        digest[:6] = own.bytes[:6]
    digest[6] = 0x70 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    return str(UUID(bytes=bytes(digest)))
