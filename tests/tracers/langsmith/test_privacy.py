"""What is hidden is sent nowhere: a program with every kind of run, its words searched for in all bodies."""

from __future__ import annotations

import pytest

import fakes
from minichat import ChatOpenAI
from minichat.output_parsers import StrOutputParser
from minichat.runnables import RunnableLambda, RunnableParallel
from minichat.tools import tool
from minichat.tracers.langsmith import (
    Client,
    RunTree,
    ending,
    fan,
    switch,
    trace,
    traceable,
    tracing_context,
)
from minichat.tracers.langsmith import (
    sender as senders,
)
from tests.tracers.langsmith.canned import canned

KEY, PROVIDER_KEY = "lsv2_fake_0123456789abcdef", "sk-fake-0123456789abcdef"
ASKED, ANSWERED, SAID = "asked-word", "answered-word", "said-word"
METADATA = {"m": SAID}


def program(provider):
    """Every kind of run, of every door: what goes in has ASKED in it, what comes out ANSWERED, its metadata SAID."""

    @tool("look", description=ASKED)
    def look(word: str) -> str:
        return ANSWERED

    calls = []

    def flaky(text):
        calls.append(text)
        if len(calls) == 1:
            raise ValueError("not yet")
        return ANSWERED

    @traceable(metadata=METADATA)
    def plain(text):
        return ANSWERED

    @traceable(run_type="llm", process_chunk=lambda piece: piece * 2)
    def pieces(messages):
        yield from (ANSWERED, "more")

    model = ChatOpenAI(model="gpt-fake", base_url=provider.url("openai"), api_key=PROVIDER_KEY)
    config = {"metadata": METADATA}
    chain = model.bind_tools([look]) | StrOutputParser() | RunnableLambda(lambda text: ANSWERED)
    chain.invoke(ASKED, config)
    list(model.stream(ASKED, config))
    look.invoke({"word": ASKED}, config)
    RunnableLambda(flaky).with_retry(wait_exponential_jitter=False).invoke(ASKED, config)
    RunnableParallel(a=lambda text: ANSWERED, b=lambda text: ANSWERED).batch([ASKED, ASKED], config)
    plain(ASKED)
    list(pieces([{"role": "user", "content": ASKED}]))
    with tracing_context(metadata={"n": SAID}):
        model.invoke(ASKED)
    with trace("block", inputs={"a": ASKED}, metadata=METADATA) as run:
        run.end(outputs={"b": ANSWERED}, metadata={"k": SAID})
    parameters = {"tools": [{"name": ASKED}]}
    extra = {"metadata": dict(METADATA), "invocation_params": parameters}
    tree = RunTree(name="own", inputs={"a": ASKED}, serialized={"kwargs": ASKED}, extra=extra)
    tree.post()
    tree.end(outputs={"b": ANSWERED})
    tree.patch(exclude_inputs=False)
    client = Client()
    client.create_run("bare", {"a": ASKED}, "chain", outputs={"b": ANSWERED}, extra={"metadata": dict(METADATA)})
    for place in ({"trace_id": tree.trace_id, "dotted_order": tree.dotted_order}, {}):  # queued, and at once
        client.update_run(
            tree.id,
            inputs={"a": ASKED},
            outputs={"b": ANSWERED},
            extra={"metadata": dict(METADATA), "invocation_params": parameters},
            serialized={"kwargs": ASKED},
            **place,
        )


HIDDEN = [
    ((), ()),
    (("INPUTS",), (ASKED,)),
    (("OUTPUTS",), (ANSWERED,)),
    (("METADATA",), (SAID,)),
    (("INPUTS", "OUTPUTS", "METADATA"), (ASKED, ANSWERED, SAID)),
]


@pytest.mark.parametrize("flags, words", HIDDEN)
def test_what_is_hidden_is_sent_nowhere(monkeypatch, caplog, flags, words):
    monkeypatch.setattr(senders, "_senders", {})
    monkeypatch.setattr(fan, "_fans", {})
    monkeypatch.setattr(ending, "_started", [])
    monkeypatch.setattr(switch, "_tracers", {})
    with canned() as langsmith, canned((200, {}, b"{}")) as collecting, fakes.serve() as provider:
        for name, value in {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_ENDPOINT": langsmith.url,
            "LANGSMITH_API_KEY": KEY,
            "LANGSMITH_OTEL_ENABLED": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collecting.url,
            **{f"LANGSMITH_HIDE_{flag}": "true" for flag in flags},
        }.items():
            monkeypatch.setenv(name, value)
        program(provider)
        for sender in senders._senders.values():
            assert sender.close()
            sender.hang_up()
    assert len(langsmith.ingests) > 1 and collecting.asked
    for server in (langsmith, collecting):
        sent = b"".join(asked.body for asked in server.asked).decode()
        assert [word for word in (ASKED, ANSWERED, SAID) if word not in sent] == list(words)
        assert KEY not in sent and PROVIDER_KEY not in sent
    assert KEY not in caplog.text and PROVIDER_KEY not in caplog.text
