"""What every test here is held to: nothing is left open, nothing warns, the environment is empty."""

from __future__ import annotations

import gc
import logging
import os
import platform
import threading

import pytest

from .certificates import authority  # noqa: F401  # a fixture

PYPY = platform.python_implementation() == "PyPy"
FOREIGN = ("proxy", "openai_", "ssl_cert_")


def descriptors():
    """Give the number of open file descriptors of this process."""
    return len(os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if any(part in name.lower() for part in FOREIGN):
            monkeypatch.delenv(name)


def collect():
    """Drop what nobody holds. PyPy needs more than one look: each finalizer frees the next object. Two do for a stream;
    there are more, to four, while each still closes something (a look takes a fifth of a second there)."""
    gc.collect()
    for _ in range(3 if PYPY else 0):
        before = descriptors()
        gc.collect()
        if descriptors() == before:
            break


@pytest.fixture(autouse=True)
def nothing_is_left(caplog):
    """No file descriptor, no thread, no complaint of asyncio's remains after any test."""
    from minichat.backends import blocking

    threads = set(threading.enumerate())
    before = descriptors()
    yield
    blocking._pool.close()
    if descriptors() > before:
        collect()
    left = [thread for thread in threading.enumerate() if thread not in threads]
    assert not left
    assert descriptors() <= before
    complaints = [one.getMessage() for one in caplog.records if one.name == "asyncio" and one.levelno >= logging.WARNING]
    assert not complaints


def pytest_collection_modifyitems(items):
    # As `python -W error`: a ResourceWarning, a coroutine never awaited, an ignored GeneratorExit fail.
    here = os.path.dirname(os.path.abspath(__file__))
    for item in items:
        if str(item.path if hasattr(item, "path") else item.fspath).startswith(here):
            item.add_marker(pytest.mark.filterwarnings("error"))
