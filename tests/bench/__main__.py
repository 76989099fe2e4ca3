"""`python -m tests.bench`: print CPU figures as ratios to the floor, beside the targets.

Columns: the floor's and minichat's figure in the row's unit, the naive client's, then minichat's ratio to
the floor and the target. Rows marked `=` are judged by minichat's figure itself; one that the floor too
misses says something about the machine, not about minichat.
A busy machine makes every figure larger, and ratios less sure: the line on top tells its load. Rows that
miss by a little on a busy machine should be run again alone: `python -m tests.bench --rows stream`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from typing import Any, Dict, List, Optional

from . import rows_calls, rows_chains, rows_fakes, rows_langsmith, rows_start, rows_streams, rows_tracing
from .measure import Bench, Figure

ROWS = {
    "import": rows_start.imports,
    "cold": rows_start.cold,
    "invoke": rows_calls.invoke,
    "ainvoke": rows_calls.ainvoke,
    "stream": rows_streams.stream,
    "astream": rows_streams.astream,
    "memory": rows_streams.memory,
    "latency": rows_streams.latency,
    "concurrent": rows_streams.concurrent,
    "batch": rows_calls.batch,
    "abatch": rows_calls.abatch,
    "add": rows_streams.add,
    "tool": rows_streams.tool,
    "history": rows_calls.history,
    "chain": rows_chains.chain,
    "tracing": rows_tracing.tracing,
    "fakes-start": rows_fakes.fakes_start,
    "fakes-load": rows_fakes.fakes_load,
    "fakes-streams": rows_fakes.fakes_streams,
    "langsmith-ingest": rows_langsmith.langsmith_ingest,
}
LAYOUT = "{:58} {:>9} {:>9} {:>9} {:2} {:>6} {:>7}  {}"


def parse(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure minichat's CPU.")
    parser.add_argument("--rows", metavar="NAME,...", help=f"some of: {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="smaller counts, fewer rounds: a first look")
    parser.add_argument("--repeat", metavar="N", type=int, default=5, help="rounds per row (default 5)")
    parser.add_argument("--no-naive", action="store_true", help="leave the naive client out")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    options = parser.parse_args(arguments)
    options.rows = options.rows.split(",") if options.rows else list(ROWS)
    unknown = [name for name in options.rows if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if options.repeat < 1:
        parser.error("--repeat takes a number of rounds, 1 or more")
    return options


def machine(bench: Bench) -> Dict[str, Any]:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "client_core": bench.client_core,
        "server_core": bench.server_core,
        "load": os.getloadavg()[0],
    }


def number(value: Optional[float]) -> str:
    """Print with about three digits."""
    if value is None:
        return ""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def line(figure: Figure) -> str:
    title = f"{figure.title} [{figure.unit}]" if figure.unit else figure.title
    values = [number(value) for value in (figure.floor, figure.minichat, figure.naive)]
    by_value = figure.judged == "value"
    ratio = "" if by_value else number(figure.over_floor(figure.minichat))
    return LAYOUT.format(title, *values, "=" if by_value else "", ratio, number(figure.target), figure.verdict)


def main() -> int:
    options = parse()
    for name in list(os.environ):  # a proxy or a key of the user's would measure something else
        if name.lower().endswith("_proxy") or name.startswith(("OPENAI_", "LANGCHAIN_", "LANGSMITH_")):
            del os.environ[name]
    bench = Bench(repeat=options.repeat, quick=options.quick, naive=not options.no_naive)
    figures: List[Figure] = []
    begun = time.time()
    try:
        about = machine(bench)
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        print(LAYOUT.format("row", "floor", "minichat", "naive", "", "ratio", "target", ""))
        for name in options.rows:
            for figure in ROWS[name](bench):
                figures.append(figure)
                print(line(figure), flush=True)
    finally:
        bench.close()
    missed = [figure.name for figure in figures if figure.met is False]
    print(f"{len(figures)} figures in {time.time() - begun:.0f} s; missed: {', '.join(missed) or 'none'}")
    if options.json:
        content = {"machine": about, "quick": options.quick, "figures": [one.as_json() for one in figures]}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
