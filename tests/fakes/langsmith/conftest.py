"""One LangSmith for each test, in memory; one browser for all."""

from __future__ import annotations

import pytest

import fakes.langsmith
from tests.fakes.langsmith import browser
from tests.fakes.langsmith.asking import caller


@pytest.fixture
def server():
    with fakes.langsmith.serve() as running:
        yield running


@pytest.fixture
def guarded():
    with fakes.langsmith.serve(password="swordfish") as running:
        yield running


@pytest.fixture
def call(server):
    """Ask the server's API; see `asking.caller`."""
    return caller(server)


@pytest.fixture(scope="session")
def one_browser():
    with browser.Browser(browser.find()) as running:
        yield running


@pytest.fixture
def chromium(one_browser):
    """The browser, whose tabs end with the test."""
    yield one_browser
    one_browser.close_tabs()
