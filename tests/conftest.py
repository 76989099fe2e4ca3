"""A time limit on every test, so that a hanging socket fails here and not in CI's clock."""

import faulthandler
import gc
import platform
import re
import signal
import threading

import pytest

SECONDS = 30.0


# Tables of what the fakes refuse and say: thousands of rows over plain Python, which PyPy meets cold, each once.
TABLES_OF_FAKES = re.compile(r"tests/fakes/test_(?!openai)\w+_(checks|robustness|refusals|recordings|answers|stream)\w*\.py")


def pytest_collection_modifyitems(config, items):
    """Leave out on PyPy what would only cost its time: it is slow where every line runs once or twice."""
    if platform.python_implementation() != "PyPy":
        return
    left = [item for item in items if TABLES_OF_FAKES.match(item.nodeid)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not TABLES_OF_FAKES.match(item.nodeid)]


def pytest_collection_finish(session):
    """Set thousands of collected tests aside: each gc.collect() of a test would walk through them (80 ms)."""
    if hasattr(gc, "freeze"):  # not PyPy
        gc.collect()
        gc.freeze()


class TimeLimit(BaseException):
    """Not an Exception: no `except Exception` under test may swallow it."""


@pytest.fixture(autouse=True)
def time_limit(request):
    marker = request.node.get_closest_marker("time_limit")
    seconds = marker.args[0] if marker else SECONDS
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        faulthandler.dump_traceback_later(seconds, exit=True)
        yield
        faulthandler.cancel_dump_traceback_later()
        return

    def expire(signum, frame):
        faulthandler.dump_traceback()
        raise TimeLimit(f"{request.node.nodeid} ran for more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
