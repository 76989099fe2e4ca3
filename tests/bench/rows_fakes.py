"""Rows about the fake server: how soon it is there, how much it answers, how many slow streams it holds.

The server runs on the core where the canned server stands otherwise, with a script of rules, the checks of the
request and the journal on; the load client runs on the other core. The floor is the canned server, which does nothing
but write prebuilt bytes. Figures are microseconds of the wall clock per answer.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any, Dict, Iterator, List, Optional

from .load import drive, request_bytes
from .measure import ROOT, Bench, Figure

TEXT = "Mild, 21 degrees, and a light wind."  # eight tokens, so thirteen events with opening, finish and [DONE]
REPLY = ["Mild", ",", " 21", " degrees", ",", " and", " a", " light", " wind", "."]
SCRIPT = {
    "rules": [
        {"name": "greeting", "when": {"user": {"regex": "^(hi|hello)"}}, "reply": "Hello."},
        {"name": "tool result", "when": {"tool_result": {"contains": "degrees"}}, "reply": "As the tool says."},
        {"name": "claude", "when": {"provider": "anthropic", "turn": 1}, "reply": "I am another."},
        {"name": "hot", "when": {"json": {"temperature": 2}}, "reply": "Too hot."},
        {"name": "weather", "when": {"user": {"contains": "weather"}}, "reply": {"text": REPLY}},
    ]
}
BODY: Dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is the weather in Paris?"}]}
SLOW = {"pace": {"first_token": 2.0, "tokens_per_second": 1}, "rules": SCRIPT["rules"]}


class Fake:
    """The command, on a core of its own."""

    def __init__(self, core: Optional[int], script: Any) -> None:
        self._folder = tempfile.TemporaryDirectory()
        path = os.path.join(self._folder.name, "script.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(script, file)
        pin = f"import os; os.sched_setaffinity(0, {{{core}}}); " if core is not None else ""
        code = f"{pin}import sys; sys.path.insert(0, {ROOT!r}); from fakes.cli import main; main(sys.argv[1:])"
        command = [sys.executable, "-I", "-c", code, path, "--quiet", "--exit-on-stdin-close"]
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.base = json.loads(self.process.stdout.readline())["url"]
        self.chat = self.base + "/openai/v1/chat/completions"

    def ask(self) -> bytes:
        headers = {"authorization": "Bearer sk-fake", "content-type": "application/json"}
        body = {**BODY, "messages": [{"role": "user", "content": "hello"}]}  # short, so soon there at any pace
        request = urllib.request.Request(self.chat, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return bytes(reply.read())

    def status(self, field: str) -> float:
        """Give a figure of the process in MiB, from /proc."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(float(line.split()[1]) for line in file if line.startswith(field + ":")) / 1024

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self._folder.cleanup()


def fakes_start(bench: Bench) -> Iterator[Figure]:
    """From the start of the process to the first answer, and the memory then."""
    waits: List[float] = []
    for _ in range(bench.count(7, 3)):
        fake = Fake(bench.server_core, SCRIPT)
        try:
            fake.ask()
            waits.append((time.perf_counter() - fake.begun) * 1e3)
            peak = fake.status("VmHWM") if sys.platform == "linux" else None
        finally:
            fake.close()
    yield Figure("fakes-start", "fakes: start to first answer", "ms", {"minichat": min(waits)}, 150, judged="value")
    if peak is not None:
        title = "fakes: peak memory at the first answer"
        yield Figure("fakes-memory", title, "MiB", {"minichat": peak}, 40, judged="value")


def fakes_load(bench: Bench) -> Iterator[Figure]:
    """Answers with rules, checks and journal on; 8,000 plain and 4,000 streamed ones a second are wanted."""
    seconds = bench.count(2, 1)
    for name, title, stream, floor, target in (
        ("fakes-plain", "fakes: a plain answer", False, "/whole", 125),
        ("fakes-stream", "fakes: a streamed answer of 13 events", True, "/text/13", 250),
    ):
        body = {**BODY, "stream": stream}
        least: Dict[str, float] = {}
        fake = Fake(bench.server_core, SCRIPT)
        try:
            urls = {"minichat": fake.chat, "floor": f"{bench.server.base}{floor}/v1/chat/completions"}
            for _ in range(bench.repeat):
                for who, url in urls.items():
                    load = drive(url, body, seconds=seconds / 2)
                    least[who] = min(least.get(who, load.each), load.each)
                    if who == "minichat" and stream and load.last.count(b"data: ") != 13:
                        raise RuntimeError("the streamed answer has not 13 events")
        finally:
            fake.close()
        yield Figure(name, title, "us", least, target, judged="value")


def fakes_streams(bench: Bench) -> Iterator[Figure]:
    """Slow streams side by side in one process: that all come to their end, and what each one takes of memory."""
    count = bench.count(2000, 200)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, count + 200)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))  # the server inherits it
    fake = Fake(bench.server_core, SLOW)
    open_now: List[socket.socket] = []
    try:
        fake.ask()
        before = fake.status("VmRSS")
        asked = request_bytes(fake.chat, {**BODY, "stream": True})
        port = int(fake.base.rpartition(":")[2])
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), timeout=120)
            one.sendall(asked)
            open_now.append(one)
        for one in open_now:
            one.recv(1)  # the head of each is there: all are being answered
        held = fake.status("VmRSS")
        whole = 0
        for one in open_now:
            data = b""
            while not data.endswith(b"0\r\n\r\n"):
                data += one.recv(65_536)
            whole += data.count(b"data: ") == 13
        if whole != count:
            raise RuntimeError(f"only {whole} of {count} slow streams came whole")
    finally:
        for one in open_now:
            one.close()
        fake.close()
    each = {"minichat": (held - before) * 1024 / count}
    yield Figure("fakes-streams", f"fakes: {count} slow streams at once, memory of one", "KiB", each, 32, judged="value")
