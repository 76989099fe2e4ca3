"""Programs that just end: nothing is printed on stderr, whatever was left open. Each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from . import ways
from .servers import Server, echo
from .test_early_end import endless

OPENING = """
import asyncio, sys, threading
from minichat import ChatOpenAI
model = ChatOpenAI(model="m", base_url=sys.argv[1], api_key="sk-test", max_retries=0)
"""

PROGRAMS = {
    "an idle connection": (echo, "print(model.invoke('x').content)"),
    "many idle connections": (echo, "print(model.batch(['x'] * 8)[7].content)"),
    "a loop": (echo, "print(asyncio.run(model.ainvoke('x')).content)"),
    "both": (echo, "model.invoke('y'); print(asyncio.run(model.ainvoke('x')).content)"),
    "a stream half read": (endless, "stream = model.stream('x'); next(stream); print('x')"),
    "a stream half read in a function": (endless, "def f(): next(model.stream('x'))\nf(); print('x')"),
    "an astream half read": (
        endless,
        "kept = []\n"
        "async def main():\n"
        "    kept.append(model.astream('x'))\n"
        "    await kept[0].__anext__()\n"
        "asyncio.run(main()); print('x')",
    ),
    "an astream half read inside": (
        endless,
        "async def main():\n    async for chunk in model.astream('x'): break\nasyncio.run(main()); print('x')",
    ),
    "an error": (echo, "model.invoke('y')\ntry: 1 / 0\nexcept ZeroDivisionError: print('x')"),
    "a thread that is a daemon": (
        echo,
        "thread = threading.Thread(target=lambda: model.invoke('y'), daemon=True)\n"
        "thread.start(); thread.join(); print('x')",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_ends_says_nothing(name):
    script, text = PROGRAMS[name]
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": here}
    with Server(script) as server:
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", OPENING + text, server.base_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            timeout=25,
        )
        assert (done.returncode, done.stdout.decode().split(), done.stderr.decode()) == (0, ["x"], "")
        server.wait_idle()


@pytest.mark.parametrize("way", ways.ALL)
def test_a_model_that_is_only_made_opens_nothing(way):
    with Server(echo) as server:
        model = ways.model_for(server)
        model.close()
        assert server.opened == 0
        assert ways.ask(way, model) == "Hello"
