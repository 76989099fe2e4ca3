"""`lc`: one library under test, its public names as attributes, whatever module they live in.

`Library("langchain_core")` and `Library("minichat")` answer `lc.RunnableLambda` by the same table of module
paths (names.py), so that a program is a function of `lc` and cannot know which one it is given. `lc.ChatOpenAI`
is langchain-openai's, or minichat's.
"""

from __future__ import annotations

import asyncio
import inspect
import warnings
from importlib import import_module

from .names import FIRST_HOME


class Library:
    """The names of `prefix`, each imported on first use."""

    def __init__(self, prefix):
        self._prefix = prefix

    def __repr__(self):
        return f"Library({self._prefix!r})"

    def __getattr__(self, name):
        if name == "ChatOpenAI":
            return import_module(self._prefix.replace("_core", "_openai")).ChatOpenAI
        home = FIRST_HOME.get(name)
        if home is None:
            raise AttributeError(f"{name} is not in the table of public names (names.py)")
        value = getattr(import_module(f"{self._prefix}.{home}"), name)
        setattr(self, name, value)
        return value


PROGRAMS = {}


def program(function):
    """Register a program: a function, or a coroutine function, of `lc`."""
    name = function.__name__
    if name in PROGRAMS:
        raise ValueError(f"two programs are named {name}")
    PROGRAMS[name] = function
    return function


def run(name, lc):
    """Run a program and give its value. What warns is not compared: the libraries deprecate at different times."""
    function = PROGRAMS[name]
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, UserWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", r"Provided run_id|config\['run_id'\]", RuntimeWarning)
        if inspect.iscoroutinefunction(function):
            return asyncio.run(function(lc))
        return function(lc)
