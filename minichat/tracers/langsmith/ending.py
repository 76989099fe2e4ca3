"""What a process with senders has to do when it forks and when it ends. Nothing is hooked before the first run.

Daemon threads stop in the middle of whatever they do when the interpreter ends, so at exit they are waited for,
all together for at most `EXIT_SECONDS`, and silenced before the interpreter takes its streams away.
"""

from __future__ import annotations

import atexit
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Sequence

    from .sender import Sender

__all__ = ["flush", "flush_all", "register"]

EXIT_SECONDS = 3.0

_started: List[Sender] = []
_hooked: List[int] = []  # the process ids that have their hooks
_ends: List[float] = []  # when this process ends, once that is known


def register(sender: Sender) -> None:
    """Remember a sender whose thread is about to start, until the process ends."""
    if sender not in _started:
        _started.append(sender)
    if os.getpid() in _hooked:
        return
    if not _hooked:  # a child inherits these two
        atexit.register(_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_in_child)
    _hooked.append(os.getpid())
    workers = sys.modules.get("multiprocessing.util")
    if workers is not None:  # its processes end without atexit
        workers.Finalize(None, _at_exit, exitpriority=0)


def flush(timeout: Optional[float] = 10.0) -> bool:
    """Wait until every sender of the process has sent what was queued so far; see `Sender.flush`."""
    return flush_all(_started, timeout)


def flush_all(senders: Sequence[Sender], timeout: Optional[float]) -> bool:
    """Flush senders side by side, within one time for all of them."""
    until = None if timeout is None else time.monotonic() + timeout
    # All hurry from here on, not only the one that is waited for.
    waiting = [sender for sender in senders if len(senders) == 1 or not sender.flush(0)]
    done = True
    for sender in waiting:
        left = None if until is None else max(0.0, until - time.monotonic())
        done = sender.flush(left) and done
    return done


def _at_exit() -> None:
    """Give all senders together their last seconds."""
    if not _ends:
        _ends.append(time.monotonic() + EXIT_SECONDS)
    until = _ends[0]
    for sender in _started:
        sender.end_by(until)
    for sender in _started:
        sender.finish(max(0.0, until - time.monotonic()))
    for sender in _started:
        sender.be_silent()
        sender.hang_up()


def _in_child() -> None:
    _ends.clear()
    for sender in _started:
        sender.begin_empty()
    _started.clear()
