"""One LangSmith for each test, in memory."""

from __future__ import annotations

import pytest

import fakes.langsmith


@pytest.fixture
def server():
    with fakes.langsmith.serve() as running:
        yield running
