"""How the figures are taken: the canned server, the processor cores, CPU of this process and of children.

CPU is user plus system time of the client's process alone, all threads of it. Before anything is timed
each client runs once, which warms it, and the answers are compared: whoever gives another answer than
the floor has not done the job, and the run stops. Then the clients take turns, and the least of the
rounds counts, since whatever else the machine does can only add.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import subprocess
import sys
import time
import urllib.request
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

__all__ = ["Bench", "Figure", "Server", "exponent", "growth_of_peak", "median"]

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

Samples = Dict[str, List[float]]


class Figure:
    """One line of the table.

    `judged`: "ratio" (minichat over the floor against the target) or "value" (minichat's own figure).
    `more`: whatever else was measured, for the JSON file.
    """

    def __init__(
        self,
        name: str,
        title: str,
        unit: str,
        values: Mapping[str, Optional[float]],
        target: Optional[float],
        *,
        judged: str = "ratio",
        more: Any = None,
    ) -> None:
        self.name = name
        self.title = title
        self.unit = unit
        self.floor = values.get("floor")
        self.minichat = values["minichat"]
        self.naive = values.get("naive")
        self.target = target
        self.judged = judged
        self.more = more

    def over_floor(self, value: Optional[float]) -> Optional[float]:
        return value / self.floor if value is not None and self.floor else None

    @property
    def met(self) -> Optional[bool]:
        """Whether the target is met; None where there is none."""
        judged = self.over_floor(self.minichat) if self.judged == "ratio" else self.minichat
        return None if self.target is None or judged is None else judged <= self.target

    @property
    def verdict(self) -> str:
        if self.met is not False:
            return "ok" if self.met else ""
        beyond = self.judged == "value" and self.floor is not None and self.floor > (self.target or 0)
        return "MISSED (the floor too)" if beyond else "MISSED"

    def as_json(self) -> Dict[str, Any]:
        return {
            **self.__dict__,
            "ratio": self.over_floor(self.minichat),
            "naive_ratio": self.over_floor(self.naive),
            "met": self.met,
        }


class Server:
    """The canned server's process. Shape of `counts()`: {"connections": int, "requests": int}."""

    def __init__(self, core: Optional[int]) -> None:
        command = [sys.executable, "-m", "tests.bench.server", *([] if core is None else [str(core)])]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the canned server did not start")
        self.base = f"http://127.0.0.1:{int(line)}"

    def counts(self, *, reset: bool = False) -> Dict[str, int]:
        url = f"{self.base}/control" + ("/reset" if reset else "")
        with urllib.request.urlopen(url) as reply:
            return json.loads(reply.read())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Bench:
    """What the rows measure with: the clients, the server, and how often."""

    def __init__(self, *, repeat: int, quick: bool, naive: bool = True) -> None:
        self.repeat = repeat
        self.quick = quick
        self.client_core, self.server_core = _pin()
        self.server = Server(self.server_core)
        from .candidate import Candidate
        from .floor import Floor
        from .naive import Naive

        base = self.server.base
        self.clients: Dict[str, Any] = {"floor": Floor(base), "minichat": Candidate(base)}
        if naive:
            self.clients["naive"] = Naive(base)
        self.loop = asyncio.new_event_loop()

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.server.close()

    def count(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def jobs(self, make: Callable[[Any], Any]) -> Dict[str, Callable[[], Any]]:
        """Give one job per client; `make(client)` computes an answer, or gives a coroutine that does."""

        def job(client: Any) -> Callable[[], Any]:
            def work() -> Any:
                answer = make(client)
                return self.loop.run_until_complete(answer) if asyncio.iscoroutine(answer) else answer

            return work

        return {name: job(client) for name, client in self.clients.items()}

    def cpu(
        self, make: Callable[[Any], Any], *, units: int, calls: int = 1, rounds: Optional[int] = None
    ) -> Dict[str, float]:
        """Give each client's microseconds of CPU per unit; one sample is `calls` calls of the job."""
        return self.cpu_of(self.jobs(make), units=units, calls=calls, rounds=rounds)

    def cpu_of(
        self,
        jobs: Mapping[str, Callable[[], Any]],
        *,
        units: int,
        calls: int = 1,
        rounds: Optional[int] = None,
    ) -> Dict[str, float]:
        """As `cpu`, for jobs that are at hand; one of them is named "floor"."""
        answers = {name: job() for name, job in jobs.items()}
        _same(answers)
        answers.clear()
        samples: Samples = {name: [] for name in jobs}
        for _ in range(rounds or self.repeat):
            for name, job in jobs.items():
                gc.collect()
                begun = time.process_time()
                for _ in range(calls):
                    job()
                samples[name].append((time.process_time() - begun) * 1e6 / units)
        return {name: min(values) for name, values in samples.items()}

    # -- other processes -------------------------------------------------------------------

    def programs(self, codes: Mapping[str, str], *, rounds: int) -> Dict[str, Tuple[float, float, str]]:
        """Run programs in turn; give for each the least (CPU, wall) in milliseconds, and what it printed.

        One run of each comes before, which compiles what it imports.
        """
        for code in codes.values():
            self._program(code)
        least: Dict[str, Tuple[float, float, str]] = {}
        for _ in range(rounds):
            for name, code in codes.items():
                cpu, wall, text = self._program(code)
                before = least.get(name, (cpu, wall, text))
                least[name] = (min(cpu, before[0]), min(wall, before[1]), text)
        return least

    def _program(self, code: str) -> Tuple[float, float, str]:
        code = f"import sys; sys.path.insert(0, {ROOT!r})\n{code}"
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-I", "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        text = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.WEXITSTATUS(status)
        process.stdout.close()
        if status:
            raise RuntimeError(f"a measured program ended with status {status}:\n{code}")
        return (usage.ru_utime + usage.ru_stime) * 1e3, wall * 1e3, text

    def children(self, scenario: str, *arguments: Any, rounds: int) -> Dict[str, Dict[str, float]]:
        """Run a scenario of child.py for each client in turn; give the least of each figure."""
        least: Dict[str, Dict[str, float]] = {}
        for _ in range(rounds):
            for name in self.clients:
                command = [sys.executable, "-m", "tests.bench.child", scenario, name, self.server.base]
                output = subprocess.check_output([*command, *map(str, arguments)], cwd=ROOT)
                figures = json.loads(output)
                before = least.setdefault(name, figures)
                least[name] = {key: min(value, before[key]) for key, value in figures.items()}
        return least


def _pin() -> Tuple[Optional[int], Optional[int]]:
    """Keep this process, and so its children, on one core; give it and another for the server."""
    if not hasattr(os, "sched_setaffinity"):
        return None, None
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    return cores[0], cores[-1]


def _same(answers: Mapping[str, Any]) -> None:
    for name, answer in answers.items():
        if answer != answers["floor"]:
            raise RuntimeError(f"{name} gave another answer than the floor: {str(answer)[:200]!r}")


def exponent(sizes: Sequence[int], totals: Sequence[float]) -> float:
    """Give the growth exponent: the slope of log(total) over log(size), by least squares."""
    xs = [math.log(size) for size in sizes]
    ys = [math.log(total) for total in totals]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) / sum((x - mean_x) ** 2 for x in xs)


def median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def growth_of_peak() -> Callable[[], float]:
    """Begin to watch this process's memory; the function given back tells by how many MB its peak grew.

    Linux can reset the high-water mark (`/proc/self/clear_refs`); elsewhere `ru_maxrss` has to do, which
    shows nothing of a growth that stays below an earlier peak.
    """
    gc.collect()
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = _status("VmRSS")
        return lambda: (_status("VmHWM") - before) / 1024
    except OSError:
        import resource

        unit = 1024.0 * 1024 if sys.platform == "darwin" else 1024.0
        start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return lambda: (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / unit


def _status(field: str) -> float:
    """Give a field of /proc/self/status, in KiB."""
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(field + ":"):
                return float(line.split()[1])
    raise OSError(f"/proc/self/status has no {field}")
