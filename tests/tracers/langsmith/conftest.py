"""What several of these files are tried with."""

from __future__ import annotations

import pytest

from minichat.tracers.langsmith.sender import Sender
from minichat.tracers.langsmith.settings import Settings
from tests.tracers.langsmith.sink import forget_langsmith


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    forget_langsmith(monkeypatch)


@pytest.fixture
def queue():
    """Make senders to destinations; they end with the test."""
    made = []

    def make(*destinations, **bounds):
        one = Sender(Settings("http://nowhere", "lsv2_fake_0123456789"), destinations=destinations, **bounds)
        made.append(one)
        return one

    yield make
    for one in made:
        assert one.close()
