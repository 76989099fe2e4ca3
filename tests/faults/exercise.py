"""One call of a model, by any of the four methods, with everything counted that could be left behind.

`ask` makes the call and gives an `Outcome`. It never waits for a retry's pause: both backends' `sleep`
writes down its seconds instead. After the call it looks at tasks, connections and the loop's complaints;
`nothing_left` looks at threads and file descriptors around a whole test.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import platform
import sys
import threading
import traceback

from minichat import ChatError
from minichat.backends import aio, blocking

from .dialects import OPENAI
from .framing import KEY

__all__ = [
    "METHODS", "THOROUGH", "Outcome", "ask", "check_no_key", "make_model", "methods_for", "nothing_left",
]  # fmt: skip

METHODS = ("invoke", "ainvoke", "stream", "astream")

# Every dialect goes through everything on the oldest Python. Elsewhere OpenAI's does, and of the others what is
# theirs: each row by one of the methods, in turn.
THOROUGH = platform.python_implementation() == "CPython" and sys.version_info[:2] == (3, 9)


def methods_for(dialect, number: int) -> tuple:
    """Give the methods by which the row of this number is asked."""
    return METHODS if THOROUGH or dialect is OPENAI else (METHODS[number % len(METHODS)],)


class Outcome:
    """`error`: the ChatError, or None. `text`: of the answer; `chunks`: the texts yielded, for streams.

    `waits`: seconds of each pause between attempts. `tasks`: of the loop, besides ours, after the call.
    `complaints`: what the event loop's exception handler was told. `last`: the last message given.
    """

    def __init__(self) -> None:
        self.error = None
        self.text = None
        self.last = None
        self.chunks: list[str] = []
        self.waits: list[float] = []
        self.tasks: set = set()
        self.complaints: list[dict] = []

    def take(self, message) -> None:
        self.last = message
        self.chunks.append(str(message.text))
        self.text = "".join(self.chunks)


def make_model(url: str, dialect=OPENAI, **settings):
    """Make a model for a server at `url`, which says nothing of paths unless it has one."""
    whole = url if url.count("/") > 2 else url + dialect.path
    return dialect.model(whole, **{**dialect.settings, **settings})


def ask(method: str, model, monkeypatch, *, check=lambda: None, prompt="Bonjour", times=1) -> Outcome:
    """Call `method` of `model` (`times` in a row), run `check` while its connections are as the call left them, then close it.

    Any exception that is no ChatError comes through: it is a bug of the library, whatever the server did.
    """
    outcome = Outcome()

    async def note_wait(self, seconds):
        outcome.waits.append(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", note_wait)
    monkeypatch.setattr(aio.Asyncio, "sleep", note_wait)
    if method.startswith("a"):
        asyncio.run(_ask_on_a_loop(method, model, outcome, check, prompt, times))
    else:
        with model:
            try:
                for _ in range(times):
                    if method == "invoke":
                        outcome.take(model.invoke(prompt))
                    else:
                        for piece in model.stream(prompt):
                            outcome.take(piece)
            except ChatError as error:
                outcome.error = error
            check()
    return outcome


async def _ask_on_a_loop(method, model, outcome, check, prompt, times) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: outcome.complaints.append(context))
    async with model:
        try:
            for _ in range(times):
                if method == "ainvoke":
                    outcome.take(await model.ainvoke(prompt))
                else:
                    async for piece in model.astream(prompt):
                        outcome.take(piece)
        except ChatError as error:
            outcome.error = error
        for _ in range(5):  # an aborted transport closes its socket in one of the loop's next rounds
            await asyncio.sleep(0)
        outcome.tasks = asyncio.all_tasks() - {asyncio.current_task()}
        check()


def check_no_key(error: BaseException, key: str = KEY) -> None:
    """No way of showing or sending an exception may show the key."""
    shown = {
        "str": str(error),
        "repr": repr(error),
        "args": repr(error.args),
        "attributes": repr(vars(error)),
        "pickle": pickle.dumps(error).decode("latin-1"),
        "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
    }
    for where, text in shown.items():
        assert key not in text, f"the key is in the {where} of {type(error).__name__}"


def _descriptors() -> list[str]:
    try:
        return sorted(os.listdir("/proc/self/fd"))
    except OSError:  # not Linux: this part is not counted
        return []


@contextlib.contextmanager
def nothing_left():
    """Demand as many file descriptors and threads after the block as before it."""
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield
    assert not set(threading.enumerate()) - threads, "a thread is left"
    assert len(_descriptors()) <= len(descriptors), "a file descriptor is left"
