"""The pytest plugin: a fake server for each test that asks for one, and the variables that lead the SDKs to it.

It is loaded in every run of pytest where this package is installed (`-p no:minichat-fakes` keeps it out), so at import
it loads nothing but pytest, and it acts for nobody who does not use its fixtures. Each test has a server of its own: a
start takes less than a thousandth of a second, and so neither order nor workers (pytest-xdist) can make tests meet.
The server has a thread of its own, so async tests of any kind may use it.

    def test_weather(fake_openai):
        fake_openai.when(user={"contains": "weather"}).reply("Sunny.")
        assert my_program("What is the weather?") == "Sunny."
        fake_openai.assert_called(model="gpt-4o-mini", times=1)
"""

# Types are checked without pytest too, which is a tool of the developers': it then is of type Any.
# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import os

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator

    from .server import Server

__all__ = [
    "fake_anthropic", "fake_fireworks", "fake_google", "fake_mistral", "fake_openai", "fake_providers", "fake_server",
    "fake_together",
]  # fmt: skip

SETTINGS = ("clock", "replies", "script", "seed", "strict", "tls")  # of the mark
RAISED = "_fakes_raised"  # attribute of an item; pytest's own stash came with 7, and no older one may fail to load us


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting."""
    text = "fail tests with a fake server that left rules or replies unused, or asked what no rule fits"
    parser.getgroup("fakes", "fake LLM provider servers").addoption("--fakes-strict", action="store_true", help=text)
    parser.addini("fakes_strict", type="bool", default=False, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    text = (
        "fakes(script=None, replies=None, clock='real', seed=0, tls=None, strict=False): how this test's fake_server is "
        "set up; a script's path is relative to the test's file"
    )
    config.addinivalue_line("markers", text)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Note that a test, or its setup, raised: what it then left unused is no news."""
    if call.when != "teardown" and call.excinfo is not None:
        setattr(item, RAISED, True)


@pytest.fixture
def fake_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A fake of all providers for this test alone; `@pytest.mark.fakes(...)` sets it up."""
    from .harness import complaints, told
    from .server import serve

    settings = _settings(request)
    strict = settings.pop("strict")
    found = []
    with serve(**settings) as server:
        yield server
        if strict and not getattr(request.node, RAISED, False):
            found = complaints(server)
    if found:
        pytest.fail(told(found), pytrace=False)


@pytest.fixture
def fake_providers(fake_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The fake server, with the variables of all providers' SDKs set: base URLs and keys."""
    from .harness import PROVIDERS

    return _lead(fake_server, monkeypatch, *PROVIDERS)


def _fixture(provider: str) -> Any:
    def fixture(fake_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
        return _lead(fake_server, monkeypatch, provider)

    fixture.__doc__ = f"The fake server, with the variables of {provider}'s SDKs set: base URLs and keys."
    return pytest.fixture(name=f"fake_{provider}")(fixture)


fake_openai = _fixture("openai")
fake_anthropic = _fixture("anthropic")
fake_google = _fixture("google")
fake_mistral = _fixture("mistral")
fake_fireworks = _fixture("fireworks")
fake_together = _fixture("together")


def _lead(server: Server, monkeypatch: pytest.MonkeyPatch, *providers: str) -> Server:
    from .harness import variables_for

    for name, value in variables_for(server, providers, os.environ).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return server


def _settings(request: pytest.FixtureRequest) -> Dict[str, Any]:
    """Put the settings of a test's marks together; the nearest mark wins."""
    config = request.config
    settings: Dict[str, Any] = {"strict": config.getoption("--fakes-strict") or config.getini("fakes_strict")}
    for mark in reversed(list(request.node.iter_markers("fakes"))):
        unknown = [repr(one) for one in mark.args] + [name for name in mark.kwargs if name not in SETTINGS]
        if unknown:
            pytest.fail(f"mark fakes takes {', '.join(SETTINGS)} by name, not {', '.join(unknown)}", pytrace=False)
        settings.update(mark.kwargs)
    script = settings.get("script")
    if isinstance(script, (str, os.PathLike)):
        settings["script"] = request.node.path.parent / script
    return settings
