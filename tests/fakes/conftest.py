"""One fake for each test."""

from __future__ import annotations

import pytest

import fakes


@pytest.fixture
def server():
    with fakes.serve(reject_keys=["sk-rejected-by-option"]) as running:
        yield running
