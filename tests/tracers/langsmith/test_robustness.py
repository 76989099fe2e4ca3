"""Whole programs beside a LangSmith that is bad in every way: their output, exit code and time are their own.

The programs run all at once in processes of their own, which must have ended `DEADLINE` seconds after they
were started; at exit tracing takes 3 at most. What they print is compared to the letter, and searched for the key.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
from collections import Counter

import pytest

from .canned import CLOSE, HANG, canned, refusing

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEY = "lsv2_fake_0123456789abcdef"
DEADLINE = 60.0  # a hang, not a slow machine: with fourteen programs at once and others beside one took 22 seconds

MODEL = """
import sys
from minichat import FakeListChatModel
model = FakeListChatModel(responses=["answer"])
for _ in range(5):
    print(model.invoke("hi").content)
print("".join(chunk.content for chunk in model.stream("hi")))
sys.exit(7)
"""
PRINTED = "answer\n" * 6

SENDER = """
import atexit, os, sys, threading
from minichat.tracers.langsmith.sender import flush, sender_for
from minichat.tracers.langsmith.settings import read_settings
sender = sender_for(read_settings())
def run(name):
    sender.submit("post", {"id": name, "dotted_order": name, "inputs": {}, "start_time": "a"})
    sender.submit("patch", {"id": name, "outputs": {}, "end_time": "b"})
"""


def start(code, url, **environment):
    cleaned = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LANGSMITH_", "LANGCHAIN_", "OTEL_")) and not name.lower().endswith("_proxy")
    }
    cleaned.update(LANGSMITH_TRACING="true", LANGSMITH_ENDPOINT=url, LANGSMITH_API_KEY=KEY, **environment)
    cleaned["PYTHONWARNINGS"] = "error"
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", code],
        cwd=ROOT,
        env=cleaned,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    try:
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
    assert KEY not in out + err
    return process.returncode, out, err


def program(code, url, **environment):
    return ended(start(code, url, **environment))



# name -> how the server answers ingest, how it answers /info (None: well), lines the program's log may have
SERVERS = {
    "well": ((202, {}, b"{}"), None, 0),
    "hangs": (HANG, None, 1),
    "hangs at info": (HANG, HANG, 1),
    "401": ((401, {}, f"no such key {KEY}".encode()), None, 1),
    "429": ((429, {"Retry-After": "60"}, b"later"), None, 1),
    "500": ((500, {}, b"broken"), (500, {}, b"broken"), 1),
    "garbage": (b"\0\1garbage\r\n\r\n", b"\0garbage\r\n\r\n", 1),
    "hangs up": (CLOSE, CLOSE, 1),
    "not modified": ((304, {}, b""), None, 1),
    "redirects": ((302, {"Location": "http://127.0.0.1:9/"}, b""), None, 1),
    "answers at length": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nx", None, 0),
}


@pytest.fixture(scope="module")
def answers():
    """Run the program beside every server at once; name -> (exit code, output, log), and what the server saw."""
    servers, processes = {}, {}
    found = {}
    try:
        for name, (answer, info, _) in SERVERS.items():
            server = canned(answer) if info is None else canned(answer, info)
            servers[name] = (server, server.__enter__())
            processes[name] = start(MODEL, servers[name][1].url)
        servers["beside"] = (server := canned(), server.__enter__())
        both = {servers["hangs"][1].url: KEY, servers["beside"][1].url: KEY}
        processes["one of two hangs"] = start(MODEL, "", LANGSMITH_RUNS_ENDPOINTS=json.dumps(both))
        processes["refuses"] = start(MODEL, refusing())
        processes["no such host"] = start(MODEL, "http://langsmith.invalid")
        processes["no URL"] = start(MODEL, "no URL at all")
        for name, process in processes.items():
            found[name] = ended(process)
    finally:
        for process in processes.values():
            process.kill()
        for name, (server, opened) in servers.items():
            server.__exit__(None, None, None)
            found.setdefault("asked", {})[name] = opened
    return found


@pytest.mark.time_limit(180)
@pytest.mark.parametrize("name", [*SERVERS, "one of two hangs", "refuses", "no such host", "no URL"])
def test_the_program_is_itself_whatever_its_langsmith_does(answers, name):
    code, out, log = answers[name]
    assert (code, out) == (7, PRINTED)
    lines = log.splitlines()
    expected = SERVERS[name][2] if name in SERVERS else 1
    assert len(lines) == expected, log
    assert "Traceback" not in log


@pytest.mark.time_limit(180)
@pytest.mark.parametrize("name", ["well", "beside"])
def test_a_langsmith_that_is_well_has_every_run_whole(answers, name):
    """Also the one beside another that hangs."""
    runs = {}
    for _, run in answers["asked"][name].runs:
        runs.setdefault(run["id"], {}).update(run)
    assert len(runs) == 6
    assert all(run["end_time"] and run["outputs"] for run in runs.values())


@pytest.mark.time_limit(180)
def test_the_key_goes_to_its_header_and_nowhere_else(answers):
    assert set(answers["asked"]) >= set(SERVERS)
    for name, server in answers["asked"].items():
        # Of another suite on this machine, whose server had this port a moment ago, there may be requests, too.
        ours = [asked for asked in server.asked if asked.path == "/info" or asked.path.startswith("/runs")]
        assert ours, name
        for asked in ours:
            assert asked.headers.get("x-api-key") == KEY, (name, asked.method, asked.path, sorted(asked.headers))
            assert KEY.encode() not in asked.body and KEY not in asked.path


def test_a_slow_langsmith_gets_what_fits_into_three_seconds():
    with canned() as server:
        server.answers = lambda asked: (server.ended.wait(1.0), (202, {}, b"{}"))[1]
        code = SENDER + "for number in range(1000): run(f'{number:04}')\nprint('done')"
        returned, out, log = program(code, server.url)
        assert (returned, out) == (0, "done\n")
        assert len(log.splitlines()) == 1 and f"process ended before all traced runs were sent to {server.url};" in log
        got = [run["id"] for _, run in server.runs]
    assert 100 <= len(got) < 1000  # the last of them may have been cut off before it was answered
    assert got == sorted(got)
    assert 1000 - len(got) <= int(log.split()[-1]) <= 1100 - len(got)


def test_an_interrupted_program_ends_as_one_and_its_runs_arrive():
    with canned() as server:
        code = SENDER + "import signal\nrun('a')\nsignal.raise_signal(signal.SIGINT)\nwhile True: pass"
        returned, _, log = program(code, server.url)
        assert returned in (-signal.SIGINT, 1, 130)
        assert "KeyboardInterrupt" in log
        if sys.implementation.name != "pypy":  # which runs no exit hook then
            assert [run["id"] for _, run in server.runs] == ["a"]


ENDS = {
    "an exception": ("run('a')\nraise SystemError('mine')", 1, ["a"]),
    "an exit in a thread": ("run('a')\nt = threading.Thread(target=sys.exit)\nt.start()\nt.join()", 0, ["a"]),
    "a thread that goes on": (
        "def work():\n    threading.main_thread().join()\n    run('a')\nthreading.Thread(target=work).start()",
        0,
        ["a"],
    ),
    "a run in an exit hook of later": ("run('a')\natexit.register(run, 'b')", 0, ["a", "b"]),
    "a run in an exit hook of earlier": ("atexit.register(run, 'b')\nrun('a')", 0, ["a"]),
    "a first run in an exit hook": ("atexit.register(run, 'b')", 0, None),
    "a run when a global is destroyed": (
        "class Last:\n    def __del__(self): run('b')\nsys.modules['minichat'].last = Last()\nrun('a')",
        0,
        ["a"],
    ),
    "an event loop": (
        "import asyncio\nasync def main():\n    run('a')\n    await asyncio.sleep(0)\n    run('b')\n"
        "asyncio.run(main())",
        0,
        ["a", "b"],
    ),
    "a flush before a hard exit": ("run('a')\nassert flush(10)\nos._exit(5)", 5, ["a"]),
    "logging shut down first": ("import logging\nrun('a')\nlogging.shutdown()", 0, ["a"]),
    "stderr closed": ("run('a')\nsys.stderr.close()", 0, ["a"]),
}


@pytest.mark.parametrize("name", ENDS)
def test_however_a_program_ends_its_exit_code_is_its_own(name):
    code, returned, ids = ENDS[name]
    with canned() as server:
        result = program(SENDER + code, server.url)
        assert result[0] == returned, result
        if ids is not None:
            assert sorted(run["id"] for _, run in server.runs) == ids


HANDLERS = {
    "raises": "raise RuntimeError('a handler with a bug')",
    "traces and flushes": "run('from the handler')\n        flush(1)",
    "submits nonsense": "sender.submit('post', None)",
}


@pytest.mark.parametrize("name", HANDLERS)
def test_a_log_handler_of_the_programs_own_may_do_anything(name):
    code = f"""
import logging
class Handler(logging.Handler):
    def emit(self, record):
        {HANDLERS[name]}
logging.getLogger().addHandler(Handler())
run('a')
sender.submit('post', 5)
print('printed')
sys.exit(4)
"""
    with canned((401, {}, b"")) as server:
        assert program(SENDER + code, server.url)[:2] == (4, "printed\n")


FORKS = {
    # Runs wait in the parent's queue while it forks; the child has runs of its own, and its own end.
    "a child that exits": """
for number in range(20): run(f'parent {number}')
child = os.fork()
if child == 0:
    for number in range(20): run(f'child {number}')
    sys.exit(3)
assert os.waitpid(child, 0)[1] == 3 << 8
run('parent after')
""",
    "a child that ends hard after a flush": """
run('parent 0')
child = os.fork()
if child == 0:
    run('child 0')
    os._exit(0 if flush(10) else 1)
assert os.waitpid(child, 0)[1] == 0
""",
    "children of children": """
run('parent 0')
child = os.fork()
if child == 0:
    run('child 0')
    grandchild = os.fork()
    if grandchild == 0:
        run('grandchild 0')
        sys.exit(0)
    assert os.waitpid(grandchild, 0)[1] == 0
    run('child 1')
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    "a fork while a batch is under way": """
run('parent 0')
flush(10)
run('parent 1')
threads = [threading.Thread(target=flush) for _ in range(3)]
for thread in threads: thread.start()
child = os.fork()
if child == 0:
    run('child 0')
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
for thread in threads: thread.join()
""",
    "multiprocessing": """
import multiprocessing
def work(number): run(f'child {number}')
run('parent 0')
context = multiprocessing.get_context('fork')
children = [context.Process(target=work, args=(number,)) for number in range(3)]
for child in children: child.start()
for child in children: child.join()
assert [child.exitcode for child in children] == [0, 0, 0]
run('parent 1')
""",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("name", FORKS)
def test_a_fork_neither_loses_runs_nor_sends_them_twice(name):
    code = FORKS[name]
    expected = {
        "a child that exits": 41,
        "a child that ends hard after a flush": 2,
        "children of children": 4,
        "a fork while a batch is under way": 3,
        "multiprocessing": 5,
    }[name]
    # Python 3.12 warns of every fork in a program with threads, as this is one.
    with canned() as server:
        returned, _, log = program("import warnings\nwarnings.simplefilter('ignore')\n" + SENDER + code, server.url)
        assert returned == 0, log
        seen = Counter(run["id"] for _, run in server.runs)
    assert len(seen) == expected
    assert set(seen.values()) == {1}, seen


def test_importing_and_making_senders_starts_nothing():
    code = SENDER + "print(threading.active_count(), 'ssl' in sys.modules, 'urllib.request' in sys.modules)"
    with canned() as server:
        assert program(code, server.url) == (0, "1 False False\n", "")
        assert server.asked == []
