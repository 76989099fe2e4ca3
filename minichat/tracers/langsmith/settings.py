"""What the environment says of LangSmith: is tracing on, where runs go, what of them is hidden.

Every name exists as `LANGSMITH_x` and `LANGCHAIN_x`; the first wins, and a blank one counts as not set. They
are read when a root run begins, so a program may set them at any time. As that is on the way of every call,
the last answer is kept with the values it was made of.
Source: the SDK langsmith 0.15.0, by running it.
"""

from __future__ import annotations

import os

from ...errors import ConfigurationError
from .endpoints import endpoints_of, masked_key, without_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

    from .endpoints import Endpoint

__all__ = [
    "Settings",
    "environment_metadata",
    "read_settings",
    "settings_if_on",
    "tracing_is_on",
    "truish",
    "variable",
    "whole_number",
]

DEFAULT_ENDPOINT = "https://api.smith.langchain.com"
SPACES = ("LANGSMITH_", "LANGCHAIN_")
SWITCHES = ("TRACING_V2", "TRACING")
HOSTED_PROJECT = "HOSTED_LANGSERVE_PROJECT_NAME"  # beats every other project name
READ = (
    "ENDPOINT",
    "RUNS_ENDPOINTS",
    "API_KEY",
    "PROJECT",
    "SESSION",
    "WORKSPACE_ID",
    "TRACING_SAMPLING_RATE",
    "HIDE_INPUTS",
    "HIDE_OUTPUTS",
    "HIDE_METADATA",
)

# Variables of ours that a run's metadata does not show: by name, and by a part of it in any case.
UNTOLD = frozenset(
    ["LANGCHAIN_" + name for name in ("API_KEY", "ENDPOINT", "TRACING_V2", "PROJECT", "SESSION")]
    + ["LANGSMITH_" + name for name in ("AGENT_ENVIRONMENT", "AGENT_ID", "SIGNING_JWKS")]
    + [space + "RUNS_ENDPOINTS" for space in SPACES]  # the SDK tells the one of LANGCHAIN_, with the keys in it
)
SECRET_PARTS = ("key", "secret", "token", "password", "passwd", "pwd", "credential", "email", "jwk", "header", "auth")
SHORTEST_KEY = 8  # characters; what is shorter stands in other texts by chance


class Settings:
    """Where runs go and what of them; immutable in use, equal by value.

    `workspace` is the tenant's id; `sampling_rate` a number from 0 to 1, None for all traces. A `hide_...`
    makes that part of a run an empty object. With `endpoints` (endpoints.py) runs go to each of these, and `endpoint`,
    `api_key` and `workspace` are those of the first, from which is read.

    >>> Settings("http://localhost:1984", "lsv2_fake_123456", "mine")
    Settings('http://localhost:1984', 'lsv2_...56', 'mine')
    """

    FIELDS = (
        "api_key",
        "endpoint",
        "endpoints",
        "hide_inputs",
        "hide_metadata",
        "hide_outputs",
        "project",
        "sampling_rate",
        "workspace",
    )
    __slots__ = (*FIELDS, "_hash")

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        api_key: Optional[str] = None,
        project: str = "default",
        workspace: Optional[str] = None,
        *,
        sampling_rate: Optional[float] = None,
        hide_inputs: bool = False,
        hide_outputs: bool = False,
        hide_metadata: bool = False,
        endpoints: Sequence[Endpoint] = (),
    ) -> None:
        self.endpoints = tuple(endpoints)
        first = self.endpoints[0] if endpoints else None
        self.endpoint = endpoint if first is None else first.api_url
        self.api_key = api_key if first is None else first.api_key
        self.project = project
        self.workspace = workspace if first is None else first.workspace
        self.sampling_rate = sampling_rate
        self.hide_inputs = hide_inputs
        self.hide_outputs = hide_outputs
        self.hide_metadata = hide_metadata
        self._hash: Optional[int] = None

    @property
    def place(self) -> Tuple[Any, ...]:
        """Where runs go, hashable: those of equal places share a queue."""
        return self.endpoints or (self.endpoint, self.api_key, self.workspace)

    def at(self, endpoint: Endpoint) -> Settings:
        """Give the same for one of the endpoints alone."""
        copied = Settings.__new__(Settings)
        for name in self.FIELDS:
            setattr(copied, name, getattr(self, name))
        copied._hash = None
        copied.endpoint, copied.api_key, copied.workspace = endpoint.api_url, endpoint.api_key, endpoint.workspace
        copied.endpoints = ()
        return copied

    def _values(self) -> Tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.FIELDS])

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Settings) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:  # asked with each call of a traced function
            self._hash = hash(self._values())
        return self._hash

    def __repr__(self) -> str:
        return f"Settings({without_password(self.endpoint)!r}, {masked_key(self.api_key)!r}, {self.project!r})"


def variable(name: str, default: Optional[str] = None) -> Optional[str]:
    """Give `LANGSMITH_<name>`, else `LANGCHAIN_<name>`, else the default; a blank one is not set."""
    for space in SPACES:
        value = os.environ.get(space + name)
        if value is not None and value.strip():
            return value
    return default


def truish(value: Optional[str]) -> bool:
    """Say whether a variable that is less strict than the switches says yes. Source: langsmith 0.15.0."""
    return value is not None and value.lower() in ("true", "1")


def tracing_is_on() -> bool:
    """Say whether the environment switches tracing on: by the word `true`, in this spelling only.

    `TRACING_V2` beats `TRACING` in either space.
    """
    return _read().is_on


class _Reading:
    """The variables at one moment, and what they say."""

    __slots__ = ("is_on", "settings", "values")

    def __init__(self, values: Tuple[Any, ...]) -> None:
        self.values = values
        self.is_on = next((value == "true" for value in map(variable, SWITCHES) if value is not None), False)
        self.settings: Optional[Settings] = None


_last: Optional[_Reading] = None


def _read() -> _Reading:
    global _last
    values = _raw_values()
    reading = _last
    if reading is None or reading.values != values:
        _last = reading = _Reading(values)
    return reading


def settings_if_on() -> Optional[Settings]:
    """Give what `read_settings` gives where tracing is on, else None; the variables are read once for both."""
    reading = _read()
    return _settings_of(reading) if reading.is_on else None


def read_settings() -> Settings:
    """Give what the environment says now.

    Raises: `ConfigurationError` for a sampling rate that is no number from 0 to 1, and for several endpoints that
    cannot be read, or stand beside `ENDPOINT`.
    """
    return _settings_of(_read())


def _settings_of(reading: _Reading) -> Settings:
    if reading.settings is None:
        reading.settings = _made()
    return reading.settings


def _made() -> Settings:
    known = {name: variable(name) for name in READ}
    return Settings(
        _bare(known["ENDPOINT"] or DEFAULT_ENDPOINT).rstrip("/"),
        _bare(known["API_KEY"] or "") or None,
        os.environ.get(HOSTED_PROJECT) or known["PROJECT"] or known["SESSION"] or "default",
        _bare(known["WORKSPACE_ID"] or "") or None,
        sampling_rate=_rate(known["TRACING_SAMPLING_RATE"]),
        hide_inputs=known["HIDE_INPUTS"] == "true",
        hide_outputs=known["HIDE_OUTPUTS"] == "true",
        hide_metadata=known["HIDE_METADATA"] == "true",
        endpoints=_several(known["RUNS_ENDPOINTS"], known["ENDPOINT"]),
    )


def _several(text: Optional[str], endpoint: Optional[str]) -> Tuple[Endpoint, ...]:
    if text is None:
        return ()
    found = endpoints_of(text)
    if found and endpoint is not None:  # the SDK cannot decide either
        raise ConfigurationError("of LANGSMITH_ENDPOINT and LANGSMITH_RUNS_ENDPOINTS only one can be set")
    return found


def _raw_values() -> Tuple[Any, ...]:
    """Give all variables that settings are made of as the process has them: a tenth of the time of `os.environ`."""
    data = getattr(os.environ, "_data", None)  # of CPython and PyPy; without it the slow way
    if data is None:
        return tuple(map(os.environ.get, _NAMES))
    return tuple(map(data.get, _KEYS))


_NAMES = (*(space + name for name in (*SWITCHES, *READ) for space in SPACES), HOSTED_PROJECT)
_KEYS: Tuple[Any, ...] = tuple(map(os.fsencode, _NAMES)) if os.supports_bytes_environ else _NAMES


def _bare(value: str) -> str:
    return value.strip().strip('"').strip("'")


def _rate(text: Optional[str]) -> Optional[float]:
    if text is None:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ConfigurationError(f"LANGSMITH_TRACING_SAMPLING_RATE takes a number from 0 to 1, not {text!r}")
    return rate


def whole_number(name: str, default: int) -> int:
    """Give a variable's number from 1; the default where it is not set or no such number, which is logged."""
    text = variable(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        import logging

        logging.getLogger(__name__).warning("LANGSMITH_%s takes a whole number from 1, not %r", name, text)
        return default
    return number


def environment_metadata(environ: Mapping[str, str]) -> Dict[str, str]:
    """Give the variables that a run's metadata shows, none of which names a secret.

    `revision_id` is one of them, and of the process's own environment else the commit that is checked out.

    >>> environment_metadata({"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "lsv2_x", "HOME": "/"})
    {'LANGSMITH_TRACING': 'true'}
    """
    keys = [value for name, value in environ.items() if name.endswith("_API_KEY") and len(value) >= SHORTEST_KEY]
    shown = {
        name: without_password(value)
        for name, value in environ.items()
        if name.startswith(SPACES)
        and name not in UNTOLD
        and not any(part in name.lower() for part in SECRET_PARTS)
        and not any(key in value for key in keys)
    }
    revisions = [shown.pop(space + "REVISION_ID", None) for space in SPACES]
    revision = revisions[0] or revisions[1]
    if not revision and environ is os.environ:  # of this process, which may run in a repository
        from .revision import revision as checked_out

        revision = checked_out()
    if revision:
        shown["revision_id"] = revision
    return shown
