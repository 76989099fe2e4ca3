"""LangChain's and langsmith's names for what traces, where their programs look for them."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from minichat.tracers import langsmith
from minichat.tracers.langsmith.sender import Sender
from tests.source_tree import ROOT


@pytest.mark.parametrize("home", ["tracers", "tracers.langchain", "tracers.langsmith", "tracers.langsmith.tracer"])
def test_the_tracer_is_found_under_langchains_names(home):
    assert import_module(f"minichat.{home}").LangChainTracer is langsmith.LangChainTracer


def test_the_block_is_found_under_langchains_name():
    from minichat.tracers.context import tracing_v2_enabled

    assert tracing_v2_enabled is langsmith.tracing_v2_enabled


@pytest.mark.parametrize("name", langsmith.__all__)
def test_every_name_is_there(name):
    assert getattr(langsmith, name).__name__ == name


ORDER = """
import minichat.tracers.langsmith.evaluation, minichat.tracers.langsmith.functions
from minichat.tracers import langsmith
print([name for name in langsmith.__all__ if type(getattr(langsmith, name)).__name__ == "module"])
"""


def test_no_module_hides_a_name_that_was_imported_after_it():
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", ORDER], env=environment, capture_output=True, text=True, timeout=25)
    assert done.stdout.strip() == "[]", done.stderr


def test_waiting_for_all_tracers_flushes_every_sender(monkeypatch):
    from minichat.tracers.langchain import wait_for_all_tracers
    from minichat.tracers.langsmith import ending

    flushed = []
    one = Sender(langsmith.Settings("http://127.0.0.1:9"), destinations=[])
    monkeypatch.setattr(one, "flush", lambda timeout: flushed.append(timeout) or True)
    monkeypatch.setattr(ending, "_started", [one])
    wait_for_all_tracers()
    assert flushed == [None]
