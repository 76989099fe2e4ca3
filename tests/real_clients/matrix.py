"""What the scripts of this folder share: how a matrix of cells is run and printed, and what a cell may ask for.

A script has columns, one for each client, and a column has cases: a name and a function, or coroutine function, that
raises when the client does not agree. `main` reads the script's command line, tells the packages' versions, runs the
cells and prints them: a row for each name, and the count. A cell that fails is FAILED, and its traceback is on stderr.

Exit codes: 0, all cells agree; 1, one does not; 2, the command line is wrong or what is to be run is not installed.
These are scripts, not tests: the packages are no dependency of this project, so they live in scratch environments.
Python puts a script's own folder on the path, so this module is theirs by its name alone.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
import urllib.request
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

Case = Callable[[], Any]
Cases = List[Tuple[str, Case]]

AT_ONCE = 7  # columns beside each other
LOOP = asyncio.new_event_loop()  # one for all cells: some clients keep their connections between models

# What the fake's models say (fake-hello, fake-think, fake-json), and what they are asked with.
HELLO = "Hello from fakes."
THOUGHT = "Let me think: six times seven is forty-two."
ANSWER = "The answer is 42."
WEATHER = {"city": "Paris", "temp_c": 21}
WEATHER_TEXT = '{"city":"Paris","temp_c":21}'
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}  # of get_weather
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temp_c": {"type": "integer"}},
    "required": ["city", "temp_c"],
}
STRICT_SCHEMA = {**SCHEMA, "additionalProperties": False}


# -- the script -------------------------------------------------------------------------------------------------------


def main(
    doc: Optional[str],
    packages: Sequence[str],
    columns: Callable[[str], Mapping[str, Cases]],
    *,
    mount: str = "",
    some: bool = False,
) -> int:
    """Run the script's cells against the running fake that its command line names, and print the matrix.

    `doc` is the script's docstring, whose first line is its usage. `columns` gives the cases of each column for a base
    address: the fake's, with `mount` behind it. All of `packages` must be there, with `some` any of them.
    """
    if len(sys.argv) != 2:
        print((doc or "").strip().splitlines()[0], file=sys.stderr)
        return 2
    root = sys.argv[1].rstrip("/")
    root = root[: -len(mount)] if mount and root.endswith(mount) else root
    missing = [name for name in packages if not is_installed(name)]
    if len(missing) == len(packages) or (missing and not some):
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    tell_versions([name for name in packages if name not in missing])
    return show(columns(root + mount), before=lambda: reset(root))


def is_installed(package: str) -> bool:
    """Tell whether a package is there."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def tell_versions(packages: Sequence[str]) -> None:
    """Print which versions are run."""
    print(", ".join(f"{name} {version(name)}" for name in packages) + f", Python {sys.version.split()[0]}")


def reset(root: str) -> None:
    """Start the fake's counters anew, so that fake-429-once fails once for each cell."""
    urllib.request.urlopen(urllib.request.Request(root + "/__fakes/reset", method="POST")).read()


def show(columns: Mapping[str, Cases], *, before: Callable[[], None] = lambda: None) -> int:
    """Run the cells column by column, `before` each, print them row by row, and give the exit code."""
    cells: Dict[Tuple[str, str], str] = {}
    for column, cases in columns.items():
        for name, case in cases:
            before()
            cells[name, column] = outcome(case)
    show_cells(list(dict.fromkeys(name for name, _ in cells)), list(columns), cells)
    failed = sum(cell == "FAILED" for cell in cells.values())
    print(f"{len(cells) - failed} of {len(cells)} cells agree")
    return 1 if failed else 0


def show_cells(rows: Sequence[str], columns: Sequence[str], cells: Mapping[Tuple[str, str], str]) -> None:
    """Print what is said in each cell, by (row, column); "-" where there is none. Of many columns some stand below."""
    margin = 2 + max(map(len, rows), default=0)
    for begin in range(0, len(columns), AT_ONCE):
        block = columns[begin : begin + AT_ONCE]
        said = [[cells.get((row, column), "-") for column in block] for row in rows]
        widths = [2 + max(map(len, column)) for column in zip(block, *said)]
        if begin:
            print()
        for row, line in zip(["", *rows], [block, *said]):
            print((f"{row:{margin}}" + "".join(f"{cell:{width}}" for cell, width in zip(line, widths))).rstrip())


# -- a cell -----------------------------------------------------------------------------------------------------------


def outcome(case: Case) -> str:
    """Run one cell, and say "ok" or "FAILED"."""
    try:
        settled(case())
    except Exception:
        traceback.print_exc()
        return "FAILED"
    return "ok"


def settled(result: Any) -> Any:
    """Give a result, or what a coroutine comes to."""
    return LOOP.run_until_complete(result) if asyncio.iscoroutine(result) else result


def same(got: Any, wanted: Any) -> None:
    """Ask for a value."""
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def raises(wanted: Any, call: Callable[[], Any]) -> Any:
    """Ask for an exception of a class, or of one of several, and give it."""
    try:
        result = call()
    except wanted as error:
        return error
    raise AssertionError(f"{wanted} was not raised, but {result!r} given")


async def araises(wanted: Any, waiting: Awaitable[Any]) -> Any:
    """Ask for an exception of what is waited for, and give it."""
    try:
        result = await waiting
    except wanted as error:
        return error
    raise AssertionError(f"{wanted} was not raised, but {result!r} given")


# -- what several clients are asked for -------------------------------------------------------------------------------


def summed(chunks: List[Any]) -> Any:
    """Put the chunks of a LangChain stream together."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


def weather_class() -> Any:
    """Make a class for a structured answer: the package that it needs is there only when a client is."""
    from pydantic import BaseModel

    class Weather(BaseModel):
        """The weather of a city."""

        city: str
        temp_c: int

    return Weather
