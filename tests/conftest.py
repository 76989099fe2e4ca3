"""A time limit on every test, so that a hanging socket fails here and not in CI's clock."""

import faulthandler
import gc
import os
import platform
import re
import signal
import threading

import pytest

SECONDS = 30.0


# The tables and commands of the fakes, but for OpenAI's and for what the client's tests stand on, are left out on PyPy,
# which meets every line of them cold, each once, and whose collector walks through all that was collected; and where
# FAKES_PART is set: .ci/run runs them on the first, the last and its own Python. Where FAULTS_PART is set, which is in
# between, so are the largest tables of cuts and faults.
KEPT = re.compile(
    r"test_(openai_|server|faults|transmission|clock|pace|quotas|http11|script\.|matching|journal|sessions|determinism)"
)
TABLES = ("/tests/faults/test_faults.py", "/tests/faults/test_cuts.py", "/tests/providers/test_sweep.py")
ONLY_A_PART = platform.python_implementation() == "PyPy" or "FAKES_PART" in os.environ


def pytest_ignore_collect(collection_path, config):
    """Leave files out before they are imported."""
    path = collection_path.as_posix()
    if ONLY_A_PART and "/tests/fakes/" in path and collection_path.name.startswith("test_"):
        return True if not KEPT.match(collection_path.name) else None
    if "FAULTS_PART" in os.environ and path.endswith(TABLES):
        return True
    return None


def pytest_report_header(config):
    parts = ["tests/fakes"] * ONLY_A_PART + ["tests/faults and tests/providers"] * ("FAULTS_PART" in os.environ)
    return f"of {', '.join(parts)} only a part is run, see tests/conftest.py" if parts else None


def set_aside():
    """Let no later gc.collect() walk through what is alive now: pytest keeps all it collected and a report of each test
    (3 million objects in the end, 400 ms a walk). What is garbage by now is collected first."""
    if hasattr(gc, "freeze"):  # not PyPy
        gc.collect()
        gc.freeze()


def pytest_collection_finish(session):
    set_aside()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Between two files, when what the first one held is gone."""
    if nextitem is not None and nextitem.path != item.path:
        set_aside()


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
