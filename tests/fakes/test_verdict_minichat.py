"""minichat's own clients before the judge: all six, in every trouble of the table, and the verdict is clean.

Both backends' pauses move the session's clock, so that the waits are made and nobody waits.
"""

from __future__ import annotations

import asyncio
import threading

import pytest

import fakes
import minichat
from fakes import Fault
from minichat import ChatError
from minichat.backends import aio, blocking

CLASSES = {
    "openai": "ChatOpenAI",
    "anthropic": "ChatAnthropic",
    "google": "ChatGoogleGenerativeAI",
    "mistral": "ChatMistralAI",
    "fireworks": "ChatFireworks",
    "together": "ChatTogether",
}
# Trouble -> the faults, and whether the answer comes in the end.
TROUBLES = {
    "none": ([], True),
    "overloaded": ([Fault("status", status=503, times=2)], True),
    "broken": ([Fault("status", status=500)], False),
    "limited": ([Fault("status", status=429, retry_after=7, times=2)], True),
    "limited without a time": ([Fault("status", status=429, times=2)], True),
    "limited for an hour": ([Fault("status", status=429, retry_after=3600)], False),
    "refused": ([Fault("status", status=400)], False),
    "wrong key": ([Fault("status", status=401)], False),
    "cut": ([Fault("cut", times=1)], None),
    "reset": ([Fault("reset", times=1)], None),
    "ended early": ([Fault("end", event=0, times=1)], None),
    "reset before any byte": ([Fault("reset", at="start", times=1)], True),
    "in turn": (
        [Fault("status", status=503, times=1), Fault("status", status=429, retry_after=2, skip=1, times=1)],
        True,
    ),
}
METHODS = ("invoke", "stream", "ainvoke", "astream")


@pytest.fixture(scope="module")
def server():
    with fakes.serve(clock="held") as running:
        yield running


@pytest.fixture
def begin(server, request, monkeypatch):
    """Give a function that begins a session, whose clock the pauses move from then on."""
    begun = []

    async def wait(self, seconds):
        begun[-1].advance(seconds)

    def session():
        begun.append(server.session(f"{request.node.name}-{len(begun)}"))
        return begun[-1]

    monkeypatch.setattr(blocking.Blocking, "sleep", wait)
    monkeypatch.setattr(aio.Asyncio, "sleep", wait)
    return session


@pytest.fixture
def session(begin):
    return begin()


def model(session, provider):
    return getattr(minichat, CLASSES[provider])(
        model="fake-hello",
        api_key="sk-fake",
        base_url=session.url(provider),
        default_headers={"x-fakes-session": session.name},
    )


def call(chat, method, text):
    """Give the answer's text."""
    if method == "invoke":
        return str(chat.invoke(text).text)
    if method == "stream":
        return "".join(str(chunk.text) for chunk in chat.stream(text))
    return asyncio.run(_acall(chat, method, text))


async def _acall(chat, method, text):
    async with chat:
        if method == "ainvoke":
            return str((await chat.ainvoke(text)).text)
        return "".join([str(chunk.text) async for chunk in chat.astream(text)])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("provider", CLASSES)
def test_minichat_behaves_in_every_trouble(begin, provider, method):
    for name, (faults, answered) in TROUBLES.items():
        session = begin()
        session.fault(*faults)
        with model(session, provider) as chat:
            try:
                text = call(chat, method, name)
                session.report(completed=True)
                assert answered is not False, name
                assert text == "Hello from fakes.", name
            except ChatError as error:
                session.report(raised=error)
                assert not answered, (name, error)
        verdict = session.verdict()
        assert verdict.findings == [], f"{name}: {verdict}"
        assert session.journal, name


@pytest.mark.parametrize("provider", CLASSES)
def test_minichat_keeps_its_connection_and_closes_what_it_gives_up(session, provider):
    with model(session, provider) as chat:
        for number in range(12):
            assert call(chat, "invoke", f"question {number}") == "Hello from fakes."
        session.fault(Fault("stall", event=2, seconds=3600))
        stream = chat.stream("a long story")
        next(stream)
        stream.close()
        session.report(cancelled=True)
        session.wait_for(lambda: session.journal[-1].hung_up)
    verdict = session.verdict()
    assert verdict.findings == [], str(verdict)


@pytest.mark.parametrize("provider", CLASSES)
def test_minichat_in_parallel_with_the_same_text_is_not_blamed(session, provider, monkeypatch):
    session.fault(Fault("status", status=503, times=4))
    all_failed = threading.Barrier(4, timeout=10)  # one clock for all: nobody's wait may bring another's first request

    async def wait(self, seconds):
        all_failed.wait()
        session.advance(seconds)

    monkeypatch.setattr(blocking.Blocking, "sleep", wait)
    with model(session, provider) as chat:
        got = chat.batch(["the same"] * 4)
    assert [str(one.text) for one in got] == ["Hello from fakes."] * 4
    assert [one.status for one in session.journal] == [503] * 4 + [200] * 4
    verdict = session.verdict()
    assert verdict.findings == [], str(verdict)
