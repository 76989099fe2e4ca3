"""The mark of tests that need a browser: a machine without one skips them and says so."""

from __future__ import annotations

import os

import pytest

from tests.fakes.langsmith import browser

NEEDED = [
    pytest.mark.skipif(browser.find() is None, reason="no chromium here: apt-get install chromium"),
    pytest.mark.skipif("NO_BROWSER" in os.environ, reason="NO_BROWSER is set: one interpreter of CI's is enough for it"),
    pytest.mark.time_limit(90),
]
