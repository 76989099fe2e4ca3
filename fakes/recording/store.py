"""Recordings in a folder: a JSON file for each, in the form of `exchange`.

Nothing is read or written outside the folder: names are plain, links that lead out of it are refused, and a file
appears under its name when it is whole.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from typing import Any, List, Tuple, Union

from .exchange import Recording, RecordingError, as_json, from_json

__all__ = ["load", "next_number", "read", "write"]

MOST_BYTES = 512 << 20  # of a file
NUMBERED = re.compile(r"(\d{1,9})-")
NAME = re.compile(r"[^/\\\0:]+\.json")


def read(directory: str, name: str) -> Recording:
    """Read one recording of a folder; `name` is that of a file in it.

    Raises: RecordingError, which names the file.
    """
    if not NAME.fullmatch(name) or name.startswith("."):
        raise RecordingError(f"{name!r} is not the name of a recording: a plain name that ends in .json")
    return _read(directory, directory, name)


def load(path: Union[str, "os.PathLike[str]"]) -> List[Recording]:
    """Read a recording, or all of a folder and of the folders in it, in the order in which they were recorded.

    Raises: RecordingError for a file that is none, one that lies elsewhere, or when there is none at all.
    """
    root = os.fspath(path)
    if os.path.isfile(root):
        folder, name = os.path.split(root)
        return [read(folder or ".", name)]
    if not os.path.isdir(root):
        raise RecordingError(f"{root}: there is no such folder or file")
    found = _names(root)
    folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
    recordings = [_read(root, root, name) for name in found]
    for folder in folders:
        inner = os.path.join(root, folder)
        _inside(root, inner)
        recordings += [_read(root, inner, name) for name in _names(inner)]
    if not recordings:
        raise RecordingError(f"{root}: no recording (*.json) is in it")
    return recordings


def write(directory: str, recording: Recording, number: int) -> str:
    """Write a recording and give the name of its file: `0001-anthropic-messages-1a2b3c4d.json`.

    Raises: OSError when it cannot be written; nothing of it is left then.
    """
    name = f"{number:04}-{recording.provider}-{recording.api}-{recording.fingerprint[:8]}.json"
    data = _dumps(as_json(recording))
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, os.path.join(directory, name))
    except BaseException:
        os.unlink(temporary)
        raise
    return name


def next_number(directory: str) -> int:
    """Give the number behind the highest in a folder."""
    numbers = (NUMBERED.match(entry) for entry in os.listdir(directory))
    return max((int(found.group(1)) for found in numbers if found), default=0) + 1


def _names(directory: str) -> List[str]:
    names = [name for name in os.listdir(directory) if name.endswith(".json") and not name.startswith(".")]

    def order(name: str) -> Tuple[int, str]:
        found = NUMBERED.match(name)
        return (int(found.group(1)) if found else 10**9, name)

    return sorted(names, key=order)


def _inside(root: str, path: str) -> None:
    home = os.path.realpath(root)
    if os.path.commonpath([home, os.path.realpath(path)]) != home:
        raise RecordingError(f"{path}: leads out of {root}, and nothing outside is read")


def _read(root: str, directory: str, name: str) -> Recording:
    path = os.path.join(directory, name)
    _inside(root, path)
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise RecordingError(f"{path}: larger than {MOST_BYTES} bytes")
        with open(path, "rb") as file:
            value = json.loads(file.read().decode("utf-8"))
    except OSError as problem:
        raise RecordingError(f"{path}: cannot be read: {problem.strerror or problem}") from None
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, RecordingError):
            raise
        raise RecordingError(f"{path}: not JSON in UTF-8: {problem}") from None
    try:
        return from_json(name, value)
    except RecursionError:
        raise RecordingError(f"{path}: no recording: nested too deeply") from None
    except RecordingError as problem:
        raise RecordingError(f"{path}: no recording: {problem}") from None


def _dumps(value: Any) -> bytes:
    """Write JSON for people; one line for each chunk."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1)
        data = text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair in a request: only an escape can say that
        text = json.dumps(value, indent=1)
        data = text.encode("ascii")
    return re.sub(rb"\[\n +([\d.e-]+),\n +(\d+)\n +\]", rb"[\1, \2]", data) + b"\n"
