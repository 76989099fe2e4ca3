"""Rows about tracing: CPU it adds to a call and to a streamed chunk, on the thread of the caller.

The same calls are made with tracing off and on in turn, and each one's least is compared; runs go to a sink in
another process, which takes everything. What the sender's thread does is not counted, as the caller does not
wait for it. A burst of calls is sent when it is over, as the sender does it; of a program that calls without a pause
for more than a second (no provider answers that fast) the second row tells, where the thread works beside it; the
same target stands on both.

`python -m tests.bench.rows_tracing` is the sink: it prints its port and ends when its standard input is closed.
"""

from __future__ import annotations

import gc
import http.server
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator

from .measure import ROOT, Bench, Figure

CALL_TARGET, CHUNK_TARGET = 60.0, 1.0  # microseconds


def tracing(bench: Bench) -> Iterator[Figure]:
    client = bench.clients["minichat"]
    calls, chunks = bench.count(300, 100), bench.count(10000, 2000)
    many = 10 * calls

    def call() -> None:
        for _ in range(calls):
            client.call("/whole")

    def call_on_and_on() -> None:
        for _ in range(many):
            client.call("/whole")

    def stream() -> None:
        client.drain(f"/text/{chunks}")

    rounds = max(3, bench.count(2 * bench.repeat, 3))
    with sink() as url:
        for name, title, job, units, target in (
            ("tracing", "tracing, added to an invoke, caller's thread", call, calls, CALL_TARGET),
            ("tracing-on", "the same without a pause, the sender at work", call_on_and_on, many, CALL_TARGET),
            ("tracing-chunk", "tracing, added to a streamed chunk", stream, chunks, CHUNK_TARGET),
        ):
            least = _least(job, url, rounds if units < many else 3)
            values: Dict[str, Any] = {"minichat": (least["on"] - least["off"]) * 1e6 / units}
            more = {state: seconds * 1e6 / units for state, seconds in least.items()}
            yield Figure(name, title, "us", values, target, judged="value", more=more)


def _least(job: Callable[[], None], url: str, rounds: int) -> Dict[str, float]:
    """Give the least CPU seconds of the job, with tracing off and on; each ran once before."""
    least = {"off": float("inf"), "on": float("inf")}
    for turn in range(rounds + 1):
        for state in least:
            with environment(url if state == "on" else None):
                gc.collect()
                begun = time.thread_time()
                job()
                took = time.thread_time() - begun
            if turn:
                least[state] = min(least[state], took)
            if state == "on":
                _all_sent()
    return least


def _all_sent() -> None:
    """Wait for the sender, so that its queue never fills; a run that was dropped makes the figure worthless."""
    from minichat.tracers.langsmith import sender

    if not sender.flush(60):
        raise RuntimeError("the sink did not take the runs")
    dropped = sum(one.dropped for one in sender._senders.values())
    if dropped:
        raise RuntimeError(f"{dropped} runs were dropped")


@contextmanager
def environment(url: str | None) -> Iterator[None]:
    """Switch tracing on for a block, as a program's environment does; off without a URL."""
    names = {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": url, "LANGSMITH_API_KEY": "lsv2_fake_bench"}
    if url is None:
        yield
        return
    os.environ.update({name: str(value) for name, value in names.items()})
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]


@contextmanager
def sink() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.rows_tracing"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        pass


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
