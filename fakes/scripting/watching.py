"""A script's file is watched while a server runs: what was changed counts from the next request on.

No thread and no timer: the server calls `poll()` before it answers a request, which costs a look at each file (about
2 µs). So a test can save a script and ask at once. A change for the worse is told, and the script before it stays.

Files are compared by time, size and number; a file that was written just before it was read is read again, since
the clock of a file system ticks coarsely, and the content decides. The same content again changes nothing: what was
used up of the script stays used up.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from typing import Callable, Dict, Optional, Tuple, Union

from .answers import bytes_of
from .check import counted
from .file import ScriptError, load
from .script import Script

__all__ = ["Watch"]

TICK = 50_000_000  # nanoseconds; a second change within so short a time may leave a file's time as it was
Look = Optional[Tuple[int, int, int]]  # time, size, number; None: it is not there


def _to_stderr(text: str) -> None:
    print(f"fakes: {text}", file=sys.stderr, flush=True)


class Watch:
    """The files of one script. `apply` gets each good script, `say` a text about each reading after the first."""

    def __init__(
        self,
        path: Union[str, "os.PathLike[str]"],
        apply: Callable[[Script], None],
        say: Callable[[str], None] = _to_stderr,
    ) -> None:
        self.path = os.fspath(path)
        self._apply = apply
        self._say = say
        self._looks: Dict[str, Look] = {self.path: None}
        self._contents: Dict[str, Optional[bytes]] = {}
        self._fresh = True  # a file was so new when it was read that its time cannot be trusted

    def load(self) -> None:
        """Read the script for the first time.

        Raises: fakes.ScriptError.
        """
        self._remember((self.path,))
        self._apply(self._loaded())

    def poll(self) -> bool:
        """Read the script again if one of its files was changed; tell whether another script counts from now on."""
        if not self._fresh and all(_look(name) == look for name, look in self._looks.items()):
            return False
        before = self._contents
        self._remember(tuple(self._looks))
        if self._contents == before:
            return False
        try:
            script = self._loaded()
        except ScriptError as problem:
            self._say(f"the script was changed and is wrong; the one before it stays\n{problem}")
            return False
        self._apply(script)
        self._say(f"{self.path} was read again: {counted(script)}")
        return True

    def _loaded(self) -> Script:
        """Read the script, with its files noted before they are read: what changes meanwhile is seen at the next poll."""
        while True:
            try:
                loaded = load(self.path)
            except ScriptError as problem:
                self._add(problem.files)
                raise
            if set(loaded.files) <= self._looks.keys():
                for name in self._looks.keys() - set(loaded.files):
                    del self._looks[name], self._contents[name]
                return loaded.script
            self._remember((self.path, *loaded.files))

    def _remember(self, names: Tuple[str, ...]) -> None:
        """Note how the files are now, and forget all others."""
        self._looks.clear()
        self._contents = {}
        self._add(names)

    def _add(self, names: Tuple[str, ...]) -> None:
        """Note how those files are that are not noted yet."""
        for name in names:
            if name not in self._looks:
                self._looks[name] = _look(name)
                self._contents[name] = _digest(name)
        newest = max([look[0] for look in self._looks.values() if look is not None], default=0)
        self._fresh = newest > time.time_ns() - TICK


def _look(name: str) -> Look:
    try:
        seen = os.stat(name)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _digest(name: str) -> Optional[bytes]:
    try:
        return hashlib.blake2b(bytes_of(name)).digest()
    except (OSError, ValueError):  # what that means, `load` says
        return None
