"""What an experiment came to: rows to iterate over, and a table to print; and what is said while it goes on."""

from __future__ import annotations

import json
import os
import sys
import threading

from .snapshots import snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any, Dict, List, Optional
    from uuid import UUID

    from .evaluators import EvaluationResult
    from .records import TracerSession

__all__ = ["AsyncExperimentResults", "ExperimentResults", "Progress", "Results"]

LOCAL = "here: they are not uploaded"
CELL = 28  # characters of a table's cell
NARROWEST = 8  # of a cell that has to give way to the terminal's edge


class Results:
    """The rows of an experiment, in the order of its examples; `print()` shows them as a table.

    Shape: a row is {"run": `RunTree`, "example": `Example`, "evaluation_results": {"results": [`EvaluationResult`]}}.
    """

    def __init__(self, project: TracerSession, total: int, url: Optional[str]) -> None:
        self._project = project
        self._places: List[Optional[Dict[str, Any]]] = [None] * total
        self._moved = threading.Condition()
        self._ended = False
        self._error: Optional[BaseException] = None
        self.summary_results: Dict[str, List[EvaluationResult]] = {"results": []}
        self.url = url  # None: it was not uploaded
        self.comparison_url = url

    @property
    def experiment_name(self) -> str:
        return str(self._project.name)

    @property
    def experiment_id(self) -> UUID:
        return self._project.id

    @property
    def rows(self) -> List[Dict[str, Any]]:
        """The rows that are there by now."""
        return [row for row in self._places if row is not None]

    def add(self, index: int, row: Dict[str, Any]) -> None:
        """Put a row into its place."""
        with self._moved:
            self._places[index] = row
            self._moved.notify_all()

    def end(self, error: Optional[BaseException] = None) -> None:
        """Say that no more rows come, and why, if it is for an error."""
        with self._moved:
            self._ended, self._error = True, error
            self._moved.notify_all()

    def _is_settled(self, index: int) -> bool:
        """Say whether it is known if there is such a row."""
        return self._ended or (index < len(self._places) and self._places[index] is not None)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Dict[str, Any]:
        return self.rows[index]

    def to_pandas(self, start: Optional[int] = 0, end: Optional[int] = None) -> Any:
        """Give the rows as a `pandas.DataFrame`, which has to be installed.

        Columns: `inputs.<name>`, `outputs.<name>`, `error`, `reference.<name>`, `feedback.<key>`,
        `execution_time` (seconds), `example_id`, `id`.
        Raises: ImportError without pandas.
        """
        from importlib import import_module

        try:
            pandas: Any = import_module("pandas")  # no dependency: who asks for its table has it
        except ImportError as error:
            raise ImportError("to_pandas() needs pandas: pip install pandas") from error
        return pandas.DataFrame([_flat(row) for row in self.rows[start:end]])

    def means(self) -> Dict[str, Optional[float]]:
        """Give the mean score of each key, None of one that has no scores."""
        scores: Dict[str, List[float]] = {}
        for row in self.rows:
            for result in row["evaluation_results"]["results"]:
                known = scores.setdefault(result.key, [])
                if isinstance(result.score, (bool, int, float)):
                    known.append(float(result.score))
        return {key: sum(known) / len(known) if known else None for key, known in scores.items()}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.experiment_name}>"

    def __str__(self) -> str:
        means = self.means()
        head = ["", "inputs", "outputs", "reference", *means, "seconds"]
        table = [head]
        for number, row in enumerate(self.rows, 1):
            run, example = row["run"], row["example"]
            said = {result.key: result for result in row["evaluation_results"]["results"]}
            outputs = f"! {run.error.splitlines()[0]}" if run.error else _shown(run.outputs)
            judged = [_verdict(said.get(key)) for key in means]
            table.append(
                [str(number), _shown(example.inputs), outputs, _shown(example.outputs), *judged, _seconds(run)]
            )
        if means:
            averages = ["-" if mean is None else f"{mean:.3g}" for mean in means.values()]
            table.append(["", "mean", "", "", *averages, ""])
        lines = [self.experiment_name, *_drawn(table, _columns())]
        for result in self.summary_results["results"]:
            lines.append(f"{result.key}: {_verdict(result)}")
        return "\n".join(lines)


class ExperimentResults(Results):
    """The rows of `evaluate`. Where that does not block, iterating waits for each, and `wait` for all."""

    def get_dataset_id(self) -> str:
        return str(self._project.reference_dataset_id)

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        index = 0
        while True:
            with self._moved:
                self._moved.wait_for(lambda: self._is_settled(index))
            if index == len(self._places):
                break
            row = self._places[index]
            index += 1
            if row is not None:
                yield row
        if self._error is not None:
            raise self._error

    def wait(self) -> None:
        """Wait for the last row. Raises: what went wrong with the experiment as a whole."""
        with self._moved:
            self._moved.wait_for(lambda: self._ended)
        if self._error is not None:
            raise self._error


class AsyncExperimentResults(Results):
    """The rows of `aevaluate`, with `async for` and `await`; a plain `for` gives those that are there by now."""

    _task: Any = None
    _news: Any = None

    def go_on(self, work: Any) -> None:
        """Carry an experiment out in a task of its own."""
        import asyncio

        self._news = asyncio.Event()
        self._task = asyncio.ensure_future(work)
        # What went wrong is raised by `wait` and `async for`; asyncio need not say so too.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def add(self, index: int, row: Dict[str, Any]) -> None:
        super().add(index, row)
        self._tell()

    def end(self, error: Optional[BaseException] = None) -> None:
        super().end(error)
        self._tell()

    def _tell(self) -> None:
        if self._news is not None:
            self._news.set()

    async def get_dataset_id(self) -> str:
        return str(self._project.reference_dataset_id)

    async def get_comparison_url(self) -> Optional[str]:
        return self.comparison_url

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        return iter(self.rows)

    async def __aiter__(self) -> AsyncIterator[Dict[str, Any]]:
        for index, _ in enumerate(self._places):
            await self._settled(index)
            row = self._places[index]
            if row is not None:
                yield row
        await self.wait()

    async def wait(self) -> None:
        """Wait for the last row. Raises: what went wrong with the experiment as a whole."""
        await self._settled(len(self._places))
        if self._error is not None:
            raise self._error

    async def _settled(self, index: int) -> None:
        while not self._is_settled(index):
            self._news.clear()
            await self._news.wait()


class Progress:
    """What stderr says: the link, and how many rows are done; one line that is rewritten on a terminal."""

    def __init__(self, name: Optional[str], url: Optional[str], total: int) -> None:
        self._total = total
        self._done = self._failed = 0
        self._rewrites = bool(getattr(sys.stderr, "isatty", lambda: False)())
        where = LOCAL if url is None else f"at:\n{url}"
        self._say(f"View the evaluation results for experiment {name!r} {where}\n")

    def step(self, row: Dict[str, Any]) -> None:
        self._done += 1
        self._failed += row["run"].error is not None
        if self._rewrites:
            self._say(f"{self._line()}\r")  # whatever is said meanwhile, a warning, begins at the line's beginning

    def end(self) -> None:
        self._say(f"{self._line()}\n")

    def _say(self, text: str) -> None:
        if sys.stderr is not None:  # a program without a console has none
            sys.stderr.write(text)
            sys.stderr.flush()

    def _line(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._done} of {self._total} examples done{failed}"


def _columns() -> int:
    """Give the width of the terminal that prints are for; 0 where they go elsewhere."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal():
        return int(said)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]  # None: caught
    except (AttributeError, OSError, ValueError):  # no console, no terminal, closed
        return 0


def _drawn(table: List[List[str]], columns: int) -> List[str]:
    """Lay a table out, its widest cells cut where it would not fit into `columns` (0: it may be as wide as it is)."""
    table = [[_visible(cell) for cell in row] for row in table]
    widths = [min(CELL, max(len(row[column]) for row in table)) for column in range(len(table[0]))]
    while columns and sum(widths) + 2 * (len(widths) - 1) > columns and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = ["  ".join(_cut(cell, width) for cell, width in zip(row, widths)).rstrip() for row in table]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _cut(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else cell[: width - 1] + "…"


def _visible(text: str) -> str:
    """Write out what would move a terminal's cursor or colour it: a model said it, not the program."""
    return "".join([one if one.isprintable() else one.encode("unicode_escape").decode() for one in text])


def _flat(row: Dict[str, Any]) -> Dict[str, Any]:
    run, example = row["run"], row["example"]
    flat = {f"inputs.{name}": value for name, value in (example.inputs or {}).items()}
    flat.update((f"outputs.{name}", value) for name, value in (run.outputs or {}).items())
    flat["error"] = run.error
    flat.update((f"reference.{name}", value) for name, value in (example.outputs or {}).items())
    for result in row["evaluation_results"]["results"]:
        flat[f"feedback.{result.key}"] = result.value if result.score is None else result.score
    flat["execution_time"] = run.latency
    return {**flat, "example_id": example.id, "id": run.id}


def _shown(value: Any) -> str:
    """Give a value on one line; of a dict with one entry only that."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, str):
        return value
    return json.dumps(snapshot(value), default=str, ensure_ascii=False)


def _verdict(result: Optional[EvaluationResult]) -> str:
    if result is None:
        return "-"
    if result.failed:
        return f"! {result.comment}"
    value = result.score if result.score is not None else result.value
    return f"{value:.3g}" if type(value) is float else str(value)


def _seconds(run: Any) -> str:
    return "-" if run.latency is None else f"{run.latency:.2f}"
