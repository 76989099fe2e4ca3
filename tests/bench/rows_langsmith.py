"""Row about the LangSmith server: how many runs a second it takes into a file, each request answered when it is in it.

Bodies are what the SDK sends for traces of five runs (a chain, a model call and three steps, 3 KB a run): half of the
requests have whole runs, half have the start in one and the end in the next, so a run is one or two operations. The
target is the issue's 1,000 runs a second, which is 1,000 microseconds of the wall clock for each.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from typing import Any, Dict, Iterator, List, Tuple
from urllib.parse import urlsplit

from .measure import ROOT, Bench, Figure

BOUNDARY = uuid.uuid4().hex
HEADERS = {"x-api-key": "lsv2_fake_key", "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
TEXT = "the quick brown fox jumps over a lazy dog and says hello to everyone in ünïcode " * 8
APART = ("inputs", "outputs", "events", "extra", "serialized")
USAGE = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}


def langsmith_ingest(bench: Bench) -> Iterator[Figure]:
    """Microseconds for each run taken in, over as many as 20,000 in a file that begins empty."""
    least = float("inf")
    for _ in range(bench.count(3, 1)):
        least = min(least, _once(bench, bench.count(20_000, 4_000)))
    title = "fakes langsmith: a run taken into the file"
    yield Figure("langsmith-ingest", title, "us", {"minichat": least}, 1_000, judged="value")


def _once(bench: Bench, wanted: int) -> float:
    pin = f"import os; os.sched_setaffinity(0, {{{bench.server_core}}}); " if bench.server_core is not None else ""
    code = f"{pin}import sys; sys.path.insert(0, {ROOT!r}); from fakes.cli import main; main(sys.argv[1:])"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-I", "-c", code, "langsmith", "--db", os.path.join(folder, "t.db")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            connection = http.client.HTTPConnection(urlsplit(json.loads(server.stdout.readline())["url"]).netloc)
            taken, spent = 0, 0.0
            while taken < wanted:
                runs = [run for place in range(10) for run in _trace(taken + place)]
                ends = [{**run, "outputs": run["outputs"]} for run in runs]
                starts = [{**run, "outputs": {}, "end_time": None} for run in runs]
                bodies = [_body("post", ends)] if taken % 100 else [_body("post", starts), _body("patch", ends)]
                begun = time.perf_counter()
                for body in bodies:
                    connection.request("POST", "/runs/multipart", body, HEADERS)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 202:
                        raise RuntimeError(f"the server answered {answer.status}")
                spent += time.perf_counter() - begun
                taken += len(runs)
            connection.request("POST", "/runs/stats", b"{}", HEADERS)
            found = json.loads(connection.getresponse().read())["run_count"]
            connection.close()
            server.terminate()
        if found != taken:
            raise RuntimeError(f"{taken} runs were taken and {found} are there")
    return spent * 1e6 / taken


def _trace(number: int) -> List[Dict[str, Any]]:
    def run(place: int, **fields: Any) -> Dict[str, Any]:
        made = str(uuid.uuid4())
        order = f"20261123T042525{number % 1_000:03}{place:03}Z{made}"
        moment = f"2026-11-23T04:25:25.{number % 1_000:03}{place:03}+00:00"
        return {"id": made, "name": f"step {place}", "run_type": "chain", "session_name": "bench", "tags": ["prod"],
            "start_time": moment, "end_time": moment, "dotted_order": order, "inputs": {"q": TEXT},
            "outputs": {"a": TEXT}, "events": [], "extra": {"metadata": {"user": "ann"}, "runtime": {"sdk": "x"}},
            **fields}  # fmt: skip

    root = run(0)
    model = run(1, run_type="llm", extra={"metadata": {"usage_metadata": USAGE}}, serialized={"lc": 1, "kwargs": {}})
    runs = [root, model, *(run(place) for place in (2, 3, 4))]
    for one in runs:
        one["trace_id"] = root["id"]
    for one in runs[1:]:
        one.update(parent_run_id=root["id"], dotted_order=f"{root['dotted_order']}.{one['dotted_order']}")
    return runs


def _body(kind: str, runs: List[Dict[str, Any]]) -> bytes:
    parts: List[Tuple[str, Any]] = []
    for run in runs:
        parts.append((f"{kind}.{run['id']}", {name: value for name, value in run.items() if name not in APART}))
        parts += [(f"{kind}.{run['id']}.{name}", run[name]) for name in APART if run.get(name) is not None]
    made = []
    for name, value in parts:
        data = json.dumps(value, ensure_ascii=False).encode()
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: application/json\r\n'
        made.append(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data + b"\r\n")
    return b"".join(made) + f"--{BOUNDARY}--\r\n".encode()
