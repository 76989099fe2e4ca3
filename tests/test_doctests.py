"""The examples in docstrings give what they say."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import fakes
import minichat

MODULES = [
    found.name
    for package in (minichat, fakes)
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not found.name.endswith("__main__")
]


def examples(name):
    """Give the doctests of a module. Its objects are looked through only when its text has an example (8 ms each)."""
    module = importlib.import_module(name)
    return doctest.DocTestFinder(exclude_empty=True).find(module) if ">>> " in inspect.getsource(module) else []


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    runner = doctest.DocTestRunner()
    for test in examples(name):
        runner.run(test)
    assert not runner.failures


def test_there_are_examples():
    assert sum(len(test.examples) for name in MODULES for test in examples(name)) > 30
