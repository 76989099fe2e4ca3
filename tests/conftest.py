"""A time limit on every test, so that a hanging socket fails here and not in CI's clock."""

import faulthandler
import gc
import signal
import threading

import pytest

SECONDS = 30.0


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
