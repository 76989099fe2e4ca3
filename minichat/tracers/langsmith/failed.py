"""Requests that no LangSmith took, kept as files where `LANGSMITH_FAILED_TRACES_DIR` says so, to be sent again later.

Each file is one request: POST its body, decoded, with its headers and a key to its endpoint. What is in the directory
stays below `LANGSMITH_FAILED_TRACES_MAX_MB` (100); beyond that requests are lost as they are without it. So are runs
for which there was no time to make a request before the process ended, and one that it interrupted.

Shape: `trace_<seconds>_<8 hex digits>.json`: {"version": 1, "endpoint": "runs/multipart", "headers": {"Content-Type"},
"body_base64"}; readable for its owner only.
Source: langsmith 0.15.0, by what it writes.
"""

from __future__ import annotations

import os

from .settings import variable, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .delivery import Line

__all__ = ["keep"]

MOST_MEGABYTES = 100


def keep(endpoint: str, kind: str, body: bytes, line: Line) -> str:
    """Write a request into the directory and give it; "" where there is none, or no room in it, which is logged."""
    directory = variable("FAILED_TRACES_DIR")
    if directory is None:
        return ""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        held = sum(entry.stat().st_size for entry in os.scandir(directory) if entry.name.startswith("trace_"))
        if held + len(body) * 4 // 3 > whole_number("FAILED_TRACES_MAX_MB", MOST_MEGABYTES) * 1024 * 1024:
            line.say(f"{directory} full", f"{directory} holds as much as LANGSMITH_FAILED_TRACES_MAX_MB allows")
            return ""
        _write(directory, endpoint, kind, body)
    except OSError as error:
        line.say(f"{directory} {error.errno}", f"runs cannot be kept in LANGSMITH_FAILED_TRACES_DIR: {error}")
        return ""
    return directory


def _write(directory: str, endpoint: str, kind: str, body: bytes) -> None:
    import json
    import time
    from base64 import b64encode

    told = {
        "version": 1,
        "endpoint": endpoint.strip("/"),
        "headers": {"Content-Type": kind},
        "body_base64": b64encode(body).decode("ascii"),
    }
    path = os.path.join(directory, f"trace_{time.time():.6f}_{os.urandom(4).hex()}")
    # Under another name until it is whole, for whoever sends them while this program runs.
    with open(os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(told, file)
    os.replace(f"{path}.tmp", f"{path}.json")
